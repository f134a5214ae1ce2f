//! `why` and `can`: explanations that agree with what calls got, and suggestions that do what they say.

use locum_api::explain::{Question, QuestionValue, can, request_of, why};
use locum_api::operator::{self, OperatorError, Rotate};
use locum_wire::Service;
use pollster::block_on;
use serde_json::{Value, json};

use crate::common::{
    Answer, Lab, OPERATOR, allow, allow_if, assume_role, document, statement, trust_if,
};

const ASSUME: &str = r#""sts:AssumeRole""#;

impl Lab {
    /// Explains a refused call.
    fn why(&self, answer: &Answer) -> Value {
        let event = answer.event.as_ref().expect("a record").to_string();
        block_on(why(&self.world, OPERATOR, event.as_bytes(), None)).expect("an explanation")
    }

    fn can(&self, principal: &str, action: &str, resource: &str) -> Value {
        self.asked(&Question {
            principal: principal.to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            ..Question::default()
        })
    }

    fn asked(&self, question: &Question) -> Value {
        block_on(can(&self.world, OPERATOR, question)).expect("an answer")
    }

    fn arn(&self, rest: &str) -> String {
        format!("arn:aws:iam::{}:{rest}", self.account)
    }
}

/// Only the changes of suggestions that consist of one.
fn single(told: &Value) -> Vec<Value> {
    let sets = told["Suggestions"].as_array().expect("suggestions");
    let changes = sets.iter().filter_map(|set| set.as_array());
    changes
        .filter(|set| set.len() == 1)
        .map(|set| set[0].clone())
        .collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} in {value}"))
}

#[test]
fn the_statement_that_is_suggested_allows_exactly_the_call() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", &allow("iam:ListUsers", "*"));
    lab.user(&lab.admin, "bob");
    let ask = || lab.form(&alice, Service::Iam, "Action=GetUser&UserName=bob");
    let refused = ask();
    let told = lab.why(&refused);
    assert_eq!(told["Then"]["Decision"], "deny");
    assert_eq!(told["Now"]["Decision"], "deny");
    assert_eq!(told["Changes"], json!([]));
    assert_eq!(told["Notes"], json!([]));
    assert!(text(&told["Then"], "Text").starts_with("Denied: no identity-based policy allows it."));
    let wanted =
        json!({"Effect": "Allow", "Action": "iam:GetUser", "Resource": lab.arn("user/bob")});
    let [only] = &*single(&told) else {
        panic!("{told}");
    };
    assert_eq!(only["Statement"], wanted);
    assert_eq!(only["Sentence"], "Add to a policy of user/alice");
    lab.user_policy(
        &lab.admin,
        "alice",
        &document(&only["Statement"].to_string()),
    );
    assert_eq!(ask().status, 200);
    assert_eq!(
        lab.form(&alice, Service::Iam, "Action=GetUser&UserName=alice")
            .status,
        403
    );
    // The same refusal, told again: what it was then stays, and what changed is named.
    let told = lab.why(&refused);
    assert_eq!(told["Then"]["Decision"], "deny");
    assert_eq!(told["Now"]["Decision"], "allow");
    let changed = json!(["The identity-based policy \"user/alice/inline\" says something else."]);
    assert_eq!(told["Changes"], changed);
}

