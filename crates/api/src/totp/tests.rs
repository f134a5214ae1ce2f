//! The codes of RFC 6238's appendix B, and the search for the step of a code.

use super::*;

const SEED: &[u8] = b"12345678901234567890";

#[test]
fn codes_are_those_of_the_rfc() {
    for (time_s, last_six_of_eight) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ] {
        let shown = code(&key(SEED), step_at(time_s));
        assert_eq!(shown, last_six_of_eight.as_bytes(), "{time_s}");
    }
}

#[test]
fn a_code_is_found_at_its_step_and_two_only_when_they_are_neighbours() {
    let text = |step| String::from_utf8(code(&key(SEED), step).to_vec()).expect("digits");
    let (first, second, third) = (text(100), text(101), text(102));
    assert_eq!(find(SEED, &[&first], 99..=101), Some(100));
    assert_eq!(find(SEED, &[&first], 101..=103), None);
    assert_eq!(find(SEED, &[&first, &second], 90..=110), Some(101));
    assert_eq!(find(SEED, &[&second, &first], 90..=110), None);
    assert_eq!(find(SEED, &[&first, &third], 90..=110), None);
    assert_eq!(find(SEED, &["", ""], 90..=110), None);
}
