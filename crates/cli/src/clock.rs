//! The clock of this machine, and times as text. All of them are UTC.

use jiff::Timestamp;

/// Now, Unix seconds.
#[must_use]
pub fn now_s() -> i64 {
    Timestamp::now().as_second()
}

/// An ISO 8601 time with an offset, as Unix seconds.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    text.trim()
        .parse::<Timestamp>()
        .ok()
        .map(Timestamp::as_second)
}

/// `2026-01-31T23:59:59+00:00`, the form of `AWS_CREDENTIAL_EXPIRATION`.
#[must_use]
pub fn with_offset(unix_s: i64) -> String {
    format!("{}+00:00", bare(unix_s, "T"))
}

/// `2026-01-31T23:59:59Z`, the form of the services' answers.
#[must_use]
pub fn zulu(unix_s: i64) -> String {
    format!("{}Z", bare(unix_s, "T"))
}

/// `2026-01-31 23:59:59 UTC`, for people.
#[must_use]
pub fn for_people(unix_s: i64) -> String {
    format!("{} UTC", bare(unix_s, " "))
}

fn bare(unix_s: i64, between: &str) -> String {
    let time = Timestamp::from_second(unix_s).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime(&format!("%Y-%m-%d{between}%H:%M:%S"))
        .to_string()
}
