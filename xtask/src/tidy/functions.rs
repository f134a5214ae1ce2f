//! Where functions begin and end, read from the indentation that the formatters keep.

/// One function and its length, from its signature to its closing line.
pub struct Function<'a> {
    pub name: &'a str,
    pub lines: usize,
}

/// The functions of one file.
pub fn of<'a>(extension: &str, text: &'a str) -> Vec<Function<'a>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut functions = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let (name, rest) = match extension {
            "rs" => (rust_name(line), lines.get(start..)),
            "py" => (python_name(line), lines.get(start..)),
            _ => (script_name(line), lines.get(start..)),
        };
        let (Some(name), Some(rest)) = (name, rest) else {
            continue;
        };
        let lines = match extension {
            "py" => python_lines(rest),
            _ => braced_lines(rest),
        };
        functions.push(Function { name, lines });
    }
    functions
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn rust_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for word in [
        "pub(crate) ",
        "pub(super) ",
        "pub ",
        "const ",
        "async ",
        "extern \"C\" ",
    ] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    word(rest.strip_prefix("fn ")?)
}

fn python_name(line: &str) -> Option<&str> {
    let rest = line.trim_start();
    word(
        rest.strip_prefix("async ")
            .unwrap_or(rest)
            .strip_prefix("def ")?,
    )
}

fn script_name(line: &str) -> Option<&str> {
    let mut rest = line.trim_start();
    for word in ["export ", "async "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    word(rest.strip_prefix("function ")?)
}

fn word(text: &str) -> Option<&str> {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    text.get(..end).filter(|name| !name.is_empty())
}

/// Ends at the brace that stands under the signature, or at once when there is no body.
fn braced_lines(lines: &[&str]) -> usize {
    let Some(first) = lines.first() else { return 0 };
    let depth = indent(first);
    let mut open = false;
    for (count, line) in lines.iter().enumerate() {
        let text = line.trim_end();
        let here = indent(line) == depth;
        if count == 0 && (text.ends_with('}') || text.ends_with(';')) {
            return 1;
        }
        if here && count > 0 && (text.trim_start() == "}" || (!open && text.ends_with(';'))) {
            return count + 1;
        }
        open |= here && text.ends_with('{');
    }
    lines.len()
}

/// Ends before the next line that is not indented more than the signature.
fn python_lines(lines: &[&str]) -> usize {
    let Some(first) = lines.first() else { return 0 };
    let depth = indent(first);
    let mut end = 1;
    for (count, line) in lines.iter().enumerate().skip(1) {
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        if indent(line) <= depth && !text.starts_with(')') {
            break;
        }
        end = count + 1;
    }
    end
}
