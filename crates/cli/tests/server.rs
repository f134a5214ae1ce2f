//! `serve` and `dev`: the built server, its example, its operator and its trail, used through the built commands.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests say what went wrong by panicking"
)]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use support::{Home, stderr, stdout};

/// A server that is ready.
struct Running {
    child: Child,
    url: String,
    /// What it has printed so far.
    ready: String,
    output: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(command: &mut Command) -> Running {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        output.read_line(&mut ready).unwrap();
        let url = ready.split(' ').nth(1).unwrap_or_default().to_owned();
        if url.is_empty() {
            let mut said = String::new();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            let _ = child.kill();
            panic!("the server did not get ready: {said}");
        }
        Running {
            child,
            url,
            ready,
            output,
        }
    }

    /// Tells it to stop; how it ended, and everything that it printed after the ready line.
    fn stop(mut self) -> (ExitStatus, String) {
        Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut rest)
            .unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves no server behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn is_ready(&self) {
        let mut words = self.ready.trim_end().split(' ');
        assert_eq!(words.next(), Some("ready"), "{}", self.ready);
        assert!(
            words.next().unwrap().starts_with("http://127.0.0.1:"),
            "{}",
            self.ready
        );
        assert_eq!(words.next(), Some("account"));
        assert!(
            words.next().is_some_and(|id| id.len() == 12),
            "{}",
            self.ready
        );
    }
}

/// `locum` with the profiles of `locum dev`.
fn with_profiles(home: &Home, data: &Path, words: &[&str]) -> Output {
    let mut command = home.locum(words);
    command.env("AWS_CONFIG_FILE", data.join("dev/config"));
    command.env("AWS_SHARED_CREDENTIALS_FILE", data.join("dev/credentials"));
    command.output().unwrap()
}

fn secrets(data: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(data.join("dev/credentials")).unwrap();
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("aws_secret_access_key = "));
    let found: Vec<String> = lines.map(str::to_owned).collect();
    assert_eq!(found.len(), 2);
    found
}

/// What a user of the example tries, the exit code, and a part of what is said.
#[rustfmt::skip]
const TOUR: &[(&[&str], i32, &str)] = &[
    (&["whoami", "--profile", "admin"], 0, ":user/admin"),
    (&["whoami", "--profile", "alice"], 0, ":user/alice"),
    (&["whoami", "--profile", "reader"], 0, ":assumed-role/reader/locum-tester"),
    (&["exec", "reader", "--", env!("CARGO_BIN_EXE_locum"), "whoami"], 0, ":assumed-role/reader/"),
    (&["assume", "reader", "--external-id", "wrong"], 254, "AccessDenied"),
    (&["assume", "reader", "--duration", "12h"], 254, "exceeds the MaxSessionDuration"),
    (&["assume", "nobody", "--profile", "alice"], 254, "AccessDenied"),
    (&["trail", "tail", "--data", "data dir"], 0, "AccessDenied"),
];
const DEV: &[&str] = &["dev", "--data", "data dir", "--listen", "127.0.0.1:0"];

fn tour(home: &Home, data: &Path) {
    for (words, code, part) in TOUR {
        let output = with_profiles(home, data, words);
        let said = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(*code), "{words:?}: {said}");
        assert!(said.contains(part), "{words:?}: {said}");
    }
}

#[test]
fn dev_makes_its_example_once_and_shows_no_secret() {
    let home = Home::new("dev");
    let data = home.path.join("data dir");
    let first = Running::start(&mut home.locum(DEV));
    first.is_ready();
    let before = secrets(&data);
    tour(&home, &data);
    let (status, told) = first.stop();
    assert_eq!(status.code(), Some(0), "{told}");
    assert!(told.contains("eval \"$(locum env reader)\""), "{told}");
    assert!(before.iter().all(|secret| !told.contains(secret)), "{told}");
    let second = Running::start(&mut home.locum(DEV));
    assert_eq!(secrets(&data), before, "the same keys");
    tour(&home, &data);
    let (_, again) = second.stop();
    let accounts = |text: &str| {
        let lines = text.lines().filter(|line| line.starts_with("  account "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(accounts(&told), accounts(&again));
    assert_eq!(accounts(&told).len(), 3);
}

#[test]
fn what_dev_writes_is_for_its_user_only() {
    let home = Home::new("modes");
    let running = Running::start(&mut home.locum(DEV));
    running.is_ready();
    let mode = |name: &str| {
        let found = std::fs::metadata(home.path.join("data dir").join(name)).unwrap();
        found.permissions().mode() & 0o777
    };
    for name in [
        "dev/credentials",
        "dev/config",
        "admin-credentials.json",
        "operator.sock",
    ] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    for name in ["", "dev", "trail"] {
        assert_eq!(mode(name), 0o700, "{name}");
    }
}

#[test]
fn dev_can_leave_nothing_behind() {
    let home = Home::new("ephemeral");
    let temporary = home.path.join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let mut command = home.locum(&["dev", "--ephemeral", "--listen", "127.0.0.1:0"]);
    let running = Running::start(command.env("TMPDIR", &temporary));
    running.is_ready();
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 1);
    let (status, _) = running.stop();
    assert_eq!(status.code(), Some(0));
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0);
    assert!(!home.path.join("locum-dev").exists());
}

#[test]
fn a_second_server_is_told_why_not() {
    let home = Home::new("second");
    let at = |data: &str, listen: &str| {
        let mut command = home.locum(&["dev", "--data", data, "--listen", listen]);
        command.stdout(Stdio::null());
        command
    };
    let first = Running::start(&mut home.locum(&["dev", "--data", "a", "--listen", "127.0.0.1:0"]));
    let output = at("a", "127.0.0.1:0")
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(255));
    assert!(
        stderr(&output).contains("a server runs with this directory already"),
        "{}",
        stderr(&output)
    );
    let output = at("b", first.url.trim_start_matches("http://"))
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(255));
    assert!(
        stderr(&output).contains("choose another address with --listen"),
        "{}",
        stderr(&output)
    );
    let output = at("c", "0.0.0.0:0")
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_ne!(output.status.code(), Some(0));
    assert!(
        stderr(&output).starts_with("locum: "),
        "{}",
        stderr(&output)
    );
}

