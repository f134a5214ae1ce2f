//! One condition, typed when compiled: the values of one key tested by one operator.

mod operand;

use std::cmp::{Ordering, Reverse};
use std::net::IpAddr;

pub(crate) use self::operand::is_base64;
use self::operand::{is_boolean, is_true, test};
use crate::arn::{ArnPattern, SplitArn};
use crate::date::Instant;
use crate::gate::Way;
use crate::ip::Range;
use crate::key::{ConditionKey, KnownKey};
use crate::lookup::{Key, Lookup};
use crate::number::Decimal;
use crate::operator::{Base, Missing, Operator, OrderTest, Qualifier, Sense, StringTest};
use crate::pattern::{CaseMatch, Pattern};
use crate::truth::Truth;
use crate::value::{Text, Value, Values};
use crate::variable::{Unvalued, Variable, Variables};

/// A compiled condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Condition {
    /// Among the conditions of its statement as written.
    index: usize,
    key: Key,
    qualifier: Qualifier,
    missing: Missing,
    sense: Sense,
    test: Test,
}

/// The values of the policy, typed by the operator's family.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Test {
    String(StringTest, Box<[Pattern]>),
    Numeric(OrderTest, Box<[Number]>),
    Date(OrderTest, Box<[Instant]>),
    Bool {
        accepted: [bool; 2],
        variables: Box<[Variable]>,
    },
    Binary(Box<[Box<str>]>),
    Ip(Box<[Range]>),
    Arn(Box<[ArnOperand]>),
    /// Holds when the key is absent, and when it is present.
    Null {
        absent: bool,
        present: bool,
    },
}

/// A number as written, and its value when it is a whole one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Number {
    text: Box<str>,
    whole: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum ArnOperand {
    /// `*`
    Any,
    Pattern(ArnPattern),
    /// `${aws:PrincipalArn}` and nothing else: compared as it stands.
    Variable(Variable),
}

/// The value of a policy that its operator cannot read: index among the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadOperand(pub(crate) usize);

impl Condition {
    pub(crate) fn compile(
        operator: Operator,
        key: &str,
        values: &[&str],
        variables: Variables,
    ) -> Result<Condition, BadOperand> {
        let sense = match operator.base {
            Base::String(_, sense)
            | Base::Numeric(_, sense)
            | Base::Date(_, sense)
            | Base::Ip(sense)
            | Base::Arn(sense) => sense,
            Base::Bool | Base::Binary | Base::Null => Sense::Positive,
        };
        Ok(Condition {
            index: 0,
            key: Key::parse(key),
            qualifier: operator.qualifier,
            missing: operator.missing,
            sense,
            test: test(operator.base, values, variables)?,
        })
    }

    /// The same condition at its place in the statement.
    pub(crate) fn at(self, index: usize) -> Condition {
        Condition { index, ..self }
    }

