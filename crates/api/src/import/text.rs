//! What an import changes in documents: account ids that are mapped, and principals that are gone.

use locum_store::AccountId;

/// Where the placeholders of principals that are gone seem to be.
const GONE: &str = "role/locum-import-gone/";
/// The account of the placeholders; nobody has it.
const NOWHERE: &str = "000000000000";

/// One account of the file and what it becomes here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// As the file says.
    pub from: AccountId,
    /// As it is here.
    pub to: AccountId,
}

/// The text with the accounts of ARNs, and account ids that are a whole string, mapped. All at once:
/// what one mapping wrote is not read by the next.
pub(super) fn mapped(text: &str, mappings: &[Mapping]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find([':', '"']) {
        let (before, tail) = rest.split_at_checked(at + 1).unwrap_or((rest, ""));
        out.push_str(before);
        rest = tail;
        let id = rest.get(..12).and_then(AccountId::parse);
        let next = rest.as_bytes().get(12);
        let opened = before.as_bytes().last();
        let whole = next == opened;
        let found = mappings
            .iter()
            .find(|mapping| whole && Some(mapping.from) == id);
        if let Some(mapping) = found {
            out.push_str(&mapping.to.text());
            rest = rest.get(12..).unwrap_or_default();
        }
    }
    out.push_str(rest);
    out
}

/// Trust policies show a principal that is gone as its bare unique id, which no call may write. Gives
/// it the form of an ARN while the document is checked; `restored` undoes it.
pub(super) fn veiled(text: &str, partition: &str) -> String {
    let pieces: Vec<&str> = text.split('"').collect();
    let pieces: Vec<String> = pieces
        .into_iter()
        .map(|piece| {
            if is_principal_id(piece) {
                format!("{}{piece}", prefix(partition))
            } else {
                piece.to_owned()
            }
        })
        .collect();
    pieces.join("\"")
}

/// The unique id behind a placeholder.
pub(super) fn gone<'a>(arn: &'a str, partition: &str) -> Option<&'a str> {
    let id = arn.strip_prefix(&prefix(partition))?;
    is_principal_id(id).then_some(id)
}

/// The text without placeholders, wherever they stood.
pub(super) fn restored(text: &str, partition: &str) -> String {
    text.replace(&prefix(partition), "")
}

fn prefix(partition: &str) -> String {
    format!("arn:{partition}:iam::{NOWHERE}:{GONE}")
}

fn is_principal_id(text: &str) -> bool {
    let rest = text.strip_prefix("AIDA").or(text.strip_prefix("AROA"));
    rest.is_some_and(|rest| {
        (12..=28).contains(&rest.len())
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_mapped_where_they_are_accounts() {
        let id = |text: &str| AccountId::parse(text).unwrap_or_else(|| unreachable!());
        let mapping = |from, to| Mapping {
            from: id(from),
            to: id(to),
        };
        let (a, b) = ("111111111111", "222222222222");
        let swap = [mapping(a, b), mapping(b, a)];
        for (text, expected) in [
            (
                "\"arn:aws:iam::111111111111:root\"",
                "\"arn:aws:iam::222222222222:root\"",
            ),
            ("\"111111111111\"", "\"222222222222\""),
            (
                "[\"111111111111\",\"222222222222\"]",
                "[\"222222222222\",\"111111111111\"]",
            ),
            (
                "arn:aws:s3:::logs-111111111111",
                "arn:aws:s3:::logs-111111111111",
            ),
            ("\"111111111111x\"", "\"111111111111x\""),
            (
                "::111111111111:222222222222:",
                "::222222222222:111111111111:",
            ),
            (":1111111111112:", ":1111111111112:"),
            ("", ""),
        ] {
            assert_eq!(mapped(text, &swap), expected, "{text}");
        }
    }

    #[test]
    fn principals_that_are_gone_come_back_as_they_were() {
        let text =
            r#"{"AWS":["AROAIIIIIIIIIIIIIIIII","arn:aws:iam::111111111111:root"],"x":"AIDA"}"#;
        let hidden = veiled(text, "aws");
        assert!(hidden.contains("locum-import-gone/AROAIIIIIIIIIIIIIIIII"));
        assert_eq!(restored(&hidden, "aws"), text);
    }
}
