//! The models' patterns: what each accepts and refuses, found by its source in the generated tables.
#![allow(clippy::panic, reason = "helpers of tests fail by panicking")]

use locum_wire::{Kind, Pattern, Shape, Structure, cloudtrail, iam, organizations, sts};

/// The pattern with that source, wherever a structure uses it.
fn find(shape: &'static Shape, source: &str, depth: usize) -> Option<&'static Pattern> {
    if let Some(pattern) = shape.pattern.filter(|p| p.source == source) {
        return Some(pattern);
    }
    match (&shape.kind, depth) {
        (_, 8) => None,
        (Kind::List(item), _) => find(item, source, depth + 1),
        (Kind::Map(key, value), _) => {
            find(key, source, depth + 1).or_else(|| find(value, source, depth + 1))
        }
        (Kind::Structure(members), _) => members
            .iter()
            .find_map(|m| find(m.shape, source, depth + 1)),
        _ => None,
    }
}

macro_rules! shapes {
    ($module:ident $($name:ident)*) => { [$($module::$name::SHAPE),*] };
}

fn pattern(source: &str) -> &'static Pattern {
    let all = locum_wire::every_sts_structure!(shapes)
        .into_iter()
        .chain(locum_wire::every_iam_structure!(shapes))
        .chain(locum_wire::every_organizations_structure!(shapes))
        .chain(locum_wire::every_cloudtrail_structure!(shapes));
    all.into_iter()
        .find_map(|s| find(s, source, 0))
        .unwrap_or_else(|| panic!("no pattern {source}"))
}

fn check(source: &str, accepted: &[&str], refused: &[&str]) {
    let pattern = pattern(source);
    for text in accepted {
        assert!(pattern.matches(text), "{source} must accept {text:?}");
    }
    for text in refused {
        assert!(!pattern.matches(text), "{source} must refuse {text:?}");
    }
}

#[test]
fn classes() {
    check(
        r"[\w+=,.@-]*",
        &["", "aZ_09+=,.@-"],
        &["a b", "a:b", "ä", "a\n", "a\0", "/"],
    );
    check(r"[\w+=,.@-]+", &["a"], &["", "a/"]);
    check(r"[\w]*", &["", "AKIA_1"], &["a-b", "é"]);
    check(r"[\d]*", &["", "012345"], &["12a", "١٢", "½"]);
    check(r"[\w+=,.@:\/-]*", &["x:/y"], &["x y", "\\"]);
    check(
        r"[\u0009\u000A\u000D\u0020-\u00FF]+",
        &["\t\n\r ~\u{7F}\u{80}ÿ"],
        &["", "\u{0}", "\u{b}", "\u{1f}", "Ā", "🦀"],
    );
    check(
        r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+",
        &[
            "arn:aws",
            "\u{85}",
            "ÿĀ\u{D7FF}\u{E000}\u{FFFD}",
            "🦀\u{10FFFF}",
        ],
        &[
            "", "\u{7F}", "\u{84}", "\u{86}", "\u{9F}", "\u{FFFE}", "\u{FFFF}", "a\0",
        ],
    );
    check(r"[\s\S]*", &["", "a\n🦀\0"], &[]);
}

#[test]
fn unicode_categories() {
    check(
        r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+",
        &[
            "azAZ09_.:/=+-@ ",
            "äßЖ中ª",
            "\u{A0}\u{2028}\u{3000}",
            "½Ⅷ٣",
            "𝒜",
            "ʰ",
        ],
        // A combining mark, symbols, controls, an emoji, a private character, and what is Alphabetic but no letter.
        &[
            "", "e\u{301}", "a&b", "\t", "\n", "€", "🦀", "\u{E000}", "\u{345}", "\u{24B6}", "\"",
            "%",
        ],
    );
    check(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", &[""], &["<"]);
}

#[test]
fn machines() {
    check(
        r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?",
        &["v1", "v10", "v999", "v1.", "v2.beta-3"],
        &[
            "", "v", "v0", "v01", "1", "v1.a.b", "v1 ", "V1", "v1\n", "v１",
        ],
    );
    check(
        r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)",
        &["/", "/a/", "/a/b/", "//a/", "///"],
        &["", "//", "a", "/a", "a/", "/ä/", "/a b/", "/a/\n"],
    );
    check(
        r"\u002F[\u0021-\u007F]*",
        &["/", "/x\u{7F}"],
        &["", "x", "/ ", "/é"],
    );
    check(
        r"((/[A-Za-z0-9\.,\+@=_-]+)*)/",
        &["/", "/a/", "/a.b/c,d/"],
        &["", "//", "/a", "a/", "/a//b/", "/a b/"],
    );
    check(
        r"^car-[a-z0-9]{8,32}$",
        &["car-12345678", "car-12345678901234567890123456789012"],
        &[
            "car-1234567",
            "car-123456789012345678901234567890123",
            "Car-12345678",
            "xcar-12345678",
        ],
    );
    check(
        r"[^\s@]+@[^\s@]+\.[^\s@]+",
        &["a@b.c", "ä@ü.de", "a@b.c.d"],
        &["a@b", "@b.c", "a@.c ", "a b@c.d", "a@b@c.d", "a@b."],
    );
    check(
        r"^\d{12}$",
        &["123456789012"],
        &[
            "12345678901",
            "1234567890123",
            "12345678901a",
            "１23456789012",
        ],
    );
}

#[test]
fn dos_04_matching_is_linear() {
    let long = "/a".repeat(500_000);
    assert!(!pattern(r"((/[A-Za-z0-9\.,\+@=_-]+)*)/").matches(&long));
    assert!(pattern(r"((/[A-Za-z0-9\.,\+@=_-]+)*)/").matches(&(long + "/")));
}
