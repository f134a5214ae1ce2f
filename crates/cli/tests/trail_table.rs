//! Trail records as rows and as a table, golden; and that a record cannot write to the terminal.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests say what went wrong by panicking"
)]

use std::fs;
use std::io::Write;

use locum_cli::output::Colour;
use locum_cli::table::Table;
use locum_cli::trail::lines::Trail;
use locum_cli::trail::record::{Layout, Row};

const RECORDS: &[&str] = &[
    r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAX","arn":"arn:aws:iam::111111111111:user/alice","accountId":"111111111111","accessKeyId":"AKIAX","userName":"alice"},"eventTime":"2026-11-24T10:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","sourceIPAddress":"127.0.0.1","requestParameters":{"roleArn":"arn:aws:iam::222222222222:role/reader"},"resources":[{"ARN":"arn:aws:iam::222222222222:role/reader","accountId":"222222222222","type":"AWS::IAM::Role"}]}"#,
    r#"{"userIdentity":{"type":"AssumedRole","principalId":"AROAX:job","arn":"arn:aws:sts::222222222222:assumed-role/reader/job","accountId":"222222222222","sessionContext":{"sessionIssuer":{"userName":"reader"}}},"eventTime":"2026-11-24T10:00:01Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","sourceIPAddress":"10.0.0.7","errorCode":"AccessDenied","errorMessage":"User: arn:aws:sts::222222222222:assumed-role/reader/job is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::222222222222:user/x because no identity-based policy allows the iam:CreateUser action"}"#,
    r#"{"userIdentity":{"type":"Root","accountId":"111111111111","arn":"arn:aws:iam::111111111111:root"},"eventTime":"2026-11-24T10:00:02Z","eventSource":"iam.amazonaws.com","eventName":"DeleteUser","sourceIPAddress":"::1","errorCode":"NoSuchEntityException","errorMessage":"The user with name bob cannot be found.","requestParameters":{"userName":"bob"}}"#,
    r#"{"userIdentity":{"accessKeyId":"AKIANOBODY"},"eventTime":"2026-11-24T10:00:03Z","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","sourceIPAddress":"127.0.0.1","errorCode":"InvalidClientTokenId","errorMessage":"The security token included in the request is invalid."}"#,
];

fn table(layout: Layout, width: Option<usize>) -> String {
    let rows: Vec<_> = RECORDS
        .iter()
        .map(|line| Row::of(line.as_bytes()).unwrap().line(layout))
        .collect();
    let text = Table::new(layout.columns(), width, Colour::Off).lines(&rows);
    text.lines()
        .map(|line| {
            format!(
                "{}
",
                line.trim_end()
            )
        })
        .collect()
}

#[test]
fn the_table_reads() {
    let expected = "\
TIME (UTC)           ACCOUNT       WHO                   WHAT                   ON                        OUTCOME                FROM       WHY
2026-11-24 10:00:00  111111111111  alice                 sts:AssumeRole         222222222222:role/reader  ok                     127.0.0.1
2026-11-24 10:00:01  222222222222  reader/job            iam:CreateUser         user/x                    AccessDenied           10.0.0.7   no identity-based policy allows the iam:CreateUser action
2026-11-24 10:00:02  111111111111  root                  iam:DeleteUser         bob                       NoSuchEntityException  ::1        The user with name bob cannot be found.
2026-11-24 10:00:03  -             unknown (AKIANOBODY)  sts:GetCallerIdentity  -                         InvalidClientTokenId   127.0.0.1  The security token included in the request is invalid.
";
    assert_eq!(table(Layout::Wide, None), expected);
}

#[test]
fn a_narrow_terminal_gets_what_fits() {
    let text = table(Layout::Medium, Some(110));
    assert!(
        text.lines().all(|line| line.chars().count() <= 110),
        "{text}"
    );
    assert!(text.contains(":role/reader  ok"), "{text}");
    assert!(
        text.contains("2026-11-24 10:00:03  -             unkn"),
        "time and account are never cut: {text}"
    );
}

