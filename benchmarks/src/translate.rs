//! The workloads in the languages of Cedar and Rego: statement by statement, so that each engine has
//! the same rules to evaluate. Only what the workloads use is translated.

use serde_json::Value;

use crate::workload::{Facts, NOW_S, USER_NAME, Workload};

/// The statements of all documents of a workload.
pub fn statements(workload: &Workload) -> Vec<Value> {
    let texts = workload.identity.iter().chain(&workload.trust);
    let documents = texts.map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
    documents
        .flat_map(|document| document["Statement"].as_array().expect("a list").clone())
        .collect()
}

fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// What each language makes of the tests that statements are made of.
trait Language {
    /// A field of the request matches a pattern without variables.
    fn matches(&self, field: &str, pattern: &str) -> String;
    /// Two fields of the request are equal.
    fn same(&self, field: &str, other: &str) -> String;
    fn in_range(&self, field: &str, range: &str) -> String;
    fn before(&self, field: &str, instant: &str) -> String;
    fn less(&self, field: &str, number: &str) -> String;
    fn any_of(&self, field: &str, values: &[String]) -> String;
    fn is_true(&self, field: &str) -> String;
    fn any(&self, tests: Vec<String>) -> String;
    fn not(&self, test: String) -> String;
}

/// The tests of one statement, all of which must hold.
fn tests(statement: &Value, language: &dyn Language) -> Vec<String> {
    let pattern = |field: &str, text: &String| match text.split_once("${") {
        None => language.matches(field, text),
        // What the variable stands for is a piece of the field, which the request brings along.
        Some((before, _)) => {
            let whole = language.matches(field, &format!("{before}*"));
            let piece = format!("{field}_piece");
            let variable = if field == "resource" {
                "team"
            } else {
                "username"
            };
            format!("{whole} && {}", language.same(&piece, variable))
        }
    };
    let each = |field: &str, list: &Value| {
        language.any(
            strings(list)
                .iter()
                .map(|text| pattern(field, text))
                .collect(),
        )
    };
    let mut tests = vec![each("action", &statement["Action"])];
    if !statement["Resource"].is_null() {
        tests.push(each("resource", &statement["Resource"]));
    }
    let conditions = statement["Condition"].as_object().into_iter().flatten();
    for (operator, keys) in conditions {
        for (key, values) in keys.as_object().expect("keys") {
            let field = field(key);
            let texts = strings(values);
            tests.push(match operator.as_str() {
                "StringEquals" | "StringLike" => each(&field, values),
                "StringNotLike" => language.not(each(&field, values)),
                "IpAddress" => language.in_range(&field, &texts[0]),
                "DateLessThan" => language.before(&field, &texts[0]),
                "NumericLessThan" => language.less(&field, &texts[0]),
                "ForAnyValue:StringEquals" => language.any_of(&field, &texts),
                "Bool" => language.is_true(&field),
                other => panic!("no translation of {other}"),
            });
        }
    }
    tests
}

fn field(key: &str) -> String {
    let (_, name) = key.rsplit_once([':', '/']).expect("a key");
    name.to_lowercase()
}

/// What a request says, by the names of [`field`].
pub fn request(workload: &Workload) -> Value {
    let facts: &Facts = &workload.facts;
    let piece = |text: &str, by: char, index: usize| {
        text.split(by).nth(index).unwrap_or_default().to_owned()
    };
    serde_json::json!({
        "action": workload.action,
        "resource": workload.resource,
        "resource_piece": piece(&workload.resource, '/', 1),
        "team": facts.team,
        "username": USER_NAME,
        "sourceip": facts.source_ip.to_string(),
        "useragent": facts.user_agent,
        "currenttime": NOW_S * 1000,
        "tagkeys": facts.tag_keys,
        "externalid": facts.external_id,
        "principalorgid": facts.org_id,
        "multifactorauthpresent": true,
        "multifactorauthage": facts.mfa_age_s,
        "rolesessionname": facts.session_name,
        "rolesessionname_piece": piece(facts.session_name, '-', 0),
    })
}

struct Cedar;

/// One Cedar policy a statement.
pub fn cedar(workload: &Workload) -> String {
    let policy = |statement: &Value| {
        let head = if statement["Effect"] == "Allow" {
            "permit"
        } else {
            "forbid"
        };
        let tests = tests(statement, &Cedar).join(" && ");
        format!("{head}(principal, action, resource) when {{ {tests} }};\n")
    };
    statements(workload).iter().map(policy).collect()
}

