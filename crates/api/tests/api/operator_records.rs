//! The record of what no API call did: which user of the host it was, or the server itself.

use locum_api::operator::{self, OperatorError};
use locum_store::AccountId;
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::{Lab, OPERATOR};
use crate::trails::call_in;

fn last(lab: &Lab) -> Value {
    let event = lab.engine.recorded_events().pop().expect("a record");
    serde_json::from_slice(&event.record).expect("JSON")
}

#[test]
fn the_operator_is_told_by_user_and_process() {
    let lab = Lab::new();
    block_on(operator::status(&lab.world, OPERATOR)).expect("a status");
    let record = last(&lab);
    assert_eq!(
        record["userIdentity"],
        json!({"type": "Unknown", "principalId": "operator:1000", "userName": "operator"})
    );
    assert_eq!(
        record["additionalEventData"],
        json!({"uid": 1000, "pid": 42})
    );
    assert_eq!(record["eventSource"], "operator.locum.internal");
    assert_eq!(record["sourceIPAddress"], "operator.locum.internal");
    let body =
        json!({"LookupAttributes": [{"AttributeKey": "Username", "AttributeValue": "operator"}]});
    let by = (&lab.admin, "us-east-1");
    let found = call_in(&lab, by, "LookupEvents", &body.to_string()).expect("LookupEvents");
    assert_eq!(found["Events"][0]["EventName"], "GetStatus");
    assert_eq!(found["Events"][0]["Username"], "operator");
}

#[test]
fn what_the_server_does_by_itself_is_no_operators() {
    let lab = Lab::new();
    block_on(operator::trail_repaired(&lab.world, "a tail is cut")).expect("recorded");
    let record = last(&lab);
    assert_eq!(
        record["userIdentity"],
        json!({"type": "AWSService", "invokedBy": "locum"})
    );
    assert_eq!(record["eventSource"], "server.locum.internal");
    assert_eq!(record["eventName"], "TrailRepaired");
    assert!(record["additionalEventData"].is_null());
}

#[test]
fn a_refusal_is_recorded_with_the_account_that_it_is_about() {
    let lab = Lab::new();
    let account = lab.other("other").account;
    let id = AccountId::parse(&account).expect("an id");
    let ask = || block_on(operator::root_key(&lab.world, OPERATOR, id));
    ask().expect("a second key");
    assert!(matches!(ask(), Err(OperatorError::TooManyKeys(_))));
    let record = last(&lab);
    assert_eq!(record["errorCode"], "LimitExceeded");
    assert_eq!(record["recipientAccountId"], account.as_str());
    // What belongs to no account that is there is told to the management account.
    let nobody = AccountId::parse("111111111111").expect("an id");
    assert!(block_on(operator::root_key(&lab.world, OPERATOR, nobody)).is_err());
    assert_eq!(last(&lab)["recipientAccountId"], lab.account.as_str());
}
