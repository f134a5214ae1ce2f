//! The canonical URI: twice encoded and normalised, or as S3 wants it.

use crate::canonical::{PathRule, Sink};
use crate::encode::{self, Plus};
use crate::error::AuthError;

/// Step 1: absolute, whole escapes, never above the root. An empty path counts as `/`.
pub(crate) fn check(path: &str) -> Result<(), AuthError> {
    if path == "/" {
        return Ok(());
    }
    let absolute = path.is_empty() || path.starts_with('/');
    if !absolute || encode::check_escapes(path).is_err() {
        return Err(AuthError::MalformedPath);
    }
    let mut depth = 0usize;
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => depth = depth.checked_sub(1).ok_or(AuthError::MalformedPath)?,
            _ => depth += 1,
        }
    }
    Ok(())
}

/// Writes the canonical URI of the wire path `path`.
pub(crate) fn write(path: &str, rule: PathRule, sink: &mut impl Sink) {
    if path.len() < 2 {
        return sink.byte(b'/');
    }
    match rule {
        PathRule::AsSent => as_sent(path, sink),
        PathRule::Normalised if path.contains("//") || path.contains("/.") => {
            normalised(path, sink)
        }
        PathRule::Normalised => twice_encoded(path, sink),
    }
}

/// The wire path is already encoded; it is encoded once more, so `%20` becomes `%2520`.
fn twice_encoded(text: &str, sink: &mut impl Sink) {
    for byte in text.bytes() {
        if encode::is_unreserved(byte) || byte == b'/' {
            sink.byte(byte);
        } else {
            sink.put(&encode::escape(byte));
        }
    }
}

/// RFC 3986, 5.2.4, and runs of slashes collapsed. A path that ends in a slash or a dot segment ends
/// in a slash.
fn normalised(path: &str, sink: &mut impl Sink) {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    for segment in &kept {
        sink.byte(b'/');
        twice_encoded(segment, sink);
    }
    let last = path.rsplit('/').next().unwrap_or("");
    if kept.is_empty() || matches!(last, "" | "." | "..") {
        sink.byte(b'/');
    }
}

/// S3: decoded and encoded once, nothing removed. `%2F` stays `%2F`: a slash that was escaped must
/// never become one that separates.
fn as_sent(path: &str, sink: &mut impl Sink) {
    for segment in path.split('/').skip(1) {
        sink.byte(b'/');
        for byte in encode::decoded(segment, Plus::Literal) {
            if encode::is_unreserved(byte) {
                sink.byte(byte);
            } else {
                sink.put(&encode::escape(byte));
            }
        }
    }
}
