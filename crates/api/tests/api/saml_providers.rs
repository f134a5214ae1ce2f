//! SAML providers: metadata that is really read, and everything that may not be in it.

use locum_wire::iam::{
    CreateSAMLProviderRequest, CreateSAMLProviderResponse, GetSAMLProviderRequest,
    GetSAMLProviderResponse, ListSAMLProvidersRequest, ListSAMLProvidersResponse, Tag,
    UpdateSAMLProviderRequest, UpdateSAMLProviderResponse,
};

use crate::common::{Lab, Refused, START_S, check};

/// A self-signed certificate with a P-256 key; it signs nothing.
const CERTIFICATE: &str = "MIIBjjCCATOgAwIBAgIUC2zYAQ1JhTwM6N3mcKkYQJxMV2UwCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQaWRwLmV4YW1wbGUudGVzdDAgFw0yNjExMjUxNzU1MTdaGA8yMTI2MTEwMTE3NTUxN1owGzEZMBcGA1UEAwwQaWRwLmV4YW1wbGUudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEc99TvKMeu7v10pxhtEB3aVY0kwCrlnOX8AQToLgJZ9k/vV/1HeseYs8uQiyK0z4WfxlstMVboijktKCo8DfTajUzBRMB0GA1UdDgQWBBTGs8CZgQzZ6ssWScRwud+nk2+kgDAfBgNVHSMEGDAWgBTGs8CZgQzZ6ssWScRwud+nk2+kgDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQDt5WeMFLtymTClP2SzjV05eCeCRcc1BfUAvjJUzPXJGQIhAOjKCnZRJiJIAU6PvoOuMZU4+aeJ+ui6m4eeE7Bje1Rl";
/// The same with its subject key identifier twice.
const TWICE: &str = "MIIBjjCCATOgAwIBAgIUC2zYAQ1JhTwM6N3mcKkYQJxMV2UwCgYIKoZIzj0EAwIwGzEZMBcGA1UEAwwQaWRwLmV4YW1wbGUudGVzdDAgFw0yNjExMjUxNzU1MTdaGA8yMTI2MTEwMTE3NTUxN1owGzEZMBcGA1UEAwwQaWRwLmV4YW1wbGUudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABEc99TvKMeu7v10pxhtEB3aVY0kwCrlnOX8AQToLgJZ9k/vV/1HeseYs8uQiyK0z4WfxlstMVboijktKCo8DfTajUzBRMB0GA1UdDgQWBBTGs8CZgQzZ6ssWScRwud+nk2+kgDAfBgNVHQ4EGDAWgBTGs8CZgQzZ6ssWScRwud+nk2+kgDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQDt5WeMFLtymTClP2SzjV05eCeCRcc1BfUAvjJUzPXJGQIhAOjKCnZRJiJIAU6PvoOuMZU4+aeJ+ui6m4eeE7Bje1Rl";
/// A self-signed certificate with an RSA key of 512 bits.
const SMALL: &str = "MIIBdzCCASGgAwIBAgIUTTkx8RyiFLo3pEdMcHaIIPgmibgwDQYJKoZIhvcNAQELBQAwEDEOMAwGA1UEAwwFc21hbGwwHhcNMjYxMTI1MTc1NTE3WhcNMzYxMTIyMTc1NTE3WjAQMQ4wDAYDVQQDDAVzbWFsbDBcMA0GCSqGSIb3DQEBAQUAA0sAMEgCQQDhXZxkmChg6g8rPVhxph0CTOwaiXkofLOte1xuSM3q6P7gwFwUhbjBmbkaR4tWW655OLtiFOodcrXBvDHGTGwtAgMBAAGjUzBRMB0GA1UdDgQWBBQ24ABm95/vO9o/LKLczqSjUW4SIDAfBgNVHSMEGDAWgBQ24ABm95/vO9o/LKLczqSjUW4SIDAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA0EAr2OLI6VnnXBLebWAIwC+PWpof1So0w9BwKyHXD7F0IgGW1/3lIGtRAqSrSjo7jvdTsGhWkCw8eQKNO402xpnHQ==";

