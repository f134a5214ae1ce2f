//! Elements of statements as tests of one place of the request, once the variables are settled.

use super::key;
use super::language::{Automaton, Reach, Token};
use super::slot::{Atom, ConditionTest, Test};
use super::words::Language;
use crate::arn::split;
use crate::condition::Condition;
use crate::document::Form;
use crate::key::ConditionKey;
use crate::operator::{Base, Operator, Sense, StringTest};
use crate::variable::{self, Variables, Wildcards, tokens};

/// What an element says, as it stands in the document. Equal sources are one atom.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    Action(Form, Vec<String>),
    Resource(Form, Vec<String>, Open),
    Condition {
        operator: Operator,
        key: ConditionKey,
        /// As written, for the operators that look at the name.
        name: String,
        values: Vec<String>,
        variables: Open,
    },
    /// One of some whole texts with wildcards, or none of them.
    OneOf(Form, Vec<String>),
}

/// Whether `${…}` is read as a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Open {
    Yes,
    No,
}

impl From<Variables> for Open {
    fn from(variables: Variables) -> Open {
        match variables {
            Variables::On => Open::Yes,
            Variables::Off => Open::No,
        }
    }
}

impl Open {
    fn variables(self) -> Variables {
        match self {
            Open::Yes => Variables::On,
            Open::No => Variables::Off,
        }
    }
}

/// What a variable is taken to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Binding {
    /// No single value: the default counts, if there is one.
    Unresolved,
    Value(String),
    /// Some value, whatever it is.
    Open,
}

/// The variables of all documents and what they are taken to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Bindings(pub(super) Vec<(ConditionKey, Binding)>);

/// A pattern, read under some bindings.
enum Read {
    Pattern(Vec<Token>),
    /// A variable has no value; the pattern is what the rest of it matches.
    Unresolved(Vec<Token>),
    /// It matches nothing: a value with a colon within a part of an ARN.
    Nothing,
}

/// How characters are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Exact,
    Ascii,
    Fold,
}

impl Case {
    fn token(self, c: char) -> Token {
        match self {
            Case::Exact => Token::Char(c),
            Case::Ascii => Token::Ascii(c),
            Case::Fold => Token::Fold(c),
        }
    }
}

impl Source {
    /// The atom; `None` when the source cannot be read, which no document lets through.
    pub(super) fn atom(&self, slot: usize, bindings: &Bindings) -> Option<Atom> {
        let test = match self {
            Source::Action(form, items) => Test::Language(actions(*form, items)),
            Source::Resource(form, items, variables) => {
                Test::Language(resources(*form, items, variables.variables(), bindings)?)
            }
            Source::OneOf(form, items) => {
                let patterns = items.iter().map(|item| wild(item, Reach::Across));
                Test::Language(Language {
                    negated: *form == Form::Not,
                    ..Language::plain(Automaton::of(patterns))
                })
            }
            Source::Condition {
                operator,
                key,
                name,
                values,
                variables,
            } => {
                let texts: Vec<&str> = values.iter().map(String::as_str).collect();
                let variables = variables.variables();
                Test::Condition(Box::new(ConditionTest {
                    condition: Condition::compile(*operator, name, &texts, variables).ok()?,
                    operator: *operator,
                    values: values.clone(),
                    language: condition((operator.base, key), values, variables, bindings)?,
                }))
            }
        };
        Some(Atom { slot, test })
    }

    /// The texts of the document.
    pub(super) fn texts(&self) -> &[String] {
        match self {
            Source::Action(_, texts) | Source::Resource(_, texts, _) | Source::OneOf(_, texts) => {
                texts
            }
            Source::Condition { values, .. } => values,
        }
    }

