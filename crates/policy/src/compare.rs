//! Comparing two policies: does one allow anything that the other does not?
//!
//! The answer is exact. Patterns are treated as regular languages, numbers, dates and addresses by
//! the points at which conditions change sides; nothing is sampled. A difference comes with a request
//! that shows it, on which [`decide`](crate::decide) has agreed; where the procedure cannot tell it
//! says so, with the reason, and never that there is no difference.
//!
//! What a request can be: an action `service:name` of letters, digits, `-`, `_` and `.`; `*` or an
//! ARN; under each condition key nothing, one value or several, of the key's type where AWS documents
//! one. Keys are taken to be independent of each other, save those that describe the caller of a
//! resource's policy. Tags that a request gives twice in different case are left out.

mod accounts;
mod asked;
mod atom;
mod caller;
mod key;
mod language;
mod places;
mod points;
mod problem;
mod search;
mod slot;
mod statement;
mod truths;
mod values;
mod witness;
mod words;

use std::fmt;

use crate::decision::{PolicyType, Reason, StatementRef};
use crate::document::{Document, Effect, Form};
use crate::key::ConditionKey;
use crate::principal::Grant;

use atom::{Open, Source};
use caller::{Known, Sort};
pub(crate) use key::{Type, type_of};
use problem::{Problem, Solution};
use slot::{Content, Literal};
use statement::{ACTION, Element, FIRST_KEY, RESOURCE, Statement, of_resource};
use truths::Truths;
pub use witness::{Held, Witness};

/// Whether one policy allows more than another.
#[derive(Debug, Clone, PartialEq)]
pub enum Comparison {
    /// It allows nothing that the other does not.
    NotMorePermissive,
    /// It does, such as this.
    MorePermissive {
        /// A request that it allows and the other does not.
        witness: Box<Witness>,
        /// The Allow that lets the request through: policy and statement by index. `None` when the
        /// resource's policy merely no longer denies what the caller's own policies allow.
        allowed_by: Option<(usize, usize)>,
        /// The Deny of the other policy that applies, if one does.
        denied_by: Option<(usize, usize)>,
        /// The Allows of the other policy that are about the action, and what of them does not match.
        missed: Vec<Missed>,
    },
    /// It could not be told.
    Unknown(Unsure),
}

/// An Allow that does not match a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Index of its policy.
    pub policy: usize,
    /// Index in the document.
    pub statement: usize,
    /// The elements that do not match.
    pub parts: Vec<Part>,
}

/// An element of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// `Principal` or `NotPrincipal`
    Principal,
    /// `Action` or `NotAction`
    Action,
    /// `Resource` or `NotResource`
    Resource,
    /// The condition on that key.
    Condition(ConditionKey),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Principal => f.write_str("Principal"),
            Part::Action => f.write_str("Action"),
            Part::Resource => f.write_str("Resource"),
            Part::Condition(key) => write!(f, "Condition on {key}"),
        }
    }
}

/// Why a question stays open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsure {
    /// [`COMPARE_STEPS_MAX`](crate::limits::COMPARE_STEPS_MAX) was reached.
    #[error("limit reached: the policies have too many combinations of patterns")]
    Steps,
    /// Whether there is a difference depends on the value of variables, and no value was found.
    #[error("it depends on the values of policy variables: {}", listed(.0))]
    Variables(Vec<ConditionKey>),
    /// One key is tested as text and as a number, date or address.
    #[error("{0} is tested by operators of different kinds")]
    MixedOperators(ConditionKey),
    /// Conditions on the caller's ARN or account name a part of an account's number.
    #[error("conditions on the caller name accounts or partitions in part")]
    Accounts,
    /// Whether there is a difference depends on how the name and the ARN of a user go together.
    #[error("it depends on how aws:username and aws:PrincipalArn go together")]
    Linked,
    /// More than [`COMPARE_CALLERS_MAX`](crate::limits::COMPARE_CALLERS_MAX) kinds of callers.
    #[error("the policies name too many principals")]
    Callers,
    /// What was asked about cannot be: no action, or no resource.
    #[error("{0}")]
    Question(&'static str),
    /// Not a kind of policy, or a number of policies, that can be compared.
    #[error("policies of this type cannot be compared")]
    Unsupported,
    /// The engine does not confirm the request that was found, which is a defect of the comparison.
    #[error("a difference was found that the engine does not confirm")]
    Disagreement,
}

