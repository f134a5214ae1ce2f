//! The targets by name.

pub mod arn;
pub mod conditions;
pub mod decisions;
pub mod document;
pub mod json;
pub mod wildcard;

/// A target: its name, its function, and pieces that its inputs are often made of.
pub struct Target {
    /// Also the name of its folder in `corpus`.
    pub name: &'static str,
    /// Panics when something is wrong.
    pub run: fn(&[u8]),
    /// What mutations put in.
    pub words: &'static [&'static str],
    /// What an input costs, in inputs of the cheapest target: the driver runs fewer of them.
    pub cost: u64,
}

/// All of them.
pub const ALL: &[Target] = &[
    Target {
        name: "json",
        run: json::run,
        words: JSON,
        cost: 1,
    },
    Target {
        name: "document",
        run: document::run,
        words: DOCUMENT,
        cost: 4,
    },
    Target {
        name: "arn",
        run: arn::run,
        words: &[
            "arn",
            "aws",
            ":",
            "::",
            "s3",
            "iam",
            "*",
            "/",
            "111122223333",
            "role",
        ],
        cost: 1,
    },
    Target {
        name: "wildcard",
        run: wildcard::run,
        words: &[
            "*",
            "?",
            "**",
            "a",
            "b",
            "ab",
            "\n",
            "\u{e9}",
            "\u{1f600}",
            "*a*b",
            "??",
        ],
        cost: 16,
    },
    Target {
        name: "conditions",
        run: conditions::run,
        words: CONDITIONS,
        cost: 8,
    },
    Target {
        name: "decisions",
        run: decisions::run,
        words: &["\0", "\u{1}", "\u{7f}", "zz"],
        cost: 64,
    },
];

const JSON: &[&str] = &[
    "\"",
    "\\",
    "\\u00e9",
    "\\ud83d\\ude00",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "true",
    "null",
    "1e9",
    "-0",
    "0.5",
    "\\n",
    "\\u0000",
    "/*",
    "\u{feff}",
    "{\"a\":1,\"a\":2}",
    "\t",
    "\r",
];

const DOCUMENT: &[&str] = &[
    "\"Effect\":\"Deny\"",
    "\"NotAction\"",
    "\"NotResource\"",
    "\"NotPrincipal\"",
    "\"Principal\":\"*\"",
    "\"Condition\":{",
    "\"StringLike\"",
    "\"ForAnyValue:StringNotEquals\"",
    "\"Version\":\"2008-10-17\"",
    "${aws:username}",
    "${",
    "arn:aws:s3:::b/*",
    "s3:*",
    "\"Sid\":\"a\"",
    "[]",
    "{}",
    "null",
    "\"*\"",
    "\u{e9}",
    "\u{100}",
    "\\u00e9",
    "\"",
    ",",
    "AROAIOSFODNN7EXAMPLE",
];

const CONDITIONS: &[&str] = &[
    "\n",
    "*",
    "?",
    "${aws:username}",
    "${a:b, 'c'}",
    "${*}",
    "${",
    "}",
    "2026-01-01",
    "T",
    "Z",
    "+01:00",
    "1767225600",
    "-5",
    "0.5",
    "10.0.0.0/8",
    "::ffff:10.0.0.1",
    "::/0",
    "true",
    "FALSE",
    "QUJD",
    "QQ==",
    "arn:aws:s3:::",
    "arn",
    ":",
    "111122223333",
    "\u{e9}",
    "\u{212a}",
    ",",
];
