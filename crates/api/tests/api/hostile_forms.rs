//! Requests that no SDK writes: doubled, misspelt, misplaced and oversized parameters (attack rows SIG-07, DOS-04).

use bytes::Bytes;
use locum_wire::Service;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::common::{Keys, Lab, allow, assume_role, sign, success, trust};

/// A user, and a role with every right that it may assume.
fn stage() -> (Lab, Keys, String) {
    let lab = Lab::new();
    lab.role(&lab.admin, "power", &trust(&format!("\"{}\"", lab.account)));
    lab.role_policy(&lab.admin, "power", &allow("*", "*"));
    let alice = lab.user_with(&lab.admin, "alice", &allow("sts:*", "*"));
    let arn = format!("arn:aws:iam::{}:role/power", lab.account);
    (lab, alice, arn)
}

#[test]
fn sig_07_a_misspelt_session_policy_is_refused_and_never_left_out() {
    let (lab, alice, arn) = stage();
    let policy = utf8_percent_encode(&allow("s3:*", "*"), NON_ALPHANUMERIC).to_string();
    let read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    for parameters in [
        format!("policy={policy}"),
        format!("POLICY={policy}"),
        format!("Policy={policy}&Policy={policy}"),
        format!("Policy={policy}&policy={policy}"),
        format!("PolicyArns.member.1.Arn={read_only}"),
        format!("policyarns.member.1.arn={read_only}"),
        format!("PolicyArns.Member.1.arn={read_only}"),
        format!("PolicyArns.member.1.arn={read_only}&PolicyArns.member.1.arn={read_only}"),
        format!("PolicyArns={read_only}"),
        format!("PolicyArns.member={read_only}"),
        format!("PolicyArns.member.1={read_only}"),
        format!("PolicyArns.member.x.arn={read_only}"),
        "PolicyArns.member.1.arn=".to_owned(),
        "durationseconds=900".to_owned(),
        "RoleSessionName=other".to_owned(),
        "externalid=x-1".to_owned(),
    ] {
        let form = format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=work&{parameters}");
        let answer = lab.form(&alice, Service::Sts, &form);
        assert_eq!(
            answer.status,
            400,
            "{parameters}: {}",
            String::from_utf8_lossy(&answer.body)
        );
    }
}

#[test]
fn lists_are_taken_in_every_form_that_clients_write() {
    let (lab, alice, arn) = stage();
    let read_only = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess";
    for parameters in [
        format!("PolicyArns.member.1.arn={read_only}"),
        format!("PolicyArns.member.2.arn={read_only}"),
    ] {
        let form = format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=work&{parameters}");
        let answer = lab.form(&alice, Service::Sts, &form);
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        // Taken and enforced, or refused: never ignored.
        if answer.status == 200 {
            assert!(body.contains("<PackedPolicySize>"), "{parameters}: {body}");
        } else {
            assert_eq!(answer.status, 400, "{parameters}: {body}");
        }
    }
}

fn get(lab: &Lab, keys: &Keys, query: &str) -> http::Request<Bytes> {
    let request = http::Request::builder()
        .method("GET")
        .uri(format!("/?{query}"))
        .header("host", "sts.example.test")
        .body(Bytes::new());
    sign(keys, "sts", lab.now_s(), request.expect("a request"))
}

#[test]
fn a_call_may_come_as_get() {
    let (lab, alice, arn) = stage();
    for query in [
        "Action=GetCallerIdentity&Version=2011-06-15".to_owned(),
        format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=work&Version=2011-06-15"),
    ] {
        assert_eq!(lab.send(get(&lab, &alice, &query)).status, 200, "{query}");
    }
}