    /// Its place in the statement.
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// Its key and the ways in which it may hold, all of one kind, when there are no others for a value
    /// of that type.
    pub(crate) fn ways(&self) -> Option<(&Key, Vec<Way<'_>>)> {
        use OrderTest::{GreaterThan, GreaterThanEquals, LessThan, LessThanEquals};
        let certain = self.sense == Sense::Positive
            && self.missing == Missing::AsUsual
            && self.qualifier != Qualifier::ForAllValues;
        let ways: Vec<Way<'_>> = match &self.test {
            _ if !certain => return None,
            Test::String(StringTest::Equals | StringTest::Like, patterns) => {
                let literals = patterns.iter().map(Pattern::literal);
                literals.map(Way::Literal).collect()
            }
            Test::Ip(ranges) => ranges.iter().copied().map(Way::Network).collect(),
            Test::Date(LessThan | LessThanEquals, latest) => {
                let latest = latest.iter().copied().map(Reverse);
                latest.map(Way::Until).collect()
            }
            Test::Date(GreaterThan | GreaterThanEquals, earliest) => {
                earliest.iter().copied().map(Way::Since).collect()
            }
            _ => return None,
        };
        Some((&self.key, ways))
    }

    /// What testing it costs, roughly: those that cost little are tested first.
    pub(crate) fn cost(&self) -> u8 {
        let values = u8::from(self.qualifier != Qualifier::None);
        values
            + match self.test {
                Test::Null { .. } => 0,
                Test::Bool { .. } | Test::Date(..) | Test::Ip(_) => 1,
                Test::String(StringTest::Equals, _) | Test::Numeric(..) => 2,
                Test::String(..) | Test::Binary(_) => 3,
                Test::Arn(_) => 4,
            }
    }

    /// Whether the condition holds in this request.
    #[inline(always)]
    pub(crate) fn holds<'q>(&'q self, lookup: &Lookup<'q>) -> Truth {
        let values = lookup.values(&self.key);
        match (&values, self.qualifier) {
            (Values::One(value), Qualifier::None) => self.signed(value, lookup),
            _ => self.holds_for(&values, lookup),
        }
    }

    /// The same for whatever is not simply one value under an operator without a qualifier.
    #[inline(never)]
    fn holds_for<'q>(&'q self, values: &Values<'q>, lookup: &Lookup<'q>) -> Truth {
        let is_present = !matches!(values, Values::Absent | Values::Many([]));
        if let Test::Null { absent, present } = self.test {
            return (if is_present { present } else { absent }).into();
        }
        if !is_present {
            return self.missing().into();
        }
        match values {
            Values::Absent | Values::Ambiguous => Truth::Unknown,
            Values::One(value) => match (value, self.null()) {
                (Value::Str(""), Some(truth)) => truth,
                _ => self.signed(value, lookup),
            },
            Values::Many(values) => {
                if values.iter().all(|value| value.is_empty())
                    && let Some(truth) = self.null()
                {
                    return truth;
                }
                self.many(values, lookup)
            }
        }
    }

    fn missing(&self) -> bool {
        match (self.missing, self.qualifier) {
            (Missing::Holds, _) | (_, Qualifier::ForAllValues) => true,
            (_, Qualifier::ForAnyValue) => false,
            (_, Qualifier::None) => self.sense == Sense::Negated,
        }
    }

    /// What AWS's set operators say of a "null data set, such as an empty string".
    fn null(&self) -> Option<Truth> {
        match self.qualifier {
            Qualifier::ForAllValues => Some(Truth::Yes),
            Qualifier::ForAnyValue => Some(Truth::No),
            Qualifier::None => None,
        }
    }

    fn many<'q>(&'q self, values: &[&str], lookup: &Lookup<'q>) -> Truth {
        let each = || {
            let values = values.iter();
            values.map(|value| self.signed(&Value::Str(value), lookup))
        };
        match (self.qualifier, self.sense) {
            (Qualifier::ForAllValues, _) => Truth::all(each()),
            (Qualifier::ForAnyValue, _) | (Qualifier::None, Sense::Positive) => Truth::any(each()),
            // AWS leaves open what a negated operator without a set operator means for several
            // values: certain only where "none of them" and "not all of them" agree.
            (Qualifier::None, Sense::Negated) => match (Truth::all(each()), Truth::any(each())) {
                (all, any) if all == any => all,
                _ => Truth::Unknown,
            },
        }
    }

    /// One value of the request against all of the policy, negated operators turned. The common
    /// families stand here, the others apart, so that the way of the common ones stays short.
    #[inline(always)]
    fn signed<'q>(&'q self, value: &Value<'_>, lookup: &Lookup<'q>) -> Truth {
        let matched = match (&self.test, value) {
            (Test::String(test, patterns), Value::Str(text))
                if *test != StringTest::EqualsIgnoreCase =>
            {
                any_matches(patterns, text, lookup)
            }
            (Test::Ip(ranges), Value::Ip(address)) => contain(ranges, *address),
            (Test::Date(test, operands), Value::Date(seconds)) => {
                compare(*test, operands, Instant::at(*seconds))
            }
            (Test::Numeric(test, operands), Value::Int(number)) => match **operands {
                [
                    Number {
                        whole: Some(whole), ..
                    },
                ] => test.holds(number.cmp(&whole)).into(),
                _ => self.matches(value, lookup),
            },
            (Test::Bool { accepted, .. }, Value::Bool(value)) if accepts(*accepted, *value) => {
                Truth::Yes
            }
            _ => self.matches(value, lookup),
        };
        match self.sense {
            Sense::Positive => matched,
            Sense::Negated => !matched,
        }
    }

    #[inline(never)]
    fn matches<'q>(&'q self, value: &Value<'_>, lookup: &Lookup<'q>) -> Truth {
        match &self.test {
            Test::String(test, patterns) => {
                strings(*test, patterns, Text::of(*value).as_str(), lookup)
            }
            Test::Numeric(test, operands) => self.numeric(*test, operands, value),
            Test::Date(test, operands) => match instant(value) {
                Some(instant) => compare(*test, operands, instant),
                None => Truth::Unknown,
            },
            Test::Bool {
                accepted,
                variables,
            } => boolean(*accepted, variables, value, lookup),
            Test::Binary(operands) => match value {
                Value::Str(text) if is_base64(text) => {
                    operands.iter().any(|operand| **operand == **text).into()
                }
                _ => Truth::Unknown,
            },
            Test::Ip(ranges) => match address(value) {
                Some(address) => contain(ranges, address),
                None => Truth::Unknown,
            },
            Test::Arn(operands) => arn(operands, value, lookup),
            Test::Null { present, .. } => (*present).into(),
        }
    }

    fn numeric(&self, test: OrderTest, operands: &[Number], value: &Value<'_>) -> Truth {
        let value = match value {
            Value::Date(seconds)
                if *self.key.name() == ConditionKey::Known(KnownKey::EpochTime) =>
            {
                &Value::Int(*seconds)
            }
            value => value,
        };
        let operands = operands.iter();
        let text = Text::of(*value);
        let Some(number) = Decimal::parse(text.as_str()) else {
            return Truth::Unknown;
        };
        Truth::any(operands.map(|operand| match Decimal::parse(&operand.text) {
            Some(operand) => test.holds(number.compare(&operand)).into(),
            None => Truth::Unknown,
        }))
    }
}

