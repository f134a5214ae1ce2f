//! `locum why`: why a call was refused, with the policies as they were and as they are now.

use std::path::PathBuf;

use locum_server::operator::{self, OperatorRequest};
use serde_json::Value;

use crate::commands::{self, Context};
use crate::error::CliError;
use crate::explained::{Page, at};
use crate::output;

/// What the options mean, for the help of the command.
pub const HELP: &str = "\
The request id stands in the answer of every call (x-amzn-RequestId, or --debug of the AWS CLI) and in the trail; the message is \
the header x-locum-authorization-message of a refusal. The running server is asked through the socket in its data directory, \
and keeps a record of the question.

  locum why 5a3f0d1c-8b52-4a54-9a20-6d5e2d3c4b1a";

/// Arguments of `locum why`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The id of the request, or the encoded authorization message
    #[arg(value_name = "REQUEST-ID|MESSAGE")]
    call: String,
    /// The server's data directory [default: locum-data, else locum-dev]
    #[arg(long, value_name = "DIR", env = "LOCUM_DATA")]
    data: Option<PathBuf>,
    /// For people or for programs
    #[arg(long, value_enum, default_value_t = commands::Format::Text)]
    format: commands::Format,
}

/// Runs `locum why`.
pub fn run(context: &Context, arguments: Arguments) -> Result<(), CliError> {
    let socket = operator::socket_of(&commands::data_directory(arguments.data));
    let request = OperatorRequest::Why {
        call: arguments.call.trim().to_owned(),
        columns: output::columns(),
    };
    let answer = operator::call(&socket, &request).map_err(commands::operator::told)?;
    if arguments.format == commands::Format::Json {
        return output::result(&crate::json::pretty(&answer));
    }
    let mut page = Page::new(context);
    heading(&mut page, &answer);
    page.view("With the policies as they were then", at(&answer, "Then"));
    let changes = page.texts(at(&answer, "Changes"));
    let is_same = changes.is_empty() && !at(&answer, "Then").is_null();
    if at(&answer, "Now").is_null() || !is_same {
        page.list("What has changed since", &changes);
        page.view("With the policies as they are now", at(&answer, "Now"));
    } else {
        page.paragraph("Since then nothing that bears on it has changed.");
    }
    let title = match at(at(&answer, "Now"), "Decision").as_str() {
        Some("allow") => "What would have allowed it then",
        _ => "What would allow it",
    };
    page.suggestions(title, at(&answer, "Suggestions"));
    page.foot(&answer);
    output::result(&page.finish())
}

fn heading(page: &mut Page, answer: &Value) {
    let text = |name: &str| at(answer, name).as_str().unwrap_or_default();
    page.title(text("ErrorMessage"));
    page.facts(&[
        ("Request", text("RequestId")),
        ("Time", text("EventTime")),
        (
            "Call",
            &format!("{} of {}", text("EventName"), text("EventSource")),
        ),
        ("Principal", text("Principal")),
        ("Action", text("Action")),
        ("Resource", text("Resource")),
    ]);
}
