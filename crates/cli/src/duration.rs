//! Lengths of time as people write them: `3600`, `45m`, `1h`, `1h30m`.

/// Seconds, or `None` when the text is no length of time above zero.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse::<u32>() {
        return (seconds > 0 && !text.starts_with('+')).then_some(i64::from(seconds));
    }
    let mut total: i64 = 0;
    let mut smallest = i64::MAX;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at_checked(digits)?;
        let unit = after.chars().next()?;
        let seconds = match unit {
            'd' => 86_400,
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        // Units go from large to small, each once: `30m1h` is a slip.
        if seconds >= smallest {
            return None;
        }
        smallest = seconds;
        total = total.checked_add(i64::from(number.parse::<u32>().ok()?).checked_mul(seconds)?)?;
        rest = after.get(unit.len_utf8()..)?;
    }
    (total > 0).then_some(total)
}

/// How long from now, for people: `59 min`, `11 h 59 min`, `in the past`.
#[must_use]
pub fn describe(seconds: i64) -> String {
    match seconds {
        s if s < 0 => "in the past".to_owned(),
        s if s < 60 => format!("{s} s"),
        s if s < 3600 => format!("{} min", s / 60),
        s if s % 3600 < 60 => format!("{} h", s / 3600),
        s => format!("{} h {} min", s / 3600, (s % 3600) / 60),
    }
}
