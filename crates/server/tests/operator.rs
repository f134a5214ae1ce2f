//! The operator's protocol, without a socket's modes (those are in `lifecycle.rs`).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests may panic"
)]

mod common;

use locum_server::operator::{OperatorError, OperatorRequest, call, socket_of};

#[test]
fn requests_have_one_form_on_the_wire() {
    let cases = [
        (OperatorRequest::Status {}, r#"{"command":"status"}"#),
        (
            OperatorRequest::CreateAccount {
                name: "a".to_owned(),
                email: None,
                root_key: true,
            },
            r#"{"command":"create-account","name":"a","root_key":true}"#,
        ),
        (
            OperatorRequest::RootKey {
                account: "1".to_owned(),
            },
            r#"{"command":"root-key","account":"1"}"#,
        ),
        (
            OperatorRequest::RotateKeys {
                retire: None,
                revoke: Some(3),
            },
            r#"{"command":"rotate-keys","revoke":3}"#,
        ),
        (
            OperatorRequest::Backup { file: "/a".into() },
            r#"{"command":"backup","file":"/a"}"#,
        ),
        (
            OperatorRequest::ImportAccount {
                file: "/a".into(),
                map_accounts: [("1".to_owned(), "2".to_owned())].into(),
                dry_run: true,
            },
            r#"{"command":"import-account","file":"/a","map_accounts":{"1":"2"},"dry_run":true}"#,
        ),
    ];
    for (request, line) in cases {
        assert_eq!(serde_json::to_string(&request).unwrap(), line);
        assert_eq!(
            serde_json::from_str::<OperatorRequest>(line).unwrap(),
            request
        );
    }
    for line in [
        r#"{"command":"status","verbose":true}"#,
        r#"{"command":"create-account","name":"a","rootkey":true}"#,
        r#"{"command":"delete-account","account":"1"}"#,
        r#"{"command":"rotate-keys","revoke":-1}"#,
        r#"{"command":"create-account"}"#,
        "{}",
        "[]",
    ] {
        assert!(
            serde_json::from_str::<OperatorRequest>(line).is_err(),
            "{line}"
        );
    }
}

#[test]
fn without_a_server_the_error_says_so() {
    let scratch = common::Scratch::new("operator");
    let error = call(&socket_of(&scratch.0), &OperatorRequest::Status {}).unwrap_err();
    assert!(matches!(error, OperatorError::NotRunning { .. }));
    assert!(
        error
            .to_string()
            .contains("is it running with this data directory?")
    );
    // A socket file that nobody listens on is what a killed server leaves.
    drop(std::os::unix::net::UnixListener::bind(socket_of(&scratch.0)).unwrap());
    let error = call(&socket_of(&scratch.0), &OperatorRequest::Status {}).unwrap_err();
    assert!(matches!(error, OperatorError::NotRunning { .. }));
}
