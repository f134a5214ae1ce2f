//! The shape of actions: `vendor:Name`, or `*`.

use crate::fault::Fault;

/// What is wrong with an action. Vendors and names that nobody knows are accepted, as AWS does.
pub(crate) fn fault(text: &str) -> Option<Fault> {
    if text == "*" || text == "*:*" {
        return None;
    }
    // Byte by byte: texts this short are done before a search for them is set up.
    let is = |wanted: u8| move |byte: u8| byte == wanted;
    let colon = text.bytes().position(is(b':'));
    let Some((vendor, rest)) = colon.and_then(|colon| text.split_at_checked(colon)) else {
        return Some(Fault::ActionVendor);
    };
    let name = rest.get(1..).unwrap_or_default();
    if name.bytes().any(is(b':')) {
        return Some(Fault::ActionColons);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if vendor.is_empty() || !vendor.bytes().all(plain) {
        return Some(Fault::ActionVendorInvalid(vendor.to_owned()));
    }
    // A variable here would look as if it were replaced.
    let variable = name.bytes().any(is(b'$')) && name.contains("${");
    variable.then_some(Fault::Unreadable)
}
