//! Signing and server certificates: parsed, matched with their keys, chained, and told by their owner alone.

use locum_wire::iam::{
    GetServerCertificateRequest, GetServerCertificateResponse, ListServerCertificatesRequest,
    ListServerCertificatesResponse, ListSigningCertificatesRequest,
    ListSigningCertificatesResponse, SigningCertificate, UploadServerCertificateRequest,
    UploadServerCertificateResponse, UploadSigningCertificateRequest,
    UploadSigningCertificateResponse,
};

use crate::common::{Keys, Lab, Refused, START_S, check};
use crate::material::{Server, server};

fn sign(
    lab: &Lab,
    by: &Keys,
    user: Option<&str>,
    body: &str,
) -> Result<SigningCertificate, Refused> {
    let input = UploadSigningCertificateRequest {
        user_name: user.map(str::to_owned),
        certificate_body: body.to_owned(),
    };
    let output: UploadSigningCertificateResponse =
        lab.iam(by, "UploadSigningCertificate", &input)?;
    Ok(output.certificate)
}

fn request(name: &str, made: &Server) -> UploadServerCertificateRequest {
    UploadServerCertificateRequest {
        certificate_body: made.certificate.clone(),
        private_key: made.key.clone(),
        server_certificate_name: name.to_owned(),
        ..UploadServerCertificateRequest::default()
    }
}

fn upload(
    lab: &Lab,
    input: &UploadServerCertificateRequest,
) -> Result<UploadServerCertificateResponse, Refused> {
    if !input.private_key.contains("CERTIFICATE") {
        let lines = input.private_key.lines();
        let told = lines.filter(|line| line.len() > 20 && !line.starts_with('-'));
        told.for_each(|line| lab.secret(line));
    }
    lab.iam(&lab.admin, "UploadServerCertificate", input)
}

#[test]
fn a_signing_certificate_is_parsed_and_its_owners_alone() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    lab.user(&lab.admin, "bob");
    let made = server("alice.example.test");
    let admin = &lab.admin;
    let held =
        sign(&lab, admin, Some("alice"), &made.certificate).expect("UploadSigningCertificate");
    assert_eq!((&*held.user_name, &*held.status), ("alice", "Active"));
    assert_eq!(held.upload_date.map(|date| date.0), Some(START_S));
    assert!((24..=128).contains(&held.certificate_id.len()));
    let again = sign(&lab, admin, Some("bob"), &made.certificate);
    let sentence = "The certificate is already associated with a user of the account.";
    check(again, 409, "DuplicateCertificate", sentence);
    let id = &held.certificate_id;
    let absent = format!("The Certificate with id {id} cannot be found.");
    for form in [
        format!("Action=UpdateSigningCertificate&UserName=bob&CertificateId={id}&Status=Inactive"),
        format!("Action=DeleteSigningCertificate&UserName=bob&CertificateId={id}"),
    ] {
        check(lab.ask(&form), 404, "NoSuchEntity", &absent);
    }
    sign(&lab, admin, Some("alice"), &server("two").certificate).expect("a second one");
    let third = sign(&lab, admin, Some("alice"), &server("three").certificate);
    check(
        third,
        409,
        "LimitExceeded",
        "Cannot exceed quota for CertificatesPerUser: 2",
    );
    let conflict = "Cannot delete entity, must delete signing certificates first.";
    check(
        lab.ask("Action=DeleteUser&UserName=alice"),
        409,
        "DeleteConflict",
        conflict,
    );
    lab.ask("Action=UpdateUser&UserName=alice&NewUserName=alicia")
        .expect("rename");
    lab.ask(&format!(
        "Action=UpdateSigningCertificate&UserName=alicia&CertificateId={id}&Status=Inactive"
    ))
    .expect("UpdateSigningCertificate");
    let input = ListSigningCertificatesRequest {
        user_name: Some("alicia".to_owned()),
        ..ListSigningCertificatesRequest::default()
    };
    let listed: ListSigningCertificatesResponse = lab
        .iam(admin, "ListSigningCertificates", &input)
        .expect("ListSigningCertificates");
    assert_eq!(listed.certificates.len(), 2);
    let shown = listed
        .certificates
        .iter()
        .find(|held| held.certificate_id == *id);
    let shown = shown.expect("the certificate");
    assert_eq!(
        (&*shown.status, &shown.certificate_body),
        ("Inactive", &made.certificate)
    );
}

#[test]
fn root_has_signing_certificates_of_its_own() {
    let lab = Lab::new();
    let other = lab.other("other");
    let held = sign(&lab, &other.root, None, &server("root").certificate).expect("upload");
    let input = ListSigningCertificatesRequest::default();
    let listed: ListSigningCertificatesResponse = lab
        .iam(&other.root, "ListSigningCertificates", &input)
        .expect("ListSigningCertificates");
    assert_eq!(listed.certificates[0].certificate_id, held.certificate_id);
}

