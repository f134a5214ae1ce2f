//! Dates: the profile of ISO 8601 that the W3C describes, or seconds since 1970.

/// Seconds since 1970 and nanoseconds.
pub(crate) type Instant = (i64, u32);

/// A date as a policy or a request writes it.
pub(crate) fn read(text: &str) -> Option<Instant> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Four digits alone are a year.
    if whole && text.len() != 4 {
        return Some((text.parse().ok()?, 0));
    }
    if whole && text.starts_with('-') {
        return Some((text.parse().ok()?, 0));
    }
    let (day, time) = match text.split_once(['T', 't']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    // "YYYY, YYYY-MM, YYYY-MM-DD, …ThhZ variants": a time may follow each of them.
    let parts: Vec<&str> = day.split('-').collect();
    let (year, month, date) = match parts[..] {
        [year] => (year, "01", "01"),
        [year, month] => (year, month, "01"),
        [year, month, date] => (year, month, date),
        _ => return None,
    };
    let (year, month, date) = (
        digits_of(year, 4)?,
        digits_of(month, 2)?,
        digits_of(date, 2)?,
    );
    if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&date) {
        return None;
    }
    let midnight = days(year, month, date) * 86_400;
    match time {
        None => Some((midnight, 0)),
        Some(time) => {
            let (seconds, nanos) = time_of_day(time)?;
            Some((midnight + seconds, nanos))
        }
    }
}

/// `hh`, `hh:mm`, `hh:mm:ss` or `hh:mm:ss.s`, then `Z`, `±hh`, `±hh:mm` or nothing, which is `Z`.
fn time_of_day(text: &str) -> Option<(i64, u32)> {
    let zone_at = text.find(['Z', 'z', '+', '-']).unwrap_or(text.len());
    let (clock, zone) = text.split_at(zone_at);
    let offset = match zone {
        "" | "Z" | "z" => 0,
        zone => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let zone = zone.strip_prefix(['+', '-'])?;
            let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "00"));
            sign * (limited(hours, 23)? * 3600 + limited(minutes, 59)? * 60)
        }
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let (hours, minutes, seconds) = match parts[..] {
        [hours] => (hours, "00", "00"),
        [hours, minutes] => (hours, minutes, "00"),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return None,
    };
    let (seconds, nanos) = match seconds.split_once('.') {
        None => (seconds, 0),
        Some((seconds, fraction)) => {
            let known = (1..=9).contains(&fraction.len());
            if !known || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            (seconds, format!("{fraction:0<9}").parse().ok()?)
        }
    };
    let clock = limited(hours, 23)? * 3600 + limited(minutes, 59)? * 60 + limited(seconds, 59)?;
    Some((clock - offset, nanos))
}

fn digits_of(text: &str, count: usize) -> Option<i64> {
    let digits = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn limited(text: &str, most: i64) -> Option<i64> {
    digits_of(text, 2).filter(|number| *number <= most)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from the start of year 0 to the start of a year.
fn days_before(year: i64) -> i64 {
    let leaps = |last: i64| last.div_euclid(4) - last.div_euclid(100) + last.div_euclid(400);
    365 * year + leaps(year - 1) - leaps(-1)
}

/// [`days_before`] of 1970.
const DAYS_BEFORE_1970: i64 = 719_528;

/// Days since 1970-01-01.
fn days(year: i64, month: i64, date: i64) -> i64 {
    let months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    days_before(year) + months + date - 1 - DAYS_BEFORE_1970
}

/// An instant in UTC, as `2026-05-04T03:02:01Z`.
pub(crate) fn text(seconds: i64) -> String {
    let day = seconds.div_euclid(86_400);
    let clock = seconds.rem_euclid(86_400);
    // Near; the loops make it exact.
    let mut year = 1970 + day * 400 / 146_100;
    while days(year + 1, 1, 1) <= day {
        year += 1;
    }
    while days(year, 1, 1) > day {
        year -= 1;
    }
    let mut month = 1;
    while month < 12 && days(year, month + 1, 1) <= day {
        month += 1;
    }
    let date = day - days(year, month, 1) + 1;
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{date:02}T{hour:02}:{minute:02}:{second:02}Z")
}
