//! The request as it came over the wire, borrowed.

/// One header line as received.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    /// Name in any case.
    pub name: &'a str,
    /// Value as received; may hold obsolete line folding.
    pub value: &'a [u8],
}

/// A request as received, before anything is decoded.
///
/// HTTP/2 has no `Host` line: put its `:authority` among the headers under the name `host` or
/// `:authority`.
#[derive(Debug, Clone, Copy)]
pub struct RequestView<'a> {
    /// Method, upper case as sent.
    pub method: &'a str,
    /// Path as on the wire, still percent-encoded, without the query.
    pub path: &'a str,
    /// Query as on the wire, without the question mark; empty when there is none.
    pub query: &'a str,
    /// Headers in the order received; a repeated header is repeated here.
    pub headers: &'a [Header<'a>],
    /// The whole body.
    pub body: &'a [u8],
}

impl<'a> RequestView<'a> {
    /// The values of header `name` (lower case), in order. `host` also answers to `:authority`.
    pub(crate) fn values<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let named = move |header: &&Header<'a>| header_is(header.name, name);
        self.headers.iter().filter(named).map(|header| header.value)
    }
}

/// Does a header called `received` count as `name` (lower case)? Length and last letter rule nearly
/// everything out before the names are compared.
pub(crate) fn header_is(received: &str, name: &str) -> bool {
    if received.len() != name.len() {
        return name == "host" && received == ":authority";
    }
    let last = |text: &str| text.as_bytes().last().map(u8::to_ascii_lowercase);
    last(received) == last(name) && received.eq_ignore_ascii_case(name)
}
