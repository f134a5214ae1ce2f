//! What a trail record keeps of an input or output: CloudTrail's spelling, and never a secret.

use crate::codec::{Format, Structure, Writer};
use crate::shape::{Member, Privacy};
use crate::time::push_cloudtrail;

/// Shapes that the model does not call sensitive and that no record may hold.
const NEVER_RECORDED: &[&str] = &["tokenType", "tokenCodeType"];
/// Shapes that the model calls sensitive and that CloudTrail records all the same: they name the account.
const RECORDED: &[&str] = &["AccountName", "CreateAccountName", "Email"];

/// May this member stand in a record?
pub(crate) fn is_recorded(member: &'static Member) -> bool {
    let shape = member.shape;
    match shape.privacy {
        Privacy::Open => !NEVER_RECORDED.contains(&shape.name),
        Privacy::Secret => RECORDED.contains(&shape.name),
    }
}

/// Appends the time as CloudTrail prints it inside parameters: `Oct 2, 2019, 11:12:29 PM`.
pub(crate) fn push_time(out: &mut String, unix_s: i64) {
    out.push('"');
    push_cloudtrail(out, unix_s);
    out.push('"');
}

/// Appends `value` as the JSON object of `requestParameters` or `responseElements`: lower camel case,
/// absent members and secrets left out, always on one line.
pub fn write_record<T: Structure>(value: &T, out: &mut String) {
    let mut writer = Writer::new(out, Format::Record);
    writer.structure(|w| value.write(w));
}
