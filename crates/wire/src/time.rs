//! Moments on the wire: ISO 8601 with `Z` in XML and forms, epoch seconds in JSON.

const DAY_S: i64 = 86_400;

/// Appends `YYYY-MM-DDThh:mm:ssZ`. Years outside 0 to 9999 are held at the border.
pub(crate) fn push_iso(out: &mut String, unix_s: i64) {
    let unix_s = unix_s.clamp(-62_167_219_200, 253_402_300_799);
    let (days, rest) = (unix_s.div_euclid(DAY_S), unix_s.rem_euclid(DAY_S));
    let (year, month, day) = civil(days);
    for (number, width, after) in [
        (year, 4, "-"),
        (month, 2, "-"),
        (day, 2, "T"),
        (rest / 3_600, 2, ":"),
        (rest / 60 % 60, 2, ":"),
        (rest % 60, 2, "Z"),
    ] {
        push_padded(out, number, width);
        out.push_str(after);
    }
}

/// Appends `MMM d, yyyy, h:mm:ss AM`, UTC, the way CloudTrail's records print times in parameters.
pub(crate) fn push_cloudtrail(out: &mut String, unix_s: i64) {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let unix_s = unix_s.clamp(-62_167_219_200, 253_402_300_799);
    let (days, rest) = (unix_s.div_euclid(DAY_S), unix_s.rem_euclid(DAY_S));
    let (year, month, day) = civil(days);
    let name = usize::try_from(month - 1)
        .ok()
        .and_then(|at| MONTHS.get(at))
        .copied();
    out.push_str(name.unwrap_or_default());
    out.push(' ');
    out.push_str(itoa::Buffer::new().format(day));
    out.push_str(", ");
    push_padded(out, year, 4);
    out.push_str(", ");
    let hour = rest / 3_600;
    out.push_str(itoa::Buffer::new().format(if hour % 12 == 0 { 12 } else { hour % 12 }));
    out.push(':');
    push_padded(out, rest / 60 % 60, 2);
    out.push(':');
    push_padded(out, rest % 60, 2);
    out.push_str(if hour < 12 { " AM" } else { " PM" });
}

fn push_padded(out: &mut String, number: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = u8::try_from(number / 10_i64.pow(place) % 10).unwrap_or(0);
        out.push(char::from(b'0' + digit));
    }
}

/// Days since 1970-01-01 → year, month, day (proleptic Gregorian), by 400-year eras from March on.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// The reverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Reads `YYYY-MM-DDThh:mm:ss[.fraction](Z|±hh:mm)`; the fraction is dropped.
pub(crate) fn parse_iso(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once('T')?;
    let mut date = date.splitn(3, '-');
    let year = digits(date.next()?, 4)?;
    let (month, day) = (digits(date.next()?, 2)?, digits(date.next()?, 2)?);
    let (clock, zone) = rest.split_at_checked(8)?;
    let mut clock = clock.splitn(3, ':');
    let (hour, minute) = (digits(clock.next()?, 2)?, digits(clock.next()?, 2)?);
    let second = digits(clock.next()?, 2)?;
    let exists = (1..=12).contains(&month)
        && day >= 1
        && civil(days(year, month, day)) == (year, month, day);
    if !exists || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days(year, month, day) * DAY_S + hour * 3_600 + minute * 60 + second;
    Some(seconds - zone_offset(zone)?)
}

/// Seconds east of UTC; a fraction of a second before it is skipped.
fn zone_offset(text: &str) -> Option<i64> {
    let zone = match text.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (zone.len() < fraction.len()).then_some(zone)?
        }
        None => text,
    };
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    Some(sign * (digits(hours, 2)? * 3_600 + digits(minutes, 2)? * 60))
}

fn digits(text: &str, width: usize) -> Option<i64> {
    let right = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    if right { text.parse().ok() } else { None }
}
