//! `locum policy check` and `locum policy fmt` of the built binary: what is printed, for whom, and how it ends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "tests say what went wrong by panicking"
)]

mod support;

use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;
use support::{Home, stderr, stdout};

const CLEAN: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "s3:GetObject",
      "Resource": "arn:aws:s3:::reports/*"
    }
  ]
}
"#;

const POOR: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["s3:GetObjct", "s3:ListBucket"],
      "Resource": "arn:aws:s3:::reports"
    },
    {
      "Effect": "Allow",
      "Action": "iam:PassRole",
      "Resource": "*"
    },
    {"Sid": "No", "Effect": "Deny", "Action": "iam:*", "Resource": "*"}
  ]
}
"#;

/// What `locum policy check poor.json` prints.
const SHOWN: &str = r#"error[INVALID_ACTION]: s3 has no action GetObjct
 --> poor.json:6:18
  |
6 |       "Action": ["s3:GetObjct", "s3:ListBucket"],
  |                  ^^^^^^^^^^^^^
  = help: did you mean s3:GetObject?

warning[UNREACHABLE_STATEMENT]: the statement No denies everything that this statement allows
  --> poor.json:9:5 to 13:6
   |
 9 | /     {
10 | |       "Effect": "Allow",
11 | |       "Action": "iam:PassRole",
12 | |       "Resource": "*"
13 | |     },
   | |_____^
   = help: leave one of the two out

security warning[PASS_ROLE_WITH_STAR_IN_RESOURCE]: this allows to hand any role, the most powerful one included, to any service
  --> poor.json:11:17
   |
11 |       "Action": "iam:PassRole",
   |                 ^^^^^^^^^^^^^^
   = help: name the roles, or add a condition on iam:PassedToService

"#;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole"}]}"#;

fn ends(output: &Output, code: i32, told: &str) {
    let all = format!("{}\n{}", stdout(output), stderr(output));
    assert_eq!(output.status.code(), Some(code), "{all}");
    assert!(stderr(output).starts_with(told), "{all}");
}

