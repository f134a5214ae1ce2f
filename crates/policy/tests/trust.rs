//! What saving a role trust policy answers.

mod common;

use common::{document, sentence};
use locum_policy::{Document, Kind};

fn check(statement: &str, expected: &str) {
    assert_eq!(
        sentence(&document(statement), Kind::Trust),
        expected,
        "{statement}"
    );
}

#[test]
fn whole_documents() {
    let good = r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#;
    for (text, expected) in [
        ("not json".to_owned(), "This policy contains invalid Json"),
        (
            r#"{"Version":"2012-10-17","Version":"2012-10-17"}"#.to_owned(),
            "This policy contains invalid Json",
        ),
        ("[]".to_owned(), "Syntax error in policy."),
        (
            r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned(),
            "Could not parse the policy: Statement is empty!",
        ),
        (
            r#"{"Version":"2012-10-17"}"#.to_owned(),
            "Could not parse the policy: Statement is empty!",
        ),
        (
            format!(r#"{{"Version":"2020-01-01","Statement":{good}}}"#),
            "The policy must contain a valid version string",
        ),
        (format!(r#"{{"Statement":{good}}}"#), ""),
        (
            format!(r#"{{"Version":"2008-10-17","Statement":{good}}}"#),
            "",
        ),
        (
            format!(r#"{{"Version":"2012-10-17","Unknown":1,"Statement":{good}}}"#),
            "Syntax error in policy.",
        ),
    ] {
        assert_eq!(sentence(&text, Kind::Trust), expected, "{text}");
    }
}

#[test]
fn elements() {
    let base = r#""Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole""#;
    check(&format!(r#"{{"Effect":"Allow",{base}}}"#), "");
    check(&format!("{{{base}}}"), "Missing required field Effect");
    check(
        &format!(r#"{{"Effect":"allow",{base}}}"#),
        "Invalid effect: allow",
    );
    check(
        &format!(r#"{{"Effect":"Maybe",{base}}}"#),
        "Invalid effect: Maybe",
    );
    check(
        &format!(r#"{{"Effect":"Allow","Resource":"*",{base}}}"#),
        "Has prohibited field Resource",
    );
    check(
        &format!(r#"{{"Effect":"Allow","NotResource":"*",{base}}}"#),
        "AssumeRole policy must not contain resources.",
    );
    check(
        &format!(r#"{{"Sid":"a","Effect":"Allow",{base}}},{{"Sid":"a","Effect":"Allow",{base}}}"#),
        "The Statement Ids in the policy are not unique",
    );
    check(
        r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#,
        "Missing required field Principal",
    );
    check(
        r#"{"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole"}"#,
        "Missing required field Principal cannot be empty!",
    );
    check(
        r#"{"Effect":"Allow","Principal":{"AWS":[]},"Action":"sts:AssumeRole"}"#,
        "Missing required field Principal cannot be empty!",
    );
    check(
        r#"{"Effect":"Allow","Principal":"111122223333","Action":"sts:AssumeRole"}"#,
        "Principal must be a JSON object.",
    );
    check(
        r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}"#,
        "",
    );
    check(
        r#"{"Effect":"Allow","Principal":{"AWS":"*"}}"#,
        "Missing required field Action",
    );
    check(
        r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":[]}"#,
        "Missing required field Action",
    );
    check(
        r#"{"Effect":"Allow","Principal":{"Aws":"*"},"Action":"sts:AssumeRole"}"#,
        "Syntax error in policy.",
    );
}

#[test]
fn pol_04_not_principal_is_refused() {
    check(
        r#"{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#,
        "Allow with NotPrincipal is not allowed.",
    );
    check(
        r#"{"Effect":"Deny","NotPrincipal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}"#,
        "AssumeRole policy must not contain NotPrincipal field.",
    );
}

const ACCEPTED: &[(&str, &str)] = &[
    ("AWS", "*"),
    ("AWS", "111122223333"),
    ("AWS", "arn:aws:iam::111122223333:root"),
    ("AWS", "arn:aws:iam::111122223333:user/path/ada"),
    ("AWS", "arn:aws:iam::111122223333:role/Deploy"),
    ("AWS", "arn:aws:sts::111122223333:assumed-role/Deploy/run-7"),
    ("AWS", "arn:aws:sts::111122223333:federated-user/bob"),
    ("Service", "ec2.amazonaws.com"),
    ("Service", "ec2.amazonaws.com.cn"),
    ("Federated", "arn:aws:iam::111122223333:saml-provider/corp"),
    (
        "Federated",
        "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
    ),
    ("Federated", "accounts.google.com"),
];

const REFUSED: &[&str] = &[
    "1111222233334",
    "11112222333",
    "ada",
    "",
    "arn:aws:iam::1:user/x",
    "arn:aws:iam::111122223333:user/",
    "arn:aws:iam::111122223333:user",
    "arn:aws:iam::111122223333:group/admins",
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:iam::*:root",
    "arn:aws:iam::111122223333:root/x",
    "arn:aws:iam:us-east-1:111122223333:root",
    "arn:aws:iam::111122223333:user/a?a",
    "arn:aws:iam::111122223333:user/${aws:username}",
    "arn:aws:iam::111122223333:user/ada ",
    "arn:aws:iam::111122223333:user//ada",
    "arn:aws:s3:::bucket",
    "arn:aws:sts::111122223333:assumed-role/Deploy",
    "arn:aws:sts::111122223333:assumed-role/a/Deploy/s",
    "AIDAIOSFODNN7EXAMPLE",
    "AROAIOSFODNN7EXAMPLE",
    "AROAIOSFODNN7EXAMPLE:run-7",
    "**",
    "arn:foo:iam::123456789012:root",
    "arn:foo:iam::123456789012:user/ada",
];

#[test]
fn services_that_there_are_not_are_told_apart_from_those_that_there_are() {
    let document = |services: &str| {
        let text = document(&format!(
            r#"{{"Effect":"Allow","Principal":{{"Service":{services}}},"Action":"sts:AssumeRole"}}"#
        ));
        Document::check(&text, Kind::Trust).expect("as far as it can be enforced")
    };
    let known = r#"["ec2.amazonaws.com","ecs-tasks.amazonaws.com","delivery.logs.amazonaws.com","states.eu-west-1.amazonaws.com","lambda.amazonaws.com.cn","pods.eks.amazonaws.com","alexa-appkit.amazon.com"]"#;
    assert_eq!(document(known).unknown_service(), None);
    for name in [
        "bogus.amazonaws.com",
        "ec3.amazonaws.com",
        "eu-west-1.amazonaws.com",
    ] {
        let document = document(&format!(r#"["ec2.amazonaws.com","{name}"]"#));
        let found = document.unknown_service().expect("a finding");
        let expected = format!("Invalid principal in policy: \"SERVICE\":\"{name}\"");
        assert_eq!(found.message, expected);
        let place = document.text().get(found.span);
        assert_eq!(place, Some(format!("\"{name}\"").as_str()));
    }
}

#[test]
fn principals() {
    let statement = |kind: &str, text: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"{kind}":"{text}"}},"Action":"sts:AssumeRole"}}"#
        )
    };
    for (kind, text) in ACCEPTED.iter().copied() {
        check(&statement(kind, text), "");
    }
    for text in REFUSED {
        let expected = format!("Invalid principal in policy: \"AWS\":\"{text}\"");
        check(&statement("AWS", text), &expected);
    }
    check(
        &statement("Service", "bogus"),
        "Invalid principal in policy: \"SERVICE\":\"bogus\"",
    );
    check(
        &statement("Service", "*"),
        "Invalid principal in policy: \"SERVICE\":\"*\"",
    );
    check(
        &statement("Service", "ec2.amazonaws.com.evil.org"),
        "Invalid principal in policy: \"SERVICE\":\"ec2.amazonaws.com.evil.org\"",
    );
    let federated = "Federated principals must be valid domain names or SAML metadata ARNs";
    for text in [
        "*",
        "nodomain",
        "arn:aws:iam::111122223333:saml-provider/*",
        "arn:aws:iam::1:saml-provider/x",
        "arn:foo:iam::111122223333:saml-provider/x",
        "arn:aws:s3::111122223333:saml-provider/x",
        "arn:aws:iam:eu-west-1:111122223333:saml-provider/x",
        "a b.com",
    ] {
        check(&statement("Federated", text), federated);
    }
    check(
        &statement("Federated", "cognito-identity.amazonaws.com"),
        "A condition block must be present for the Cognito provider",
    );
}

#[test]
fn pol_23_odd_characters_in_names_are_refused() {
    for text in ["ada\\n", "ada\\u00a0", "a\\u200bda", "\\u202eada", "ada\\t"] {
        let statement = format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111122223333:user/{text}"}},"Action":"sts:AssumeRole"}}"#
        );
        let found = sentence(&document(&statement), Kind::Trust);
        assert!(
            found.starts_with("Invalid principal in policy"),
            "{text}: {found}"
        );
    }
}

#[test]
fn actions() {
    let not_sts = "AssumeRole policy may only specify STS AssumeRole actions.";
    for (action, expected) in [
        ("sts:AssumeRole", ""),
        ("STS:assumerole", ""),
        ("sts:AssumeRoleWithSAML", ""),
        ("sts:AssumeRoleWithWebIdentity", ""),
        ("sts:TagSession", ""),
        ("sts:SetSourceIdentity", ""),
        ("sts:SetContext", ""),
        ("sts:*", ""),
        ("sts:AssumeRole*", ""),
        ("*", not_sts),
        ("s3:GetObject", not_sts),
        ("sts:GetCallerIdentity", not_sts),
        ("sts:Get*", not_sts),
        ("AssumeRole", not_sts),
        ("sts:", not_sts),
    ] {
        check(
            &format!(
                r#"{{"Effect":"Allow","Principal":{{"AWS":"*"}},"Action":["sts:AssumeRole","{action}"]}}"#
            ),
            expected,
        );
    }
    check(
        r#"{"Effect":"Allow","Principal":{"AWS":"*"},"NotAction":"sts:AssumeRole"}"#,
        not_sts,
    );
}

/// Operator, claim of GitHub's issuer, values, and whether IAM takes the condition: recorded of CreateRole and
/// UpdateAssumeRolePolicy in 2026.
const GITHUB: &[(&str, &str, &str, bool)] = &[
    ("StringLike", "sub", r#""repo:acme/app:*""#, true),
    ("StringLike", "sub", r#""repo:*""#, true),
    (
        "StringLike",
        "SUB",
        r#"["repo:acme/a:*","repo:acme/b:*"]"#,
        true,
    ),
    (
        "StringEquals",
        "sub",
        r#""repo:acme/app:ref:refs/heads/main""#,
        true,
    ),
    ("StringEqualsIgnoreCase", "sub", r#""repo:Acme/app""#, true),
    ("ForAnyValue:StringLike", "sub", r#""repo:acme/*""#, true),
    ("StringLike", "job_workflow_ref", r#""acme/app/*""#, true),
    ("StringLike", "sub", r#""*""#, false),
    ("StringLike", "sub", r#""**""#, false),
    ("StringLike", "sub", r#""*:acme/app:*""#, false),
    ("StringLike", "sub", r#"["repo:acme/app:*","*"]"#, false),
    ("StringEquals", "sub", r#""""#, false),
    ("StringEquals", "aud", r#""sts.amazonaws.com""#, false),
    ("StringEquals", "repository", r#""acme/app""#, false),
    ("StringNotEquals", "sub", r#""repo:acme/app""#, false),
    ("StringLikeIfExists", "sub", r#""repo:acme/app:*""#, false),
    (
        "ForAllValues:StringLike",
        "sub",
        r#""repo:acme/app:*""#,
        false,
    ),
    ("ArnLike", "sub", r#""arn:aws:s3:::b""#, false),
    ("Null", "sub", r#""false""#, false),
];

#[test]
fn github_is_trusted_for_somebody_alone() {
    const PROVIDER: &str =
        "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
    let refused = format!(
        "Trust policy with trusted principal {PROVIDER} must evaluate, using StringEquals, StringLike or \
         StringEqualsIgnoreCase, token.actions.githubusercontent.com:sub or \
         token.actions.githubusercontent.com:job_workflow_ref which is not scoped to all."
    );
    for (operator, claim, values, taken) in GITHUB.iter().copied() {
        for action in [
            "sts:AssumeRoleWithWebIdentity",
            "sts:*",
            "STS:assumerolewith*",
        ] {
            let statement = format!(
                r#"{{"Effect":"Allow","Principal":{{"Federated":"{PROVIDER}"}},"Action":"{action}","Condition":{{"{operator}":{{"token.actions.githubusercontent.com:{claim}":{values}}}}}}}"#
            );
            check(&statement, if taken { "" } else { &refused });
        }
    }
    // An enterprise's own issuer has claims of its own name.
    let slug = |key: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"Federated":"{PROVIDER}/acme"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringLike":{{"{key}:sub":"repo:acme/*"}}}}}}"#
        )
    };
    check(&slug("token.actions.githubusercontent.com/acme"), "");
    let said = sentence(
        &document(&slug("token.actions.githubusercontent.com")),
        Kind::Trust,
    );
    assert!(said.ends_with("which is not scoped to all."), "{said}");
    // Nothing is asked of a Deny, of other actions and of other issuers; what is stored stays readable.
    let bare = |effect: &str, provider: &str, action: &str| {
        format!(
            r#"{{"Effect":"{effect}","Principal":{{"Federated":"{provider}"}},"Action":"{action}"}}"#
        )
    };
    check(&bare("Deny", PROVIDER, "sts:AssumeRoleWithWebIdentity"), "");
    check(&bare("Allow", PROVIDER, "sts:TagSession"), "");
    let own =
        "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com.example.com";
    check(&bare("Allow", own, "sts:AssumeRoleWithWebIdentity"), "");
    let open = bare("Allow", PROVIDER, "sts:AssumeRoleWithWebIdentity");
    check(&open, &refused);
    assert!(Document::parse(&document(&open)).is_ok());
}

/// AWS's order is not that of the text: what it checks last stands first here.
#[test]
fn what_is_checked_first_is_told_first() {
    let not_sts = r#"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject"}"#;
    let rest = r#""Principal":{"AWS":"*"},"Action":"sts:AssumeRole""#;
    let whole = |statement: &str| {
        format!(r#"{{"Statement":[{not_sts},{statement}],"Version":"2012-10-17"}}"#)
    };
    for (text, expected) in [
        (
            whole(&format!(r#"{{"Effect":"Allow",{rest}}}"#)),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (
            format!(r#"{{"Statement":{not_sts},"Version":"2020-01-01"}}"#),
            "The policy must contain a valid version string",
        ),
        (
            whole(&format!(r#"{{"Effect":"Allow","Resource":"*",{rest}}}"#)),
            "Has prohibited field Resource",
        ),
        (
            whole(r#"{"Effect":"Allow","Action":"sts:AssumeRole"}"#),
            "Missing required field Principal",
        ),
        (
            whole(r#"{"Effect":"Allow","Principal":{},"Action":"sts:AssumeRole"}"#),
            "Missing required field Principal cannot be empty!",
        ),
        (
            whole(&format!(r#"{{"Effect":"allow",{rest}}}"#)),
            "Invalid effect: allow",
        ),
        (
            whole(&format!(r#"{{"Effect":"Maybe",{rest}}}"#)),
            "Invalid effect: Maybe",
        ),
        (
            whole(&format!(
                r#"{{"Sid":"a","Effect":"Deny",{rest}}},{{"Sid":"a","Effect":"Deny",{rest}}}"#
            )),
            "The Statement Ids in the policy are not unique",
        ),
        (
            whole(r#"{"Effect":"Allow","Principal":{"AWS":"nobody"},"Action":"sts:AssumeRole"}"#),
            "Invalid principal in policy: \"AWS\":\"nobody\"",
        ),
        (
            whole(&format!(r#"{{"Effect":"Allow","Unknown":1,{rest}}}"#)),
            "Syntax error in policy.",
        ),
    ] {
        assert_eq!(sentence(&text, Kind::Trust), expected, "{text}");
    }
}
