//! The member of a line: written and read in one way only.

use super::*;

fn link(last: ChainPoint, lines: &str) -> (String, ChainPoint) {
    let mut out = Vec::new();
    let last = Linker::default()
        .link(last, lines.as_bytes(), &mut out)
        .unwrap();
    (String::from_utf8(out).unwrap(), last)
}

#[test]
fn a_line_tells_its_place_and_is_its_record() {
    let (text, last) = link(ChainPoint::default(), "{\"a\":1}\n{\"b\":2}\n");
    // Reckoned with another program: sha256(32 zero bytes, 0000000000000001, {"a":1}).
    let first = "efdc0e2f";
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2);
    let (body, Integrity::At(point)) = split(lines[0].as_bytes()) else {
        panic!("{text}");
    };
    assert_eq!((body, point.sequence), (&b"{\"a\":1"[..], 1));
    assert!(point.hash_text().starts_with(first), "{point}");
    assert_eq!(split(lines[1].as_bytes()).1, Integrity::At(last));
    assert_eq!(last.sequence, 2);
    let again = ChainPoint::of_text(2, &last.hash_text());
    assert_eq!(again, Some(last));
    // Behind another record the same one has another hash.
    let (_, other) = link(
        ChainPoint {
            sequence: 1,
            ..ChainPoint::default()
        },
        "{\"b\":2}\n",
    );
    assert_ne!(other.hash, last.hash);
}

#[test]
fn a_member_that_is_not_exactly_one_is_none() {
    let (text, _) = link(
        ChainPoint {
            sequence: 6,
            ..ChainPoint::default()
        },
        "{\"a\":1}\n",
    );
    let line = text.trim_end();
    let damaged = [
        line.replace(":7,", ":07,"),
        line.replace(":7,", ":,"),
        line.replace(":7,", ":18446744073709551616,"),
        line.replace("integrity", "integritz"),
        line.replace("\"hash\":\"", "\"hash\":\"0"),
        line.replace("}}", "}} "),
        line.to_ascii_uppercase().replace("INTEGRITY", "integrity"),
    ];
    for line in damaged {
        let (_, integrity) = split(line.as_bytes());
        assert!(!matches!(integrity, Integrity::At(_)), "{line}");
        // What is left of a member is shown, and never taken for the record's own end.
        assert_eq!(record_of(line.as_bytes()), line.as_bytes());
    }
    assert_eq!(record_of(line.as_bytes()), b"{\"a\":1}");
    for old in ["{\"a\":1}", "{}", "", "}", "x"] {
        assert_eq!(split(old.as_bytes()).1, Integrity::None, "{old}");
    }
}

#[test]
fn what_is_no_object_is_not_written() {
    let mut out = Vec::new();
    let told = Linker::default().link(ChainPoint::default(), b"one\n", &mut out);
    assert!(told.is_err());
}