impl OrderTest {
    fn holds(self, order: Ordering) -> bool {
        match self {
            OrderTest::Equals => order.is_eq(),
            OrderTest::LessThan => order.is_lt(),
            OrderTest::LessThanEquals => order.is_le(),
            OrderTest::GreaterThan => order.is_gt(),
            OrderTest::GreaterThanEquals => order.is_ge(),
        }
    }
}

#[inline]
fn contain(ranges: &[Range], address: IpAddr) -> Truth {
    let address = address.to_canonical();
    ranges.iter().any(|range| range.contains(address)).into()
}

#[inline]
fn compare(test: OrderTest, operands: &[Instant], instant: Instant) -> Truth {
    let mut operands = operands.iter();
    operands
        .any(|operand| test.holds(instant.cmp(operand)))
        .into()
}

#[inline(never)]
fn any_matches<'q>(patterns: &'q [Pattern], text: &str, lookup: &Lookup<'q>) -> Truth {
    let patterns = patterns.iter();
    Truth::any(patterns.map(|pattern| pattern.matches(text, lookup).truth()))
}

/// Whether any of the patterns matches the text.
fn strings<'q>(
    test: StringTest,
    patterns: &'q [Pattern],
    text: &str,
    lookup: &Lookup<'q>,
) -> Truth {
    match test {
        StringTest::Equals | StringTest::Like => any_matches(patterns, text, lookup),
        StringTest::EqualsIgnoreCase => Truth::any(patterns.iter().map(|pattern| {
            match pattern.equals_ignoring_case(text, lookup) {
                CaseMatch::No => Truth::No,
                CaseMatch::Ascii => Truth::Yes,
                CaseMatch::Unclear => Truth::Unknown,
            }
        })),
    }
}

#[inline]
fn accepts([accepts_false, accepts_true]: [bool; 2], value: bool) -> bool {
    if value { accepts_true } else { accepts_false }
}

fn boolean<'q>(
    accepted: [bool; 2],
    variables: &'q [Variable],
    value: &Value<'_>,
    lookup: &Lookup<'q>,
) -> Truth {
    let value = match value {
        Value::Bool(value) => *value,
        Value::Str(text) if is_boolean(text) => is_true(text),
        _ => return Truth::Unknown,
    };
    if accepts(accepted, value) {
        return Truth::Yes;
    }
    let same = |named: &str| is_boolean(named).then(|| is_true(named) == value);
    Truth::any(variables.iter().map(|one| operand(one, lookup, same)))
}

/// An operand that is a variable and nothing else; `test` gives `None` for text that is no operand
/// of its type, of which nobody can tell.
fn operand<'q>(
    variable: &'q Variable,
    lookup: &Lookup<'q>,
    test: impl Fn(&str) -> Option<bool>,
) -> Truth {
    match variable.resolve(lookup) {
        Ok(text) => test(text.as_str()).map_or(Truth::Unknown, Truth::from),
        Err(Unvalued::Null) => Truth::No,
        Err(Unvalued::Ambiguous) => Truth::Unknown,
    }
}

fn instant(value: &Value<'_>) -> Option<Instant> {
    match value {
        Value::Date(seconds) | Value::Int(seconds) => Some(Instant::at(*seconds)),
        Value::Str(text) => Instant::parse(text),
        Value::Bool(_) | Value::Ip(_) => None,
    }
}

fn address(value: &Value<'_>) -> Option<IpAddr> {
    match value {
        Value::Ip(address) => Some(*address),
        Value::Str(text) => text
            .parse()
            .ok()
            .map(|address: IpAddr| address.to_canonical()),
        _ => None,
    }
}

fn arn<'q>(operands: &'q [ArnOperand], value: &Value<'_>, lookup: &Lookup<'q>) -> Truth {
    let Value::Str(text) = value else {
        return Truth::Unknown;
    };
    let Some(arn) = SplitArn::parse(text) else {
        return Truth::Unknown;
    };
    let same = |named: &str| SplitArn::parse(named).map(|named| named.arn() == arn.arn());
    Truth::any(operands.iter().map(|one| match one {
        ArnOperand::Any => Truth::Yes,
        ArnOperand::Pattern(pattern) => pattern.matches(&arn, lookup).truth(),
        ArnOperand::Variable(variable) => operand(variable, lookup, same),
    }))
}