    /// The variables that it names.
    pub(super) fn variables(&self) -> Vec<ConditionKey> {
        let (items, open) = match self {
            Source::Resource(_, items, open) => (items, *open),
            // Operators that take no variables have none in their values: no document holds such.
            Source::Condition {
                values, variables, ..
            } => (values, *variables),
            Source::Action(..) | Source::OneOf(..) => return Vec::new(),
        };
        let read = |item: &String| tokens(item, Wildcards::Off, open.variables()).ok();
        let tokens = items.iter().filter_map(read).flatten();
        tokens
            .filter_map(|token| match token {
                variable::Token::Variable(variable) => Some(variable.key().clone()),
                _ => None,
            })
            .collect()
    }
}

/// A text with wildcards and without variables.
fn wild(text: &str, reach: Reach) -> Vec<Token> {
    let token = |c: char| match c {
        '*' => Token::Many(reach),
        '?' => Token::One(reach),
        c => Token::Char(c),
    };
    text.chars().map(token).collect()
}

fn actions(form: Form, items: &[String]) -> Language {
    let patterns = items.iter().map(|item| match item.split_once(':') {
        Some((service, name)) if service != "*" => {
            let mut tokens: Vec<Token> = service.chars().map(Token::Char).collect();
            tokens.push(Token::Char(':'));
            tokens.extend(wild(name, Reach::Within));
            tokens
        }
        _ => vec![Token::Many(Reach::Across)],
    });
    Language {
        negated: form == Form::Not,
        ..Language::plain(Automaton::of(patterns))
    }
}

fn resources(
    form: Form,
    items: &[String],
    variables: Variables,
    bindings: &Bindings,
) -> Option<Language> {
    let mut patterns = Vec::new();
    let mut unresolved = Vec::new();
    for item in items {
        match item.as_str() {
            "*" => patterns.push(vec![Token::Many(Reach::Across)]),
            item => match arn_pattern(item, variables, bindings)? {
                Read::Pattern(tokens) => patterns.push(tokens),
                Read::Unresolved(tokens) => unresolved.push(tokens),
                Read::Nothing => {}
            },
        }
    }
    // What a NotResource with such a variable leaves out cannot be told.
    let doubtful = form == Form::Not && !unresolved.is_empty();
    Some(Language {
        doubtful: doubtful.then(|| Automaton::of(unresolved)),
        negated: form == Form::Not,
        ..Language::plain(Automaton::of(patterns))
    })
}

fn arn_pattern(text: &str, variables: Variables, bindings: &Bindings) -> Option<Read> {
    let parts = split(text, variables)?;
    let mut tokens = Vec::new();
    let mut unresolved = false;
    for (index, part) in parts.iter().enumerate() {
        let reach = if index < 5 {
            Reach::Within
        } else {
            Reach::Across
        };
        if index > 0 {
            tokens.push(Token::Char(':'));
        }
        match pattern(part, Wildcards::On, variables, reach, Case::Exact, bindings)? {
            Read::Pattern(part) => tokens.extend(part),
            // The engine tells by the literal in front that a text is none of it.
            Read::Unresolved(part) => {
                unresolved = true;
                let literal = part.into_iter().take_while(|t| matches!(t, Token::Char(_)));
                tokens.extend(literal);
                tokens.push(Token::Many(reach));
            }
            Read::Nothing => return Some(Read::Nothing),
        }
    }
    Some(match unresolved {
        true => Read::Unresolved(tokens),
        false => Read::Pattern(tokens),
    })
}

fn pattern(
    text: &str,
    wildcards: Wildcards,
    variables: Variables,
    reach: Reach,
    case: Case,
    bindings: &Bindings,
) -> Option<Read> {
    let mut read = Vec::new();
    for token in tokens(text, wildcards, variables).ok()? {
        let literal = match &token {
            variable::Token::Many => {
                read.push(Token::Many(reach));
                continue;
            }
            variable::Token::One => {
                read.push(Token::One(reach));
                continue;
            }
            variable::Token::Text(text) => text.as_str(),
            variable::Token::Variable(variable) => {
                let mut known = bindings.0.iter().enumerate();
                match known.find(|(_, (key, _))| key == variable.key()) {
                    Some((_, (_, Binding::Value(value)))) => value,
                    Some((index, (_, Binding::Open))) => {
                        match case {
                            Case::Exact => {
                                read.push(Token::Variable(index, reach));
                                read.push(Token::Tail(reach));
                            }
                            Case::Ascii | Case::Fold => read.push(Token::Loose),
                        }
                        continue;
                    }
                    Some((_, (_, Binding::Unresolved))) | None => match variable.default() {
                        Some(default) => default,
                        None => return Some(Read::Unresolved(read)),
                    },
                }
            }
        };
        if reach == Reach::Within && literal.contains(':') {
            return Some(Read::Nothing);
        }
        read.extend(literal.chars().map(|c| case.token(c)));
    }
    Some(Read::Pattern(read))
}

