//! OpenID Connect providers: their URLs, client ids and thumbprints.

use locum_wire::Empty;
use locum_wire::iam::{
    CreateOpenIDConnectProviderRequest, CreateOpenIDConnectProviderResponse,
    GetAccountSummaryResponse, GetOpenIDConnectProviderRequest, GetOpenIDConnectProviderResponse,
    ListOpenIDConnectProvidersRequest, ListOpenIDConnectProvidersResponse,
};

use crate::common::{Lab, Refused, START_S, allow_if, check, check_denied, no_identity_policy};

const URL: &str = "https://oidc.example.test/id/A1";
const THUMBPRINT: &str = "0123456789abcdef0123456789ABCDEF01234567";

fn create(lab: &Lab, url: &str) -> Result<CreateOpenIDConnectProviderResponse, Refused> {
    let input = CreateOpenIDConnectProviderRequest {
        url: url.to_owned(),
        ..CreateOpenIDConnectProviderRequest::default()
    };
    lab.iam(&lab.admin, "CreateOpenIDConnectProvider", &input)
}

fn arn(lab: &Lab, url: &str) -> String {
    let url = url.trim_start_matches("https://");
    format!("arn:aws:iam::{}:oidc-provider/{url}", lab.account)
}

fn get(lab: &Lab, url: &str) -> Result<GetOpenIDConnectProviderResponse, Refused> {
    let input = GetOpenIDConnectProviderRequest {
        open_id_connect_provider_arn: arn(lab, url),
    };
    lab.iam(&lab.admin, "GetOpenIDConnectProvider", &input)
}

/// An operation on the provider of `URL`.
fn on(lab: &Lab, operation: &str, more: &str) -> Result<(), Refused> {
    let arn = arn(lab, URL);
    lab.ask(&format!(
        "Action={operation}&OpenIDConnectProviderArn={arn}{more}"
    ))
}

#[test]
fn a_provider_is_created_read_changed_and_deleted() {
    let lab = Lab::new();
    lab.ask(&format!(
        "Action=CreateOpenIDConnectProvider&Url={URL}&ClientIDList.member.1=one&ClientIDList.member.2=one&ThumbprintList.member.1={THUMBPRINT}&Tags.member.1.Key=a&Tags.member.1.Value=b"
    ))
    .expect("create");
    let shown = get(&lab, URL).expect("get");
    assert_eq!(shown.url.as_deref(), Some("oidc.example.test/id/A1"));
    assert_eq!(shown.create_date.map(|date| date.0), Some(START_S));
    assert_eq!(shown.client_id_list, Some(vec!["one".to_owned()]));
    assert_eq!(shown.thumbprint_list, Some(vec![THUMBPRINT.to_owned()]));
    assert_eq!(shown.tags.map(|tags| tags.len()), Some(1));
    on(&lab, "AddClientIDToOpenIDConnectProvider", "&ClientID=two").expect("add");
    on(&lab, "AddClientIDToOpenIDConnectProvider", "&ClientID=two").expect("add again");
    on(
        &lab,
        "RemoveClientIDFromOpenIDConnectProvider",
        "&ClientID=one",
    )
    .expect("remove");
    on(
        &lab,
        "RemoveClientIDFromOpenIDConnectProvider",
        "&ClientID=no",
    )
    .expect("remove nothing");
    let other = "f".repeat(40);
    let more = format!("&ThumbprintList.member.1={other}");
    on(&lab, "UpdateOpenIDConnectProviderThumbprint", &more).expect("update");
    on(
        &lab,
        "TagOpenIDConnectProvider",
        "&Tags.member.1.Key=A&Tags.member.1.Value=c",
    )
    .expect("tag");
    let shown = get(&lab, URL).expect("get");
    assert_eq!(shown.client_id_list, Some(vec!["two".to_owned()]));
    assert_eq!(shown.thumbprint_list, Some(vec![other]));
    let tags = shown.tags.expect("tags");
    assert_eq!((tags.len(), tags[0].value.as_str()), (1, "c"));
    on(&lab, "UntagOpenIDConnectProvider", "&TagKeys.member.1=a").expect("untag");
    assert_eq!(
        get(&lab, URL).expect("get").tags.map(|tags| tags.len()),
        Some(0)
    );
    let listed: ListOpenIDConnectProvidersResponse = lab
        .iam(
            &lab.admin,
            "ListOpenIDConnectProviders",
            &ListOpenIDConnectProvidersRequest {},
        )
        .expect("list");
    let listed = listed.open_id_connect_provider_list.expect("a list");
    assert_eq!(listed[0].arn, Some(arn(&lab, URL)));
    on(&lab, "DeleteOpenIDConnectProvider", "").expect("delete");
    on(&lab, "DeleteOpenIDConnectProvider", "").expect("deleting again is no error");
    let message = format!(
        "OpenIDConnect Provider not found for arn {}",
        arn(&lab, URL)
    );
    check(get(&lab, URL), 404, "NoSuchEntity", &message);
    let message = format!(
        "OpenId connect Provider {} cannot be found.",
        arn(&lab, URL)
    );
    let absent = on(&lab, "AddClientIDToOpenIDConnectProvider", "&ClientID=two");
    check(absent, 404, "NoSuchEntity", &message);
}

