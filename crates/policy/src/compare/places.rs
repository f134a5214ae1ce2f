//! The places of a request and what the caller, the kind of policy and the variables make of them.

use super::atom::{Binding, Bindings, Source};
use super::caller::{Caller, Name, Sort};
use super::key::{Count, Type, action_shape, count_of, resource_shape, shape, type_of};
use super::problem::Problem;
use super::slot::{Literal, Slot};
use super::statement::{FIRST_KEY, RESOURCE, Sources};
use super::truths::Truths;
use super::witness::ELSEWHERE;
use crate::decision::PolicyType;
use crate::document::Form;
use crate::key::{ConditionKey, KnownKey};
use crate::principal::Grant;

/// How a key is in the request: for the keys that variables name, which must be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    Absent,
    /// One value that is not empty.
    One,
    /// One value, which is empty.
    Empty,
    Many,
}

/// What the caller makes of a key of the request.
enum Given {
    Absent,
    Value(String),
    /// The caller has it; literals say more.
    Present,
    Free,
}

/// The slots of one search, before the variables are settled.
pub(super) struct Places {
    slots: Vec<Slot>,
    keys: Vec<ConditionKey>,
    variables: Vec<ConditionKey>,
    /// What the caller demands of the request.
    pub(super) literals: Vec<Literal>,
}

impl Places {
    pub(super) fn new(problem: &mut Problem<'_>, caller: Option<&Caller>, level: Grant) -> Places {
        let mut literals = Vec::new();
        if let Some(caller) = caller {
            demand(&mut problem.sources, caller, &mut literals);
        }
        let text = |shape| Slot {
            key: None,
            value_type: Type::Text,
            shape,
            absent: false,
            one: true,
            many: false,
            filled: true,
            fixed: None,
        };
        let mut action = action_shape();
        let statements = problem.new.iter().chain(&problem.old);
        let written = statements.flat_map(|statement| statement.actions());
        let plain = written.filter(|text| !text.contains(['*', '?']));
        action.preferred.extend(plain.map(str::to_ascii_lowercase));
        let mut slots = vec![text(action), text(resource_shape())];
        if problem.kind == PolicyType::RoleTrust
            && let Some(slot) = slots.get_mut(RESOURCE)
        {
            slot.fixed = Some(role(caller, level));
        }
        let several = &problem.sources.several;
        for key in &problem.sources.keys {
            let mut slot = slot(key, several.contains(key), caller);
            if let Some(name) = caller.and_then(|caller| name_of(caller, key)) {
                slot.shape.preferred.insert(0, name.example().to_owned());
            }
            slots.push(slot);
        }
        Places {
            slots,
            keys: problem.sources.keys.clone(),
            variables: problem.variables.clone(),
            literals,
        }
    }

    /// All combinations of presences of the variables' keys, as far as they are possible.
    pub(super) fn presences(&self) -> Vec<Vec<Presence>> {
        let mut found: Vec<Vec<Presence>> = vec![Vec::new()];
        for key in &self.variables {
            let Some(slot) = self.slot_of(key) else {
                continue;
            };
            let mut options = Vec::new();
            options.extend(slot.one.then_some(Presence::One));
            let can_be_empty = slot.value_type == Type::Text && slot.fixed.is_none();
            options.extend((slot.one && can_be_empty).then_some(Presence::Empty));
            options.extend(slot.absent.then_some(Presence::Absent));
            options.extend(slot.many.then_some(Presence::Many));
            let longer = found.iter().flat_map(|before| {
                options.iter().map(|option| {
                    let mut longer = before.clone();
                    longer.push(*option);
                    longer
                })
            });
            found = longer.collect();
        }
        found
    }

    /// The slots when the variables' keys are present like that.
    pub(super) fn slots(&self, presence: &[Presence]) -> Vec<Slot> {
        let mut slots = self.slots.clone();
        for (variable, presence) in self.variables.iter().zip(presence) {
            let of_key = |slot: &&mut Slot| slot.key.as_ref() == Some(variable);
            if let Some(slot) = slots.iter_mut().find(of_key) {
                slot.absent = *presence == Presence::Absent;
                slot.one = matches!(presence, Presence::One | Presence::Empty);
                slot.filled = *presence == Presence::One;
                if *presence == Presence::Empty {
                    slot.fixed = Some(String::new());
                }
                slot.many = *presence == Presence::Many;
            }
        }
        slots
    }

    pub(super) fn bindings(&self, presence: &[Presence]) -> Bindings {
        let pairs = self.variables.iter().zip(presence);
        let bindings = pairs.map(|(key, presence)| {
            let fixed = self.slot_of(key).and_then(|slot| slot.fixed.clone());
            let binding = match (presence, fixed) {
                (Presence::One, Some(fixed)) => Binding::Value(fixed),
                (Presence::One, None) => Binding::Open,
                (Presence::Empty, _) => Binding::Value(String::new()),
                (Presence::Absent | Presence::Many, _) => Binding::Unresolved,
            };
            (key.clone(), binding)
        });
        Bindings(bindings.collect())
    }

    fn slot_of(&self, key: &ConditionKey) -> Option<&Slot> {
        let index = self.keys.iter().position(|known| known == key)?;
        self.slots.get(FIRST_KEY + index)
    }
}

