//! Times in all forms, at the edges of the calendar.

use super::Stamp;

#[test]
fn text_and_seconds_agree() {
    for (seconds, text) in [
        (0, "19700101T000000Z"),
        (-1, "19691231T235959Z"),
        (951_782_400, "20000229T000000Z"),
        (1_440_938_160, "20150830T123600Z"),
        (4_107_542_399, "21000228T235959Z"),
        (4_107_542_400, "21000301T000000Z"),
        (253_402_300_799, "99991231T235959Z"),
    ] {
        assert_eq!(Stamp::from_seconds(seconds).text(), text);
        assert_eq!(
            Stamp::parse_basic(text).map(|stamp| stamp.seconds()),
            Some(seconds)
        );
    }
    for day in -719_528..=2_932_896_i64 {
        if day % 97 == 0 {
            let stamp = Stamp::from_seconds(day * 86_400 + 3_661);
            assert_eq!(Stamp::parse_basic(stamp.text()), Some(stamp));
        }
    }
}

#[test]
fn other_forms() {
    let moment = Stamp::parse_basic("20150830T123600Z");
    assert!(moment.is_some());
    assert_eq!(Stamp::parse_header("2015-08-30T12:36:00Z"), moment);
    assert_eq!(
        Stamp::parse_rfc1123("Sun, 30 Aug 2015 12:36:00 GMT"),
        moment
    );
}

#[test]
fn nonsense_is_refused() {
    for text in [
        "",
        "20150830",
        "20150830T123600",
        "20150830t123600z",
        "20151330T123600Z",
        "20150230T123600Z",
        "20150830T243600Z",
        "20150830T126000Z",
        "20150830T123660Z",
        "2015083 T123600Z",
        "+2150830T123600Z",
        "20150830T123600Z ",
        "20150029T000000Z",
        "20150100T000000Z",
        "Sun, 30 Aug 2015 12:36:00 GMT",
    ] {
        assert_eq!(Stamp::parse_header(text), None, "{text}");
    }
    for text in [
        "Sun, 30 Aug 2015 12:36:00 CET",
        "30 Aug 2015 12:36:00 GMT",
        "Sun, 30 Aug 2015 12:36 GMT",
        "Sun, 31 Feb 2015 12:36:00 GMT",
    ] {
        assert_eq!(Stamp::parse_rfc1123(text), None, "{text}");
    }
}
