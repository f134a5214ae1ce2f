//! Messages that are broken to fit a width.

use locum_policy::in_lines;

#[test]
fn messages_are_broken_at_spaces() {
    for (message, columns, lines) in [
        ("", 5, vec![""]),
        ("aa", 5, vec!["aa"]),
        ("aa bb cc", 5, vec!["aa bb", "cc"]),
        ("aa bb cc", 4, vec!["aa", "bb", "cc"]),
        ("longest bb", 4, vec!["longest", "bb"]),
    ] {
        assert_eq!(in_lines(message, columns), lines, "{message:?} {columns}");
    }
}