#[test]
fn sig_07_an_action_is_named_once() {
    let (lab, alice, _) = stage();
    for query in [
        "Action=GetCallerIdentity&Action=GetSessionToken&Version=2011-06-15",
        "Action=GetCallerIdentity&action=GetSessionToken&Version=2011-06-15",
        "Action=GetCallerIdentity&Version=2011-06-15&Version=2010-05-08",
    ] {
        let answer = lab.send(get(&lab, &alice, query));
        assert_eq!(
            answer.status,
            400,
            "{query}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        let form = query.replace("&Version=2011-06-15", "");
        let answer = lab.form(&alice, Service::Sts, &form);
        assert!(
            answer.status == 400 || !form.contains("ction=G"),
            "{form}: {}",
            answer.status
        );
    }
    // Once in the query and once in the body.
    let body = Bytes::from_static(b"Action=GetSessionToken&Version=2011-06-15");
    let request = http::Request::builder()
        .method("POST")
        .uri("/?Action=GetCallerIdentity&Version=2011-06-15")
        .header("host", "sts.example.test")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    let answer = lab.send(sign(
        &alice,
        "sts",
        lab.now_s(),
        request.expect("a request"),
    ));
    assert_eq!(
        answer.status,
        400,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
}

#[test]
fn sig_06_other_bodies_are_no_calls() {
    let (lab, alice, _) = stage();
    for content_type in [
        "multipart/form-data; boundary=x",
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded, application/json",
        "application/xml",
    ] {
        let request = http::Request::builder()
            .method("POST")
            .uri("/")
            .header("host", "iam.example.test")
            .header("content-type", content_type)
            .body(Bytes::from_static(
                b"Action=CreateUser&UserName=bob&Version=2010-05-08",
            ));
        let request = request.expect("a request");
        let unsigned = lab.send(request.clone());
        assert!((400..500).contains(&unsigned.status), "{content_type}");
        let answer = lab.send(sign(&alice, "iam", lab.now_s(), request));
        assert!(
            (400..500).contains(&answer.status),
            "{content_type}: {}",
            answer.status
        );
    }
    assert_eq!(
        lab.ask("Action=GetUser&UserName=bob")
            .expect_err("not made")
            .code,
        "NoSuchEntity"
    );
}

#[test]
fn dos_04_many_parameters_are_refused_quickly() {
    let (lab, alice, arn) = stage();
    let many: String = (0..100_000).map(|at| format!("&x{at}=y")).collect();
    let tags: String = (1..20_000)
        .map(|at| format!("&Tags.member.{at}.Key=k{at}&Tags.member.{at}.Value=v"))
        .collect();
    let huge = format!(
        "&Tags.member.{}.Key=a&Tags.member.{}.Value=b",
        u64::MAX,
        u64::MAX
    );
    for parameters in [many, tags, huge] {
        let form = format!("Action=AssumeRole&RoleArn={arn}&RoleSessionName=work{parameters}");
        let begun = std::time::Instant::now();
        let answer = lab.form(&alice, Service::Sts, &form);
        assert_eq!(answer.status, 400);
        assert!(begun.elapsed().as_secs() < 5);
    }
}

#[test]
fn dos_05_bytes_of_any_kind_bring_nothing_down() {
    let (lab, alice, _) = stage();
    for body in [
        &b"Action=AssumeRole&RoleArn=%FF%FE&RoleSessionName=%00&Version=2011-06-15"[..],
        b"Action=%41ssumeRole&Version=2011-06-15",
        b"=&=&=&&&&",
        b"Action=AssumeRole&Version=2011-06-15&Tags.member.1.Key=%ED%A0%80&Tags.member.1.Value=x",
        b"\x00\x01\x02",
        b"Action=AssumeRole&Version=2011-06-15&RoleArn=%",
        b"Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId=AKIAIOSFODNN7EXAMPLE",
        b"Action=GetAccessKeyInfo&Version=2011-06-15&AccessKeyId=%F0%9F%92%A9%F0%9F%92%A9%F0%9F%92%A9%F0%9F%92%A9",
    ] {
        let request = http::Request::builder()
            .method("POST")
            .uri("/")
            .header("host", "sts.example.test")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Bytes::copy_from_slice(body));
        let answer = lab.send(sign(&alice, "sts", lab.now_s(), request.expect("a request")));
        assert_eq!(answer.status, 400, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn what_is_not_offered_says_so() {
    let lab = Lab::new();
    for (service, name) in [
        (Service::Iam, "CreateDelegationRequest"),
        (Service::Sts, "GetFederationToken"),
    ] {
        let refused = success(
            service,
            &lab.form(&lab.admin, service, &format!("Action={name}")),
        )
        .expect_err(name);
        let message = format!(
            "The operation {name} is not offered by this server; docs/operations.md lists those that are."
        );
        assert_eq!(
            (refused.status, refused.code.as_str(), refused.message),
            (400, "InvalidAction", message)
        );
    }
    let refused = success(
        Service::Iam,
        &lab.form(&lab.admin, Service::Iam, "Action=Nonsense"),
    )
    .expect_err("nonsense");
    assert_eq!(
        refused.message,
        "Could not find operation Nonsense for version 2010-05-08"
    );
}

#[test]
fn get_access_key_info_decodes_and_tells_nothing_else() {
    let (lab, alice, arn) = stage();
    let session = lab.assume(&alice, &assume_role(&arn, "work"));
    for id in [&alice.id, &session.id, &lab.admin.id] {
        let answer = lab.form(
            &lab.admin,
            Service::Sts,
            &format!("Action=GetAccessKeyInfo&AccessKeyId={id}"),
        );
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(
            body.contains(&format!("<Account>{}</Account>", lab.account)),
            "{body}"
        );
    }
}