#[test]
fn no_thumbprint_is_made_up() {
    let lab = Lab::new();
    create(&lab, URL).expect("create");
    let shown = get(&lab, URL).expect("get");
    assert_eq!(shown.thumbprint_list, Some(vec![]));
    assert_eq!(shown.client_id_list, Some(vec![]));
}

#[test]
fn the_summary_counts_providers_of_both_kinds() {
    let lab = Lab::new();
    create(&lab, URL).expect("create");
    let metadata = crate::provider_cases::metadata();
    let form = format!("Action=CreateSAMLProvider&Name=Corp&SAMLMetadataDocument={metadata}");
    lab.ask(&form).expect("create");
    let summary: GetAccountSummaryResponse = lab
        .iam(&lab.admin, "GetAccountSummary", &Empty {})
        .expect("GetAccountSummary");
    let map = summary.summary_map.expect("figures");
    assert!(map.contains(&("Providers".to_owned(), 2)), "{map:?}");
}

#[test]
fn urls_are_https_and_a_host_and_perhaps_a_path() {
    let lab = Lab::new();
    for url in [
        "http://oidc.example.test",
        "oidc.example.test",
        "HTTPS://oidc.example.test",
        "https://",
        "https:///path",
        "https://.example.test",
        "https://oidc..test",
        "https://oidc.example.test:8443",
        "https://user@oidc.example.test",
        "https://oidc.example.test?x=y",
        "https://oidc.example.test/a?x=y",
        "https://oidc.example.test/a#b",
        "https://oidc.example.test/*",
        "https://*.example.test",
        "https://oidc.example.test/${aws:username}",
        "https://oidc.example.test/a b",
        "https://oidc.example.test/\u{e9}",
    ] {
        let message = "Invalid Open ID Connect Provider URL";
        check(create(&lab, url), 400, "ValidationError", message);
    }
    create(&lab, URL).expect("create");
    for url in [URL, "https://OIDC.example.test/id/a1"] {
        let message = format!("Provider with url {url} already exists.");
        check(create(&lab, url), 409, "EntityAlreadyExists", &message);
    }
    // Issuers are compared exactly: the other spelling names nothing.
    let message = format!(
        "OpenIDConnect Provider not found for arn {}",
        arn(&lab, "https://oidc.example.test/id/a1")
    );
    let other = get(&lab, "https://oidc.example.test/id/a1");
    check(other, 404, "NoSuchEntity", &message);
}

