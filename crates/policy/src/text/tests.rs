//! Short comparisons against the plain ones.

use proptest::prelude::*;

use super::{AnyCase, Name, OwnedName, Prefix, after, only_colon, position, same};

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn as_the_plain_comparisons(a in "[abü]{0,20}", b in "[abü]{0,20}", at in 0..20_usize) {
        prop_assert_eq!(same(a.as_bytes(), b.as_bytes()), a == b);
        let near = format!("{}b{}", a.chars().take(at).collect::<String>(), a.chars().skip(at + 1).collect::<String>());
        prop_assert_eq!(same(a.as_bytes(), near.as_bytes()), a == near);
        prop_assert!(same(a.as_bytes(), a.clone().as_bytes()));
        prop_assert_eq!(after(a.as_bytes(), b.as_bytes()), a.as_bytes().strip_prefix(b.as_bytes()));
        let joined = format!("{a}{b}");
        prop_assert_eq!(Prefix::new(&a).begins(&Name::new(b.as_bytes())), b.starts_with(&*a));
        prop_assert!(Prefix::new(&a).begins(&Name::new(joined.as_bytes())));
        prop_assert_eq!(Prefix::new(&joined).begins(&Name::new(a.as_bytes())), b.is_empty());
        prop_assert_eq!(after(joined.as_bytes(), a.as_bytes()), Some(b.as_bytes()));
    }

    #[test]
    fn names_in_any_case(text in "[@-Z`-{:é\\x00\\x7f]{0,30}", at in 0..30_usize, other in "[a-c:@]{0,12}") {
        let only = text.find(':').filter(|first| text.rfind(':') == Some(*first));
        prop_assert_eq!(only_colon(text.as_bytes()), only);
        let whole = format!("{text}{other}");
        for source in [&text, &whole] {
        let name = AnyCase::new(source.as_bytes(), text.len()).expect("a name");
        let lower = text.to_ascii_lowercase();
        let mut buffer = [0; 64];
        prop_assert_eq!(name.write(&mut buffer), Some(lower.as_bytes()));
        for prefix in [lower.get(..at).unwrap_or(&lower), &other] {
            prop_assert_eq!(name.begins(prefix.as_bytes()), lower.starts_with(prefix));
        }
        let near: String = lower.chars().enumerate().map(|(i, c)| if i == at { '!' } else { c }).collect();
        for known in [lower.as_str(), &near, &other] {
            let known = OwnedName::new(known.into());
            prop_assert_eq!(known.is(&name), known.as_str() == lower);
        }
        }
    }

    #[test]
    fn names_are_found(mut list in proptest::collection::vec("(abcabcab)?[a-c]{0,12}(cabcabca)?", 0..30), asked in "[a-c]{0,12}") {
        let mut names: Vec<OwnedName> = list.iter().map(|text| OwnedName::new(text.as_str().into())).collect();
        names.sort();
        for text in list.iter().chain([&asked]) {
            let upper = text.to_ascii_uppercase();
            let found = position(&names, |name| name, &AnyCase::new(upper.as_bytes(), upper.len()).expect("a name"));
            prop_assert_eq!(found.is_some(), names.iter().any(|name| name.as_str() == text));
            if let Some(name) = found.and_then(|index| names.get(index)) {
                prop_assert_eq!(name.as_str(), text);
            }
        }
        list.sort();
        let sorted: Vec<&str> = names.iter().map(OwnedName::as_str).collect();
        prop_assert_eq!(sorted, list);
    }
}
