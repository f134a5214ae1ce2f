//! Principals bound to unique ids: a deleted and re-created user or role never matches.

mod common;

use common::{ACCOUNT, Facts, compile, session, user};
use locum_policy::{
    Document, Kind, Policies, Principal, PrincipalKind, Request, ResourceRule, decide,
};

const TRUST: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:user/team/ada", "111122223333", "*"], "Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111122223333:role\/app/Deploy"}, "Action": "sts:TagSession"},
    {"Effect": "Allow", "Principal": {"AWS": ["arn:aws:sts::111122223333:assumed-role/Deploy/run-7", "arn:aws:sts::111122223333:federated-user/bob", "arn:aws:iam::111122223333:root"]}, "Action": "sts:AssumeRole",
     "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:user/team/ada"}}}
  ]
}"#;

fn id_of(arn: &str) -> Option<String> {
    Some(match arn {
        "arn:aws:iam::111122223333:user/team/ada" => "AIDAIOSFODNN7EXAMPLE".to_owned(),
        "arn:aws:iam::111122223333:role/app/Deploy"
        | "arn:aws:sts::111122223333:assumed-role/Deploy/run-7" => {
            "AROAIOSFODNN7EXAMPLE".to_owned()
        }
        _ => return None,
    })
}

fn arn_of(id: &str) -> Option<String> {
    Some(match id {
        "AIDAIOSFODNN7EXAMPLE" => "arn:aws:iam::111122223333:user/team/ada".to_owned(),
        "AROAIOSFODNN7EXAMPLE" => "arn:aws:iam::111122223333:role/app/Deploy".to_owned(),
        _ => return None,
    })
}

#[test]
fn binding_replaces_names_and_nothing_else() {
    let document = Document::check(TRUST, Kind::Trust).unwrap();
    let arns: Vec<&str> = document.principal_arns().collect();
    assert_eq!(
        arns,
        [
            "arn:aws:iam::111122223333:user/team/ada",
            "arn:aws:iam::111122223333:role/app/Deploy",
            "arn:aws:sts::111122223333:assumed-role/Deploy/run-7",
        ]
    );
    let bound = document.bind(&id_of).unwrap();
    let expected = TRUST
        .replacen(
            "arn:aws:iam::111122223333:user/team/ada",
            "AIDAIOSFODNN7EXAMPLE",
            1,
        )
        .replacen(
            "arn:aws:iam::111122223333:role\\/app/Deploy",
            "AROAIOSFODNN7EXAMPLE",
            1,
        )
        .replacen(
            "arn:aws:sts::111122223333:assumed-role/Deploy/run-7",
            "AROAIOSFODNN7EXAMPLE:run-7",
            1,
        );
    assert_eq!(bound, expected);
    // And back: the text that was saved, but for the way in which a slash was written.
    let stored = Document::parse(&bound).unwrap();
    assert_eq!(stored.unbind(&arn_of), TRUST.replace("\\/", "/"));
    // What is gone stays as the bare id.
    assert_eq!(stored.unbind(&|_| None), bound);
    assert_eq!(stored.text(), bound);
}

#[test]
fn what_is_bound_is_written_as_json() {
    let stored = Document::check(TRUST, Kind::Trust)
        .unwrap()
        .bind(&id_of)
        .unwrap();
    let stored = Document::parse(&stored).unwrap();
    let text = stored.unbind(&|_| Some("a\"\\\n\r\t\u{1}\u{7f}b".to_owned()));
    assert!(text.contains(r#""a\"\\\n\r\t\u0001\u007fb""#), "{text}");
}

#[test]
fn binding_refuses_who_does_not_exist() {
    let text = TRUST.replace("team/ada", "team/eve");
    let document = Document::check(&text, Kind::Trust).unwrap();
    let finding = document.bind(&id_of).unwrap_err();
    assert_eq!(
        finding.message,
        "Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:user/team/eve\""
    );
    assert_eq!(
        text.get(finding.span).unwrap(),
        "\"arn:aws:iam::111122223333:user/team/eve\""
    );
    // An id in the place of a name is refused when saved, and not bound again.
    let bound = Document::check(TRUST, Kind::Trust)
        .unwrap()
        .bind(&id_of)
        .unwrap();
    assert!(Document::check(&bound, Kind::Trust).is_err());
    assert!(Document::parse(&bound).unwrap().bind(&id_of).is_err());
}

fn is_trusted(trust: &str, principal: Principal<'_>) -> bool {
    let policy = compile(trust);
    let request = Request {
        action: "sts:AssumeRole",
        resource: "arn:aws:iam::111122223333:role/target",
        principal: &principal,
        context: &Facts::default(),
    };
    decide(
        &request,
        &Policies {
            identity: &[],
            boundary: None,
            session: None,
            resource: Some(&policy),
            resource_rule: ResourceRule::Trust,
            resource_account: ACCOUNT,
            scp: None,
            rcp: None,
        },
    )
    .is_allowed()
}

#[test]
fn a_re_created_principal_never_matches() {
    let trust = |principal: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}}}}"#
        );
        Document::check(&text, Kind::Trust)
            .unwrap()
            .bind(&id_of)
            .unwrap()
    };
    let ada = trust("arn:aws:iam::111122223333:user/team/ada");
    assert!(is_trusted(&ada, user(ACCOUNT)));
    let PrincipalKind::User { arn, .. } = user(ACCOUNT).kind else {
        panic!()
    };
    let again = Principal {
        kind: PrincipalKind::User {
            arn,
            id: "AIDANEWNEWNEWEXAMPLE",
        },
        account: ACCOUNT,
    };
    assert!(!is_trusted(&ada, again));

    for named in [
        "arn:aws:iam::111122223333:role/app/Deploy",
        "arn:aws:sts::111122223333:assumed-role/Deploy/run-7",
    ] {
        let deploy = trust(named);
        assert!(is_trusted(&deploy, session(ACCOUNT)));
        let PrincipalKind::RoleSession {
            role_arn,
            session_arn,
            session_name,
            ..
        } = session(ACCOUNT).kind
        else {
            panic!()
        };
        let again = Principal {
            kind: PrincipalKind::RoleSession {
                role_arn,
                role_id: "AROANEWNEWNEWEXAMPLE",
                session_arn,
                session_name,
            },
            account: ACCOUNT,
        };
        assert!(!is_trusted(&deploy, again), "{named}");
    }
}

#[test]
fn sizes_leave_white_space_out() {
    assert_eq!(
        locum_policy::size_without_whitespace(" {\t\"a\" :\r\n\"\u{e9} b\"}"),
        10
    );
    let document = Document::check(TRUST, Kind::Trust).unwrap();
    assert_eq!(
        document.size(),
        TRUST.chars().filter(|c| !c.is_whitespace()).count()
    );
}
