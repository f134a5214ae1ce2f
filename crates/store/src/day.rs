//! UTC days and their names, for the trail's files.

/// Days since 1970-01-01 of a Unix time in seconds.
pub(crate) fn day_of(time_s: i64) -> i64 {
    time_s.div_euclid(86_400)
}

/// `YYYY-MM-DD` of a day (proleptic Gregorian calendar; Howard Hinnant's `civil_from_days`).
pub(crate) fn name_of(day: i64) -> String {
    // Bounded so that the arithmetic cannot overflow and the year has four digits.
    let shifted = day.clamp(-719_162, 2_932_896) + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day_of_month:02}")
}

/// The day of a name as [`name_of`] writes it; anything else is none.
pub(crate) fn of_name(name: &str) -> Option<i64> {
    let number = |part: &str, digits: usize| -> Option<i64> {
        let right = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        right.then(|| part.parse().ok()).flatten()
    };
    let (year, rest) = name.split_once('-')?;
    let (month, day_of_month) = rest.split_once('-')?;
    let (year, month) = (number(year, 4)?, number(month, 2)?);
    let day_of_month = number(day_of_month, 2)?;
    // `days_from_civil` of the same author.
    let shifted_year = if month <= 2 { year - 1 } else { year };
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * shifted_month + 2) / 5 + day_of_month - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let day = era * 146_097 + day_of_era - 719_468;
    (name_of(day) == name).then_some(day)
}

/// Unix seconds of `YYYY-MM-DDThh:mm:ssZ`.
pub(crate) fn time_of(text: &str) -> Option<i64> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    let mut parts = clock.splitn(3, ':');
    let mut part = |max: i64| {
        let digits = parts.next()?;
        let all = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let value = all.then(|| digits.parse::<i64>().ok())??;
        (value <= max).then_some(value)
    };
    let (hour, minute, second) = (part(23)?, part(59)?, part(59)?);
    Some(of_name(date)? * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_have_their_days() {
        for day in (-719_162..2_932_896)
            .step_by(997)
            .chain([-719_162, 2_932_896])
        {
            let name = super::name_of(day);
            assert_eq!(super::of_name(&name), Some(day), "{name}");
        }
        for name in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-01",
            "",
            "notes",
            "+026-01-01",
            "2026-01-01 ",
        ] {
            assert_eq!(super::of_name(name), None, "{name}");
        }
    }

    #[test]
    fn times_are_read_back() {
        assert_eq!(super::time_of("2026-11-24T00:00:01Z"), Some(1_795_478_401));
        for bad in ["2026-11-24", "2026-11-24T24:00:00Z", "2026-11-24T1:00:00Z"] {
            assert_eq!(super::time_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn days_have_their_names() {
        for (time_s, name) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-01"),
            (86_400, "1970-01-02"),
            (-1, "1969-12-31"),
            (951_782_400, "2000-02-29"),
            (1_795_478_400, "2026-11-24"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(super::name_of(super::day_of(time_s)), name, "{time_s}");
        }
    }
}