#[test]
fn a_failed_condition_is_told_with_the_value_that_would_do() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    let condition =
        r#"{"StringEquals":{"sts:ExternalId":"unicorn","aws:PrincipalTag/team":"blue"}}"#;
    let trust = trust_if(&format!("\"{}\"", lab.arn("user/alice")), ASSUME, condition);
    let role = lab.role(&lab.admin, "reader", &trust);
    let form = format!(
        "Action=AssumeRole&RoleArn={}&RoleSessionName=work",
        role.arn
    );
    let refused = lab.form(&alice, Service::Sts, &form);
    let told = lab.why(&refused);
    assert_eq!(
        told["Then"]["Missing"],
        json!(["aws:PrincipalTag/team", "sts:ExternalId"])
    );
    let sets = told["Suggestions"].as_array().expect("suggestions");
    let values = |set: &Value| -> Vec<(String, String)> {
        let changes = set.as_array().into_iter().flatten();
        let contexts = changes.filter(|change| change["Kind"] == "context");
        contexts
            .map(|change| {
                (
                    text(change, "Key").to_owned(),
                    text(change, "Value").to_owned(),
                )
            })
            .collect()
    };
    let wanted = vec![
        ("sts:ExternalId".to_owned(), "unicorn".to_owned()),
        ("aws:PrincipalTag/team".to_owned(), "blue".to_owned()),
    ];
    assert!(sets.iter().any(|set| values(set) == wanted), "{told}");
    lab.ask("Action=TagUser&UserName=alice&Tags.member.1.Key=team&Tags.member.1.Value=blue")
        .expect("a tag");
    let told = lab.why(&refused);
    let changed = json!([r#"aws:PrincipalTag/team is ["blue"]; there was none."#]);
    assert_eq!(told["Changes"], changed);
    let form = format!("{form}&ExternalId=unicorn");
    assert_eq!(lab.form(&alice, Service::Sts, &form).status, 200);
    let legend = text(&json!({"Legend": told["Legend"][0]}), "Legend").to_owned();
    assert!(
        legend.ends_with(&format!(" is {}", lab.arn("user/alice"))),
        "{legend}"
    );
}

#[test]
fn a_denying_statement_is_named_and_its_removal_tried() {
    let lab = Lab::new();
    let deny = r#"{"Sid":"Never","Effect":"Deny","Action":"iam:Delete*","Resource":"*"}"#;
    let policy = document(&format!("{},{deny}", statement("Allow", "*", "*", "")));
    let alice = lab.user_with(&lab.admin, "alice", &policy);
    let told = lab.why(&lab.form(&alice, Service::Iam, "Action=DeleteUser&UserName=bob"));
    let [only] = &*single(&told) else {
        panic!("{told}");
    };
    assert_eq!(only["Kind"], "remove-statement");
    assert_eq!(only["Policy"], "user/alice/inline");
    assert_eq!(only["Index"], 1);
    assert_eq!(only["Sid"], "Never");
}

#[test]
fn a_deny_without_multi_factor_authentication_suggests_it() {
    let lab = Lab::new();
    let deny = r#"{"Effect":"Deny","NotAction":"iam:GetUser","Resource":"*",
        "Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}"#;
    let policy = document(&format!("{},{deny}", statement("Allow", "*", "*", "")));
    let alice = lab.user_with(&lab.admin, "alice", &policy);
    let told = lab.why(&lab.form(&alice, Service::Iam, "Action=ListUsers"));
    let found = single(&told);
    let mfa = found.iter().find(|change| change["Kind"] == "context");
    let mfa = mfa.unwrap_or_else(|| panic!("{told}"));
    assert_eq!(mfa["Key"], "aws:MultiFactorAuthPresent");
    assert_eq!(mfa["Value"], "true");
}

#[test]
fn every_layer_that_lacks_something_is_part_of_one_suggestion() {
    let lab = Lab::new();
    let other = lab.other("other");
    let alice = lab.user_with(&lab.admin, "alice", "");
    lab.ask(&format!(
        "Action=PutUserPermissionsBoundary&UserName=alice&PermissionsBoundary={}",
        "arn:aws:iam::aws:policy/ReadOnlyAccess"
    ))
    .expect("a boundary");
    let trust = trust_if(&format!("\"{}\"", other.account), ASSUME, "");
    let role = lab.role(&other.root, "closed", &trust);
    let form = format!(
        "Action=AssumeRole&RoleArn={}&RoleSessionName=work",
        role.arn
    );
    let told = lab.why(&lab.form(&alice, Service::Sts, &form));
    let sets = told["Suggestions"].as_array().expect("suggestions");
    let [only] = &**sets else {
        panic!("{told}");
    };
    let mut kinds: Vec<&str> = only
        .as_array()
        .expect("changes")
        .iter()
        .map(|it| text(it, "PolicyType"))
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["boundary", "identity", "roleTrust"]);
    let trusts = only
        .as_array()
        .expect("changes")
        .iter()
        .find(|it| it["PolicyType"] == "roleTrust");
    let principal =
        trusts.expect("a statement of the trust policy")["Statement"]["Principal"].clone();
    assert_eq!(principal, json!({"AWS": lab.arn("user/alice")}));
}

