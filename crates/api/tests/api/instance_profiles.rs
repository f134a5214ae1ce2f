//! Instance profiles: one role each, handed over only by who may pass it.

use locum_wire::Service;
use locum_wire::iam::{
    GetInstanceProfileRequest, GetInstanceProfileResponse, ListInstanceProfilesForRoleRequest,
    ListInstanceProfilesForRoleResponse,
};

use crate::common::{Lab, check, check_denied, document, no_identity_policy, statement, success};
use crate::users_roles::everybody;

#[test]
fn a_profile_holds_one_role() {
    let lab = Lab::new();
    lab.role(&lab.admin, "web", &everybody(&lab));
    lab.role(&lab.admin, "db", &everybody(&lab));
    lab.ask("Action=CreateInstanceProfile&InstanceProfileName=web&Path=/app/&Tags.member.1.Key=a&Tags.member.1.Value=b")
        .expect("create");
    let taken = lab.ask("Action=CreateInstanceProfile&InstanceProfileName=WEB");
    let message = "Instance Profile WEB already exists.";
    check(taken, 409, "EntityAlreadyExists", message);
    lab.ask("Action=AddRoleToInstanceProfile&InstanceProfileName=web&RoleName=web")
        .expect("add");
    let message = "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1";
    let form = "Action=AddRoleToInstanceProfile&InstanceProfileName=web&RoleName=db";
    check(lab.ask(form), 409, "LimitExceeded", message);
    let input = GetInstanceProfileRequest {
        instance_profile_name: "web".to_owned(),
    };
    let shown: GetInstanceProfileResponse = lab
        .iam(&lab.admin, "GetInstanceProfile", &input)
        .expect("GetInstanceProfile");
    let shown = shown.instance_profile;
    assert!(shown.instance_profile_id.starts_with("AIPA"));
    assert_eq!(
        shown.arn,
        format!("arn:aws:iam::{}:instance-profile/app/web", lab.account)
    );
    assert_eq!(
        (shown.roles.len(), shown.roles[0].role_name.as_str()),
        (1, "web")
    );
    assert_eq!(shown.tags.map(|tags| tags.len()), Some(1));
    let input = ListInstanceProfilesForRoleRequest {
        role_name: "web".to_owned(),
        ..ListInstanceProfilesForRoleRequest::default()
    };
    let held: ListInstanceProfilesForRoleResponse = lab
        .iam(&lab.admin, "ListInstanceProfilesForRole", &input)
        .expect("ListInstanceProfilesForRole");
    assert_eq!(held.instance_profiles.len(), 1);
    let conflict = "Cannot delete entity, must remove roles from instance profile first.";
    for form in [
        "Action=DeleteRole&RoleName=web",
        "Action=DeleteInstanceProfile&InstanceProfileName=web",
    ] {
        check(lab.ask(form), 409, "DeleteConflict", conflict);
    }
    let message = "Role db in Instance Profile web cannot be found.";
    let form = "Action=RemoveRoleFromInstanceProfile&InstanceProfileName=web&RoleName=db";
    check(lab.ask(form), 404, "NoSuchEntity", message);
    let form = "Action=RemoveRoleFromInstanceProfile&InstanceProfileName=web&RoleName=web";
    lab.ask(form).expect("remove");
    lab.ask("Action=DeleteInstanceProfile&InstanceProfileName=web")
        .expect("delete");
    let message = "Instance Profile web cannot be found.";
    let form = "Action=GetInstanceProfile&InstanceProfileName=web";
    check(lab.ask(form), 404, "NoSuchEntity", message);
}

#[test]
fn esc_15_a_role_goes_into_a_profile_only_by_who_may_pass_it_to_ec2() {
    let lab = Lab::new();
    lab.role(&lab.admin, "admin", &everybody(&lab));
    lab.ask("Action=CreateInstanceProfile&InstanceProfileName=web")
        .expect("create");
    let to = |service: &str| {
        let condition = format!(r#"{{"StringEquals":{{"iam:PassedToService":"{service}"}}}}"#);
        let rights = [
            statement("Allow", "iam:AddRoleToInstanceProfile", "*", ""),
            statement("Allow", "iam:PassRole", "*", &condition),
        ];
        document(&rights.join(","))
    };
    let clerk = lab.user_with(&lab.admin, "clerk", &to("lambda.amazonaws.com"));
    let form = "Action=AddRoleToInstanceProfile&InstanceProfileName=web&RoleName=admin";
    let arn = format!("arn:aws:iam::{}:user/clerk", lab.account);
    let role = format!("arn:aws:iam::{}:role/admin", lab.account);
    let refused = success(Service::Iam, &lab.form(&clerk, Service::Iam, form));
    let because = no_identity_policy("iam:PassRole");
    check_denied(refused, &arn, "iam:PassRole", &role, &because);
    lab.user_policy(&lab.admin, "clerk", &to("ec2.amazonaws.com"));
    success(Service::Iam, &lab.form(&clerk, Service::Iam, form)).expect("to EC2");
}
