//! ARNs: split as the model splits them, and nothing is lost.

use locum_policy::Arn;

use crate::model;

/// The input as an ARN.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let ours = Arn::parse(text).map(|arn| {
        [
            "arn",
            arn.partition,
            arn.service,
            arn.region,
            arn.account,
            arn.resource,
        ]
    });
    assert_eq!(ours, model::split_arn(text), "{text}");
    if let Some(parts) = ours {
        assert_eq!(parts.join(":"), text);
    }
}