fn listed(keys: &[ConditionKey]) -> String {
    let names: Vec<String> = keys.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// Whether something can ever be allowed.
#[derive(Debug, Clone, PartialEq)]
pub enum Possibility {
    /// It can, by this request and this Allow: policy and statement by index.
    Possible {
        /// A request that is allowed.
        witness: Box<Witness>,
        /// The Allow.
        allowed_by: (usize, usize),
    },
    /// Never.
    Impossible,
    /// It could not be told.
    Unknown(Unsure),
}

/// How two policies stand to each other.
#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    /// They allow the same.
    Equivalent,
    /// The second allows more, and everything that the first does.
    MorePermissive(Comparison),
    /// The second allows less, and nothing else.
    LessPermissive(Comparison),
    /// Each allows something that the other does not: what the second does, and what the first does.
    Incomparable(Comparison, Comparison),
    /// It could not be told.
    Unknown(Unsure),
}

/// Whether the policies `new` together allow anything that the policies `old` together do not.
///
/// `kind` says how they are read: as policies of a caller, or as the policy of a resource, of which
/// there is one on either side. A resource's policy allows more when there are a caller, in this
/// account or another, and policies of the caller with which the request is allowed under `new` and
/// refused under `old`.
///
/// Service and resource control policies are those of one level, taken as they stand: beside
/// `FullAWSAccess` or [`RCP_FULL_AWS_ACCESS`](crate::RCP_FULL_AWS_ACCESS) they only deny when that is in
/// the list.
///
/// ```
/// use locum_policy::{Comparison, Document, PolicyType, compare};
///
/// let policy = |action: &str| {
///     let text = format!(r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow",
///         "Action": "{action}", "Resource": "arn:aws:s3:::reports/*"}}}}"#);
///     Document::parse(&text).map_err(|findings| findings[0].clone())
/// };
/// let (narrow, wide) = (policy("s3:GetObject")?, policy("s3:Get*")?);
/// assert_eq!(
///     compare(&[&wide], &[&narrow], PolicyType::Identity),
///     Comparison::NotMorePermissive
/// );
/// let Comparison::MorePermissive { witness, .. } =
///     compare(&[&narrow], &[&wide], PolicyType::Identity)
/// else {
///     panic!("Get* allows more than GetObject");
/// };
/// assert_eq!(witness.action, "s3:GetBucketPolicy");
/// # Ok::<(), locum_policy::Finding>(())
/// ```
pub fn compare(old: &[&Document], new: &[&Document], kind: PolicyType) -> Comparison {
    if !is_supported(old, new, kind) {
        return Comparison::Unknown(Unsure::Unsupported);
    }
    let mut problem = Problem::new(kind, old, new);
    let found = problem.solve(&mut |problem, solution| confirmed(problem, &solution, old, new));
    match (found, problem.unsure) {
        (Some(found), _) => found,
        (None, Some(unsure)) => Comparison::Unknown(unsure),
        (None, None) => Comparison::NotMorePermissive,
    }
}

/// Whether the policies can ever allow an action on a resource, both of which may hold wildcards
/// where those of a policy may, and in which circumstances. A trust policy has no resource but its
/// role: that is asked with `*`.
pub fn can_ever(
    policies: &[&Document],
    kind: PolicyType,
    action: &str,
    resource: &str,
) -> Possibility {
    if !is_supported(&[], policies, kind) {
        return Possibility::Unknown(Unsure::Unsupported);
    }
    if let Some(why) = asked::fault(kind, action, resource) {
        return Possibility::Unknown(Unsure::Question(why));
    }
    let mut problem = Problem::new(kind, &[], policies);
    let action = Source::Action(Form::Plain, vec![action.to_ascii_lowercase()]);
    let mut asked = vec![(ACTION, action)];
    if kind != PolicyType::RoleTrust {
        let resource = Source::Resource(Form::Plain, vec![resource.to_owned()], Open::No);
        asked.push((RESOURCE, resource));
    }
    for (slot, source) in asked {
        let atom = problem.sources.add(slot, source);
        let allowed = Truths::YES;
        problem.demands.push(Literal { atom, allowed });
    }
    let found =
        problem.solve(&mut |problem, solution| confirmed(problem, &solution, &[], policies));
    match (found, problem.unsure) {
        (
            Some(Comparison::MorePermissive {
                witness,
                allowed_by: Some(allowed_by),
                ..
            }),
            _,
        ) => Possibility::Possible {
            witness,
            allowed_by,
        },
        (Some(_), _) => Possibility::Unknown(Unsure::Disagreement),
        (None, Some(unsure)) => Possibility::Unknown(unsure),
        (None, None) => Possibility::Impossible,
    }
}

/// Both comparisons at once.
pub fn relation(first: &[&Document], second: &[&Document], kind: PolicyType) -> Relation {
    Relation::of(compare(first, second, kind), compare(second, first, kind))
}

