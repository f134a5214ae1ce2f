//! Times of requests: ISO 8601 basic and extended, RFC 1123, and back.

/// A moment, with its text in ISO 8601 basic format (`YYYYMMDDTHHMMSSZ`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    seconds: i64,
    text: [u8; 16],
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl Stamp {
    /// Seconds since 1970-01-01T00:00:00Z; held within the years 0 to 9999.
    pub(crate) fn from_seconds(seconds: i64) -> Stamp {
        let seconds = seconds.clamp(-62_167_219_200, 253_402_300_799);
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = civil(days);
        let mut text = *b"00000000T000000Z";
        let numbers = [
            (0, year / 100),
            (2, year % 100),
            (4, month),
            (6, day),
            (9, rest / 3_600),
            (11, rest / 60 % 60),
            (13, rest % 60),
        ];
        for (at, number) in numbers {
            if let Some([tens, ones]) = text.get_mut(at..at + 2) {
                *tens = digit(number / 10);
                *ones = digit(number % 10);
            }
        }
        Stamp { seconds, text }
    }

    /// `20150830T123600Z`.
    pub(crate) fn parse_basic(text: &str) -> Option<Stamp> {
        let bytes: &[u8; 16] = text.as_bytes().try_into().ok()?;
        let [
            y1,
            y2,
            y3,
            y4,
            mo1,
            mo2,
            d1,
            d2,
            b'T',
            h1,
            h2,
            mi1,
            mi2,
            s1,
            s2,
            b'Z',
        ] = *bytes
        else {
            return None;
        };
        let year = pair(y1, y2)? * 100 + pair(y3, y4)?;
        let clock = (pair(h1, h2)?, pair(mi1, mi2)?, pair(s1, s2)?);
        let seconds = seconds_of(year, pair(mo1, mo2)?, pair(d1, d2)?, clock)?;
        Some(Stamp {
            seconds,
            text: *bytes,
        })
    }

    /// A header's value: basic, or extended (`2015-08-30T12:36:00Z`), which AWS tolerates there.
    pub(crate) fn parse_header(text: &str) -> Option<Stamp> {
        Stamp::parse_basic(text).or_else(|| {
            let bytes: &[u8; 20] = text.as_bytes().try_into().ok()?;
            let [
                y1,
                y2,
                y3,
                y4,
                b'-',
                mo1,
                mo2,
                b'-',
                d1,
                d2,
                b'T',
                h1,
                h2,
                b':',
                mi1,
                mi2,
                b':',
                s1,
                s2,
                b'Z',
            ] = *bytes
            else {
                return None;
            };
            let year = pair(y1, y2)? * 100 + pair(y3, y4)?;
            let clock = (pair(h1, h2)?, pair(mi1, mi2)?, pair(s1, s2)?);
            of(year, pair(mo1, mo2)?, pair(d1, d2)?, clock)
        })
    }

    /// `Sun, 30 Aug 2015 12:36:00 GMT`, which S3 accepts in `Date`.
    pub(crate) fn parse_rfc1123(text: &str) -> Option<Stamp> {
        let (_, rest) = text.split_once(", ")?;
        let mut words = rest.split(' ');
        let day = number(words.next()?)?;
        let name = words.next()?;
        let month = MONTHS.iter().position(|month| *month == name)?;
        let year = number(words.next()?)?;
        let mut clock = words.next()?.split(':');
        let clock_read = (
            number(clock.next()?)?,
            number(clock.next()?)?,
            number(clock.next()?)?,
        );
        let zone = words.next()?;
        if !matches!(zone, "GMT" | "UTC" | "+0000")
            || words.next().is_some()
            || clock.next().is_some()
        {
            return None;
        }
        of(year, i64::try_from(month).ok()? + 1, day, clock_read)
    }

    pub(crate) fn seconds(&self) -> i64 {
        self.seconds
    }

    /// `YYYYMMDDTHHMMSSZ`.
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or("")
    }

    /// `YYYYMMDD`.
    pub(crate) fn date(&self) -> &str {
        self.text().get(..8).unwrap_or("")
    }
}

fn of(year: i64, month: i64, day: i64, clock: (i64, i64, i64)) -> Option<Stamp> {
    seconds_of(year, month, day, clock).map(Stamp::from_seconds)
}

/// Seconds since 1970 of a date and hour, minute, second; `None` when the calendar has no such moment.
fn seconds_of(
    year: i64,
    month: i64,
    day: i64,
    (hour, minute, second): (i64, i64, i64),
) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    let clock_ok = hour < 24 && minute < 60 && second < 60;
    let date_ok = (1..=longest).contains(&day) && (0..=9_999).contains(&year);
    (date_ok && clock_ok)
        .then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar. Years begin in March here,
/// so that the leap day is the last of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// The inverse of `days`: year, month, day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, rest) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (rest - rest / 1_460 + rest / 36_524 - rest / 146_096) / 365;
    let of_year = rest - (year * 365 + year / 4 - year / 100);
    let month = (of_year * 5 + 2) / 153;
    let day = of_year - (month * 153 + 2) / 5 + 1;
    let year = year + era * 400;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

fn digit(number: i64) -> u8 {
    b'0' + u8::try_from(number.rem_euclid(10)).unwrap_or(0)
}

fn pair(tens: u8, ones: u8) -> Option<i64> {
    let both = tens.is_ascii_digit() && ones.is_ascii_digit();
    both.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

fn number(text: &str) -> Option<i64> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
