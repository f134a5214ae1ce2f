//! The limits of this crate. Body and header sizes are the server's.

/// Parameters of one form or query string.
pub const PARAMETERS_MAX: usize = 4_096;
/// Bytes of one form and query string together; the server's limit on bodies is far below.
pub const FORM_BYTES_MAX: usize = 1 << 30;
/// Nesting of a JSON document, of an XML answer, and of parameter names.
pub const NESTING_MAX: usize = 32;
/// Values in one JSON document.
pub const JSON_VALUES_MAX: usize = 100_000;
/// Violations spelled out in one ValidationError; further ones are counted only.
pub const VIOLATIONS_SHOWN_MAX: usize = 100;
/// Elements in one XML answer that the client direction reads.
pub const XML_ELEMENTS_MAX: usize = 1_000_000;
/// Characters of an unknown operation's name or version that an error message repeats.
pub const ECHO_CHARS_MAX: usize = 256;
