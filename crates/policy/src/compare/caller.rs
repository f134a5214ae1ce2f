//! Who may ask about a resource: everybody whom the documents name, and for each kind of caller
//! somebody whom they do not.

use std::collections::BTreeSet;

use super::statement::Statement;
use crate::arn::Arn;
use crate::limits::COMPARE_CALLERS_MAX;
use crate::principal::{PrincipalPattern, is_account};
use crate::request::{Principal, PrincipalKind};

/// A text that is given, or one that is open within bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    Given(String),
    Open {
        /// Patterns with wildcards, of which it matches one.
        like: Vec<String>,
        /// Patterns of which it matches none.
        unlike: Vec<String>,
        /// One such text, which the documents do not name.
        example: String,
    },
}

impl Name {
    pub(super) fn example(&self) -> &str {
        match self {
            Name::Given(text) => text,
            Name::Open { example, .. } => example,
        }
    }
}

/// A kind of caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Root,
    User,
    RoleSession,
    FederatedUser,
    Federated,
    Service,
    Anonymous,
}

impl Sort {
    /// Whether callers of that kind belong to an account.
    pub(super) fn has_account(self) -> bool {
        matches!(
            self,
            Sort::Root | Sort::User | Sort::RoleSession | Sort::FederatedUser
        )
    }
}

/// A caller, or a set of callers that the documents' principals do not tell apart.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) sort: Sort,
    /// Twelve digits, or empty.
    pub(super) account: String,
    /// Empty when it cannot be told.
    pub(super) partition: String,
    /// `aws:PrincipalArn`: of the user, role or federated user; the provider or service otherwise.
    pub(super) arn: Name,
    /// `aws:userid`
    pub(super) id: Name,
    /// Of a federated user: the user who asked for its session, ARN and id.
    pub(super) behind: (String, String),
}

/// A caller in full, for the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) sort: Sort,
    pub(super) account: String,
    pub(super) arn: String,
    pub(super) id: String,
    pub(super) session: String,
    pub(super) session_arn: String,
    pub(super) behind: (String, String),
}

impl Caller {
    /// The caller with its open names filled in.
    pub(super) fn known(&self, arn: Option<&str>, id: Option<&str>) -> Known {
        let arn = arn.unwrap_or(self.arn.example()).to_owned();
        let id = id.unwrap_or(self.id.example());
        let (id, session) = id.split_once(':').unwrap_or((id, ""));
        let role = arn.rsplit('/').next().unwrap_or_default();
        let (partition, account) = (&self.partition, &self.account);
        Known {
            sort: self.sort,
            account: account.clone(),
            session_arn: format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}"),
            id: id.to_owned(),
            session: session.to_owned(),
            arn,
            behind: self.behind.clone(),
        }
    }
}

impl Known {
    pub(super) fn principal(&self) -> Principal<'_> {
        let kind = match self.sort {
            Sort::Root => PrincipalKind::Root,
            Sort::User => PrincipalKind::User {
                arn: &self.arn,
                id: &self.id,
            },
            Sort::RoleSession => PrincipalKind::RoleSession {
                role_arn: &self.arn,
                role_id: &self.id,
                session_arn: &self.session_arn,
                session_name: &self.session,
            },
            Sort::FederatedUser => PrincipalKind::FederatedUser {
                arn: &self.arn,
                user_arn: &self.behind.0,
                user_id: &self.behind.1,
            },
            Sort::Federated => PrincipalKind::Federated {
                provider: &self.arn,
            },
            Sort::Service => PrincipalKind::Service { name: &self.arn },
            Sort::Anonymous => PrincipalKind::Anonymous,
        };
        Principal {
            kind,
            account: &self.account,
        }
    }
}

/// What the documents say about callers.
#[derive(Debug, Default)]
struct Named {
    accounts: BTreeSet<String>,
    partitions: BTreeSet<String>,
    users: BTreeSet<String>,
    user_ids: BTreeSet<String>,
    roles: BTreeSet<String>,
    role_ids: BTreeSet<String>,
    /// Names of roles in the ARNs of their sessions.
    role_names: BTreeSet<String>,
    sessions: BTreeSet<String>,
    federated_users: BTreeSet<String>,
    providers: BTreeSet<String>,
    services: BTreeSet<String>,
}

const USER_ID: &str = "AIDASOMEBODYELSE0000";
const ROLE_ID: &str = "AROASOMEBODYELSE0000";

