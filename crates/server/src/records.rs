//! Finding the record of one call in the trail.

use locum_store::trail_index::{Attribute, Query, Term};
use locum_store::{Engine, LoadError};

/// Records that one call has at most: its own, and those for owners of what it asked for.
const RECORDS_OF_A_CALL_MAX: usize = 16;

/// The record of the call `request_id`: the one that explains a refusal when there are several.
///
/// # Errors
/// A trail that cannot be read.
pub(crate) async fn record_of(
    engine: &dyn Engine,
    request_id: &str,
) -> Result<Option<Vec<u8>>, LoadError> {
    let query = Query {
        terms: vec![Term::is(Attribute::RequestId, request_id)],
        limit: RECORDS_OF_A_CALL_MAX,
        ..Query::default()
    };
    let mut hits = engine.search(query).await?.hits;
    let explains = |line: &[u8]| contains(line, b"\"authorization\":{");
    let at = hits.iter().position(|hit| explains(&hit.line));
    // Else the first that was recorded; the newest come first.
    let at = at.or(hits.len().checked_sub(1));
    Ok(at.map(|at| hits.swap_remove(at).line))
}

fn contains(line: &[u8], wanted: &[u8]) -> bool {
    line.windows(wanted.len()).any(|part| part == wanted)
}

/// Is this the id of a request, and not something that would match parts of records?
pub(crate) fn is_request_id(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use locum_store::{Change, Event};

    #[test]
    fn the_newest_record_that_explains_is_found() {
        let engine = locum_store::memory(locum_store::MemoryOptions::default());
        let id = "01234567-89ab-cdef-0123-456789abcdef";
        let time = r#""eventTime":"1970-01-01T00:00:00Z""#;
        let plain = format!("{{{time},\"requestID\":\"{id}\",\"n\":1}}");
        let told = format!(
            "{{{time},\"additionalEventData\":{{\"authorization\":{{}}}},\"requestID\":\"{id}\"}}"
        );
        let other = format!("{{{time},\"requestID\":\"other\"}}");
        for record in [&plain, &told, &other] {
            let events = vec![Event::new(0, record.clone().into_bytes())];
            let change = Change {
                events,
                ..Change::default()
            };
            pollster::block_on(engine.commit(change)).unwrap();
        }
        let of = |id: &str| pollster::block_on(record_of(&engine, id)).unwrap();
        assert_eq!(String::from_utf8(of(id).unwrap()).unwrap(), told);
        assert!(of("other").is_some());
        assert!(of("none").is_none());
    }

    #[test]
    fn a_request_id_is_a_uuid() {
        assert!(is_request_id("01234567-89ab-cdef-0123-456789abcdef"));
        for bad in ["", "01234567", "\",\"x\":\"89ab-cdef-0123-456789abcdef!!"] {
            assert!(!is_request_id(bad), "{bad}");
        }
    }
}
