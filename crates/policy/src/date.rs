//! Instants as policies write them: the W3C profile of ISO 8601, or Unix seconds.

/// An instant: Unix seconds and nanoseconds within the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: u32,
}

const DAY_S: i64 = 86_400;

impl Instant {
    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, any of those with `Thh[:mm[:ss[.s…]]]` and `Z` or
    /// `±hh[:mm]` (UTC when neither is given), or whole Unix seconds. Four digits are a year. A leap
    /// second, a day that the month does not have and years beyond 9999 are refused.
    pub(crate) fn parse(text: &str) -> Option<Instant> {
        let dated = text.len() == 4 || text.get(4..5).is_some_and(|c| matches!(c, "-" | "T" | "t"));
        if !dated || text.starts_with('-') || text.starts_with('+') {
            return epoch(text);
        }
        let (date, time) = match text.split_once(['T', 't']) {
            Some((date, time)) => (date, Some(time)),
            None => (text, None),
        };
        let days = days(date)?;
        let (seconds, nanoseconds) = match time {
            Some(time) => time_of_day(time)?,
            None => (0, 0),
        };
        Some(Instant {
            seconds: days * DAY_S + seconds,
            nanoseconds,
        })
    }

    /// An instant on the second.
    pub(crate) fn at(seconds: i64) -> Instant {
        Instant {
            seconds,
            nanoseconds: 0,
        }
    }
}

fn epoch(text: &str) -> Option<Instant> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().map(Instant::at)
}

/// A number of exactly `width` digits, at most `max`.
fn field(text: &str, width: usize, max: i64) -> Option<i64> {
    if text.len() != width || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|value| *value <= max)
}

fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let year = field(parts.next()?, 4, 9999)?;
    let month = parts.next().map_or(Some(1), |part| field(part, 2, 12))?;
    let day = parts.next().map_or(Some(1), |part| field(part, 2, 31))?;
    if parts.next().is_some() || month == 0 || day == 0 || day > month_days(year, month) {
        return None;
    }
    Some(days_from_civil(year, month, day))
}

fn month_days(year: i64, month: i64) -> i64 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Seconds since midnight UTC, which the zone may move into another day, and nanoseconds.
fn time_of_day(text: &str) -> Option<(i64, u32)> {
    let (clock, zone_s) = match text.find(['Z', 'z', '+', '-']) {
        None => (text, 0),
        Some(at) => (text.get(..at)?, zone(text.get(at..)?)?),
    };
    let mut parts = clock.split(':');
    let hours = field(parts.next()?, 2, 23)?;
    let minutes = parts.next().map_or(Some(0), |part| field(part, 2, 59))?;
    let (seconds, nanoseconds) = parts.next().map_or(Some((0, 0)), seconds)?;
    if parts.next().is_some() {
        return None;
    }
    Some((hours * 3600 + minutes * 60 + seconds - zone_s, nanoseconds))
}

fn seconds(text: &str) -> Option<(i64, u32)> {
    let Some((whole, fraction)) = text.split_once('.') else {
        return Some((field(text, 2, 59)?, 0));
    };
    if fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let digits = field(fraction, fraction.len(), i64::MAX)?;
    let scale = 10_i64.pow(9 - u32::try_from(fraction.len()).ok()?);
    Some((field(whole, 2, 59)?, u32::try_from(digits * scale).ok()?))
}

/// Seconds east of UTC.
fn zone(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, clock) = match text.strip_prefix('-') {
        Some(clock) => (-1, clock),
        None => (1, text.strip_prefix('+')?),
    };
    let (hours, minutes) = clock.split_once(':').unwrap_or((clock, "00"));
    Some(sign * (field(hours, 2, 23)? * 3600 + field(minutes, 2, 59)? * 60))
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar; years begin in March so that the
/// leap day comes last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month, day, hour, minute and second of an instant in UTC.
pub(crate) fn civil(seconds: i64) -> [i64; 6] {
    let days = seconds.div_euclid(DAY_S) + 719_468;
    let clock = seconds.rem_euclid(DAY_S);
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    [year, month, day, clock / 3600, clock / 60 % 60, clock % 60]
}
