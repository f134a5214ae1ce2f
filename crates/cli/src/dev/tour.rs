//! The tour that `locum dev` prints: every line of it works as it stands, and none holds a secret.

use std::path::Path;

use super::example::{ALICE, DATA, EXTERNAL_ID, Example, ROLE, TEAM};
use super::profiles::Files;
use crate::env::Environment;
use crate::format::quote_sh;
use crate::output::{Colour, Style};

/// What the tour tells of.
#[derive(Debug)]
pub struct Tour<'a> {
    /// The endpoint.
    pub url: &'a str,
    /// The data directory as the user named it.
    pub data: &'a Path,
    /// The profiles.
    pub files: &'a Files,
    /// Accounts and names.
    pub example: &'a Example,
    /// What becomes of the data when the server stops.
    pub after: After,
}

/// What becomes of the data when the server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// It stays, and the next start goes on with it.
    Kept,
    /// It is removed.
    Removed,
}

impl Tour<'_> {
    /// The whole text.
    #[must_use]
    pub fn text(&self, colour: Colour, environment: &Environment) -> String {
        let title = format!("Locum runs at {} for trying, not for production.", self.url);
        let kept = match self.after {
            After::Kept => {
                let data = self.data.display();
                format!("Ctrl-C stops the server; everything stays in {data}.")
            }
            After::Removed => "Ctrl-C stops the server and removes everything.".to_owned(),
        };
        let mut text = format!(
            "\n{}\n{}",
            colour.paint(Style::Heading, &title),
            self.cast(colour)
        );
        for stop in self.stops(environment).trim_end().split("\n\n") {
            text.push('\n');
            text.push_str(&painted(stop, colour));
        }
        text.push_str(&format!("\n{}\n", colour.paint(Style::Dim, &kept)));
        text
    }

    /// Who is there.
    fn cast(&self, colour: Colour) -> String {
        let example = self.example;
        let reader =
            format!("role {ROLE}, which trusts {ALICE} with the external id {EXTERNAL_ID}");
        let rows = [
            (
                "management",
                &example.management_account,
                "user admin, who may do everything".to_owned(),
            ),
            (
                TEAM,
                &example.team_account,
                format!("user {ALICE}, who may assume one role"),
            ),
            (DATA, &example.data_account, reader),
        ];
        let row = |(name, account, what): &(&str, &String, String)| {
            format!(
                "  account {account}  {}  {what}\n",
                colour.paint(Style::Dim, &format!("{name:10}"))
            )
        };
        rows.iter().map(row).collect()
    }

    /// The stops: a heading, then lines to copy, each with a remark where one helps.
    fn stops(&self, environment: &Environment) -> String {
        let path = |path: &Path| quote_sh(&path.to_string_lossy());
        let url = self.url;
        let (config, credentials) = (path(&self.files.config), path(&self.files.credentials));
        let into_path = into_path(environment)
            .map(|line| line + "\n")
            .unwrap_or_default();
        let (role_arn, data_account) = (&self.example.role_arn, &self.example.data_account);
        let data = path(&std::path::absolute(self.data).unwrap_or_else(|_| self.data.to_owned()));
        format!(
            r#"1  In another terminal, point the tools here; the keys are in the two files
export AWS_ENDPOINT_URL={url}
export AWS_CONFIG_FILE={config}
export AWS_SHARED_CREDENTIALS_FILE={credentials}
{into_path}
2  Who is alice?
locum whoami --profile {ALICE}
aws sts get-caller-identity --profile {ALICE}   # AWS CLI 2.9 to 2.12 needs --endpoint-url too

3  Assume the role in the other account
locum exec {ROLE} -- aws sts get-caller-identity   # for one command
eval "$(locum env {ROLE})"   # into this shell
aws iam get-role --role-name {ROLE}   # the role may do this
aws iam list-users   # and not this: AccessDenied, with the reason
eval "$(locum unset)"   # out of this shell

4  The same without locum
aws sts assume-role --profile {ALICE} --role-arn {role_arn} --role-session-name tour --external-id {EXTERNAL_ID}
python3 -c "import boto3; print(boto3.Session(profile_name='{ROLE}').client('sts').get_caller_identity()['Arn'])"

5  Be refused
locum assume {data_account}:{ROLE} --profile {ALICE} --external-id wrong   # the external id is checked
locum assume {ROLE} --duration 12h   # the role allows four hours

6  See what happened
locum trail tail --follow --data {data}

7  Be the administrator
aws organizations list-accounts --profile admin
"#
        )
    }
}

/// A stop in colour, its remarks under each other.
fn painted(stop: &str, colour: Colour) -> String {
    let (heading, lines) = stop.split_once('\n').unwrap_or((stop, ""));
    let mut text = format!("{}\n", colour.paint(Style::Heading, heading));
    let parts = |line| str::split_once(line, REMARK);
    let width = lines
        .lines()
        .filter_map(parts)
        .map(|(line, _)| line.len())
        .max()
        .unwrap_or_default();
    for line in lines.lines() {
        let Some((line, remark)) = parts(line) else {
            text.push_str(&format!("{}\n", colour.paint(Style::Bold, line)));
            continue;
        };
        let padding = " ".repeat(width.saturating_sub(line.len()));
        let remark = colour.paint(Style::Dim, &format!("{REMARK}{remark}"));
        text.push_str(&format!(
            "{}{padding}{remark}\n",
            colour.paint(Style::Bold, line)
        ));
    }
    text
}

/// What stands between a line to copy and its remark; a shell takes it for a comment.
const REMARK: &str = "   # ";

/// A line that makes `locum` a command, where it is not one yet.
fn into_path(environment: &Environment) -> Option<String> {
    let program = std::env::current_exe().ok()?;
    let directory = program.parent()?;
    let path = environment.get("PATH").unwrap_or_default();
    let known = std::env::split_paths(path).any(|entry| entry.join("locum").is_file());
    (!known).then(|| {
        format!(
            "export PATH=\"$PATH\":{}",
            quote_sh(&directory.to_string_lossy())
        )
    })
}
