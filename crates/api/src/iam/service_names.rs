//! The names of services, as reports show them beside their prefixes.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Prefix and name of every service in the catalogue of actions, one a line. The names are those of
/// the Service Authorization Reference.
static TEXT: &str = include_str!("../../data/service-names.txt");
static NAMES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    TEXT.lines()
        .filter_map(|line| line.split_once('\t'))
        .collect()
});

/// The name of a service; one that is not known is called by its prefix.
pub(super) fn name_of(prefix: &str) -> &str {
    NAMES.get(prefix).copied().unwrap_or(prefix)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_service_of_the_catalogue_has_a_name() {
        for prefix in locum_policy::catalogue::services() {
            assert!(super::NAMES.contains_key(prefix), "{prefix}");
        }
    }
}