impl Relation {
    /// From whether the second allows what the first does not, and the other way round.
    pub fn of(gained: Comparison, lost: Comparison) -> Relation {
        match (&gained, &lost) {
            (Comparison::Unknown(unsure), _) | (_, Comparison::Unknown(unsure)) => {
                Relation::Unknown(unsure.clone())
            }
            (Comparison::NotMorePermissive, Comparison::NotMorePermissive) => Relation::Equivalent,
            (_, Comparison::NotMorePermissive) => Relation::MorePermissive(gained),
            (Comparison::NotMorePermissive, _) => Relation::LessPermissive(lost),
            _ => Relation::Incomparable(gained, lost),
        }
    }
}

fn is_supported(old: &[&Document], new: &[&Document], kind: PolicyType) -> bool {
    match kind {
        PolicyType::Identity
        | PolicyType::Session
        | PolicyType::Boundary
        | PolicyType::Scp
        | PolicyType::Rcp => true,
        PolicyType::Resource | PolicyType::RoleTrust => old.len() <= 1 && new.len() <= 1,
    }
}

/// The answer that a solution makes, once the engine has agreed on both sides.
fn confirmed(
    problem: &Problem<'_>,
    solution: &Solution,
    old: &[&Document],
    new: &[&Document],
) -> Result<Comparison, Unsure> {
    let mut witness = written(problem, solution).ok_or(Unsure::Disagreement)?;
    let renamed = witness.with_name_of_user();
    let (before, after) = (witness.decide(old), witness.decide(new));
    match before.is_allowed() || !after.is_allowed() {
        true if renamed => return Err(Unsure::Linked),
        true => return Err(Unsure::Disagreement),
        false => {}
    }
    let place = |found: StatementRef| (found.policy, found.statement);
    let denied_by = match before.reason() {
        Reason::ExplicitDeny(denied) => Some(place(*denied)),
        _ => None,
    };
    let allow = solution.allow.and_then(|index| problem.new.get(index));
    Ok(Comparison::MorePermissive {
        witness: Box::new(witness),
        allowed_by: allow.map(|statement| (statement.document, statement.index)),
        denied_by,
        missed: missed(problem, solution),
    })
}

/// The model as a request.
fn written(problem: &Problem<'_>, solution: &Solution) -> Option<Witness> {
    let held = |content: &Content| match content {
        Content::Absent => Some(Held::Absent),
        Content::One(word) => language::text(word).map(Held::One),
        Content::Many(words) => {
            let words = words.iter().map(|word| language::text(word));
            words.collect::<Option<_>>().map(Held::Many)
        }
    };
    let one = |slot: usize| match held(solution.model.get(slot)?)? {
        Held::One(text) => Some(text),
        _ => None,
    };
    let mut context = Vec::new();
    for (index, key) in problem.sources.keys.iter().enumerate() {
        let content = solution.model.get(FIRST_KEY + index)?;
        context.push((key.clone(), held(content)?));
    }
    let action = one(ACTION)?;
    let statements = problem.new.iter().chain(&problem.old);
    let mut written = statements.flat_map(|statement| statement.actions());
    let equal = |text: &&str| text.eq_ignore_ascii_case(&action);
    let spelled = written
        .find(equal)
        .or_else(|| key::ACTIONS.iter().copied().find(equal));
    Some(Witness {
        action: spelled.map_or(action.clone(), str::to_owned),
        resource: one(RESOURCE)?,
        context,
        kind: problem.kind,
        caller: solution.caller.clone().unwrap_or(Known {
            sort: Sort::Anonymous,
            account: String::new(),
            arn: String::new(),
            id: String::new(),
            session: String::new(),
            session_arn: String::new(),
            behind: (String::new(), String::new()),
        }),
        level: solution.level,
    })
}

/// The old side's Allows that are about the action, and what of them fails.
fn missed(problem: &Problem<'_>, solution: &Solution) -> Vec<Missed> {
    let fails = |element: &Element| match element {
        Element::Constant(truth) => Truths::NOT_YES.meets(Truths::of(*truth)),
        Element::Atom(index) => solution.atoms.get(*index).is_some_and(|atom| {
            let content = solution.model.get(atom.slot);
            content.is_some_and(|content| atom.meets(Truths::NOT_YES, content))
        }),
    };
    let granted = |statement: &Statement<'_>| {
        let caller = solution.caller.as_ref().map(Known::principal);
        let needed = solution.level.max(Grant::Delegated);
        caller.is_none_or(|caller| statement.grant(&caller, None) >= needed)
    };
    let mut found = Vec::new();
    for statement in problem.old.iter().filter(|s| s.is(Effect::Allow)) {
        let elements = statement.elements.iter();
        let failing = elements.filter(|(_, element)| fails(element));
        let mut parts: Vec<Part> = failing.map(|(part, _)| part.clone()).collect();
        if of_resource(problem.kind) && !granted(statement) {
            parts.insert(0, Part::Principal);
        }
        if !parts.is_empty() && !parts.contains(&Part::Action) {
            found.push(Missed {
                policy: statement.document,
                statement: statement.index,
                parts,
            });
        }
    }
    found
}
