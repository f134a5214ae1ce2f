//! The names of what the store keeps: account ids, units and revisions.

use std::fmt;

/// Number of different account ids: twelve decimal digits.
const ACCOUNT_IDS: u64 = 1_000_000_000_000;

/// A twelve-digit AWS account id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// Reads exactly twelve ASCII digits.
    pub fn parse(text: &str) -> Option<AccountId> {
        let bytes = text.as_bytes();
        if bytes.len() != 12 || !bytes.iter().all(u8::is_ascii_digit) {
            return None;
        }
        text.parse().ok().map(AccountId)
    }

    /// The account with this number, if it has at most twelve digits.
    pub fn from_number(number: u64) -> Option<AccountId> {
        (number < ACCOUNT_IDS).then_some(AccountId(number))
    }

    /// The id as a number below 10^12.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The twelve digits, without allocation.
    pub fn text(self) -> AccountIdText {
        let mut digits = [b'0'; 12];
        let mut rest = self.0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        AccountIdText(digits)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl std::str::FromStr for AccountId {
    type Err = ();
    fn from_str(text: &str) -> Result<AccountId, ()> {
        AccountId::parse(text).ok_or(())
    }
}

/// The twelve digits of an account id; dereferences to `str`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountIdText([u8; 12]);

impl AccountIdText {
    /// The digits.
    pub fn as_str(&self) -> &str {
        // Only ASCII digits are ever put in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl std::ops::Deref for AccountIdText {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for AccountIdText {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for AccountIdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AccountIdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is loaded, cached and written as one: the installation, or one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// What belongs to no account: key ring, account index, organization.
    Installation,
    /// One account with all its entities.
    Account(AccountId),
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unit::Installation => f.write_str("installation"),
            Unit::Account(id) => write!(f, "account {id}"),
        }
    }
}

/// A place in the log of changes: 1 is the first change, 0 means "before any" or "must not exist".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

impl Revision {
    /// The revision of what does not exist.
    pub const NONE: Revision = Revision(0);
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