/// The metadata of an identity provider with this certificate, as a line.
pub(crate) fn metadata(certificate: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="https://idp.example.test/saml"><md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.test/sso"/></md:IDPSSODescriptor><md:Organization><md:OrganizationName xml:lang="en">Example &amp; &#x53;ons</md:OrganizationName><md:OrganizationDisplayName xml:lang="en">Example</md:OrganizationDisplayName><md:OrganizationURL xml:lang="en">https://example.test/</md:OrganizationURL></md:Organization></md:EntityDescriptor>"#
    )
}

/// The metadata that other tests use.
pub(crate) fn good() -> String {
    metadata(CERTIFICATE)
}

fn create(lab: &Lab, name: &str, metadata: &str) -> Result<CreateSAMLProviderResponse, Refused> {
    let input = CreateSAMLProviderRequest {
        name: name.to_owned(),
        saml_metadata_document: metadata.to_owned(),
        ..CreateSAMLProviderRequest::default()
    };
    lab.iam(&lab.admin, "CreateSAMLProvider", &input)
}

fn arn(lab: &Lab, name: &str) -> String {
    format!("arn:aws:iam::{}:saml-provider/{name}", lab.account)
}

fn get(lab: &Lab, name: &str) -> Result<GetSAMLProviderResponse, Refused> {
    let input = GetSAMLProviderRequest {
        saml_provider_arn: arn(lab, name),
    };
    lab.iam(&lab.admin, "GetSAMLProvider", &input)
}

#[test]
fn a_provider_is_created_read_updated_and_deleted() {
    let lab = Lab::new();
    let input = CreateSAMLProviderRequest {
        name: "Corp".to_owned(),
        saml_metadata_document: good(),
        tags: Some(vec![Tag {
            key: "team".to_owned(),
            value: "blue".to_owned(),
        }]),
        ..CreateSAMLProviderRequest::default()
    };
    let made: CreateSAMLProviderResponse = lab
        .iam(&lab.admin, "CreateSAMLProvider", &input)
        .expect("create");
    assert_eq!(made.saml_provider_arn, Some(arn(&lab, "Corp")));
    assert_eq!(made.tags.map(|tags| tags.len()), Some(1));
    let shown = get(&lab, "Corp").expect("get");
    assert_eq!(shown.saml_metadata_document, Some(good()));
    assert_eq!(shown.create_date.map(|date| date.0), Some(START_S));
    let until_s = START_S + 100 * 365 * 86_400;
    assert_eq!(shown.valid_until.map(|date| date.0), Some(until_s));
    assert_eq!(shown.private_key_list.map(|keys| keys.len()), Some(0));
    assert_eq!(shown.saml_provider_uuid.map(|id| id.len()), Some(26));
    let taken = create(&lab, "CORP", &good());
    let message = format!("Provider with arn {} already exists.", arn(&lab, "CORP"));
    check(taken, 409, "EntityAlreadyExists", &message);
    let until = good().replacen(
        "entityID",
        r#"validUntil="2027-01-01T00:00:00Z" entityID"#,
        1,
    );
    let input = UpdateSAMLProviderRequest {
        saml_provider_arn: arn(&lab, "Corp"),
        saml_metadata_document: Some(until),
        ..UpdateSAMLProviderRequest::default()
    };
    let updated: UpdateSAMLProviderResponse = lab
        .iam(&lab.admin, "UpdateSAMLProvider", &input)
        .expect("update");
    assert_eq!(updated.saml_provider_arn, Some(arn(&lab, "Corp")));
    let listed: ListSAMLProvidersResponse = lab
        .iam(
            &lab.admin,
            "ListSAMLProviders",
            &ListSAMLProvidersRequest {},
        )
        .expect("list");
    let listed = listed.saml_provider_list.expect("a list");
    assert_eq!(
        listed[0].valid_until.map(|date| date.0),
        Some(1_798_761_600)
    );
    let gone = format!(
        "Action=DeleteSAMLProvider&SAMLProviderArn={}",
        arn(&lab, "Corp")
    );
    lab.ask(&gone).expect("delete");
    let message = format!("Manifest not found for arn {}", arn(&lab, "Corp"));
    check(get(&lab, "Corp"), 404, "NoSuchEntity", &message);
    check(lab.ask(&gone), 404, "NoSuchEntity", &message);
}

