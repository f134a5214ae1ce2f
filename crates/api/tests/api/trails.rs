//! CloudTrail's trails: made, changed, seen from other regions, started and stopped, tagged.

use std::collections::BTreeMap;

use locum_api::TrailDelivery;
use locum_wire::{ClientRequest, Service};
use serde_json::{Value, json};

use crate::common::{Keys, Lab, Refused, START_S, check, sign, success, unsigned};

fn request(operation: &str, body: &str) -> ClientRequest {
    let prefix = Service::CloudTrail.target_prefix().expect("a prefix");
    ClientRequest {
        content_type: "application/x-amz-json-1.1",
        target: Some(format!("{prefix}.{operation}")),
        body: body.as_bytes().to_vec(),
    }
}

/// A call in the region that the signature is scoped to.
pub(crate) fn call_in(
    lab: &Lab,
    (by, region): (&Keys, &str),
    operation: &str,
    body: &str,
) -> Result<Value, Refused> {
    let request = unsigned(Service::CloudTrail, request(operation, body));
    let answer = lab.send(crate::common::sign_in(
        by,
        ("cloudtrail", region),
        lab.now_s(),
        request,
    ));
    success(Service::CloudTrail, &answer)?;
    assert_eq!(answer.content_type, "application/x-amz-json-1.1");
    let event = answer.event.expect("a record");
    assert_eq!(event["eventSource"], "cloudtrail.amazonaws.com");
    assert_eq!(event["awsRegion"], region);
    Ok(serde_json::from_slice(&answer.body).expect("JSON"))
}

fn call(lab: &Lab, operation: &str, body: &str) -> Result<Value, Refused> {
    call_in(lab, (&lab.admin, "us-east-1"), operation, body)
}

pub(crate) fn create(lab: &Lab, by: &Keys, body: &str) -> Result<Value, Refused> {
    call_in(lab, (by, "us-east-1"), "CreateTrail", body)
}

fn arn(lab: &Lab, region: &str, name: &str) -> String {
    format!("arn:aws:cloudtrail:{region}:{}:trail/{name}", lab.account)
}

