//! The rules of policies of resources other than roles. Services differ in their sentences; those
//! here are the ones that IAM has for trust policies.

use super::trust::{can_be_written, principal_fault};
use super::{required, resources};
use crate::document::Document;
use crate::fault::Fault;
use crate::read::Faults;

pub(super) fn check(document: &Document, faults: &mut Faults) {
    resources(document, faults);
    for statement in &document.statements {
        let missing = Fault::Missing("Resource");
        required(&statement.resources, missing, statement, faults);
        let Some(principals) = &statement.principals else {
            faults.push((Fault::Missing("Principal"), statement.span.clone()));
            continue;
        };
        for (kind, entry) in &principals.entries {
            if !can_be_written(*kind, &entry.text) {
                faults.push((principal_fault(*kind, &entry.text), entry.span.clone()));
            }
        }
    }
}