/// The language of a condition; `Some(None)` for operators that do not compare characters.
fn condition(
    (base, key): (Base, &ConditionKey),
    values: &[String],
    variables: Variables,
    bindings: &Bindings,
) -> Option<Option<Language>> {
    let automaton = |wildcards: Wildcards, case: Case| {
        let mut patterns = Vec::new();
        for value in values {
            if is_itself(value, key, variables, bindings) {
                patterns.push(vec![Token::Many(Reach::Across)]);
                continue;
            }
            let read = pattern(value, wildcards, variables, Reach::Across, case, bindings)?;
            if let Read::Pattern(tokens) = read {
                patterns.push(tokens);
            }
        }
        Some(Automaton::of(patterns))
    };
    let is_negated = |sense: Sense| sense == Sense::Negated;
    Some(match base {
        Base::String(test, sense) => {
            let (wildcards, case) = match test {
                StringTest::Equals => (Wildcards::Off, Case::Exact),
                StringTest::Like => (Wildcards::On, Case::Exact),
                StringTest::EqualsIgnoreCase => (Wildcards::Off, Case::Ascii),
            };
            let doubtful = match test {
                StringTest::EqualsIgnoreCase => Some(automaton(Wildcards::Off, Case::Fold)?),
                StringTest::Equals | StringTest::Like => None,
            };
            Some(Language {
                readable: None,
                matched: automaton(wildcards, case)?,
                doubtful,
                negated: is_negated(sense),
            })
        }
        Base::Bool => {
            let truths = ["true", "false"].map(|text| text.chars().map(Token::Ascii).collect());
            Some(Language {
                readable: Some(Automaton::of(truths)),
                matched: automaton(Wildcards::Off, Case::Ascii)?,
                doubtful: None,
                negated: false,
            })
        }
        Base::Arn(sense) => Some(Language {
            readable: Some(Automaton::of([key::arn()])),
            matched: arns(values, variables, bindings)?,
            doubtful: None,
            negated: is_negated(sense),
        }),
        Base::Numeric(..) | Base::Date(..) | Base::Binary | Base::Ip(_) | Base::Null => None,
    })
}

/// Whether the operand is the tested key's own value.
fn is_itself(operand: &str, key: &ConditionKey, variables: Variables, bindings: &Bindings) -> bool {
    let open = |known: &(ConditionKey, Binding)| known.0 == *key && known.1 == Binding::Open;
    let read = tokens(operand, Wildcards::Off, variables);
    let tokens = read.unwrap_or_default();
    match tokens.as_slice() {
        [variable::Token::Variable(variable)] => {
            variable.key() == key && bindings.0.iter().any(open)
        }
        _ => false,
    }
}

fn arns(values: &[String], variables: Variables, bindings: &Bindings) -> Option<Automaton> {
    let mut patterns = Vec::new();
    for value in values {
        let read = if value == "*" {
            Read::Pattern(vec![Token::Many(Reach::Across)])
        } else if crate::arn::ArnPattern::compile(value, variables).is_ok() {
            arn_pattern(value, variables, bindings)?
        } else {
            let (on, across) = (Wildcards::On, Reach::Across);
            pattern(value, on, variables, across, Case::Exact, bindings)?
        };
        if let Read::Pattern(tokens) = read {
            patterns.push(tokens);
        }
    }
    Some(Automaton::of(patterns))
}