#[test]
fn lists_have_limits() {
    let lab = Lab::new();
    let six: Vec<String> = (1..=6)
        .map(|number| format!("&ThumbprintList.member.{number}={THUMBPRINT}"))
        .collect();
    let message = "Thumbprint list must contain fewer than 5 entries.";
    let form = format!(
        "Action=CreateOpenIDConnectProvider&Url={URL}{}",
        six.concat()
    );
    check(lab.ask(&form), 400, "InvalidInput", message);
    let letters = "g".repeat(40);
    let form =
        format!("Action=CreateOpenIDConnectProvider&Url={URL}&ThumbprintList.member.1={letters}");
    let message = format!("Thumbprint {letters} is not valid.");
    check(lab.ask(&form), 400, "InvalidInput", &message);
    let ids = |count: usize| -> String {
        let ids = (1..=count).map(|number| format!("&ClientIDList.member.{number}=id{number}"));
        ids.collect()
    };
    let message = "Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100";
    let form = format!("Action=CreateOpenIDConnectProvider&Url={URL}{}", ids(101));
    check(lab.ask(&form), 409, "LimitExceeded", message);
    let form = format!("Action=CreateOpenIDConnectProvider&Url={URL}{}", ids(100));
    lab.ask(&form).expect("a hundred");
    let more = on(&lab, "AddClientIDToOpenIDConnectProvider", "&ClientID=more");
    check(more, 409, "LimitExceeded", message);
    on(&lab, "AddClientIDToOpenIDConnectProvider", "&ClientID=id7").expect("one it has");
    for number in 1..100 {
        create(&lab, &format!("https://p{number}.example.test")).expect("within the quota");
    }
    let message = "Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100";
    let more = create(&lab, "https://more.example.test");
    check(more, 409, "LimitExceeded", message);
}

#[test]
fn every_violation_is_named_in_aws_s_order() {
    let lab = Lab::new();
    let message = "3 validation errors detected: Value at 'clientIDList' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 255, Member must have length greater than or equal to 1]; Value at 'thumbprintList' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 40, Member must have length greater than or equal to 40]; Value at 'url' failed to satisfy constraint: Member must have length less than or equal to 255";
    let long = "x".repeat(256);
    let form = format!(
        "Action=CreateOpenIDConnectProvider&Url={long}&ClientIDList.member.1={long}&ThumbprintList.member.1={long}"
    );
    check(lab.ask(&form), 400, "ValidationError", message);
}

#[test]
fn esc_18_a_provider_of_another_account_is_out_of_reach() {
    let lab = Lab::new();
    let other = lab.other("other");
    let input = CreateOpenIDConnectProviderRequest {
        url: URL.to_owned(),
        ..CreateOpenIDConnectProviderRequest::default()
    };
    let made: CreateOpenIDConnectProviderResponse = lab
        .iam(&other.root, "CreateOpenIDConnectProvider", &input)
        .expect("create");
    let arn = made.open_id_connect_provider_arn.expect("an ARN");
    let form = format!("Action=DeleteOpenIDConnectProvider&OpenIDConnectProviderArn={arn}");
    let refused = lab.ask(&form).expect_err("another account's");
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (403, "AccessDenied")
    );
    let input = GetOpenIDConnectProviderRequest {
        open_id_connect_provider_arn: arn,
    };
    let kept: Result<GetOpenIDConnectProviderResponse, Refused> =
        lab.iam(&other.root, "GetOpenIDConnectProvider", &input);
    kept.expect("still there");
}

#[test]
fn conditions_on_tags_hold() {
    let lab = Lab::new();
    let condition = r#"{"StringEquals":{"aws:ResourceTag/team":"blue"}}"#;
    let clerk = lab.user_with(&lab.admin, "clerk", &allow_if("iam:*", "*", condition));
    create(&lab, URL).expect("create");
    let input = GetOpenIDConnectProviderRequest {
        open_id_connect_provider_arn: arn(&lab, URL),
    };
    let read = || -> Result<GetOpenIDConnectProviderResponse, Refused> {
        lab.iam(&clerk, "GetOpenIDConnectProvider", &input)
    };
    let action = "iam:GetOpenIDConnectProvider";
    let who = format!("arn:aws:iam::{}:user/clerk", lab.account);
    let because = no_identity_policy(action);
    check_denied(read(), &who, action, &arn(&lab, URL), &because);
    on(
        &lab,
        "TagOpenIDConnectProvider",
        "&Tags.member.1.Key=team&Tags.member.1.Value=blue",
    )
    .expect("tag");
    read().expect("tagged");
}
