//! Texts of policies that events come with: kept once, found by their hash, whatever happens.

use super::*;

fn with(number: usize, texts: &[&str]) -> Change {
    let mut event = event(number);
    event.policies = texts.iter().map(|text| EventPolicy::new(*text)).collect();
    change(vec![], vec![event])
}

fn kept(engine: &dyn Engine, text: &str) -> Option<String> {
    pollster::block_on(engine.event_policy(PolicyHash::of(text))).unwrap()
}

#[test]
fn texts_are_kept_with_the_events_that_refer_to_them() {
    each("policies", |subject| {
        assert_eq!(kept(subject.engine(), "one"), None);
        commit(subject.engine(), with(1, &["one", "two"])).unwrap();
        commit(subject.engine(), with(2, &["two", "three", "two"])).unwrap();
        subject.reopen();
        for text in ["one", "two", "three"] {
            assert_eq!(kept(subject.engine(), text).as_deref(), Some(text));
        }
        commit(subject.engine(), with(3, &["one"])).unwrap();
        assert_eq!(kept(subject.engine(), "four"), None);
        assert_eq!(subject.events().len(), 3);
    });
}

#[test]
fn texts_are_bounded_and_come_without_writes_only() {
    each("policies", |subject| {
        let engine = subject.engine();
        let long = "x".repeat(limits::EVENT_POLICY_BYTES_MAX + 1);
        let refused = commit(engine, with(1, &[&long]));
        assert!(
            matches!(refused, Err(CommitError::TooLarge { .. })),
            "{refused:?}"
        );
        let mut many = with(1, &[]);
        many.events[0].policies = vec![EventPolicy::new("x"); limits::EVENT_POLICIES_MAX + 1];
        let refused = commit(engine, many);
        assert!(
            matches!(refused, Err(CommitError::TooLarge { .. })),
            "{refused:?}"
        );
        let mut beside = with(1, &["x"]);
        beside.writes = vec![write(
            unit(1),
            Revision::NONE,
            vec![Record::AccountMeta(meta("a"))],
        )];
        let refused = commit(engine, beside);
        assert!(
            matches!(refused, Err(CommitError::Malformed(_))),
            "{refused:?}"
        );
        assert_eq!(kept(engine, "x"), None);
        assert!(subject.events().is_empty());
    });
}
