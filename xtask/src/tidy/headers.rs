//! Every source file opens with the one sentence that says what it is for.

use crate::project::Project;

const EXTENSIONS: [&str; 4] = ["rs", "py", "mjs", "sh"];

/// Files without that sentence.
pub fn check(project: &Project) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for extension in EXTENSIONS {
        for (path, text) in project.with_extension(extension) {
            match header(extension, text) {
                Some(sentence) if ends(&sentence) => {}
                Some(_) => found.push(format!("{path}: its header is not a sentence")),
                None => found.push(format!("{path}: no header")),
            }
        }
    }
    Ok(found)
}

fn ends(sentence: &str) -> bool {
    sentence.trim_end().ends_with(['.', ')', ':', '?'])
}

/// The first paragraph of the opening comment.
fn header(extension: &str, text: &str) -> Option<String> {
    let mut lines = text.lines().skip_while(|line| line.starts_with("#!/"));
    match extension {
        "rs" => paragraph(lines, "//!"),
        "mjs" => paragraph(lines, "//"),
        "sh" => paragraph(lines, "#"),
        _ => {
            let first = lines.next()?.strip_prefix("\"\"\"")?;
            if let Some((sentence, _)) = first.split_once("\"\"\"") {
                return Some(sentence.to_owned());
            }
            let rest: Vec<&str> = lines
                .take_while(|line| !line.trim().is_empty() && !line.contains("\"\"\""))
                .collect();
            Some(format!("{first} {}", rest.join(" ")))
        }
    }
}

fn paragraph<'a>(lines: impl Iterator<Item = &'a str>, mark: &str) -> Option<String> {
    let words: Vec<&str> = lines
        .map_while(|line| line.strip_prefix(mark))
        .take_while(|line| !line.trim().is_empty())
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}
