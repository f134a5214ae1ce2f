//! The resources of a record: all that a call was about, also what nobody was asked about.

use locum_wire::Service;
use serde_json::{Value, json};

use crate::common::{Keys, Lab, allow, trust};
use crate::trails::call_in;

/// The resources in the record of a call that succeeds.
fn told(lab: &Lab, form: &str) -> Value {
    let answer = lab.form(&lab.admin, Service::Iam, form);
    let body = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, 200, "{form}: {body}");
    answer.event.expect("a record")["resources"].clone()
}

fn ours(lab: &Lab, name: &str, kind: &str) -> Value {
    let arn = format!("arn:aws:iam::{}:{name}", lab.account);
    json!({"ARN": arn, "accountId": lab.account, "type": format!("AWS::IAM::{kind}")})
}

/// A user, a group, a role, an instance profile and a policy.
fn stage() -> Lab {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    lab.role(&lab.admin, "r", &trust(&format!("\"{}\"", lab.account)));
    told(&lab, "Action=CreateGroup&GroupName=g&Path=/team/");
    told(&lab, "Action=CreateInstanceProfile&InstanceProfileName=p");
    let text = percent_encoding::utf8_percent_encode(
        &allow("s3:*", "*"),
        percent_encoding::NON_ALPHANUMERIC,
    )
    .to_string();
    told(
        &lab,
        &format!("Action=CreatePolicy&PolicyName=own&PolicyDocument={text}"),
    );
    lab
}

#[test]
fn who_joins_and_leaves_a_group_is_told_beside_the_group() {
    let lab = stage();
    for action in ["AddUserToGroup", "RemoveUserFromGroup"] {
        let form = format!("Action={action}&GroupName=g&UserName=alice");
        let both = json!([
            ours(&lab, "group/team/g", "Group"),
            ours(&lab, "user/alice", "User")
        ]);
        assert_eq!(told(&lab, &form), both, "{action}");
    }
}

#[test]
fn a_policy_that_is_attached_or_a_boundary_is_told_beside_its_holder() {
    let lab = stage();
    let own = format!("arn:aws:iam::{}:policy/own", lab.account);
    let aws = json!({"ARN": "arn:aws:iam::aws:policy/ReadOnlyAccess", "type": "AWS::IAM::Policy"});
    for (kind, holder) in [
        ("User", "user/alice"),
        ("Role", "role/r"),
        ("Group", "group/team/g"),
    ] {
        let name = holder.rsplit('/').next().expect("a name");
        for action in ["Attach", "Detach"] {
            let form = format!("Action={action}{kind}Policy&{kind}Name={name}&PolicyArn=");
            let resources = told(&lab, &format!("{form}{own}"));
            let both = json!([ours(&lab, holder, kind), ours(&lab, "policy/own", "Policy")]);
            assert_eq!(resources, both, "{form}");
            let resources = told(
                &lab,
                &format!("{form}arn:aws:iam::aws:policy/ReadOnlyAccess"),
            );
            assert_eq!(resources, json!([ours(&lab, holder, kind), aws]), "{form}");
        }
        if kind == "Group" {
            continue;
        }
        for form in [
            format!(
                "Action=Put{kind}PermissionsBoundary&{kind}Name={name}&PermissionsBoundary={own}"
            ),
            format!("Action=Delete{kind}PermissionsBoundary&{kind}Name={name}"),
        ] {
            let both = json!([ours(&lab, holder, kind), ours(&lab, "policy/own", "Policy")]);
            assert_eq!(told(&lab, &form), both, "{form}");
        }
    }
    let form = format!("Action=CreateUser&UserName=bob&PermissionsBoundary={own}");
    let both = json!([
        ours(&lab, "user/bob", "User"),
        ours(&lab, "policy/own", "Policy")
    ]);
    assert_eq!(told(&lab, &form), both);
}

