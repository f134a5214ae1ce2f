//! `docs/operations.md` is the table of operations, written out; `LOCUM_UPDATE_DOCS=1` rewrites it.

use std::fmt::Write as _;

use locum_wire::Service;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");

fn rendered() -> String {
    let mut page = String::from(
        "# Operations\n\nEvery operation of the services that Locum speaks, from its table of operations. One that is not\n\
         done answers `InvalidAction` (JSON services: `UnknownOperationException`) with a sentence that says so;\n\
         it is never a stub. Rewritten by `LOCUM_UPDATE_DOCS=1 cargo test -p locum-api --test operations_page`.\n",
    );
    for (service, title) in [
        (Service::Sts, "AWS Security Token Service"),
        (Service::Iam, "AWS Identity and Access Management"),
        (Service::Organizations, "AWS Organizations"),
        (Service::CloudTrail, "AWS CloudTrail"),
    ] {
        let known = locum_wire::operations(service);
        let done = |name: &str| {
            locum_api::operations().any(|row| row.service == service && row.name == name)
        };
        let count = known.iter().filter(|row| done(row.name)).count();
        let _ = write!(page, "\n## {title}\n\n{count} of {} done.\n\n", known.len());
        page.push_str("| operation | done | action |\n|---|---|---|\n");
        for row in known {
            let (mark, action) = match done(row.name) {
                true => ("yes", format!("`{}:{}`", service.scope_name(), row.name)),
                false => ("no", String::new()),
            };
            let _ = writeln!(page, "| {} | {mark} | {action} |", row.name);
        }
    }
    page
}

#[test]
fn the_page_is_the_table() {
    let rendered = rendered();
    if std::env::var_os("LOCUM_UPDATE_DOCS").is_some() {
        std::fs::write(PAGE, &rendered).unwrap();
    }
    let page = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        page == rendered,
        "docs/operations.md is stale: run with LOCUM_UPDATE_DOCS=1"
    );
}

#[test]
fn every_row_is_an_operation_of_the_model_and_stands_once() {
    let mut seen = std::collections::HashSet::new();
    for row in locum_api::operations() {
        let known = locum_wire::operations(row.service);
        assert!(
            known.iter().any(|model| model.name == row.name),
            "{} is not in the model",
            row.name
        );
        assert_eq!(
            row.action,
            format!("{}:{}", row.service.scope_name(), row.name)
        );
        assert!(
            seen.insert((row.service.scope_name(), row.name)),
            "{} stands twice",
            row.name
        );
    }
}
