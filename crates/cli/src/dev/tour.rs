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

/// One stop: a heading, and lines to copy with a remark each.
struct Stop {
    heading: String,
    lines: Vec<(String, &'static str)>,
}

impl Stop {
    /// Where the remarks begin.
    fn width(&self) -> usize {
        let remarked = self.lines.iter().filter(|(_, remark)| !remark.is_empty());
        remarked
            .map(|(line, _)| line.len())
            .max()
            .unwrap_or_default()
    }
}

impl Tour<'_> {
    /// The whole text.
    #[must_use]
    pub fn text(&self, colour: Colour, environment: &Environment) -> String {
        let mut text = String::from("\n");
        let title = format!("Locum runs at {} for trying, not for production.", self.url);
        text.push_str(&format!("{}\n", colour.paint(Style::Heading, &title)));
        text.push_str(&self.cast(colour));
        for (number, stop) in self.stops(environment).iter().enumerate() {
            text.push_str(&format!(
                "\n{}\n",
                colour.paint(Style::Heading, &format!("{}  {}", number + 1, stop.heading))
            ));
            let width = stop.width();
            for (line, remark) in &stop.lines {
                let shown = colour.paint(Style::Bold, line);
                if remark.is_empty() {
                    text.push_str(&format!("{shown}\n"));
                } else {
                    let padding = " ".repeat(width.saturating_sub(line.len()));
                    let remark = colour.paint(Style::Dim, &format!("# {remark}"));
                    text.push_str(&format!("{shown}{padding}   {remark}\n"));
                }
            }
        }
        let kept = match self.after {
            After::Kept => format!(
                "Ctrl-C stops the server; everything stays in {}.",
                self.data.display()
            ),
            After::Removed => "Ctrl-C stops the server and removes everything.".to_owned(),
        };
        text.push_str(&format!("\n{}\n", colour.paint(Style::Dim, &kept)));
        text
    }

    /// Who is there.
    fn cast(&self, colour: Colour) -> String {
        let example = self.example;
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
            (
                DATA,
                &example.data_account,
                format!("role {ROLE}, which trusts {ALICE} with the external id {EXTERNAL_ID}"),
            ),
        ];
        let row = |(name, account, what): &(&str, &String, String)| {
            format!(
                "  account {account}  {}  {what}\n",
                colour.paint(Style::Dim, &format!("{name:10}"))
            )
        };
        rows.iter().map(row).collect()
    }

    fn stops(&self, environment: &Environment) -> Vec<Stop> {
        let stop = |heading: &str, lines: &[(String, &'static str)]| Stop {
            heading: heading.to_owned(),
            lines: lines.to_vec(),
        };
        let line = |text: &str, remark| (text.to_owned(), remark);
        let path = |path: &Path| quote_sh(&path.to_string_lossy());
        let mut first = vec![
            (format!("export AWS_ENDPOINT_URL={}", self.url), ""),
            (
                format!("export AWS_CONFIG_FILE={}", path(&self.files.config)),
                "",
            ),
            (
                format!(
                    "export AWS_SHARED_CREDENTIALS_FILE={}",
                    path(&self.files.credentials)
                ),
                "",
            ),
        ];
        first.extend(into_path(environment).map(|text| (text, "")));
        let example = self.example;
        let by_hand = format!(
            "aws sts assume-role --profile {ALICE} --role-arn {} --role-session-name tour --external-id {EXTERNAL_ID}",
            example.role_arn
        );
        let python = format!(
            "python3 -c \"import boto3; print(boto3.Session(profile_name='{ROLE}').client('sts').get_caller_identity()['Arn'])\""
        );
        let wrong = format!(
            "locum assume {}:{ROLE} --profile {ALICE} --external-id wrong",
            example.data_account
        );
        let data = std::path::absolute(self.data).unwrap_or_else(|_| self.data.to_owned());
        vec![
            stop(
                "In another terminal, point the tools here. The keys are in the two files",
                &first,
            ),
            stop(
                "Who is alice?",
                &[
                    (format!("locum whoami --profile {ALICE}"), ""),
                    (
                        format!("aws sts get-caller-identity --profile {ALICE}"),
                        "AWS CLI 2.9 to 2.12 needs --endpoint-url too",
                    ),
                ],
            ),
            stop(
                "Assume the role in the other account",
                &[
                    (
                        format!("locum exec {ROLE} -- aws sts get-caller-identity"),
                        "for one command",
                    ),
                    (format!("eval \"$(locum env {ROLE})\""), "into this shell"),
                    line(
                        "aws iam get-role --role-name reader",
                        "the role may do this",
                    ),
                    line(
                        "aws iam list-users",
                        "and not this: AccessDenied, with the reason",
                    ),
                    line("eval \"$(locum unset)\"", "out of this shell"),
                    (by_hand, ""),
                    (python, ""),
                ],
            ),
            stop(
                "Be refused",
                &[
                    (wrong, "the external id is checked"),
                    (
                        format!("locum assume {ROLE} --duration 12h"),
                        "the role allows four hours",
                    ),
                ],
            ),
            stop(
                "See what happened",
                &[(
                    format!("locum trail tail --follow --data {}", path(&data)),
                    "",
                )],
            ),
            stop(
                "Be the administrator",
                &[line("aws organizations list-accounts --profile admin", "")],
            ),
        ]
    }
}

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