#[test]
fn the_role_of_an_instance_profile_is_told_when_it_comes_and_when_it_goes() {
    let lab = stage();
    for action in ["AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"] {
        let form = format!("Action={action}&InstanceProfileName=p&RoleName=r");
        let both = json!([
            ours(&lab, "instance-profile/p", "InstanceProfile"),
            ours(&lab, "role/r", "Role")
        ]);
        assert_eq!(told(&lab, &form), both, "{action}");
    }
}

#[test]
fn what_is_told_is_not_asked_about_and_what_is_no_arn_is_not_told() {
    let lab = stage();
    // The right to the group alone is enough, as ever.
    let group = format!("arn:aws:iam::{}:group/team/g", lab.account);
    let carol = lab.user_with(&lab.admin, "carol", &allow("iam:AddUserToGroup", &group));
    let form = "Action=AddUserToGroup&GroupName=g&UserName=alice";
    let answer = lab.form(&carol, Service::Iam, form);
    assert_eq!(answer.status, 200);
    let form = "Action=AttachUserPolicy&UserName=alice&PolicyArn=arn:aws:s3:::some-bucket-of-ours";
    let answer = lab.form(&lab.admin, Service::Iam, form);
    assert_eq!(answer.status, 400);
    let alice = json!([ours(&lab, "user/alice", "User")]);
    assert_eq!(answer.event.expect("a record")["resources"], alice);
}

/// What LookupEvents finds by a resource's name: event and type.
fn found(lab: &Lab, name: &str) -> Vec<(String, Value)> {
    let body =
        json!({"LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": name}]});
    let by: (&Keys, &str) = (&lab.admin, "us-east-1");
    let answer = call_in(lab, by, "LookupEvents", &body.to_string()).expect("LookupEvents");
    let events = answer["Events"].as_array().expect("Events");
    let shown = events.iter().map(|event| {
        let resources = event["Resources"].as_array().expect("Resources");
        let wanted = resources.iter().find(|held| held["ResourceName"] == name);
        let kind = wanted.map_or(Value::Null, |held| held["ResourceType"].clone());
        (event["EventName"].as_str().unwrap_or("").to_owned(), kind)
    });
    shown.collect()
}

#[test]
fn a_key_is_found_by_its_id() {
    let lab = stage();
    let answer = lab.form(
        &lab.admin,
        Service::Iam,
        "Action=CreateAccessKey&UserName=alice",
    );
    let event = answer.event.expect("a record");
    let id = event["responseElements"]["accessKey"]["accessKeyId"].as_str();
    let id = id.expect("an id").to_owned();
    told(
        &lab,
        &format!("Action=UpdateAccessKey&UserName=alice&Status=Inactive&AccessKeyId={id}"),
    );
    told(
        &lab,
        &format!("Action=DeleteAccessKey&UserName=alice&AccessKeyId={id}"),
    );
    let kind = json!("AWS::IAM::AccessKey");
    let names = ["DeleteAccessKey", "UpdateAccessKey", "CreateAccessKey"];
    let expected: Vec<(String, Value)> = names
        .iter()
        .map(|name| ((*name).to_owned(), kind.clone()))
        .collect();
    assert_eq!(found(&lab, &id), expected);
}

#[test]
fn a_credential_of_a_service_is_found_by_its_id() {
    let lab = stage();
    let form = "Action=CreateServiceSpecificCredential&UserName=alice&ServiceName=codecommit.amazonaws.com";
    let answer = lab.form(&lab.admin, Service::Iam, form);
    let event = answer.event.expect("a record");
    let made = &event["responseElements"]["serviceSpecificCredential"];
    let id = made["serviceSpecificCredentialId"].as_str().expect("an id");
    let form = format!(
        "Action=DeleteServiceSpecificCredential&UserName=alice&ServiceSpecificCredentialId={id}"
    );
    told(&lab, &form);
    let names: Vec<String> = found(&lab, id).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "DeleteServiceSpecificCredential",
            "CreateServiceSpecificCredential"
        ]
    );
}