#[test]
fn serve_takes_its_settings_from_file_variables_and_flags() {
    let home = Home::new("serve");
    home.write(
        "locum.toml",
        "data = \"from-file\"\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = \"error\"\n",
    );
    let mut command = home.locum(&["serve", "--listen", "127.0.0.1:0"]);
    let running = Running::start(
        command
            .env("LOCUM_CONFIG", "locum.toml")
            .env("LOCUM_DATA", "from-variable"),
    );
    running.is_ready();
    assert!(home.path.join("from-variable/locum.redb").exists());
    assert!(!home.path.join("from-file").exists());
    let (status, told) = running.stop();
    assert_eq!(
        (status.code(), told.as_str()),
        (Some(0), ""),
        "standard output holds the ready line alone"
    );
}

const SERVE: &[&str] = &["serve", "--data", "locum-data", "--listen", "127.0.0.1:0"];

fn done(home: &Home, words: &[&str]) -> String {
    let output = home.locum(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", stderr(&output));
    stdout(&output)
}

#[test]
fn a_root_key_has_the_promised_shape_and_works() {
    let home = Home::new("root-key");
    let running = Running::start(&mut home.locum(SERVE));
    let create = [
        "operator",
        "create-account",
        "tenant",
        "--root-key",
        "--format",
        "json",
    ];
    let text = done(&home, &create);
    let key: serde_json::Value = serde_json::from_str(&text).unwrap();
    let field = |name: &str| key[name].as_str().unwrap().to_owned();
    let member = |name| format!("\"{name}\":\"{}\"", field(name));
    let exact = ["AccountId", "AccessKeyId", "SecretAccessKey"].map(member);
    assert_eq!(text, format!("{{{}}}\n", exact.join(",")));
    let mut whoami = home.locum(&["whoami", "--endpoint-url", &running.url]);
    whoami.env("AWS_ACCESS_KEY_ID", field("AccessKeyId"));
    whoami.env("AWS_SECRET_ACCESS_KEY", field("SecretAccessKey"));
    let told = stdout(&whoami.output().unwrap());
    let root = format!("arn:aws:iam::{}:root", field("AccountId"));
    assert!(told.contains(&root), "{told}");
    done(
        &home,
        &[
            "operator",
            "root-key",
            &field("AccountId"),
            "--format",
            "json",
        ],
    );
}

#[test]
fn the_operator_is_served() {
    let home = Home::new("operator");
    let _running = Running::start(&mut home.locum(SERVE));
    let status = done(&home, &["operator", "status", "--data", "locum-data"]);
    assert!(status.contains("ManagementAccountId"), "{status}");
    assert!(done(&home, &["operator", "status", "--format", "json"]).starts_with('{'));
    done(&home, &["operator", "rotate-keys"]);
    done(&home, &["operator", "rotate-keys", "--revoke", "1"]);
    done(&home, &["operator", "backup", "copy.redb"]);
    assert!(
        home.path.join("copy.redb").exists(),
        "beside the caller, not the server"
    );
    for refused in [
        ["root-key", "1"],
        ["root-key", "999999999999"],
        ["backup", "copy.redb"],
    ] {
        let output = home
            .locum(&[&["operator"], refused.as_slice()].concat())
            .output()
            .unwrap();
        assert_eq!(
            output.status.code(),
            Some(254),
            "{refused:?}: {}",
            stderr(&output)
        );
    }
    let trail = done(&home, &["trail", "tail", "-n", "100"]);
    for event in [
        "operator:GetStatus",
        "operator:RotateSessionKeys",
        "operator:Backup",
    ] {
        assert!(trail.contains(event), "{event}: {trail}");
    }
}

/// An account as the AWS CLI shows it, with a document in a form that nobody here would write.
const ACCOUNT: &str = r#"{
    "UserDetailList": [{
        "Path": "/team/", "UserName": "alice", "UserId": "AIDAIIIIIIIIIIIIIIIII",
        "Arn": "arn:aws:iam::111122223333:user/team/alice", "CreateDate": "2020-01-02T03:04:05+00:00",
        "GroupList": ["staff"], "AttachedManagedPolicies": [], "Tags": [{"Key": "a", "Value": "b"}]
    }],
    "GroupDetailList": [{
        "Path": "/", "GroupName": "staff", "GroupId": "AGPAIIIIIIIIIIIIIIIII",
        "Arn": "arn:aws:iam::111122223333:group/staff", "CreateDate": "2020-01-02T03:04:05Z",
        "GroupPolicyList": [],
        "AttachedManagedPolicies": [{"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]
    }],
    "RoleDetailList": [{
        "Path": "/", "RoleName": "reader", "RoleId": "AROAIIIIIIIIIIIIIIIII",
        "Arn": "arn:aws:iam::111122223333:role/reader", "CreateDate": "2020-01-02T03:04:05Z",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/team/alice"}, "Action": "sts:AssumeRole"}]},
        "InstanceProfileList": [], "RolePolicyList": [], "AttachedManagedPolicies": [], "RoleLastUsed": {}
    }],
    "Policies": [{
        "PolicyName": "Notes", "PolicyId": "ANPAIIIIIIIIIIIIIIIII", "Path": "/",
        "Arn": "arn:aws:iam::111122223333:policy/Notes", "DefaultVersionId": "v3", "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0, "IsAttachable": true,
        "CreateDate": "2020-01-02T03:04:05Z", "UpdateDate": "2020-01-02T03:04:06Z",
        "PolicyVersionList": [{"Document": {"Version":"2012-10-17",   "Statement":[{"Resource":"*","Effect":"Allow","Action":"s3:*"}]}, "VersionId": "v3", "IsDefaultVersion": true, "CreateDate": "2020-01-02T03:04:05Z"}]
    }]
}"#;

#[test]
fn an_account_goes_in_and_comes_out_the_same() {
    let home = Home::new("account");
    let running = Running::start(&mut home.locum(SERVE));
    let create = [
        "operator",
        "create-account",
        "tenant",
        "--root-key",
        "--format",
        "json",
    ];
    let key: serde_json::Value = serde_json::from_str(&done(&home, &create)).unwrap();
    let field = |name: &str| key[name].as_str().unwrap().to_owned();
    home.write("account.json", ACCOUNT);
    let map = format!("111122223333={}", field("AccountId"));
    let import = ["account", "import", "account.json", "--map-account", &map];
    let plan = "+ policy /Notes\n+ group /staff\n+ user /team/alice\n+ role /reader\n";
    let dry = [&import[..], &["--dry-run"]].concat();
    assert_eq!(done(&home, &dry), plan);
    let output = home.locum(&import).output().unwrap();
    assert_eq!(
        (stdout(&output), output.status.code()),
        (plan.to_owned(), Some(0))
    );
    let said = stderr(&output);
    assert!(
        said.contains("not carried: 1 users: their passwords"),
        "{said}"
    );
    assert!(
        said.contains("1 users, 1 groups, 1 roles, 0 instance profiles, 1 policies made"),
        "{said}"
    );
    let mut export = home.locum(&["account", "export", "--endpoint-url", &running.url]);
    export.env("AWS_ACCESS_KEY_ID", field("AccessKeyId"));
    export.env("AWS_SECRET_ACCESS_KEY", field("SecretAccessKey"));
    let output = export.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    let written = r#""Document": {"Version":"2012-10-17",   "Statement":[{"Resource":"*","Effect":"Allow","Action":"s3:*"}]},"#;
    assert!(text.contains(written), "{text}");
    let whole: serde_json::Value = serde_json::from_str(&text).unwrap();
    let user = &whole["UserDetailList"][0];
    assert_eq!(user["UserId"], "AIDAIIIIIIIIIIIIIIIII");
    assert_eq!(user["CreateDate"], "2020-01-02T03:04:05Z");
    let trusted =
        &whole["RoleDetailList"][1]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"];
    let alice = format!("arn:aws:iam::{}:user/team/alice", field("AccountId"));
    assert_eq!(trusted["AWS"], alice.as_str());
    // What came out goes in again, and is what is there.
    home.write("again.json", &text);
    let again = done(&home, &["account", "import", "again.json"]);
    assert_eq!(
        again.lines().filter(|line| line.starts_with("= ")).count(),
        5,
        "{again}"
    );
    home.write("bad.json", &text.replace("AIDAIIIIIIIIIIIIIIIII", "root"));
    let output = home
        .locum(&["account", "import", "bad.json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(254));
    let said = stderr(&output);
    assert!(
        said.contains("locum: user /team/alice: root is no unique id"),
        "{said}"
    );
    assert!(said.contains("nothing was imported"), "{said}");
}
