//! Account aliases: one an account, no two accounts with the same.

use locum_wire::Service;
use locum_wire::iam::{ListAccountAliasesRequest, ListAccountAliasesResponse};

use crate::common::{Keys, Lab, Refused, check, success};

fn aliases(lab: &Lab, keys: &Keys) -> Vec<String> {
    let input = ListAccountAliasesRequest::default();
    let output: ListAccountAliasesResponse = lab
        .iam(keys, "ListAccountAliases", &input)
        .expect("ListAccountAliases");
    output.account_aliases
}

fn tell(lab: &Lab, keys: &Keys, operation: &str, alias: &str) -> Result<(), Refused> {
    let form = format!("Action={operation}&AccountAlias={alias}");
    success(Service::Iam, &lab.form(keys, Service::Iam, &form))
}

#[test]
fn an_alias_belongs_to_one_account_of_the_installation() {
    let lab = Lab::new();
    let other = lab.other("other");
    let admin = lab.admin.clone();
    assert_eq!(aliases(&lab, &admin), Vec::<String>::new());
    tell(&lab, &admin, "CreateAccountAlias", "first").expect("CreateAccountAlias");
    let exists = "The account alias first already exists.";
    for keys in [&admin, &other.root] {
        let taken = tell(&lab, keys, "CreateAccountAlias", "first");
        check(taken, 409, "EntityAlreadyExists", exists);
    }
    // A second one takes the place of the first, which is free again.
    tell(&lab, &admin, "CreateAccountAlias", "second").expect("CreateAccountAlias");
    assert_eq!(aliases(&lab, &admin), ["second"]);
    tell(&lab, &other.root, "CreateAccountAlias", "first").expect("CreateAccountAlias");
    let absent = "The account alias first cannot be found.";
    let theirs = tell(&lab, &admin, "DeleteAccountAlias", "first");
    check(theirs, 404, "NoSuchEntity", absent);
    tell(&lab, &admin, "DeleteAccountAlias", "second").expect("DeleteAccountAlias");
    assert_eq!(aliases(&lab, &admin), Vec::<String>::new());
    assert_eq!(aliases(&lab, &other.root), ["first"]);
}

#[test]
fn an_alias_is_a_host_name_and_no_account_id() {
    let lab = Lab::new();
    let admin = lab.admin.clone();
    for alias in [
        "ab",
        "-abc",
        "abc-",
        "a--bc",
        "Abc",
        "a_bc",
        "a.bc",
        "123456789012",
    ] {
        let refused = tell(&lab, &admin, "CreateAccountAlias", alias);
        assert_eq!(refused.expect_err(alias).code, "ValidationError", "{alias}");
    }
    for alias in ["abc", "a-1", "12345678901"] {
        tell(&lab, &admin, "CreateAccountAlias", alias).expect(alias);
    }
}