#[test]
fn what_is_no_certificate_is_refused() {
    let lab = Lab::new();
    lab.user(&lab.admin, "alice");
    let made = server("alice.example.test");
    let malformed = "Certificate invalid-certificate-body is malformed.";
    let refused = sign(&lab, &lab.admin, Some("alice"), "invalid-certificate-body");
    check(refused, 400, "MalformedCertificate", malformed);
    let cut = made.certificate.replacen("MII", "MIJ", 1);
    for bad in [
        cut.replacen(['A', 'B', 'C'], "", 1),
        format!("{}{}", made.certificate, made.chain),
        format!("text before\n{}", made.certificate),
        made.certificate.replace("CERTIFICATE", "PUBLIC KEY"),
        made.key.clone(),
    ] {
        let refused = sign(&lab, &lab.admin, Some("alice"), &bad).expect_err("not refused");
        assert_eq!(
            (refused.status, &*refused.code),
            (400, "MalformedCertificate"),
            "{bad}"
        );
    }
}

#[test]
fn a_server_certificate_is_kept_with_its_key_and_shown_without_it() {
    let lab = Lab::new();
    let made = server("www.example.test");
    let input = UploadServerCertificateRequest {
        path: Some("/cloudfront/".to_owned()),
        certificate_chain: Some(format!("{}{}", made.chain, made.root)),
        ..request("Web", &made)
    };
    let output = upload(&lab, &input).expect("UploadServerCertificate");
    let shown = output.server_certificate_metadata.expect("metadata");
    let arn = format!(
        "arn:aws:iam::{}:server-certificate/cloudfront/Web",
        lab.account
    );
    assert_eq!(shown.arn, arn);
    assert!(shown.server_certificate_id.starts_with("ASCA"));
    // The end that its maker sets: 4096-01-01.
    assert_eq!(shown.expiration.map(|date| date.0), Some(67_090_118_400));
    let exists = "The Server Certificate with name web already exists.";
    check(
        upload(&lab, &request("web", &made)),
        409,
        "EntityAlreadyExists",
        exists,
    );
    let input = GetServerCertificateRequest {
        server_certificate_name: "web".to_owned(),
    };
    let got: GetServerCertificateResponse = lab
        .iam(&lab.admin, "GetServerCertificate", &input)
        .expect("GetServerCertificate");
    assert_eq!(got.server_certificate.certificate_body, made.certificate);
    assert!(got.server_certificate.certificate_chain.is_some());
    lab.ask("Action=UpdateServerCertificate&ServerCertificateName=web&NewServerCertificateName=Site&NewPath=/")
        .expect("UpdateServerCertificate");
    let absent = "The Server Certificate with name web cannot be found.";
    let gone = lab.ask("Action=GetServerCertificate&ServerCertificateName=web");
    check(gone, 404, "NoSuchEntity", absent);
    let list = ListServerCertificatesRequest::default();
    let listed: ListServerCertificatesResponse = lab
        .iam(&lab.admin, "ListServerCertificates", &list)
        .expect("ListServerCertificates");
    let [held] = &listed.server_certificate_metadata_list[..] else {
        panic!("one certificate: {listed:?}")
    };
    assert_eq!(held.server_certificate_id, shown.server_certificate_id);
    assert_eq!((&*held.path, &*held.server_certificate_name), ("/", "Site"));
    lab.ask("Action=DeleteServerCertificate&ServerCertificateName=site")
        .expect("DeleteServerCertificate");
}

#[test]
fn a_server_certificate_needs_its_own_key_and_a_chain_in_order() {
    let lab = Lab::new();
    let (made, other) = (server("www.example.test"), server("other.example.test"));
    let mismatch = "The private key does not match the public key of the certificate.";
    let mut input = request("web", &made);
    input.private_key = other.key.clone();
    check(upload(&lab, &input), 400, "KeyPairMismatch", mismatch);
    let no_key = "The private key is not an unencrypted RSA or ECDSA key in PEM format.";
    for bad in [
        "key".to_owned(),
        made.certificate.clone(),
        made.key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"),
        format!("{}{}", made.key, made.key),
    ] {
        input.private_key = bad;
        check(upload(&lab, &input), 400, "MalformedCertificate", no_key);
    }
    let broken = "Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, followed by any intermediaries in order.";
    for chain in [
        made.root.clone(),
        format!("{}{}", made.root, made.chain),
        other.chain.clone(),
        format!("{}{}", made.chain, other.root),
        made.certificate.clone(),
    ] {
        let mut input = request("web", &made);
        input.certificate_chain = Some(chain);
        check(upload(&lab, &input), 400, "MalformedCertificate", broken);
    }
    let mut input = request("web", &made);
    input.certificate_chain = Some(made.chain.clone());
    upload(&lab, &input).expect("the issuer alone is a chain");
    for number in 1..20 {
        upload(&lab, &request(&format!("web{number}"), &made)).expect("another");
    }
    let quota = "Cannot exceed quota for ServerCertificates: 20";
    check(
        upload(&lab, &request("more", &made)),
        409,
        "LimitExceeded",
        quota,
    );
}
