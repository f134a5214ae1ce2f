//! ARNs against the plain way to split them.

use proptest::prelude::*;

use super::Arn;

fn plain(text: &str) -> Option<[&str; 5]> {
    let mut parts = text.splitn(6, ':');
    if parts.next() != Some("arn") {
        return None;
    }
    let mut part = || parts.next();
    let parts = [part()?, part()?, part()?, part()?, part()?];
    let [partition, service, _, _, resource] = parts;
    (!partition.is_empty() && !service.is_empty() && !resource.is_empty()).then_some(parts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn as_split_at_colons(head in "(arn)?[:;9aü\u{ba}]{0,6}", tail in "[:;9a\u{3a}\u{ba}/]{0,40}", region in "a{0,70}") {
        for text in [format!("{head}{tail}"), format!("arn:aws:s3:{region}{tail}")] {
        let found = Arn::parse(&text).map(|arn| [arn.partition, arn.service, arn.region, arn.account, arn.resource]);
        prop_assert_eq!(found, plain(&text));
        }
    }
}