#[test]
fn a_trail_is_made_changed_and_deleted() {
    let lab = Lab::new();
    let made = call(
        &lab,
        "CreateTrail",
        r#"{"Name":"Audit","S3BucketName":"local","IsMultiRegionTrail":true,"EnableLogFileValidation":true}"#,
    )
    .expect("CreateTrail");
    let arn = arn(&lab, "us-east-1", "Audit");
    assert_eq!(
        made,
        json!({"IncludeGlobalServiceEvents": true, "IsMultiRegionTrail": true, "IsOrganizationTrail": false,
            "LogFileValidationEnabled": true, "Name": "Audit", "S3BucketName": "local", "TrailARN": arn})
    );
    check(
        call(
            &lab,
            "CreateTrail",
            r#"{"Name":"audit","S3BucketName":"local"}"#,
        ),
        400,
        "TrailAlreadyExistsException",
        &format!("Trail audit already exists for customer: {}", lab.account),
    );
    let updated = call(
        &lab,
        "UpdateTrail",
        &json!({"Name": arn, "IsMultiRegionTrail": false, "EnableLogFileValidation": false})
            .to_string(),
    )
    .expect("UpdateTrail");
    assert_eq!(updated["IsMultiRegionTrail"], false);
    let got = call(&lab, "GetTrail", r#"{"Name":"Audit"}"#).expect("GetTrail");
    assert_eq!(got["Trail"]["HomeRegion"], "us-east-1");
    assert_eq!(got["Trail"]["IncludeGlobalServiceEvents"], true);
    assert_eq!(got["Trail"]["LogFileValidationEnabled"], false);
    assert_eq!(got["Trail"]["HasCustomEventSelectors"], false);
    let listed = call(&lab, "ListTrails", "{}").expect("ListTrails");
    assert_eq!(
        listed,
        json!({"Trails": [{"HomeRegion": "us-east-1", "Name": "Audit", "TrailARN": arn}]})
    );
    call(&lab, "DeleteTrail", r#"{"Name":"Audit"}"#).expect("DeleteTrail");
    check(
        call(&lab, "GetTrail", r#"{"Name":"Audit"}"#),
        400,
        "TrailNotFoundException",
        &format!("Unknown trail: Audit for the user: {}", lab.account),
    );
    let described = call(&lab, "DescribeTrails", r#"{"trailNameList":["Audit"]}"#);
    assert_eq!(described.expect("DescribeTrails"), json!({"trailList": []}));
}

#[test]
fn names_that_break_the_rules_are_refused() {
    let lab = Lab::new();
    let characters = "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).";
    let long = "a".repeat(129);
    let cases = [
        (
            "ab",
            "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters.",
        ),
        (
            long.as_str(),
            "Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129 characters.",
        ),
        ("a b c", characters),
        ("trail/x", characters),
        ("-audit", "Trail name must starts with a letter or number."),
        ("audit_", "Trail name must ends with a letter or number."),
        (
            "my--trail",
            "Trail name cannot have adjacent periods (.), hyphens (-), or underscores (_).",
        ),
        ("192.168.5.4", "Trail name cannot be in IP address format."),
    ];
    for (name, sentence) in cases {
        let body = json!({"Name": name, "S3BucketName": "local"}).to_string();
        check(
            call(&lab, "CreateTrail", &body),
            400,
            "InvalidTrailNameException",
            sentence,
        );
    }
    for (bad, code) in [
        (
            "arn:aws:iam::123456789012:user/x",
            "CloudTrailARNInvalidException",
        ),
        (
            "arn:aws:cloudtrail:us-east-1:x:trail/audit",
            "CloudTrailARNInvalidException",
        ),
        (
            "arn:aws:cloudtrail:us-east-1:123456789012:channel/audit",
            "CloudTrailARNInvalidException",
        ),
        (
            "arn:aws-cn:cloudtrail:us-east-1:123456789012:trail/audit",
            "CloudTrailARNInvalidException",
        ),
    ] {
        let refused = call(&lab, "GetTrail", &json!({"Name": bad}).to_string());
        assert_eq!(refused.expect_err(bad).code, code, "{bad}");
    }
    let of_another = call(
        &lab,
        "GetTrail",
        r#"{"Name":"arn:aws:cloudtrail:us-east-1:999999999999:trail/audit"}"#,
    );
    assert!(of_another.is_err());
}

#[test]
fn aud_03_a_call_chooses_among_the_servers_sinks_and_no_place_in_them() {
    let lab = Lab::new();
    let refused = |extra: Value| {
        let mut body = json!({"Name": "audit", "S3BucketName": "local"});
        body.as_object_mut()
            .expect("an object")
            .extend(extra.as_object().expect("an object").clone());
        call(&lab, "CreateTrail", &body.to_string()).expect_err("not refused")
    };
    let bucket = refused(json!({"S3BucketName": "elsewhere"}));
    assert_eq!(
        (bucket.code.as_str(), bucket.message.as_str()),
        (
            "S3BucketDoesNotExistException",
            "S3 bucket elsewhere does not exist!"
        )
    );
    for name in ["ab", "Local", "../local", "local/x", "lo cal"] {
        assert_eq!(
            refused(json!({"S3BucketName": name})).code,
            "InvalidS3BucketNameException",
            "{name}"
        );
    }
    assert_eq!(
        refused(json!({"S3KeyPrefix": "../../etc"})).code,
        "InvalidS3PrefixException"
    );
    for name in [
        "SnsTopicName",
        "CloudWatchLogsLogGroupArn",
        "CloudWatchLogsRoleArn",
        "KmsKeyId",
    ] {
        let refused = refused(json!({name: "x"}));
        assert_eq!(refused.code, "ValidationException");
        assert!(
            refused
                .message
                .starts_with(&format!("The parameter {name} is not supported"))
        );
    }
    let combination =
        refused(json!({"IsMultiRegionTrail": true, "IncludeGlobalServiceEvents": false}));
    assert_eq!(combination.code, "InvalidParameterCombinationException");
    call(
        &lab,
        "CreateTrail",
        r#"{"Name":"audit","S3BucketName":"local"}"#,
    )
    .expect("CreateTrail");
    let update = |body: &str| {
        call(&lab, "UpdateTrail", body)
            .expect_err("not refused")
            .code
    };
    assert_eq!(
        update(r#"{"Name":"audit","S3KeyPrefix":"x"}"#),
        "InvalidS3PrefixException"
    );
    assert_eq!(
        update(r#"{"Name":"audit","S3BucketName":"elsewhere"}"#),
        "S3BucketDoesNotExistException"
    );
}

#[test]
fn aud_03_no_trail_takes_the_place_of_anothers_digests() {
    let lab = Lab::new();
    let create = |region: &str, name: &str| {
        let body = json!({"Name": name, "S3BucketName": "local"}).to_string();
        call_in(&lab, (&lab.admin, region), "CreateTrail", &body).map_err(|refused| refused.code)
    };
    let taken = create("us-east-1", "locum");
    assert_eq!(taken.expect_err("taken"), "TrailAlreadyExistsException");
    for region in ["..", "US-EAST-1", "us_east", "a.b", &"r".repeat(33)] {
        let refused = create(region, "audit").expect_err(region);
        assert_eq!(refused, "OperationNotPermittedException", "{region}");
    }
    assert!(create("eu-west-1", "locums").is_ok());
}

#[test]
fn a_region_has_five_trails() {
    let lab = Lab::new();
    for number in 0..5 {
        let body = format!(r#"{{"Name":"trail-{number}","S3BucketName":"local"}}"#);
        call(&lab, "CreateTrail", &body).expect("CreateTrail");
    }
    let sixth = r#"{"Name":"sixth","S3BucketName":"local"}"#;
    check(
        call(&lab, "CreateTrail", sixth),
        400,
        "MaximumNumberOfTrailsExceededException",
        &format!("User: {} already has 5 trails in us-east-1.", lab.account),
    );
    call_in(&lab, (&lab.admin, "eu-west-1"), "CreateTrail", sixth).expect("another region");
}

#[test]
fn a_trail_of_all_regions_is_seen_in_all_and_changed_at_home() {
    let lab = Lab::new();
    let away =
        |operation: &str, body: &str| call_in(&lab, (&lab.admin, "eu-west-1"), operation, body);
    let names = |answer: Value| {
        let list = answer["trailList"].as_array().expect("a list").clone();
        list.iter()
            .map(|trail| trail["Name"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    call(
        &lab,
        "CreateTrail",
        r#"{"Name":"everywhere","S3BucketName":"local","IsMultiRegionTrail":true}"#,
    )
    .expect("made");
    call(
        &lab,
        "CreateTrail",
        r#"{"Name":"only-here","S3BucketName":"local"}"#,
    )
    .expect("made");
    assert_eq!(
        names(away("DescribeTrails", "{}").expect("described")),
        ["everywhere"]
    );
    let own = away("DescribeTrails", r#"{"includeShadowTrails":false}"#).expect("described");
    assert!(names(own).is_empty());
    let by_name = away("GetTrail", r#"{"Name":"everywhere"}"#);
    assert_eq!(by_name.expect_err("by name").code, "TrailNotFoundException");
    let everywhere = json!({"Name": arn(&lab, "us-east-1", "everywhere")}).to_string();
    away("GetTrail", &everywhere).expect("by its ARN");
    away("GetTrailStatus", &everywhere).expect("by its ARN");
    for operation in ["UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"] {
        let refused = away(operation, &everywhere).expect_err(operation);
        assert_eq!(refused.code, "InvalidHomeRegionException", "{operation}");
    }
    let only_here = json!({"Name": arn(&lab, "us-east-1", "only-here")}).to_string();
    assert_eq!(
        away("GetTrail", &only_here).expect_err("hidden").code,
        "TrailNotFoundException"
    );
}

#[test]
fn aud_07_stopping_a_trail_stops_no_record() {
    let lab = Lab::new();
    create(
        &lab,
        &lab.admin,
        r#"{"Name":"audit","S3BucketName":"local"}"#,
    )
    .expect("CreateTrail");
    let status = || call(&lab, "GetTrailStatus", r#"{"Name":"audit"}"#).expect("GetTrailStatus");
    assert_eq!(
        status(),
        json!({"IsLogging": false, "LatestDeliveryAttemptSucceeded": "", "LatestDeliveryAttemptTime": "",
            "LatestNotificationAttemptSucceeded": "", "LatestNotificationAttemptTime": "",
            "TimeLoggingStarted": "", "TimeLoggingStopped": ""})
    );
    call(&lab, "StartLogging", r#"{"Name":"audit"}"#).expect("StartLogging");
    let started = status();
    assert_eq!(started["IsLogging"], true);
    assert_eq!(started["StartLoggingTime"], START_S);
    lab.pass(5);
    call(&lab, "StopLogging", r#"{"Name":"audit"}"#).expect("StopLogging");
    let stopped = status();
    assert_eq!(stopped["IsLogging"], false);
    assert_eq!(stopped["StopLoggingTime"], START_S + 5);
    // `Lab::send` demands one record of every call, this one too.
    let before = lab.engine.recorded_events().len();
    call(&lab, "DescribeTrails", "{}").expect("DescribeTrails");
    assert_eq!(lab.engine.recorded_events().len(), before + 1);
}

#[test]
fn the_status_tells_how_delivery_goes() {
    let lab = Lab::new();
    let body = r#"{"Name":"Audit","S3BucketName":"local"}"#;
    create(&lab, &lab.admin, body).expect("CreateTrail");
    let status = || call(&lab, "GetTrailStatus", r#"{"Name":"Audit"}"#).expect("GetTrailStatus");
    let id = format!("{}/us-east-1/audit/{START_S}", lab.account);
    let tell = |delivery: TrailDelivery| {
        lab.world
            .deliveries
            .tell(BTreeMap::from([(id.clone(), delivery)]));
    };
    tell(TrailDelivery {
        attempted_s: Some(START_S + 60),
        delivered_s: Some(START_S + 30),
        error: Some("AccessDenied".to_owned()),
        digest_delivered_s: Some(START_S + 20),
        digest_error: Some("NoSuchBucket".to_owned()),
    });
    let told = status();
    let time = |seconds: i64| locum_wire::Timestamp(START_S + seconds).to_string();
    assert_eq!(told["LatestDeliveryAttemptTime"], time(60));
    assert_eq!(told["LatestDeliveryAttemptSucceeded"], time(30));
    assert_eq!(told["LatestDeliveryTime"], START_S + 30);
    assert_eq!(told["LatestDeliveryError"], "AccessDenied");
    assert_eq!(told["LatestDigestDeliveryTime"], START_S + 20);
    assert_eq!(told["LatestDigestDeliveryError"], "NoSuchBucket");
    // One that is made anew under the same name has delivered nothing yet.
    lab.pass(5);
    call(&lab, "DeleteTrail", r#"{"Name":"Audit"}"#).expect("DeleteTrail");
    create(&lab, &lab.admin, body).expect("CreateTrail");
    assert_eq!(status()["LatestDeliveryAttemptTime"], "");
    assert_eq!(status()["LatestDeliveryError"], Value::Null);
}

#[test]
fn event_selectors_choose_management_events_only() {
    let lab = Lab::new();
    create(
        &lab,
        &lab.admin,
        r#"{"Name":"audit","S3BucketName":"local"}"#,
    )
    .expect("CreateTrail");
    let usual = json!([{"DataResources": [], "ExcludeManagementEventSources": [], "IncludeManagementEvents": true, "ReadWriteType": "All"}]);
    let got =
        || call(&lab, "GetEventSelectors", r#"{"TrailName":"audit"}"#).expect("GetEventSelectors");
    assert_eq!(got()["EventSelectors"], usual);
    let put = |selectors: Value| {
        let body = json!({"TrailName": "audit", "EventSelectors": selectors});
        call(&lab, "PutEventSelectors", &body.to_string())
    };
    let data = put(
        json!([{"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::x/"]}]}]),
    );
    check(
        data,
        400,
        "InvalidEventSelectorsException",
        "DataResources are not supported: data events are not recorded by this server.",
    );
    for bad in [
        json!([]),
        json!([{}, {}, {}, {}, {}, {}]),
        json!([{"ExcludeManagementEventSources": ["iam.amazonaws.com"]}]),
    ] {
        assert_eq!(
            put(bad).expect_err("not refused").code,
            "InvalidEventSelectorsException"
        );
    }
    let advanced = json!({"TrailName": "audit", "AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]});
    let refused = call(&lab, "PutEventSelectors", &advanced.to_string()).expect_err("not refused");
    assert_eq!(refused.code, "ValidationException");
    assert_eq!(got()["EventSelectors"], usual, "nothing was changed");
    put(json!([{"ReadWriteType": "WriteOnly", "ExcludeManagementEventSources": ["kms.amazonaws.com"]}])).expect("PutEventSelectors");
    assert_eq!(got()["EventSelectors"][0]["ReadWriteType"], "WriteOnly");
    let trail = call(&lab, "GetTrail", r#"{"Name":"audit"}"#).expect("GetTrail");
    assert_eq!(trail["Trail"]["HasCustomEventSelectors"], true);
}

#[test]
fn tags_are_added_listed_and_removed() {
    let lab = Lab::new();
    create(
        &lab,
        &lab.admin,
        r#"{"Name":"audit","S3BucketName":"local","TagsList":[{"Key":"team","Value":"blue"}]}"#,
    )
    .expect("CreateTrail");
    let id = arn(&lab, "us-east-1", "audit");
    let tags = || {
        let body = json!({"ResourceIdList": [id]}).to_string();
        call(&lab, "ListTags", &body).expect("ListTags")["ResourceTagList"][0]["TagsList"].clone()
    };
    let add = |tags: Value| {
        call(
            &lab,
            "AddTags",
            &json!({"ResourceId": id, "TagsList": tags}).to_string(),
        )
    };
    add(json!([{"Key": "team", "Value": "red"}, {"Key": "x"}])).expect("AddTags");
    assert_eq!(
        tags(),
        json!([{"Key": "team", "Value": "red"}, {"Key": "x"}])
    );
    assert_eq!(
        add(json!([{"Key": "aws:x", "Value": "y"}]))
            .expect_err("reserved")
            .code,
        "InvalidTagParameterException"
    );
    assert_eq!(
        add(json!([{"Key": "a"}, {"Key": "a"}]))
            .expect_err("twice")
            .code,
        "InvalidTagParameterException"
    );
    let many: Vec<Value> = (0..49)
        .map(|number| json!({"Key": format!("k{number}")}))
        .collect();
    assert_eq!(
        add(json!(many)).expect_err("too many").code,
        "TagsLimitExceededException"
    );
    let remove = |tags: Value| {
        call(
            &lab,
            "RemoveTags",
            &json!({"ResourceId": id, "TagsList": tags}).to_string(),
        )
    };
    remove(json!([{"Key": "team", "Value": "blue"}, {"Key": "x"}])).expect("RemoveTags");
    assert_eq!(
        tags(),
        json!([{"Key": "team", "Value": "red"}]),
        "another value is another tag"
    );
    let missing = json!({"ResourceIdList": [arn(&lab, "us-east-1", "nope")]}).to_string();
    assert_eq!(
        call(&lab, "ListTags", &missing).expect_err("missing").code,
        "ResourceNotFoundException"
    );
}

#[test]
fn there_are_no_public_keys_before_one_signs() {
    let lab = Lab::new();
    assert_eq!(
        call(&lab, "ListPublicKeys", "{}").expect("ListPublicKeys"),
        json!({"PublicKeyList": []})
    );
    let backwards = call(
        &lab,
        "ListPublicKeys",
        r#"{"StartTime":2000,"EndTime":1000}"#,
    );
    assert_eq!(
        backwards.expect_err("backwards").code,
        "InvalidTimeRangeException"
    );
}

#[test]
fn an_organizations_trail_is_the_management_accounts() {
    let lab = Lab::new();
    let body = r#"{"Name":"all-accounts","S3BucketName":"local","IsOrganizationTrail":true}"#;
    let other = lab.other("other");
    let refused = create(&lab, &other.root, body).expect_err("a member account");
    assert_eq!(refused.code, "NotOrganizationMasterAccountException");
    create(&lab, &lab.admin, body).expect("the management account");
}

#[test]
fn what_is_not_built_is_not_offered() {
    let lab = Lab::new();
    let refused = call(&lab, "StartQuery", "{}").expect_err("not offered");
    assert_eq!(
        (refused.status, refused.code.as_str()),
        (400, "UnknownOperationException")
    );
    let misdirected = unsigned(Service::CloudTrail, request("ListTrails", "{}"));
    let answer = lab.send(sign(&lab.admin, "iam", lab.now_s(), misdirected));
    let refused = success(Service::CloudTrail, &answer).expect_err("another scope");
    assert_eq!(refused.code, "InvalidSignatureException");
}