fn piped(home: &Home, words: &[&str], text: &str) -> Output {
    let mut child = home
        .locum(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn findings_are_shown_with_their_lines() {
    let home = Home::new("policy-shown");
    home.write("poor.json", POOR);
    home.write("clean.json", CLEAN);
    let output = home
        .locum(&["policy", "check", "poor.json", "clean.json"])
        .output()
        .unwrap();
    assert_eq!(stdout(&output), SHOWN);
    ends(
        &output,
        1,
        "locum: 2 policies: 1 error, 1 security warning, 1 warning\n",
    );
}

#[test]
fn the_exit_code_follows_fail_on() {
    let home = Home::new("policy-exit");
    home.write("poor.json", POOR);
    home.write("clean.json", CLEAN);
    home.write("trust.json", TRUST);
    let bucket = CLEAN.replace("\"Action\"", "\"Principal\": \"*\", \"Action\"");
    home.write("bucket.json", &bucket);
    let run = |words: &[&str]| {
        let all = [&["policy", "check"], words].concat();
        home.locum(&all).output().unwrap().status.code().unwrap()
    };
    for (words, code) in [
        (&["clean.json"][..], 0),
        (&["poor.json"], 1),
        (&["trust.json"], 0),
        (&["trust.json", "--fail-on", "warning"], 0),
        (&["trust.json", "--fail-on", "suggestion"], 1),
        (&["trust.json", "--account", "111122223333"], 1),
        (&["trust.json", "--account", "444455556666"], 0),
        (&["trust.json", "--kind", "identity"], 1),
        (
            &[
                "poor.json",
                "--ignore",
                "INVALID_ACTION",
                "--fail-on",
                "error",
            ],
            0,
        ),
        (&["trust.json", "--kind", "resource"], 1),
        (&["clean.json", "--kind", "session"], 0),
        (&["clean.json", "--kind", "boundary"], 0),
        (&["clean.json", "--kind", "scp"], 0),
        (&["clean.json", "--kind", "rcp"], 1),
        (&["bucket.json"], 1),
        (&["bucket.json", "--kind", "trust"], 1),
        (&["poor.json", "--ignore", "NO_SUCH_CODE"], 252),
        (&["trust.json", "--account", "1"], 252),
        (&["trust.json", "--kind", "nothing"], 252),
        (&[], 252),
        (&["missing.json"], 255),
    ] {
        assert_eq!(run(words), code, "{words:?}");
    }
}

#[test]
fn standard_input_is_a_file_too() {
    let home = Home::new("policy-stdin");
    let output = piped(&home, &["policy", "check", "-"], TRUST);
    ends(&output, 0, "locum: 1 policy: 1 suggestion\n");
    assert!(
        stdout(&output).contains(" --> <stdin>:1:"),
        "{}",
        stdout(&output)
    );
    let output = piped(&home, &["policy", "fmt", "-"], TRUST);
    ends(&output, 0, "");
    assert!(stdout(&output).starts_with("{\n  \"Version\": \"2012-10-17\",\n"));
}

#[test]
fn a_long_line_is_cut_around_the_place() {
    let home = Home::new("policy-long");
    let resources: Vec<String> = (0..40)
        .map(|n| format!("\"arn:aws:s3:::b{n}/*\""))
        .collect();
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Resource":[{}],"Action":["s3:GetObjct","s3:PutObject"]}}]}}"#,
        resources.join(",")
    );
    let output = piped(&home, &["policy", "check", "-"], &text);
    let shown = stdout(&output);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(
        lines.iter().all(|line| line.chars().count() <= 120),
        "{shown}"
    );
    let caret = lines[4].find('^').unwrap();
    let under: String = lines[3].chars().skip(caret).take(13).collect();
    assert_eq!(under, "\"s3:GetObjct\"", "{shown}");
}

#[test]
fn what_a_policy_holds_cannot_steer_the_terminal() {
    let home = Home::new("policy-steer");
    let text = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:\u{9b}31m\u{202e}\u{1b}[2J\",\"Resource\":\"*\"}]}";
    let output = piped(&home, &["policy", "check", "-"], text);
    let bad = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!stdout(&output).contains(bad), "{:?}", stdout(&output));
}

#[test]
fn json_has_the_members_of_validate_policy() {
    let home = Home::new("policy-json");
    home.write("poor.json", POOR);
    let output = home
        .locum(&["policy", "check", "poor.json", "--format", "json"])
        .output()
        .unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let first = &json["findings"][0];
    assert_eq!(first["file"], "poor.json");
    assert_eq!(first["findingType"], "ERROR");
    assert_eq!(first["issueCode"], "INVALID_ACTION");
    assert_eq!(first["findingDetails"], "s3 has no action GetObjct");
    assert_eq!(first["help"], "did you mean s3:GetObject?");
    let start = &first["locations"][0]["span"]["start"];
    let offset = POOR.find("\"s3:GetObjct").unwrap();
    assert_eq!(
        (&start["line"], &start["column"], &start["offset"]),
        (&6.into(), &18.into(), &offset.into())
    );
    assert_eq!(json["findings"].as_array().unwrap().len(), 3);
}

/// What SARIF 2.1.0 and the code scanners that read it ask for.
#[test]
fn sarif_is_whole() {
    let home = Home::new("policy-sarif");
    home.write("poor policy.json", POOR);
    home.write("clean.json", CLEAN);
    let words = [
        "policy",
        "check",
        "--format",
        "sarif",
        "poor policy.json",
        "clean.json",
    ];
    let output = home.locum(&words).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(
        log["$schema"],
        "https://json.schemastore.org/sarif-2.1.0.json"
    );
    let runs = log["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["columnKind"], "unicodeCodePoints");
    let driver = &runs[0]["tool"]["driver"];
    assert!(driver["name"].is_string() && driver["version"].is_string());
    let rules = driver["rules"].as_array().unwrap();
    let results = runs[0]["results"].as_array().unwrap();
    assert_eq!((rules.len(), results.len()), (3, 3));
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(rules[index]["shortDescription"]["text"].is_string());
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "poor%20policy.json");
        let region = &place["region"];
        for edge in ["startLine", "startColumn", "endLine", "endColumn"] {
            assert!(region[edge].as_u64().unwrap() >= 1, "{region}");
        }
    }
}

