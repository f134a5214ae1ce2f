//! Which regions have files of their own: those that a caller cannot make up.

/// AWS's regions, sorted. A signature may name any region, and every region that has files has a digest each
/// hour ever after, so what a caller makes up is filed under the home region.
const KNOWN: &[&str] = &[
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-south-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-central-1",
    "ca-west-1",
    "cn-north-1",
    "cn-northwest-1",
    "eu-central-1",
    "eu-central-2",
    "eu-isoe-west-1",
    "eu-north-1",
    "eu-south-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eusc-de-east-1",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-iso-west-1",
    "us-isob-east-1",
    "us-isob-west-1",
    "us-isof-east-1",
    "us-isof-south-1",
    "us-west-1",
    "us-west-2",
];

/// Is it a region of AWS, or the one that signatures are restricted to?
pub(super) fn is_known(region: &str, configured: Option<&str>) -> bool {
    KNOWN.binary_search(&region).is_ok() || configured == Some(region)
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, is_known};

    #[test]
    fn the_list_can_be_searched_and_knows_what_is_configured() {
        assert!(KNOWN.is_sorted());
        assert!(KNOWN.iter().all(|region| is_known(region, None)));
        assert!(!is_known("zz-r0", None) && !is_known("eu-central-11", None));
        assert!(is_known("home-1", Some("home-1")) && !is_known("home-2", Some("home-1")));
    }
}