#[test]
fn nothing_that_is_suggested_has_a_wildcard() {
    let lab = Lab::new();
    let condition = r#"{"StringLike":{"aws:PrincipalTag/team":"blue-*"}}"#;
    let alice = lab.user_with(
        &lab.admin,
        "alice",
        &allow_if("iam:GetUser", "*", condition),
    );
    let told = lab.why(&lab.form(&alice, Service::Iam, "Action=GetUser&UserName=bob"));
    assert!(!told["Suggestions"].to_string().contains('*'), "{told}");
    assert!(!single(&told).is_empty());
}

#[test]
fn a_message_leads_to_its_request_and_a_revoked_key_ends_that() {
    let lab = Lab::new();
    let other = lab.other("other");
    let alice = lab.user_with(&lab.admin, "alice", &allow("sts:*", "*"));
    let trust = trust_if(&format!("\"{}\"", other.account), ASSUME, "");
    let role = lab.role(&other.root, "closed", &trust);
    let form = format!(
        "Action=AssumeRole&RoleArn={}&RoleSessionName=work",
        role.arn
    );
    let refused = lab.form(&alice, Service::Sts, &form);
    let message = refused.message.clone().expect("a message");
    let found = block_on(request_of(&lab.world, &message)).expect("a request");
    assert_eq!(
        refused.event.as_ref().expect("a record")["requestID"],
        found.0.as_str()
    );
    assert_eq!(found.1, lab.now_s());
    let told = lab.why(&refused);
    assert!(
        text(&told["Then"], "Text").contains("role trust policy"),
        "{told}"
    );
    block_on(operator::rotate_keys(
        &lab.world,
        OPERATOR,
        Rotate::Revoke(1),
    ))
    .expect("revoked");
    let gone = block_on(request_of(&lab.world, &message));
    assert!(matches!(gone, Err(OperatorError::NotExplained(_))));
    // The sealed part of the record does not open either, and that is said and not guessed over.
    let told = lab.why(&refused);
    assert!(told["Then"].is_null());
    assert_eq!(told["Now"]["Decision"], "deny");
    let notes = told["Notes"].to_string();
    assert!(notes.contains("gone or revoked"), "{notes}");
}

#[test]
fn what_no_policy_refused_is_not_explained() {
    let lab = Lab::new();
    for (form, because) in [
        ("Action=ListUsers", "was not refused"),
        ("Action=GetUser&UserName=nobody", "NoSuchEntityException"),
    ] {
        let event = lab
            .form(&lab.admin, Service::Iam, form)
            .event
            .expect("a record")
            .to_string();
        let told = block_on(why(&lab.world, OPERATOR, event.as_bytes(), None)).expect_err(form);
        assert_eq!(told.code(), "NotExplained");
        assert!(told.to_string().contains(because), "{told}");
    }
}

#[test]
fn a_principal_that_is_gone_is_said_to_be() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    let refused = lab.form(&alice, Service::Iam, "Action=ListUsers");
    lab.ask(&format!(
        "Action=DeleteAccessKey&UserName=alice&AccessKeyId={}",
        alice.id
    ))
    .expect("gone");
    lab.ask("Action=DeleteUser&UserName=alice").expect("gone");
    lab.user_with(&lab.admin, "alice", &allow("*", "*"));
    let told = lab.why(&refused);
    assert!(
        told["Now"].is_null(),
        "another alice is another user: {told}"
    );
    assert!(told["Notes"].to_string().contains("is no more"), "{told}");
}