/// All callers, those whom nobody names first; `None` when they are too many. `texts` are the values
/// of conditions on the caller's ARN and account, whose accounts and partitions count as named.
pub(super) fn callers<'a>(
    statements: impl Iterator<Item = &'a Statement<'a>>,
    texts: &[String],
) -> Option<Vec<Caller>> {
    let mut named = Named::default();
    named.partitions.insert("aws".to_owned());
    for statement in statements {
        for pattern in &statement.principals {
            named.note(pattern);
        }
    }
    for text in texts {
        if is_account(text) {
            named.accounts.insert(text.clone());
        }
        named.note_arn(text);
    }
    if !texts.is_empty() {
        // Conditions could tell partitions apart. Principals alone do not: an account's number and
        // the ARN of its root user are the same.
        let others = ["aws-cn", "aws-us-gov", "aws-iso"].map(str::to_owned);
        let other = others
            .into_iter()
            .find(|other| !named.partitions.contains(other));
        named.partitions.extend(other);
    }
    let mut found = Vec::new();
    for partition in &named.partitions {
        for account in named.all_accounts() {
            named.members(partition, &account, &mut found);
            if found.len() > COMPARE_CALLERS_MAX {
                return None;
            }
        }
    }
    named.outsiders(&mut found);
    found.sort_by_key(|caller| matches!(caller.arn, Name::Given(_)));
    (found.len() <= COMPARE_CALLERS_MAX).then_some(found)
}

impl Named {
    fn note(&mut self, pattern: &PrincipalPattern) {
        use PrincipalPattern as P;
        let set = match pattern {
            P::Everyone | P::Nobody => return,
            P::Account { partition, account } => {
                self.accounts.insert(account.to_string());
                self.partitions
                    .extend(partition.iter().map(ToString::to_string));
                return;
            }
            P::UserId(id) => {
                self.user_ids.insert(id.to_string());
                return;
            }
            P::RoleId(id) => {
                self.role_ids.insert(id.to_string());
                return;
            }
            P::RoleSession { role_id, session } => {
                self.role_ids.insert(role_id.to_string());
                self.sessions.insert(session.to_string());
                return;
            }
            P::Provider(name) => (&mut self.providers, name),
            P::Service(name) => (&mut self.services, name),
            P::User(arn) => (&mut self.users, arn),
            P::Role(arn) => (&mut self.roles, arn),
            P::FederatedUser(arn) => (&mut self.federated_users, arn),
            P::AssumedRole(arn) => {
                let mut parts = arn.split('/').skip(1);
                self.role_names.extend(parts.next().map(str::to_owned));
                self.sessions.extend(parts.next().map(str::to_owned));
                self.note_arn(arn);
                return;
            }
        };
        let (set, text) = set;
        set.insert(text.to_string());
        self.note_arn(text);
    }

    fn note_arn(&mut self, text: &str) {
        let Some(arn) = Arn::parse(text) else {
            return;
        };
        if is_account(arn.account) {
            self.accounts.insert(arn.account.to_owned());
        }
        if !arn.partition.contains(['*', '?', '$']) {
            self.partitions.insert(arn.partition.to_owned());
        }
    }

    /// The accounts that are named, and one that is not, which comes first.
    fn all_accounts(&self) -> Vec<String> {
        let fresh = (0..).map(|n: u64| format!("{:012}", 999_988_887_777 - n));
        let fresh = fresh
            .into_iter()
            .find(|account| !self.accounts.contains(account));
        fresh
            .into_iter()
            .chain(self.accounts.iter().cloned())
            .collect()
    }

    /// Callers of one account.
    fn members(&self, partition: &str, account: &str, found: &mut Vec<Caller>) {
        let member = |sort: Sort, arn: Name, id: Name, behind: (&str, &str)| Caller {
            sort,
            account: account.to_owned(),
            partition: partition.to_owned(),
            arn,
            id,
            behind: (behind.0.to_owned(), behind.1.to_owned()),
        };
        let iam = format!("arn:{partition}:iam::{account}:");
        let sts = format!("arn:{partition}:sts::{account}:");
        let root = member(
            Sort::Root,
            Name::Given(format!("{iam}root")),
            Name::Given(account.to_owned()),
            ("", ""),
        );
        // Asking for no resource, it is of no partition that one could tell.
        let nowhere = Caller {
            partition: String::new(),
            ..root.clone()
        };
        found.extend([root, nowhere]);
        let users = names(
            &self.users,
            &[format!("{iam}user/*")],
            format!("{iam}user/other"),
        );
        let user_ids = names(&self.user_ids, &["AIDA*".to_owned()], USER_ID.to_owned());
        for (arn, id) in pairs(&users, &user_ids) {
            found.push(member(Sort::User, arn.clone(), id.clone(), ("", "")));
        }
        let other = fresh("other", |name| self.role_names.contains(name));
        let mut roles = names(
            &self.roles,
            &[format!("{iam}role/*")],
            format!("{iam}role/{other}"),
        );
        for name in &self.role_names {
            let like = [format!("{iam}role/{name}"), format!("{iam}role/*/{name}")];
            for role in &mut roles {
                if let Name::Open { unlike, .. } = role {
                    unlike.extend(like.clone());
                }
            }
            roles.extend(open(&self.roles, &like, format!("{iam}role/{name}")));
        }
        for (arn, id) in pairs(&roles, &self.session_ids()) {
            found.push(member(Sort::RoleSession, arn.clone(), id.clone(), ("", "")));
        }
        let like = [format!("{sts}federated-user/*")];
        let federated = names(
            &self.federated_users,
            &like,
            format!("{sts}federated-user/other"),
        );
        for arn in &federated {
            for (user, id) in pairs(&users, &user_ids) {
                let behind = (user.example(), id.example());
                let own = Name::Open {
                    like: vec![format!("{account}:?*")],
                    unlike: Vec::new(),
                    example: format!("{account}:other"),
                };
                found.push(member(Sort::FederatedUser, arn.clone(), own, behind));
            }
        }
    }

