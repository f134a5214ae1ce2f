//! The one table of operations: dispatch, coverage and documentation come from it.

use locum_wire::{Call, Service};

use crate::operation::Operation;
use crate::{cloudtrail, iam, organizations, sts};

const TABLE: &[&[&[Operation]]] = &[
    sts::OPERATIONS,
    iam::OPERATIONS,
    organizations::OPERATIONS,
    cloudtrail::OPERATIONS,
];

/// Every operation that is offered.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    TABLE
        .iter()
        .flat_map(|service| service.iter())
        .flat_map(|file| file.iter())
}

/// The row of a call; `None` for an operation of AWS's that is not done yet (one that AWS does not have
/// was refused when the call was routed).
pub(crate) fn find(call: &Call<'_>) -> Option<&'static Operation> {
    let rows = match call.service {
        Service::Sts => sts::OPERATIONS,
        Service::Iam => iam::OPERATIONS,
        Service::Organizations => organizations::OPERATIONS,
        Service::CloudTrail => cloudtrail::OPERATIONS,
    };
    let name = call.operation.as_ref();
    rows.iter()
        .flat_map(|file| file.iter())
        .find(|row| row.name == name)
}