#[test]
fn eighty_characters_are_enough() {
    let expected = "\
UTC       WHO               WHAT              ON                OUTCOME
10:00:00  alice             sts:AssumeRole    …222:role/reader  ok
10:00:01  reader/job        iam:CreateUser    user/x            AccessDenied
          no identity-based policy allows the iam:CreateUser action
10:00:02  root              iam:DeleteUser    bob               NoSuchEntityExc…
          The user with name bob cannot be found.
10:00:03  unknown (AKIANO…  sts:GetCallerId…  -                 InvalidClientTo…
          The security token included in the request is invalid.
";
    let text = table(Layout::for_width(Some(80)), Some(80));
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    assert_eq!(text, expected);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in 36..130 {
        let text = table(Layout::for_width(Some(width)), Some(width));
        for line in text.lines() {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn of_a_reason_of_many_lines_the_first_is_shown() {
    let line = r#"{"errorCode":"SignatureDoesNotMatch","errorMessage":"The signature does not match.\n\nThe canonical string should have been\n'POST\n/\n'"}"#;
    assert_eq!(
        Row::of(line.as_bytes()).unwrap().why,
        "The signature does not match."
    );
}

#[test]
fn a_record_cannot_write_to_the_terminal() {
    let line = r#"{"userIdentity":{"type":"IAMUser","userName":"a\u001b[2J\u202eb","accountId":"1\u0007"},"eventTime":"t\r","eventSource":"x\n","eventName":"\u009b31m","sourceIPAddress":"\u200b","errorCode":"\u001b]0;t\u0007","errorMessage":"\u001bc"}"#;
    let row = Row::of(line.as_bytes()).unwrap();
    let text =
        Table::new(Layout::Wide.columns(), None, Colour::Off).lines(&[row.line(Layout::Wide)]);
    assert_eq!(text.lines().count(), 2, "{text:?}");
    let bad = |c: char| (c.is_control() && c != '\n') || ('\u{200b}'..='\u{202e}').contains(&c);
    assert!(!text.contains(bad), "{text:?}");
}

#[test]
fn what_is_no_record_is_no_row() {
    for line in ["", "null", "[]", "\"x\"", "{", "{\"a\":1"] {
        assert_eq!(Row::of(line.as_bytes()), None, "{line}");
    }
    assert!(
        Row::of(b"{}").is_some(),
        "a record with nothing in it is still shown"
    );
}

#[test]
fn later_rows_stand_under_earlier_ones() {
    let mut table = Table::new(Layout::Medium.columns(), None, Colour::Off);
    let row = |at: usize| {
        vec![
            Row::of(RECORDS[at].as_bytes())
                .unwrap()
                .line(Layout::Medium),
        ]
    };
    let first = table.lines(&row(3));
    let second = table.lines(&row(0));
    assert_eq!(second.lines().count(), 1, "the header is written once");
    let column = |text: &str, word: &str| {
        text.lines()
            .rfind(|line| line.contains(word))
            .unwrap()
            .find(word)
            .unwrap()
    };
    assert_eq!(column(&first, "sts:"), column(&second, "sts:"));
}

#[test]
fn lines_are_found_over_files_and_as_they_come() {
    let data = std::env::temp_dir().join(format!("locum-trail-{}", std::process::id()));
    let _ = fs::remove_dir_all(&data);
    assert_eq!(
        Trail::open(&data).unwrap_err().exit_code(),
        253,
        "no directory"
    );
    fs::create_dir_all(data.join("trail")).unwrap();
    let file = |day: &str| data.join("trail").join(format!("{day}.jsonl"));
    let append = |day: &str, text: &str| {
        let mut file = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(file(day))
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    let texts = |lines: Vec<Vec<u8>>| -> Vec<String> {
        lines
            .into_iter()
            .map(|l| String::from_utf8(l).unwrap())
            .collect()
    };
    assert_eq!(
        texts(Trail::open(&data).unwrap().last(5).unwrap()),
        Vec::<String>::new(),
        "nothing yet"
    );
    append("2026-01-01", "1\n2\n3\n");
    append("2026-01-02", "4\n5\n6");
    fs::write(data.join("trail/notes.txt"), "no\n").unwrap();
    let mut trail = Trail::open(&data).unwrap();
    assert_eq!(
        texts(trail.last(4).unwrap()),
        ["2", "3", "4", "5"],
        "6 is not whole yet"
    );
    assert_eq!(texts(trail.more().unwrap()), Vec::<String>::new());
    append("2026-01-02", "66\n7\n");
    assert_eq!(texts(trail.more().unwrap()), ["666", "7"]);
    append("2026-01-03", "8\n");
    assert_eq!(texts(trail.more().unwrap()), ["8"], "the next day's file");
    assert_eq!(
        texts(Trail::open(&data).unwrap().last(0).unwrap()),
        Vec::<String>::new()
    );
    assert_eq!(
        texts(Trail::open(&data).unwrap().last(100).unwrap()).len(),
        8
    );
    let long = "x".repeat(200_000);
    append("2026-01-03", &format!("{long}\n{long}\n"));
    assert_eq!(
        Trail::open(&data)
            .unwrap()
            .last(2)
            .unwrap()
            .iter()
            .map(Vec::len)
            .sum::<usize>(),
        400_000,
        "lines over chunks"
    );
    fs::remove_dir_all(&data).unwrap();
}