#[test]
fn an_arn_says_the_name_exactly() {
    let lab = Lab::new();
    create(&lab, "Corp", &good()).expect("create");
    let message = format!("Manifest not found for arn {}", arn(&lab, "corp"));
    check(get(&lab, "corp"), 404, "NoSuchEntity", &message);
    for (arn, code) in [
        ("this-is-no-arn-of-anything", "ValidationError"),
        ("arn:aws:iam::111111111111:user/Corp", "InvalidInput"),
        (
            "arn:aws-cn:iam::111111111111:saml-provider/Corp",
            "InvalidInput",
        ),
    ] {
        let form = format!("Action=GetSAMLProvider&SAMLProviderArn={arn}");
        check(
            lab.ask(&form),
            400,
            code,
            &format!("ARN {arn} is not valid."),
        );
    }
}

/// `good()` with one thing changed.
fn with(from: &str, to: &str) -> String {
    let text = good();
    assert!(text.contains(from), "{from}");
    text.replace(from, to)
}

/// Metadata that is `good()` with one thing changed, and what is said of it.
fn broken() -> Vec<(String, &'static str)> {
    let malformed = "it is not well-formed XML";
    vec![
        (format!("{}{}", good(), "<"), malformed),
        (format!("{}text", good()), malformed),
        (with("</md:EntityDescriptor>", ""), malformed),
        (
            with("</md:IDPSSODescriptor>", "</md:IDPSSODescripto>"),
            malformed,
        ),
        (
            " ".repeat(1_000),
            "its EntityDescriptor has no entityID of 1 to 1,024 characters",
        ),
        (
            with("xmlns:ds=", "xmlns:dx="),
            "it uses a namespace prefix that is not declared",
        ),
        (
            with(
                "urn:oasis:names:tc:SAML:2.0:metadata",
                "urn:oasis:names:tc:SAML:1.0:metadata",
            ),
            "its root is not one EntityDescriptor of SAML 2.0",
        ),
        (
            format!(
                "{}{}",
                good(),
                good().split_once("?>").expect("a declaration").1
            ),
            "its root is not one EntityDescriptor of SAML 2.0",
        ),
        (
            with(r#" entityID="https://idp.example.test/saml""#, ""),
            "its EntityDescriptor has no entityID of 1 to 1,024 characters",
        ),
        (
            with("entityID=", r#"entityID="x" entityID="#),
            "it has an attribute that is malformed or said twice",
        ),
        (
            with(
                "urn:oasis:names:tc:SAML:2.0:protocol",
                "urn:oasis:names:tc:SAML:1.1:protocol",
            ),
            "it has no IDPSSODescriptor that supports SAML 2.0",
        ),
        (
            with("IDPSSODescriptor", "SPSSODescriptor"),
            "it has no IDPSSODescriptor that supports SAML 2.0",
        ),
        (
            with("SingleSignOnService", "SingleLogoutService"),
            "it has no SingleSignOnService with a binding and a location",
        ),
    ]
}

/// The same for keys, dates and sizes.
fn unusable() -> Vec<(String, &'static str)> {
    let large = "it is nested too deeply or has too many elements";
    vec![
        (
            with(r#"use="signing""#, r#"use="encryption""#),
            "it has no X.509 certificate to check signatures with",
        ),
        (
            metadata("AAAA"),
            "one of its signing certificates is malformed",
        ),
        (
            metadata("*"),
            "one of its signing certificates is malformed",
        ),
        (
            metadata(TWICE),
            "one of its signing certificates has an extension twice",
        ),
        (
            metadata(SMALL),
            "one of its signing certificates has a key of less than 1,024 bits",
        ),
        (
            with("entityID", r#"validUntil="soon" entityID"#),
            "its validUntil is no date and time",
        ),
        (
            with("entityID", r#"validUntil="2026-03-01T12:00:00Z" entityID"#),
            "its validUntil has passed",
        ),
        (with("<md:NameIDFormat>", &"<md:x>".repeat(40)), large),
        (
            with(
                "<md:NameIDFormat>",
                &format!("{}<md:NameIDFormat>", "<md:x/>".repeat(10_001)),
            ),
            large,
        ),
    ]
}

#[test]
fn metadata_that_cannot_be_used_is_refused_with_the_reason() {
    let lab = Lab::new();
    for (mut text, why) in broken().into_iter().chain(unusable()) {
        // Shorter documents never get as far as being read.
        text.push_str(&" ".repeat(1_000usize.saturating_sub(text.len())));
        let message = format!("Could not parse metadata: {why}");
        check(create(&lab, "Corp", &text), 400, "InvalidInput", &message);
    }
    create(&lab, "Corp", &good()).expect("none of them took the name");
}

#[test]
fn documents_cannot_declare_or_fetch_entities() {
    let lab = Lab::new();
    let doctype = |internal: &str| {
        good().replacen(
            "?>",
            &format!("?><!DOCTYPE md:EntityDescriptor {internal}>"),
            1,
        )
    };
    let declared = "it has a document type declaration";
    let bomb = r#"[<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]"#;
    for (text, why) in [
        (doctype(""), declared),
        (doctype(bomb), declared),
        (
            doctype(r#"[<!ENTITY x SYSTEM "file:///etc/passwd">]"#),
            declared,
        ),
        (
            doctype(r#"SYSTEM "https://elsewhere.example.test/x.dtd""#),
            declared,
        ),
        (good().replace("&amp;", "&x;"), "it refers to an entity"),
        (
            good().replace("idp.example.test/sso", "&x;"),
            "it refers to an entity",
        ),
    ] {
        let message = format!("Could not parse metadata: {why}");
        check(create(&lab, "Corp", &text), 400, "InvalidInput", &message);
    }
}

#[test]
fn what_is_not_enforced_is_refused() {
    let lab = Lab::new();
    let reason = "encrypted SAML assertions are not read by this server";
    let refused =
        |parameter: &str| format!("The parameter {parameter} is not supported: {reason}.");
    let mut input = CreateSAMLProviderRequest {
        name: "Corp".to_owned(),
        saml_metadata_document: good(),
        assertion_encryption_mode: Some("Required".to_owned()),
        ..CreateSAMLProviderRequest::default()
    };
    let made = |input: &CreateSAMLProviderRequest| -> Result<CreateSAMLProviderResponse, Refused> {
        lab.iam(&lab.admin, "CreateSAMLProvider", input)
    };
    let message = refused("AssertionEncryptionMode");
    check(made(&input), 400, "ValidationError", &message);
    input.assertion_encryption_mode = None;
    input.add_private_key = Some("key".to_owned());
    check(
        made(&input),
        400,
        "ValidationError",
        &refused("AddPrivateKey"),
    );
    let large = good().replace("Example", &"x".repeat(256 * 1024));
    let message = "A SAML metadata document may have 262144 bytes at most on this server.";
    check(create(&lab, "Corp", &large), 409, "LimitExceeded", message);
}

#[test]
fn providers_have_a_quota() {
    let lab = Lab::new();
    for number in 0..100 {
        create(&lab, &format!("p{number}"), &good()).expect("within the quota");
    }
    let message = "Cannot exceed quota for SAMLProvidersPerAccount: 100";
    check(create(&lab, "more", &good()), 409, "LimitExceeded", message);
}