#[test]
fn can_answers_what_the_call_gets() {
    let lab = Lab::new();
    let policy = allow_if(
        "iam:GetUser",
        "*",
        r#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#,
    );
    let alice = lab.user_with(&lab.admin, "alice", &policy);
    lab.user(&lab.admin, "bob");
    let mut question = Question {
        principal: lab.arn("user/alice"),
        action: "iam:GetUser".to_owned(),
        resource: lab.arn("user/bob"),
        ..Question::default()
    };
    let told = lab.asked(&question);
    assert_eq!(told["Decision"], "deny");
    assert_eq!(told["View"]["Missing"], json!(["aws:SourceIp"]));
    question.context.push(QuestionValue {
        key: "aws:SourceIp".to_owned(),
        values: vec!["192.0.2.7".to_owned()],
        is_list: false,
    });
    assert_eq!(lab.asked(&question)["Decision"], "allow");
    assert_eq!(
        lab.form(&alice, Service::Iam, "Action=GetUser&UserName=bob")
            .status,
        200
    );
    question.session_policy = Some(allow("s3:*", "*"));
    let told = lab.asked(&question);
    assert_eq!(told["Decision"], "deny");
    assert!(text(&told["View"], "Text").starts_with("Denied: no session policy allows it."));
}

#[test]
fn can_asks_trust_policies_and_knows_what_no_policy_decides() {
    let lab = Lab::new();
    let other = lab.other("other");
    lab.user_with(&lab.admin, "alice", &allow("sts:AssumeRole", "*"));
    let trusted = trust_if(&format!("\"{}\"", lab.account), ASSUME, "");
    let open = lab.role(&other.root, "open", &trusted);
    let closed = lab.role(
        &other.root,
        "closed",
        &trust_if(&format!("\"{}\"", other.account), ASSUME, ""),
    );
    let alice = lab.arn("user/alice");
    let decision = |principal: &str, action: &str, resource: &str| {
        lab.can(principal, action, resource)["Decision"].clone()
    };
    assert_eq!(decision(&alice, "sts:AssumeRole", &open.arn), "allow");
    assert_eq!(decision(&alice, "sts:AssumeRole", &closed.arn), "deny");
    assert_eq!(
        decision(
            &alice,
            "sts:AssumeRole",
            &open.arn.replace("open", "nobody")
        ),
        "deny"
    );
    // Root may do everything but assume roles.
    let root = lab.arn("root");
    assert_eq!(
        decision(&root, "iam:CreateUser", &lab.arn("user/x")),
        "allow"
    );
    let own = lab.role(&lab.admin, "own", &trusted);
    assert_eq!(decision(&root, "sts:AssumeRole", &own.arn), "deny");
    assert_eq!(decision(&alice, "sts:GetCallerIdentity", "*"), "allow");
    // Sessions are those of their role.
    lab.role_policy(&lab.admin, "own", &allow("iam:ListUsers", "*"));
    let session = format!("arn:aws:sts::{}:assumed-role/own/work", lab.account);
    assert_eq!(decision(&session, "iam:ListUsers", "*"), "allow");
    assert_eq!(decision(&own.arn, "iam:ListUsers", "*"), "allow");
    assert_eq!(decision(&own.arn, "iam:ListRoles", "*"), "deny");
    let session = lab.assume(&lab.admin, &assume_role(&own.arn, "work"));
    assert_eq!(
        lab.form(&session, Service::Iam, "Action=ListUsers").status,
        200
    );
}

