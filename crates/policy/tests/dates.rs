//! Instants: what days are called, and what is no day.

mod common;

use common::condition::{Fails, Holds, Trouble, check_op, s};
use common::{Fact, Facts, applies};

const DAY_S: i64 = 86_400;

/// A calendar that is turned page by page.
struct Page {
    year: i64,
    month: i64,
    day: i64,
    /// Since 1970-01-01.
    days: i64,
}

impl Page {
    fn turn(&mut self) {
        let leap = self.year % 400 == 0 || (self.year % 4 == 0 && self.year % 100 != 0);
        let length = match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        self.days += 1;
        self.day += 1;
        if self.day > length {
            self.day = 1;
            self.month += 1;
        }
        if self.month > 12 {
            self.month = 1;
            self.year += 1;
        }
    }

    fn name(&self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A date of the request has a text, and a text of the policy is a date.
fn check_day(page: &Page, clock: (i64, &str)) {
    let (seconds, written) = clock;
    let (date, text) = (
        page.days * DAY_S + seconds,
        format!("{}T{written}Z", page.name()),
    );
    let facts = Facts::default().with("k:v", Fact::Date(date));
    let condition = format!(
        r#"{{"StringEquals":{{"k:v":"{text}"}},"DateEquals":{{"k:v":["{text}","1500-01-01"]}}}}"#
    );
    assert!(applies("Allow", &condition, &facts), "{date} {text}");
}

#[test]
fn pol_18_every_day_has_its_name() {
    // Two years around each kind of century, and ten years of ordinary ones.
    for (year, days, pages) in [
        (1599, -135_141, 430),
        (1899, -25_568, 800),
        (1967, -732, 3_700),
        (1999, 10_956, 800),
        (2099, 47_481, 430),
        (2399, 157_053, 430),
    ] {
        let mut page = Page {
            year,
            month: 12,
            day: 31,
            days,
        };
        for number in 0..pages {
            let clock = match number % 2 {
                0 => (0, "00:00:00"),
                _ => (DAY_S - 1, "23:59:59"),
            };
            check_day(&page, clock);
            page.turn();
        }
    }
}

#[test]
fn pol_18_every_minute_of_a_day_has_its_name() {
    let page = Page {
        year: 1969,
        month: 7,
        day: 20,
        days: -165,
    };
    for minute in 0..24 * 60 {
        let second = (minute * 7 + 3) % 60;
        let written = format!("{:02}:{:02}:{second:02}", minute / 60, minute % 60);
        check_day(&page, (minute * 60 + second, &written));
    }
}

#[test]
fn pol_18_the_length_of_a_month_is_known() {
    for (date, is_date) in [
        ("2000-02-29", true),
        ("1999-02-29", false),
        ("1900-02-29", false),
        ("2100-02-29", false),
        ("2400-02-29", true),
        ("2024-02-30", false),
        ("2023-02-28", true),
        ("2023-04-30", true),
        ("2023-04-31", false),
        ("2023-06-31", false),
        ("2023-09-31", false),
        ("2023-11-31", false),
        ("2023-12-31", true),
        ("2023-12-32", false),
        ("2023-13-01", false),
        ("2023-00-01", false),
        ("2023-01-00", false),
        ("2023-00", false),
        ("2023-01-01-01", false),
        ("2023-1-01", false),
        ("2023-01-01T23:59:59", true),
        ("2023-01-01T24:00", false),
        ("2023-01-01T23:60", false),
        ("2023-01-01T23:59:60", false),
        ("2023-01-01T00:00:00:00", false),
        ("2023-01-01T00:00:00.", false),
        ("2023-01-01T00:00:00.123456789", true),
        ("2023-01-01T00:00:00.1234567890", false),
        ("+2023", false),
        ("+1672531200", false),
        ("-", false),
        ("", false),
        ("12ab", false),
    ] {
        let expected = if is_date { Fails } else { Trouble };
        check_op("DateEquals", r#""1500-01-01""#, s(date), expected);
    }
}

#[test]
fn pol_18_seconds_zones_and_fractions_count() {
    let noon = Some(Fact::Date(1_672_574_400));
    for same in [
        "2023-01-01T12:00:00Z",
        "2023-01-01T14:30:00+02:30",
        "2023-01-01T09:15-02:45",
        "2023-01-01T02:00:00.000-10",
        "1672574400",
    ] {
        check_op("DateEquals", &format!("\"{same}\""), noon.clone(), Holds);
        check_op("DateEquals", "\"1672574400\"", s(same), Holds);
    }
    // Four characters with a sign are seconds, four digits a year.
    check_op("DateEquals", r#""-200""#, Some(Fact::Date(-200)), Holds);
    check_op("DateEquals", r#""0200""#, Some(Fact::Date(200)), Fails);
    let half = s("2023-01-01T12:00:00.5Z");
    check_op(
        "DateEquals",
        r#""2023-01-01T12:00:00.500Z""#,
        half.clone(),
        Holds,
    );
    check_op(
        "DateGreaterThan",
        r#""2023-01-01T12:00:00.49Z""#,
        half.clone(),
        Holds,
    );
    check_op(
        "DateGreaterThan",
        r#""2023-01-01T12:00:00.500000001Z""#,
        half,
        Fails,
    );
}