impl Language for Cedar {
    fn matches(&self, field: &str, pattern: &str) -> String {
        match pattern.contains('*') {
            true => format!("context.{field} like \"{pattern}\""),
            false => format!("context.{field} == \"{pattern}\""),
        }
    }

    fn same(&self, field: &str, other: &str) -> String {
        format!("context.{field} == context.{other}")
    }

    fn in_range(&self, field: &str, range: &str) -> String {
        format!("context.{field}.isInRange(ip(\"{range}\"))")
    }

    fn before(&self, field: &str, instant: &str) -> String {
        format!("context.{field} < datetime(\"{instant}\")")
    }

    fn less(&self, field: &str, number: &str) -> String {
        format!("context.{field} < {number}")
    }

    fn any_of(&self, field: &str, values: &[String]) -> String {
        let values: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        format!("context.{field}.containsAny([{}])", values.join(", "))
    }

    fn is_true(&self, field: &str) -> String {
        format!("context.{field}")
    }

    fn any(&self, tests: Vec<String>) -> String {
        format!("({})", tests.join(" || "))
    }

    fn not(&self, test: String) -> String {
        format!("!{test}")
    }
}

struct Rego;

/// One Rego rule a statement and combination of alternatives.
pub fn rego(workload: &Workload) -> String {
    let mut module = String::from(
        "package w\nimport rego.v1\ndefault allow := false\ndefault permit := false\ndefault forbid := false\nallow if { permit; not forbid }\n",
    );
    for (number, statement) in statements(workload).iter().enumerate() {
        let head = if statement["Effect"] == "Allow" {
            "permit"
        } else {
            "forbid"
        };
        let mut body = Vec::new();
        for (part, test) in tests(statement, &Rego).into_iter().enumerate() {
            // Alternatives are rules of the same name.
            let alternatives: Vec<&str> = test.split(" || ").collect();
            let (negated, alternatives) = match test.strip_prefix("not ") {
                Some(rest) => ("not ", vec![rest]),
                None => ("", alternatives),
            };
            if let ([one], "") = (&*alternatives, negated) {
                body.push(one.replace(" && ", "; "));
                continue;
            }
            let name = format!("t{number}_{part}");
            for alternative in alternatives {
                module.push_str(&format!(
                    "{name} if {{ {} }}\n",
                    alternative.replace(" && ", "; ")
                ));
            }
            body.push(format!("{negated}{name}"));
        }
        module.push_str(&format!("{head} if {{ {} }}\n", body.join("; ")));
    }
    module
}

impl Language for Rego {
    fn matches(&self, field: &str, pattern: &str) -> String {
        let pieces: Vec<&str> = pattern.split('*').collect();
        match &*pieces {
            [text] => format!("input.{field} == \"{text}\""),
            ["", ""] => "true".to_owned(),
            [head, ""] => format!("startswith(input.{field}, \"{head}\")"),
            [head, rest @ ..] => {
                let contained = rest.iter().filter(|piece| !piece.is_empty());
                let contained =
                    contained.map(|piece| format!(" && contains(input.{field}, \"{piece}\")"));
                format!(
                    "startswith(input.{field}, \"{head}\"){}",
                    contained.collect::<String>()
                )
            }
            [] => "false".to_owned(),
        }
    }

    fn same(&self, field: &str, other: &str) -> String {
        format!("input.{field} == input.{other}")
    }

    fn in_range(&self, field: &str, range: &str) -> String {
        format!("net.cidr_contains(\"{range}\", input.{field})")
    }

    fn before(&self, field: &str, instant: &str) -> String {
        format!("input.{field} < {}", year_ms(instant))
    }

    fn less(&self, field: &str, number: &str) -> String {
        format!("input.{field} < {number}")
    }

    fn any_of(&self, field: &str, values: &[String]) -> String {
        let values: Vec<String> = values.iter().map(|value| format!("\"{value}\"")).collect();
        format!("some k in input.{field} && k in {{{}}}", values.join(", "))
    }

    fn is_true(&self, field: &str) -> String {
        format!("input.{field} == true")
    }

    fn any(&self, tests: Vec<String>) -> String {
        tests.join(" || ")
    }

    fn not(&self, test: String) -> String {
        format!("not {test}")
    }
}

/// Milliseconds of the first of a month, near enough for dates years before the request.
fn year_ms(instant: &str) -> i64 {
    let number = |from: usize, to: usize| instant[from..to].parse::<i64>().expect("digits");
    let days = (number(0, 4) - 1970) * 1461 / 4 + (number(5, 7) - 1) * 30;
    days * 86_400_000
}