#[test]
fn a_role_that_is_not_there_and_an_action_of_no_service_are_told() {
    let lab = Lab::new();
    let other = lab.other("other");
    let user = lab.user_with(&lab.admin, "alice", &allow("*", "*"));
    let alice = lab.arn("user/alice");
    let role = format!("arn:aws:iam::{}:role/nosuch", other.account);
    let told = lab.can(&alice, "sts:AssumeRole", &role);
    assert_eq!(told["Decision"], "deny");
    assert_eq!(told["Suggestions"], json!([]));
    let sentence = format!("There is no role {role}; nobody can assume it, whatever policies say.");
    assert_eq!(told["Notes"][0], sentence);
    let refused = lab.form(
        &user,
        Service::Sts,
        &format!("Action=AssumeRole&RoleArn={role}&RoleSessionName=work"),
    );
    assert_eq!(refused.status, 403);
    let why = lab.why(&refused);
    assert!(
        why["Notes"].to_string().contains("There is no role"),
        "{why}"
    );
    let elsewhere = "arn:aws:iam::999999999999:role/x";
    let told = lab.can(&alice, "sts:AssumeRole", elsewhere);
    assert!(
        told["Notes"]
            .to_string()
            .contains("not of this installation"),
        "{told}"
    );
    for (action, word) in [
        ("iam:Bogus", "documents no action"),
        ("iamm:GetUser", "No service of AWS"),
    ] {
        let told = lab.can(&alice, action, "*");
        assert!(told["Notes"].to_string().contains(word), "{told}");
    }
    let told = lab.can(&alice, "iam:GetUser", &alice)["Notes"].to_string();
    assert!(!told.contains("AWS"), "{told}");
}

#[test]
fn questions_without_an_answer_are_refused() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let alice = lab.arn("user/alice");
    for (principal, action, resource) in [
        ("alice", "iam:GetUser", "*"),
        (&*lab.arn("user/nobody"), "iam:GetUser", "*"),
        (&*lab.arn("group/staff"), "iam:GetUser", "*"),
        ("arn:aws:iam::999999999999:root", "iam:GetUser", "*"),
        ("arn:aws-cn:iam::999999999999:root", "iam:GetUser", "*"),
        (&*alice, "iam:*", "*"),
        (&*alice, "GetUser", "*"),
        (&*alice, "iam:GetUser", "bob"),
    ] {
        let question = Question {
            principal: principal.to_owned(),
            action: action.to_owned(),
            resource: resource.to_owned(),
            ..Question::default()
        };
        let told = block_on(can(&lab.world, OPERATOR, &question)).expect_err(principal);
        assert_eq!(
            told.code(),
            "InvalidInput",
            "{principal} {action} {resource}"
        );
    }
    for (key, values, is_list) in [
        ("aws:SourceIp", vec!["nope"], false),
        ("aws:MultiFactorAuthPresent", vec!["yes"], false),
        ("aws:SourceIp", vec!["192.0.2.1", "192.0.2.2"], false),
        ("aws:TagKeys", vec![], false),
    ] {
        let question = Question {
            principal: alice.clone(),
            action: "iam:GetUser".to_owned(),
            resource: "*".to_owned(),
            context: vec![QuestionValue {
                key: key.to_owned(),
                values: values.into_iter().map(str::to_owned).collect(),
                is_list,
            }],
            ..Question::default()
        };
        let told = block_on(can(&lab.world, OPERATOR, &question)).expect_err(key);
        assert_eq!(told.code(), "InvalidInput", "{key}");
    }
}

#[test]
fn each_question_leaves_a_record() {
    let lab = Lab::new();
    let alice = lab.user_with(&lab.admin, "alice", "");
    let refused = lab.form(&alice, Service::Iam, "Action=ListUsers");
    lab.engine.take_events();
    lab.why(&refused);
    lab.can(&lab.arn("user/alice"), "iam:ListUsers", "*");
    let names: Vec<Value> = lab
        .engine
        .take_events()
        .iter()
        .map(|event| {
            let event: Value = serde_json::from_slice(&event.record).expect("JSON");
            assert_eq!(event["readOnly"], true);
            event["eventName"].clone()
        })
        .collect();
    assert_eq!(names, ["ExplainRefusal", "AskPolicies"]);
}
