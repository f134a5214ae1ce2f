//! The operator's questions: why a call was refused, and whether one would be.

use locum_api::World;
use locum_api::explain::{self, OrganizationPolicies, Question, QuestionPolicy, QuestionValue};
use locum_api::operator::Actor;
use serde_json::Value;

use super::{refusal, refused};
use crate::operator::{ContextArgument, OperatorRefusal, PolicyArgument};
use crate::records;

/// `call` is a request id or an encoded authorization message.
pub(super) async fn why(
    world: &World,
    actor: Actor,
    call: &str,
    columns: Option<u16>,
) -> Result<Value, OperatorRefusal> {
    let request_id = if records::is_request_id(call) {
        call.to_owned()
    } else {
        let told = explain::request_of(world, call).await.map_err(|error| {
            let message = format!(
                "It is no request id, and as an authorization message it does not open here: {error}."
            );
            refused("InvalidRequest", message)
        });
        told?.0
    };
    let found = records::record_of(&*world.engine, &request_id).await;
    let found = found.map_err(|error| refused("ServiceUnavailable", error.to_string()))?;
    let record = found.ok_or_else(|| {
        let message = format!("The trail of this server has no record of request {request_id}.");
        refused("NoSuchEntity", message)
    })?;
    let told = explain::why(world, actor, &record, columns.map(usize::from)).await;
    told.map_err(refusal)
}

/// What is asked beforehand.
pub(super) struct Asked {
    pub(super) principal: String,
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) context: Vec<ContextArgument>,
    pub(super) session_policy: Option<String>,
    pub(super) scp: Vec<Vec<PolicyArgument>>,
    pub(super) rcp: Vec<Vec<PolicyArgument>>,
    pub(super) columns: Option<u16>,
}

pub(super) async fn can(
    world: &World,
    actor: Actor,
    asked: Asked,
) -> Result<Value, OperatorRefusal> {
    let context = asked.context.into_iter().map(|given| QuestionValue {
        key: given.key,
        values: given.values,
        is_list: given.list,
    });
    let question = Question {
        principal: asked.principal,
        action: asked.action,
        resource: asked.resource,
        context: context.collect(),
        session_policy: asked.session_policy,
        organization: OrganizationPolicies {
            scp: levels(asked.scp),
            rcp: levels(asked.rcp),
        },
        columns: asked.columns.map(usize::from),
    };
    explain::can(world, actor, &question).await.map_err(refusal)
}

fn levels(given: Vec<Vec<PolicyArgument>>) -> Vec<Vec<QuestionPolicy>> {
    let policy = |given: PolicyArgument| QuestionPolicy {
        name: given.name,
        text: given.text,
    };
    let level = |given: Vec<PolicyArgument>| given.into_iter().map(policy).collect();
    given.into_iter().map(level).collect()
}