#[test]
fn a_clean_log_is_a_log_all_the_same() {
    let home = Home::new("policy-sarif-clean");
    home.write("clean.json", CLEAN);
    let words = ["policy", "check", "--format", "sarif", "clean.json"];
    let output = home.locum(&words).output().unwrap();
    ends(&output, 0, "locum: 1 policy: nothing found\n");
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn fmt_rewrites_what_is_laid_out_otherwise() {
    let home = Home::new("policy-fmt");
    let trust = home.write("trust.json", TRUST);
    let clean = home.write("clean.json", CLEAN);
    let run = |words: &[&str]| {
        let all = [&["policy", "fmt"], words, &["trust.json", "clean.json"]].concat();
        home.locum(&all).output().unwrap()
    };
    let output = run(&["--check"]);
    ends(
        &output,
        1,
        "locum: 1 file not laid out as `locum policy fmt` does\n",
    );
    assert_eq!(stdout(&output), "trust.json\n");
    assert_eq!(std::fs::read_to_string(&trust).unwrap(), TRUST);
    let output = run(&[]);
    ends(&output, 0, "");
    assert_eq!(stdout(&output), "trust.json\n");
    let written = std::fs::read_to_string(&trust).unwrap();
    let (before, after): (Value, Value) = (
        serde_json::from_str(TRUST).unwrap(),
        serde_json::from_str(&written).unwrap(),
    );
    assert_eq!(before, after);
    ends(&run(&["--check"]), 0, "");
    assert_eq!(std::fs::read_to_string(&clean).unwrap(), CLEAN);
    let left: Vec<_> = std::fs::read_dir(&home.path).unwrap().collect();
    assert_eq!(left.len(), 3, "nothing is left beside: {left:?}");
}

#[test]
fn fmt_refuses_what_is_no_json_and_leaves_it() {
    let home = Home::new("policy-fmt-bad");
    let bad = home.write("bad.json", "{\n  \"Version\": ,\n}\n");
    let output = home.locum(&["policy", "fmt", "bad.json"]).output().unwrap();
    ends(&output, 1, "error[JSON_SYNTAX_ERROR]: this is no JSON");
    assert!(
        stderr(&output).contains(" --> bad.json:2:14\n"),
        "{}",
        stderr(&output)
    );
    assert!(stderr(&output).ends_with("locum: 1 file cannot be read as a policy\n"));
    assert_eq!(
        std::fs::read_to_string(bad).unwrap(),
        "{\n  \"Version\": ,\n}\n"
    );
}

/// Bytes that are no text are a finding with a place, and no file hides what is in another.
#[test]
fn what_is_no_text_is_a_finding() {
    let home = Home::new("policy-bytes");
    home.write("poor.json", POOR);
    let write = |name: &str, bytes: &[u8]| std::fs::write(home.path.join(name), bytes).unwrap();
    let bad = CLEAN.replace("reports", "rep?orts").into_bytes();
    let at = bad.iter().position(|byte| *byte == b'?').unwrap();
    let bad: Vec<u8> = bad
        .iter()
        .map(|byte| if *byte == b'?' { 0xff } else { *byte })
        .collect();
    write("bad.json", &bad);
    let wide: Vec<u8> = [0xfeff]
        .into_iter()
        .chain(CLEAN.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    write("wide.json", &wide);
    write("marked.json", &[b"\xef\xbb\xbf", CLEAN.as_bytes()].concat());
    let check = |words: &[&str]| {
        let all = [&["policy", "check"], words].concat();
        home.locum(&all).output().unwrap()
    };
    let output = check(&["bad.json", "wide.json", "marked.json", "poor.json"]);
    let text = stdout(&output);
    assert!(
        text.starts_with(&format!(
            "error[JSON_SYNTAX_ERROR]: byte {at} (0xff) is not UTF-8\n --> bad.json:7:36\n"
        )),
        "{text}"
    );
    assert!(
        text.contains("byte order mark of UTF-16\n --> wide.json:1:1\n"),
        "{text}"
    );
    assert!(
        text.contains("the text begins with a byte order mark\n --> marked.json:1:1\n"),
        "{text}"
    );
    assert!(text.contains("poor.json:6:18"), "{text}");
    ends(&output, 1, "locum: 4 policies: 4 errors, ");
    // One that is not there ends the command with its own code, and the others are told all the same.
    let output = check(&["missing.json", "bad.json", "poor.json", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 4);
    assert_eq!(output.status.code(), Some(255));
    assert!(
        stderr(&output).contains("locum: cannot read missing.json: "),
        "{}",
        stderr(&output)
    );
    // Commands that need a policy refuse it with its place.
    let words = ["policy", "compare", "bad.json", "bad.json"];
    let output = home.locum(&words).output().unwrap();
    ends(&output, 255, "locum: bad.json, line 7, column 36: byte ");
}

#[test]
fn fmt_goes_on_behind_what_it_cannot_read() {
    let home = Home::new("policy-fmt-on");
    std::fs::write(home.path.join("bad.json"), b"{\xff}").unwrap();
    home.write("package.json", r#"{"name":"x","scripts":{}}"#);
    let trust = home.write("trust.json", TRUST);
    let words = ["policy", "fmt", "bad.json", "package.json", "trust.json"];
    let output = home.locum(&words).output().unwrap();
    ends(
        &output,
        1,
        "error[JSON_SYNTAX_ERROR]: byte 1 (0xff) is not UTF-8\n --> bad.json:1:2\n",
    );
    assert!(
        stderr(&output).contains("error[MISSING_STATEMENT]"),
        "{}",
        stderr(&output)
    );
    assert_eq!(stdout(&output), "trust.json\n");
    assert_ne!(std::fs::read_to_string(&trust).unwrap(), TRUST);
    let kept = std::fs::read_to_string(home.path.join("package.json")).unwrap();
    assert_eq!(kept, r#"{"name":"x","scripts":{}}"#);
    std::fs::write(&trust, TRUST).unwrap();
    let words = ["policy", "fmt", "missing.json", "trust.json"];
    let output = home.locum(&words).output().unwrap();
    ends(&output, 255, "locum: cannot read missing.json: ");
    assert_eq!(stdout(&output), "trust.json\n");
}
