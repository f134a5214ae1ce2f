//! Public keys for SSH: one key whatever its form, RSA of 2,048 bits at least, its owner's alone.

use locum_wire::iam::{
    GetSSHPublicKeyRequest, GetSSHPublicKeyResponse, ListSSHPublicKeysRequest,
    ListSSHPublicKeysResponse, SSHPublicKey, UploadSSHPublicKeyRequest, UploadSSHPublicKeyResponse,
};

use crate::common::{Lab, Refused, START_S, check};
use crate::material::{
    ED25519_SSH, OTHER_SSH, SHORT_SSH, SSH, SSH_AS_PEM, SSH_AS_PKCS1, SSH_FINGERPRINT,
};

fn upload(lab: &Lab, user: &str, body: &str) -> Result<SSHPublicKey, Refused> {
    let input = UploadSSHPublicKeyRequest {
        user_name: user.to_owned(),
        ssh_public_key_body: body.to_owned(),
    };
    let output: UploadSSHPublicKeyResponse = lab.iam(&lab.admin, "UploadSSHPublicKey", &input)?;
    Ok(output.ssh_public_key.expect("a key"))
}

fn body(lab: &Lab, id: &str, encoding: &str) -> String {
    let input = GetSSHPublicKeyRequest {
        user_name: "alice".to_owned(),
        ssh_public_key_id: id.to_owned(),
        encoding: encoding.to_owned(),
    };
    let output: GetSSHPublicKeyResponse = lab
        .iam(&lab.admin, "GetSSHPublicKey", &input)
        .expect("GetSSHPublicKey");
    let key = output.ssh_public_key.expect("a key");
    assert_eq!(key.fingerprint, SSH_FINGERPRINT);
    key.ssh_public_key_body
}

#[test]
fn a_key_is_taken_in_each_form_and_shown_in_each() {
    for form in [SSH, SSH_AS_PEM, SSH_AS_PKCS1] {
        let lab = Lab::new();
        lab.user(&lab.admin, "alice");
        let key = upload(&lab, "alice", form).expect("UploadSSHPublicKey");
        assert!(key.ssh_public_key_id.starts_with("APKA"), "{key:?}");
        assert_eq!(key.fingerprint, SSH_FINGERPRINT);
        assert_eq!((&*key.status, &*key.user_name), ("Active", "alice"));
        assert_eq!(key.upload_date.map(|date| date.0), Some(START_S));
        let without_comment = SSH.rsplit_once(' ').expect("a comment").0;
        assert_eq!(body(&lab, &key.ssh_public_key_id, "SSH"), without_comment);
        assert_eq!(body(&lab, &key.ssh_public_key_id, "PEM"), SSH_AS_PEM);
        for again in [SSH, SSH_AS_PEM, SSH_AS_PKCS1] {
            let sentence = "The public key is already associated with the user.";
            let again = upload(&lab, "alice", again);
            check(again, 400, "DuplicateSSHPublicKey", sentence);
        }
    }
}

#[test]
fn what_is_no_long_rsa_key_is_refused() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let encoding = "The public key is neither in OpenSSH nor in PEM format.";
    for bad in [
        "key",
        "two words",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
    ] {
        let refused = upload(&lab, "alice", bad);
        check(refused, 400, "UnrecognizedPublicKeyEncoding", encoding);
    }
    let key = "The public key is malformed, or it is no RSA key of at least 2048 bits.";
    let (_, blob) = SSH.split_once(' ').expect("a blob");
    let shorter = format!("ssh-rsa {}", &blob[..blob.len() / 2]);
    let longer = format!("ssh-rsa {}AAAA", blob.split(' ').next().expect("a blob"));
    let cut = SSH_AS_PEM.replace("AQAB", "AQA");
    let trailing = format!("{SSH_AS_PEM}{SSH_AS_PEM}");
    for bad in [
        SHORT_SSH,
        ED25519_SSH,
        "ssh-rsa !!!!",
        &shorter,
        &longer,
        &cut,
        &trailing,
        "-----BEGIN PUBLIC KEY-----",
    ] {
        check(upload(&lab, "alice", bad), 400, "InvalidPublicKey", key);
    }
}

#[test]
fn keys_belong_to_their_user_and_hold_it_back() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    lab.user(&lab.admin, "bob");
    let key = upload(&lab, "alice", SSH).expect("UploadSSHPublicKey");
    upload(&lab, "alice", OTHER_SSH).expect("a second one");
    upload(&lab, "bob", SSH).expect("another user may have the same");
    let id = &key.ssh_public_key_id;
    let absent = format!("The Public Key with id {id} cannot be found.");
    for form in [
        format!("Action=GetSSHPublicKey&UserName=bob&SSHPublicKeyId={id}&Encoding=SSH"),
        format!("Action=UpdateSSHPublicKey&UserName=bob&SSHPublicKeyId={id}&Status=Inactive"),
        format!("Action=DeleteSSHPublicKey&UserName=bob&SSHPublicKeyId={id}"),
        format!(
            "Action=DeleteSSHPublicKey&UserName=alice&SSHPublicKeyId={}",
            id.to_lowercase()
        ),
    ] {
        let absent = absent.replace(
            id.as_str(),
            form.split("SSHPublicKeyId=")
                .nth(1)
                .and_then(|rest| rest.split('&').next())
                .expect("an id"),
        );
        check(lab.ask(&form), 404, "NoSuchEntity", &absent);
    }
    let held = lab.ask("Action=DeleteUser&UserName=alice");
    let conflict = "Cannot delete entity, must remove referenced objects first.";
    check(held, 409, "DeleteConflict", conflict);
    lab.ask(&format!(
        "Action=UpdateSSHPublicKey&UserName=alice&SSHPublicKeyId={id}&Status=Inactive"
    ))
    .expect("UpdateSSHPublicKey");
    lab.ask("Action=UpdateUser&UserName=alice&NewUserName=alicia")
        .expect("rename");
    let input = ListSSHPublicKeysRequest {
        user_name: Some("alicia".to_owned()),
        ..ListSSHPublicKeysRequest::default()
    };
    let listed: ListSSHPublicKeysResponse = lab
        .iam(&lab.admin, "ListSSHPublicKeys", &input)
        .expect("ListSSHPublicKeys");
    let mut listed = listed.ssh_public_keys.expect("keys").into_iter();
    let shown = listed.find(|held| held.ssh_public_key_id == *id);
    let shown = shown.expect("the key");
    assert_eq!((&*shown.status, &*shown.user_name), ("Inactive", "alicia"));
    let expired = lab.ask(&format!(
        "Action=UpdateSSHPublicKey&UserName=alicia&SSHPublicKeyId={id}&Status=Expired"
    ));
    assert_eq!(expired.expect_err("no such wish").code, "InvalidInput");
}