fn slot(key: &ConditionKey, several: bool, caller: Option<&Caller>) -> Slot {
    let value_type = type_of(key);
    let count = count_of(key);
    let given = caller.map_or(Given::Free, |caller| given(caller, key));
    Slot {
        key: Some(key.clone()),
        value_type,
        shape: shape(value_type),
        absent: matches!(given, Given::Absent | Given::Free),
        one: !matches!(given, Given::Absent) && count != Count::Many,
        many: matches!(given, Given::Free)
            && match count {
                Count::Many | Count::Any => true,
                // The engine takes what it is given.
                Count::Single => several,
                Count::One => false,
            },
        filled: false,
        fixed: match given {
            Given::Value(text) => Some(text),
            _ => None,
        },
    }
}

/// What the caller is called under a key.
fn name_of<'c>(caller: &'c Caller, key: &ConditionKey) -> Option<&'c Name> {
    match key {
        ConditionKey::Known(KnownKey::PrincipalArn) => Some(&caller.arn),
        ConditionKey::Known(KnownKey::UserId) => Some(&caller.id),
        _ => None,
    }
    .filter(|_| caller.sort.has_account())
}

/// The values of the keys that describe the caller (reference: the table of principals and the
/// presence notes of the condition keys).
fn given(caller: &Caller, key: &ConditionKey) -> Given {
    use KnownKey as K;
    let ConditionKey::Known(key) = key else {
        let tag = matches!(key, ConditionKey::PrincipalTag(_));
        return match caller.sort {
            Sort::Anonymous if tag => Given::Absent,
            _ => Given::Free,
        };
    };
    let describes = matches!(
        key,
        K::PrincipalArn
            | K::PrincipalAccount
            | K::PrincipalType
            | K::UserId
            | K::Username
            | K::PrincipalOrgId
            | K::PrincipalOrgPaths
            | K::PrincipalIsAwsService
            | K::PrincipalServiceName
            | K::PrincipalServiceNamesList
    );
    let value = |text: &str| Given::Value(text.to_owned());
    let name = |name: &Name| match name {
        Name::Given(text) => Given::Value(text.clone()),
        Name::Open { .. } => Given::Present,
    };
    match (caller.sort, key) {
        _ if !describes => Given::Free,
        (Sort::Anonymous, K::PrincipalType) => value("Anonymous"),
        (Sort::Anonymous, _) => Given::Absent,
        (Sort::Service, K::PrincipalIsAwsService) => value("true"),
        (Sort::Service, K::PrincipalServiceName) => name(&caller.arn),
        (Sort::Service, _) => Given::Free,
        // Such requests are not signed.
        (Sort::Federated, K::PrincipalType | K::PrincipalOrgId | K::PrincipalOrgPaths) => {
            Given::Free
        }
        (Sort::Federated, _) => Given::Absent,
        (_, K::PrincipalArn) => name(&caller.arn),
        (_, K::PrincipalAccount) => value(&caller.account),
        (_, K::UserId) => name(&caller.id),
        (Sort::Root, K::PrincipalType) => value("Account"),
        (Sort::User, K::PrincipalType) => value("User"),
        (Sort::RoleSession, K::PrincipalType) => value("AssumedRole"),
        (Sort::FederatedUser, K::PrincipalType) => value("FederatedUser"),
        (Sort::User, K::Username) => match &caller.arn {
            Name::Given(arn) => value(arn.rsplit('/').next().unwrap_or_default()),
            Name::Open { .. } => Given::Present,
        },
        (_, K::Username | K::PrincipalServiceName | K::PrincipalServiceNamesList) => Given::Absent,
        (_, K::PrincipalIsAwsService) => value("false"),
        _ => Given::Free,
    }
}

/// Demands what the caller's open names are, and of a root user's request that the resource is of
/// its partition, by which alone the engine knows it.
fn demand(sources: &mut Sources, caller: &Caller, literals: &mut Vec<Literal>) {
    if !caller.sort.has_account() {
        return;
    }
    let arn = sources.slot_of(&ConditionKey::Known(KnownKey::PrincipalArn));
    let id = sources.slot_of(&ConditionKey::Known(KnownKey::UserId));
    let mut add = |slot: usize, form: Form, patterns: &[String]| {
        let atom = sources.add(slot, Source::OneOf(form, patterns.to_vec()));
        literals.push(Literal {
            atom,
            allowed: Truths::YES,
        });
    };
    for (slot, name) in [(arn, &caller.arn), (id, &caller.id)] {
        if let Name::Open { like, unlike, .. } = name {
            add(slot, Form::Plain, like);
            if !unlike.is_empty() {
                add(slot, Form::Not, unlike);
            }
        }
    }
    if caller.sort == Sort::Root {
        // Of all resources only `*` is one character long.
        let pattern = match caller.partition.as_str() {
            "" => "?".to_owned(),
            partition => format!("arn:{partition}:*"),
        };
        add(RESOURCE, Form::Plain, &[pattern]);
    }
}

/// The role whose trust policy is asked, in the caller's account or in another.
fn role(caller: Option<&Caller>, level: Grant) -> String {
    let (partition, account) = match caller {
        Some(caller) if caller.sort.has_account() => {
            let across = level == Grant::Delegated || caller.sort == Sort::Root;
            let account = if across { ELSEWHERE } else { &caller.account };
            (caller.partition.as_str(), account)
        }
        _ => ("aws", ELSEWHERE),
    };
    format!("arn:{partition}:iam::{account}:role/role")
}
