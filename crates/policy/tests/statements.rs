//! Actions, resources and the places of statements: NotAction, NotResource, case, misplaced documents.

mod common;

use common::case::{ALLOW, Case, DENY, ROLE, names};
use common::{ACCOUNT, Facts, compile, document, user};
use locum_policy::{Document, Policies, Policy, Reason, Request, ResourceRule, decide};

#[test]
fn pol_05_not_action_and_not_resource() {
    let yes = |statements: &str, action: &str, resource: &str| {
        common::identity(statements, action, resource, &Facts::default()).is_allowed()
    };
    let all_but_iam = r#"{"Effect":"Allow","NotAction":["iam:*","STS:Assume*"],"Resource":"*"}"#;
    assert!(yes(all_but_iam, "s3:GetObject", "*"));
    assert!(!yes(all_but_iam, "iam:CreateUser", "*"));
    assert!(!yes(all_but_iam, "IAM:createuser", "*"));
    assert!(!yes(all_but_iam, "sts:AssumeRole", "*"));
    assert!(yes(all_but_iam, "sts:GetCallerIdentity", "*"));
    // It is no Deny.
    let with_iam =
        format!(r#"{all_but_iam},{{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}}"#);
    assert!(yes(&with_iam, "iam:GetUser", "*"));
    assert!(!yes(
        r#"{"Effect":"Allow","NotAction":"*","Resource":"*"}"#,
        "s3:GetObject",
        "*"
    ));
    let deny_rest = r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","NotAction":"s3:Get*","Resource":"*"}"#;
    assert!(yes(deny_rest, "s3:GetObject", "*"));
    assert!(!yes(deny_rest, "s3:PutObject", "*"));
    assert!(!yes(deny_rest, "iam:GetUser", "*"));
    let all_but_b =
        r#"{"Effect":"Allow","Action":"s3:*","NotResource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}"#;
    assert!(yes(all_but_b, "s3:GetObject", "arn:aws:s3:::a/x"));
    assert!(yes(all_but_b, "s3:GetObject", "*"));
    assert!(!yes(all_but_b, "s3:GetObject", "arn:aws:s3:::b/x"));
    // A variable without a value: what is left out cannot be told.
    let unresolved = r#""Action":"s3:*","NotResource":"arn:aws:s3:::${aws:username}/*""#;
    assert!(!yes(
        &format!(r#"{{"Effect":"Allow",{unresolved}}}"#),
        "s3:GetObject",
        "arn:aws:s3:::a/x"
    ));
    let denied = format!(
        r#"{{"Effect":"Allow","Action":"*","Resource":"*"}},{{"Effect":"Deny",{unresolved}}}"#
    );
    assert!(!yes(&denied, "s3:GetObject", "arn:aws:s3:::a/x"));
    // A condition that certainly fails settles it.
    let settled = denied.replace(
        r#"/*"}"#,
        r#"/*","Condition":{"StringEquals":{"a:b":"c"}}}"#,
    );
    assert_ne!(settled, denied);
    assert!(yes(&settled, "s3:GetObject", "arn:aws:s3:::a/x"));
}

#[test]
fn pol_21_a_deny_wins_over_whatever_is_more_specific() {
    let allow = r#"{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"}"#;
    let deny = r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::*"}"#;
    let narrow = r#"{"Effect":"Deny","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"}"#;
    let wide = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    for statements in [
        format!("{allow},{deny}"),
        format!("{deny},{allow}"),
        format!("{wide},{narrow}"),
        format!("{narrow},{wide}"),
    ] {
        let decision = common::identity(
            &statements,
            "s3:ListBucket",
            "arn:aws:s3:::b",
            &Facts::default(),
        );
        assert!(!decision.is_allowed(), "{statements}");
    }
}

#[test]
fn pol_07_actions_ignore_ascii_case_alone() {
    let allow = |pattern: &str, action: &str| {
        let statement = format!(r#"{{"Effect":"Allow","Action":"{pattern}","Resource":"*"}}"#);
        common::identity(&statement, action, "*", &Facts::default()).is_allowed()
    };
    assert!(allow("S3:gETobject", "s3:GetObject"));
    assert!(allow("s3:Get*", "S3:GETOBJECT"));
    assert!(allow("s3:?etObject", "s3:GetObject"));
    assert!(allow("*:*", "s3:GetObject"));
    for (pattern, action) in [
        ("s3:GetObject", "s3:GetObjectAcl"),
        ("s3:GetObject", "s3:Get"),
        ("s3:*", "s3x:GetObject"),
        ("s3:*", "s3-object-lambda:GetObject"),
        ("kms:*", "\u{212a}ms:Decrypt"),
        ("iam:List*", "iam:L\u{131}st"),
        ("s3:*", "s3"),
        ("*", "s3"),
        ("*", ""),
        ("s3:Get", "s3:Get:"),
    ] {
        assert!(!allow(pattern, action), "{pattern} {action}");
    }
    let long = format!("s3:{}", "a".repeat(500));
    assert!(!allow("*", &long));
}

/// Whatever stands in a name belongs to it.
/// Names are compared by their ends first: what is between counts all the same.
#[test]
fn pol_07_long_names_differ_in_the_middle() {
    for length in 0..30 {
        let name = |middle: &str| format!("s3:Describe{}{middle}Instance", "x".repeat(length));
        let statement = format!(
            r#"{{"Effect":"Allow","Action":["{}","{}"],"Resource":"*"}}"#,
            name("a"),
            name("c")
        );
        for (middle, expected) in [("a", true), ("c", true), ("b", false), ("", false)] {
            let action = name(middle);
            let decision = common::identity(&statement, &action, "*", &Facts::default());
            assert_eq!(decision.is_allowed(), expected, "{action}");
        }
    }
}

#[test]
fn pol_07_an_action_is_one_action() {
    for name in ["Get\\n*", "Get\\n", "Get,s3.*", "Get *", "Gét", ""] {
        let statement = format!(
            r#"{{"Effect":"Allow","Action":["s3:{name}","ec2:Run","s3:List"],"Resource":"*"}}"#
        );
        let is_allowed = |action: &str| {
            common::identity(&statement, action, "*", &Facts::default()).is_allowed()
        };
        for other in [
            "s3:GetObject",
            "s3:Get",
            "s3:Delete",
            "ec2:Stop",
            "ec2:List",
            "s3:Run",
        ] {
            assert!(!is_allowed(other), "{name} {other}");
        }
        assert!(is_allowed("s3:list") && is_allowed("EC2:Run"), "{name}");
    }
}

#[test]
fn pol_13_what_is_neither_an_action_nor_a_resource_is_refused() {
    let open = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let closed = r#"{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::*"}"#;
    let yes = |statements: &str, action: &str, resource: &str| {
        common::identity(statements, action, resource, &Facts::default()).is_allowed()
    };
    assert!(yes(open, "s3:GetObject", "arn:aws:s3:::b"));
    assert!(yes(open, "s3:GetObject", "*"));
    // The Deny cannot name these, so the Allow must not either.
    let both = format!("{open},{closed}");
    for resource in ["", "b", "arn:aws:s3:::", "arn:aws::::b", "ARN:aws:s3:::b"] {
        assert!(!yes(open, "s3:GetObject", resource), "{resource}");
        assert!(!yes(&both, "s3:GetObject", resource), "{resource}");
    }
    for action in ["s3:Get:Object", "s3:", ":GetObject", ":", "s3::"] {
        assert!(!yes(open, action, "arn:aws:s3:::b"), "{action}");
        assert!(!yes(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#,
            action,
            "*"
        ));
    }
    // The root user needs no policy, but a question.
    let principal = common::root(ACCOUNT);
    let none = Policies {
        identity: &[],
        boundary: None,
        session: None,
        resource: None,
        resource_rule: ResourceRule::Standard,
        resource_account: ACCOUNT,
        scp: None,
        rcp: None,
    };
    let ask = |action, resource| {
        let context = &Facts::default();
        let request = Request {
            action,
            resource,
            principal: &principal,
            context,
        };
        decide(&request, &none).is_allowed()
    };
    assert!(ask("s3:GetObject", "*"));
    assert!(!ask("s3:Get:Object", "*"));
    assert!(!ask("s3:GetObject", "b"));
}

#[test]
fn a_document_that_does_not_fit_its_place_never_allows_and_always_denies() {
    // A trust policy as an identity policy: no resource, but a principal.
    let trust = r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}"#;
    let deny = r#"{"Effect":"Deny","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}"#;
    let both = format!("{ALLOW},{deny}");
    let case = |identity, resource| {
        Case {
            principal: user(ACCOUNT),
            identity,
            session: "-",
            resource,
            rule: ResourceRule::Standard,
        }
        .decide()
    };
    assert!(!case(trust, "-").is_allowed());
    assert!(!case(&both, "-").is_allowed());
    // With a resource as well it still has a principal.
    let whole = r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"*"}"#;
    assert!(!case(whole, "-").is_allowed());
    assert!(case("-", whole).is_allowed());
    // An identity policy as a resource's: nobody is named.
    assert!(!case("", ALLOW).is_allowed());
    assert!(!case(ALLOW, DENY).is_allowed());
}

#[test]
fn deny_all_denies_in_every_place() {
    let all = Policy::deny_all();
    let allow = compile(&document(ALLOW));
    let open = compile(&document(&names("AWS", "*")));
    let principal = user(ACCOUNT);
    let request = Request {
        action: "sts:AssumeRole",
        resource: ROLE,
        principal: &principal,
        context: &Facts::default(),
    };
    let base = Policies {
        identity: &[&allow],
        boundary: None,
        session: None,
        resource: Some(&open),
        resource_rule: ResourceRule::Trust,
        resource_account: ACCOUNT,
        scp: None,
        rcp: None,
    };
    assert!(decide(&request, &base).is_allowed());
    for policies in [
        Policies {
            identity: &[&allow, &all],
            ..base
        },
        Policies {
            session: Some(&[&all]),
            ..base
        },
        Policies {
            resource: Some(&all),
            ..base
        },
    ] {
        assert!(matches!(
            decide(&request, &policies).reason(),
            Reason::ExplicitDeny(_)
        ));
    }
    let empty = Policies {
        identity: &[],
        session: None,
        resource: None,
        ..base
    };
    assert!(!decide(&request, &empty).is_allowed());
}

#[test]
fn a_caller_without_an_account_is_at_home_nowhere() {
    let allow = compile(&document(ALLOW));
    let principal = locum_policy::Principal {
        account: "",
        ..user(ACCOUNT)
    };
    let request = Request {
        action: "sts:AssumeRole",
        resource: ROLE,
        principal: &principal,
        context: &Facts::default(),
    };
    let policies = Policies {
        identity: &[&allow],
        boundary: None,
        session: None,
        resource: None,
        resource_rule: ResourceRule::Standard,
        resource_account: "",
        scp: None,
        rcp: None,
    };
    let reason = *decide(&request, &policies).reason();
    assert!(matches!(reason, Reason::CrossAccount(_)));
}

const REST: &str = r#""Effect":"Allow","Action":"s3:Get*","Resource":"*""#;

#[test]
fn statements_are_found_by_index() {
    let text = document(&format!(r#"{{"Sid":"First",{REST}}},{{{REST}}}"#));
    let document = Document::parse(&text).unwrap();
    assert_eq!(document.sid(0), Some("First"));
    assert_eq!(document.sid(1), None);
    assert_eq!(document.sid(2), None);
    let statement = |index| text.get(document.statement_span(index)?);
    assert_eq!(statement(0), Some(&*format!(r#"{{"Sid":"First",{REST}}}"#)));
    assert_eq!(statement(1), Some(&*format!("{{{REST}}}")));
    assert_eq!(statement(2), None);
}
