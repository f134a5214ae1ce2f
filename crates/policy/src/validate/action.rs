//! The shape of actions: `vendor:Name`, or `*`.

use crate::fault::Fault;

/// What is wrong with an action. Vendors and names that nobody knows are accepted, as AWS does.
pub(crate) fn fault(text: &str) -> Option<Fault> {
    if text == "*" || text == "*:*" {
        return None;
    }
    let Some((vendor, name)) = text.split_once(':') else {
        return Some(Fault::ActionVendor);
    };
    if name.contains(':') {
        return Some(Fault::ActionColons);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if vendor.is_empty() || !vendor.bytes().all(plain) {
        return Some(Fault::ActionVendorInvalid(vendor.to_owned()));
    }
    // A variable here would look as if it were replaced.
    name.contains("${").then_some(Fault::Unreadable)
}