    /// The ids of sessions of roles: `AROA…:name`, with both, one or none of them named.
    fn session_ids(&self) -> Vec<Name> {
        let mut found = Vec::new();
        let other = fresh("session", |name| self.sessions.contains(name));
        let role_id = fresh(ROLE_ID, |id| self.role_ids.contains(id));
        let others = |prefix: &str, unlike: Vec<String>| Name::Open {
            like: vec![format!("{prefix}:?*")],
            unlike,
            example: format!("{}:{other}", prefix.replace("AROA*", &role_id)),
        };
        let unnamed_sessions: Vec<String> = self
            .sessions
            .iter()
            .map(|name| format!("*:{name}"))
            .collect();
        let mut unnamed = unnamed_sessions.clone();
        unnamed.extend(self.role_ids.iter().map(|id| format!("{id}:*")));
        found.push(others("AROA*", unnamed));
        for id in &self.role_ids {
            found.push(others(id, unnamed_sessions.clone()));
        }
        for session in &self.sessions {
            found.push(Name::Open {
                like: vec![format!("AROA*:{session}")],
                unlike: self.role_ids.iter().map(|id| format!("{id}:*")).collect(),
                example: format!("{role_id}:{session}"),
            });
            let ids = self.role_ids.iter();
            found.extend(ids.map(|id| Name::Given(format!("{id}:{session}"))));
        }
        found
    }

    /// Callers of no account.
    fn outsiders(&self, found: &mut Vec<Caller>) {
        let outsider = |sort: Sort, name: &str| Caller {
            sort,
            account: String::new(),
            partition: String::new(),
            arn: Name::Given(name.to_owned()),
            id: Name::Given(String::new()),
            behind: (String::new(), String::new()),
        };
        let named = |names: &BTreeSet<String>, other: &str| {
            let other = fresh(other, |name| names.contains(name));
            let names = names.iter().filter(|name| *name != "*").cloned();
            names.chain([other]).collect::<Vec<_>>()
        };
        found.push(outsider(Sort::Anonymous, ""));
        let other = "arn:aws:iam::999988887777:oidc-provider/other.example";
        for provider in named(&self.providers, other) {
            found.push(outsider(Sort::Federated, &provider));
        }
        for service in named(&self.services, "other.amazonaws.com") {
            found.push(outsider(Sort::Service, &service));
        }
    }
}

/// The texts of `given` that look like `like`, and one that is none of them.
fn names(given: &BTreeSet<String>, like: &[String], example: String) -> Vec<Name> {
    let alike = |text: &&String| {
        let mut like = like.iter();
        like.any(|pattern| crate::pattern::wildcard_match(pattern, text))
    };
    let named = given.iter().filter(alike).cloned().map(Name::Given);
    open(given, like, example)
        .into_iter()
        .chain(named)
        .collect()
}

fn open(given: &BTreeSet<String>, like: &[String], example: String) -> Option<Name> {
    // No name is empty.
    let unlike = given.iter().cloned().chain(["*/".to_owned()]);
    Some(Name::Open {
        like: like.to_vec(),
        unlike: unlike.collect(),
        example: fresh(&example, |name| given.contains(name)),
    })
}

/// A text that is not taken.
fn fresh(text: &str, is_taken: impl Fn(&String) -> bool) -> String {
    let mut text = text.to_owned();
    while is_taken(&text) {
        text.push('X');
    }
    text
}

fn pairs<'a>(some: &'a [Name], others: &'a [Name]) -> impl Iterator<Item = (&'a Name, &'a Name)> {
    some.iter()
        .flat_map(move |one| others.iter().map(move |other| (one, other)))
}
