//! From the model's names to Rust's: snake case, lower camel case, constant names.

/// `MFADevice` → `mfa_device`, `ClientIDList` → `client_id_list`.
pub fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|j| chars.get(j));
        let starts_word = c.is_ascii_uppercase()
            && before.is_some_and(|b| {
                b.is_ascii_lowercase()
                    || b.is_ascii_digit()
                    || (b.is_ascii_uppercase()
                        && chars.get(i + 1).is_some_and(char::is_ascii_lowercase))
            });
        if starts_word {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// A field name: snake case, escaped where Rust reserves the word.
pub fn field(name: &str) -> String {
    let name = snake(name);
    match name.as_str() {
        "type" | "match" | "ref" | "move" | "use" | "in" | "as" => format!("r#{name}"),
        _ => name,
    }
}

/// The name AWS prints in validation errors: the first letter small, nothing else changed.
pub fn path(name: &str) -> String {
    let mut chars = name.chars();
    match chars.next() {
        Some(first) => first.to_ascii_lowercase().to_string() + chars.as_str(),
        None => String::new(),
    }
}

/// A constant's name.
pub fn constant(name: &str) -> String {
    snake(name).to_ascii_uppercase().replace(['-', '.'], "_")
}
