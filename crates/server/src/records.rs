//! Finding the record of one call in the trail.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The record of the call `request_id` in the folder `trail`: the one that explains a refusal when
/// there are several. The newest days are read first, to the end.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn record_of(trail: &Path, request_id: &str) -> io::Result<Option<Vec<u8>>> {
    let mut days: Vec<PathBuf> = std::fs::read_dir(trail)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    days.sort_unstable_by(|a, b| b.cmp(a));
    let wanted = format!("\"requestID\":\"{request_id}\"");
    for day in days {
        if let Some(found) = in_day(&day, wanted.as_bytes())? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn in_day(day: &Path, wanted: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut lines = BufReader::with_capacity(1 << 20, File::open(day)?);
    let (mut line, mut found) = (Vec::new(), None);
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(found);
        }
        if contains(&line, wanted) {
            let explains = contains(&line, b"\"authorization\":{");
            if explains {
                return Ok(Some(line));
            }
            found.get_or_insert_with(|| line.clone());
        }
    }
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

    #[test]
    fn the_newest_record_that_explains_is_found() {
        let folder = std::env::temp_dir().join(format!("locum-records-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let id = "01234567-89ab-cdef-0123-456789abcdef";
        let plain = format!("{{\"requestID\":\"{id}\",\"n\":1}}\n");
        let told = format!(
            "{{\"additionalEventData\":{{\"authorization\":{{}}}},\"requestID\":\"{id}\"}}\n"
        );
        std::fs::write(folder.join("2026-01-01.jsonl"), format!("{plain}{told}")).unwrap();
        std::fs::write(
            folder.join("2026-01-02.jsonl"),
            "{\"requestID\":\"other\"}\n",
        )
        .unwrap();
        let found = record_of(&folder, id).unwrap().unwrap();
        assert_eq!(String::from_utf8(found).unwrap(), told);
        assert!(record_of(&folder, "other").unwrap().is_some());
        assert!(record_of(&folder, "none").unwrap().is_none());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_request_id_is_a_uuid() {
        assert!(is_request_id("01234567-89ab-cdef-0123-456789abcdef"));
        for bad in ["", "01234567", "\",\"x\":\"89ab-cdef-0123-456789abcdef!!"] {
            assert!(!is_request_id(bad), "{bad}");
        }
    }
}
