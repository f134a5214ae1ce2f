//! The plan of an import: every entity of the file checked and turned into the record it will be.

mod policies;
mod trust;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use locum_policy::Arn;
use locum_store::{Account, AccountId, Group, InstanceProfile, Record, Role, User};
use locum_wire::iam;

use super::check::{self, said};
use super::file::{self, File};
use super::text::{self, Mapping};
use crate::entities;
use crate::iam::names;
use crate::iam::role::MAX_SESSION_DURATION_S_DEFAULT;
use crate::ids;
use crate::limits;
use crate::managed;

/// What an import would do.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) puts: Vec<Record>,
    /// One line an entity: `+` is new, `=` is there already.
    pub(super) lines: Vec<String>,
    /// What the file does not hold, or cannot be kept.
    pub(super) not_carried: Vec<String>,
    /// New users, groups, roles, instance profiles and policies.
    pub(super) created: [usize; 5],
}

/// What stands around the file.
pub(super) struct Ground<'a> {
    pub(super) partition: &'a str,
    /// Where it goes.
    pub(super) target: &'a Account,
    /// Whose the file is.
    pub(super) source: AccountId,
    pub(super) mappings: &'a [Mapping],
    /// The accounts of this installation that principals name; `None` inside: there is none.
    pub(super) named: &'a HashMap<AccountId, Option<Arc<Account>>>,
    /// All accounts beside the target, for the uniqueness of ids.
    pub(super) others: &'a [Arc<Account>],
}

/// Plans the whole file, or says everything that is wrong with it.
pub(super) fn plan(ground: &Ground<'_>, file: &File<'_>) -> Result<Plan, Vec<String>> {
    let mut planner = Planner::new(ground, file);
    for policy in &file.policies {
        let outcome = planner.policy(policy);
        planner.note(4, "policy", &policy.path, &policy.policy_name, outcome);
    }
    for group in &file.group_detail_list {
        let outcome = planner.group(group);
        planner.note(1, "group", &group.path, &group.group_name, outcome);
    }
    for user in &file.user_detail_list {
        let outcome = planner.user(user);
        planner.note(0, "user", &user.path, &user.user_name, outcome);
    }
    for role in &file.role_detail_list {
        let outcome = planner.role(role);
        planner.note(2, "role", &role.path, &role.role_name, outcome);
        for profile in &role.instance_profile_list {
            let outcome = planner.profile(profile, &role.role_id);
            let name = &profile.instance_profile_name;
            planner.note(3, "instance-profile", &profile.path, name, outcome);
        }
    }
    planner.quotas();
    planner.left_out(file);
    match planner.problems.is_empty() {
        true => Ok(planner.plan),
        false => Err(planner.problems),
    }
}

/// What became of one entity: its record, and whether it is there already; `None` when it is not
/// the account's to make.
type Outcome = Result<Option<(Record, Found)>, String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    New,
    Same,
}

struct Planner<'a> {
    ground: &'a Ground<'a>,
    /// Unique ids of the file's users and roles by path and name.
    users: HashMap<String, &'a str>,
    roles: HashMap<String, &'a str>,
    role_names: HashMap<&'a str, &'a str>,
    groups: HashMap<&'a str, &'a str>,
    /// ARNs of the file's own managed policies, mapped.
    policies: HashSet<String>,
    ids: HashSet<String>,
    names: HashSet<String>,
    problems: Vec<String>,
    plan: Plan,
}

impl<'a> Planner<'a> {
    fn new(ground: &'a Ground<'a>, file: &'a File<'a>) -> Planner<'a> {
        let users = file.user_detail_list.iter();
        let roles = file.role_detail_list.iter();
        let groups = file.group_detail_list.iter();
        let policies = file.policies.iter();
        Planner {
            ground,
            users: users
                .map(|held| {
                    (
                        format!("{}{}", held.path, held.user_name),
                        held.user_id.as_str(),
                    )
                })
                .collect(),
            role_names: roles
                .clone()
                .map(|held| (held.role_name.as_str(), held.role_id.as_str()))
                .collect(),
            roles: roles
                .map(|held| {
                    (
                        format!("{}{}", held.path, held.role_name),
                        held.role_id.as_str(),
                    )
                })
                .collect(),
            groups: groups
                .map(|held| (held.group_name.as_str(), held.group_id.as_str()))
                .collect(),
            policies: policies
                .map(|held| text::mapped(&held.arn, ground.mappings))
                .collect(),
            ids: HashSet::new(),
            names: HashSet::new(),
            problems: Vec::new(),
            plan: Plan::default(),
        }
    }

    fn note(&mut self, at: usize, kind: &str, path: &str, name: &str, outcome: Outcome) {
        let what = format!("{kind} {path}{name}");
        match outcome {
            Ok(None) => {}
            Ok(Some((_, Found::Same))) => self.plan.lines.push(format!("= {what}")),
            Ok(Some((record, Found::New))) => {
                self.plan.lines.push(format!("+ {what}"));
                self.plan.puts.push(record);
                if let Some(count) = self.plan.created.get_mut(at) {
                    *count += 1;
                }
            }
            Err(_) if self.problems.len() >= limits::IMPORT_PROBLEMS_MAX => {}
            Err(why) => self.problems.push(format!("{what}: {why}")),
        }
    }

    /// Checks that the ARN is the file's account's, of path and name, and that name and id are
    /// nobody else's.
    fn identity(
        &mut self,
        (kind, prefix): (&str, &str),
        arn: &str,
        (path, name): (&str, &str),
        id: &str,
    ) -> Result<(), String> {
        let (partition, source) = (self.ground.partition, self.ground.source);
        let expected = format!("arn:{partition}:iam::{source}:{kind}{path}{name}");
        if arn != expected {
            return Err(format!("its ARN is {arn}, not {expected}"));
        }
        check::unique_id(id, prefix)?;
        if !self
            .names
            .insert(format!("{kind}/{}", name.to_ascii_lowercase()))
        {
            return Err("the name is there twice".to_owned());
        }
        if !self.ids.insert(id.to_owned()) {
            return Err(format!("the unique id {id} is there twice"));
        }
        self.foreign(id)
    }

    /// Trust policies and sessions hold unique ids: nobody may come by one that is somebody's.
    fn foreign(&self, id: &str) -> Result<(), String> {
        let target = self.ground.target;
        if let Some(account) = ids::account_of_id(id) {
            let here = self.ground.others.iter().any(|other| other.id == account);
            if account != target.id && (here || account != self.ground.source) {
                return Err(format!("the unique id {id} is one of account {account}"));
            }
        }
        let taken = |account: &&Arc<Account>| {
            account.user_by_id(id).is_some() || account.role_by_id(id).is_some()
        };
        match self.ground.others.iter().find(taken) {
            Some(account) => Err(format!(
                "the unique id {id} is taken in account {}",
                account.id
            )),
            None => Ok(()),
        }
    }

    /// New, or the same as what is there; anything else that has the name or the id is in the way.
    fn compare<T: PartialEq>(
        &self,
        held: Option<&Arc<T>>,
        by_id: Option<&Arc<T>>,
        new: &T,
    ) -> Result<Found, String> {
        match held {
            Some(held) if **held == *new => Ok(Found::Same),
            Some(_) => Err("there is another of that name, and it differs".to_owned()),
            None if by_id.is_some() => Err("its unique id is taken under another name".to_owned()),
            None => Ok(Found::New),
        }
    }

    /// The ARN of a managed policy as it is here.
    fn managed(&self, arn: &str) -> Result<String, String> {
        let arn = text::mapped(arn, self.ground.mappings);
        let own = entities::policy_by_arn(self.ground.target, &arn).is_some();
        let partition = Arn::parse(&arn).is_some_and(|arn| arn.partition == self.ground.partition);
        if partition && (own || self.policies.contains(&arn) || managed::find(&arn).is_some()) {
            return Ok(arn);
        }
        Err(format!("Policy {arn} does not exist or is not attachable."))
    }

    fn attached(
        &self,
        policies: &[file::AttachedPolicy],
        (quota, max): (&str, usize),
    ) -> Result<Vec<String>, String> {
        let mut arns = Vec::with_capacity(policies.len());
        for policy in policies {
            let arn = self.managed(&policy.policy_arn)?;
            if arns.contains(&arn) {
                return Err(format!("the policy {arn} is attached twice"));
            }
            names::quota(arns.len(), quota, max).map_err(|error| said(&error))?;
            arns.push(arn);
        }
        arns.sort();
        Ok(arns)
    }

    fn boundary(&self, boundary: Option<&file::Boundary>) -> Result<Option<String>, String> {
        let arn = boundary.map(|held| self.managed(&held.permissions_boundary_arn));
        arn.transpose()
    }

    fn inline(&self, policies: &[file::PolicyDetail<'_>]) -> Result<Vec<(String, String)>, String> {
        let policies = policies.iter().map(|held| {
            let text = held.policy_document.text()?;
            let text = text::mapped(&text, self.ground.mappings);
            Ok((held.policy_name.clone(), text))
        });
        policies.collect()
    }

    fn group(&mut self, detail: &file::GroupDetail<'_>) -> Outcome {
        let names = (detail.path.as_str(), detail.group_name.as_str());
        self.identity(("group", "AGPA"), &detail.arn, names, &detail.group_id)?;
        let input = iam::CreateGroupRequest {
            path: Some(detail.path.clone()),
            group_name: detail.group_name.clone(),
        };
        check::input("CreateGroup", &input)?;
        let quota = ("PoliciesPerGroup", limits::POLICIES_PER_GROUP_MAX);
        let inline = self.inline(&detail.group_policy_list)?;
        let new = Group {
            name: detail.group_name.clone(),
            path: check::path(&detail.path)?,
            id: detail.group_id.clone(),
            created_s: detail.create_date.seconds()?,
            inline: check::inline(inline, limits::INLINE_GROUP_CHARACTERS_MAX)?,
            attached: self.attached(&detail.attached_managed_policies, quota)?,
        };
        let target = self.ground.target;
        let held = target.groups().get(&new.name);
        let found = self.compare(held, target.group_by_id(&new.id), &new)?;
        Ok(Some((Record::Group(new), found)))
    }

    fn user(&mut self, detail: &file::UserDetail<'_>) -> Outcome {
        let names = (detail.path.as_str(), detail.user_name.as_str());
        self.identity(("user", "AIDA"), &detail.arn, names, &detail.user_id)?;
        let boundary = self.boundary(detail.permissions_boundary.as_ref())?;
        let input = iam::CreateUserRequest {
            path: Some(detail.path.clone()),
            user_name: detail.user_name.clone(),
            permissions_boundary: boundary.clone(),
            tags: Some(check::wire_tags(&detail.tags)),
        };
        check::input("CreateUser", &input)?;
        let quota = ("PoliciesPerUser", limits::POLICIES_PER_USER_MAX);
        let inline = self.inline(&detail.user_policy_list)?;
        let target = self.ground.target;
        let held = target.users().get(&detail.user_name);
        let new = User {
            name: detail.user_name.clone(),
            path: check::path(&detail.path)?,
            id: detail.user_id.clone(),
            created_s: detail.create_date.seconds()?,
            tags: check::tags(&detail.tags)?,
            inline: check::inline(inline, limits::INLINE_USER_CHARACTERS_MAX)?,
            attached: self.attached(&detail.attached_managed_policies, quota)?,
            groups: self.memberships(&detail.group_list)?,
            boundary,
            password_last_used_s: held.and_then(|held| held.password_last_used_s),
        };
        let found = self.compare(held, target.user_by_id(&new.id), &new)?;
        Ok(Some((Record::User(new), found)))
    }

    fn memberships(&self, groups: &[String]) -> Result<Vec<String>, String> {
        let mut ids: Vec<String> = Vec::with_capacity(groups.len());
        for name in groups {
            let held = self.ground.target.groups().get(name);
            let held = held.map(|group| group.id.as_str());
            let id = self.groups.get(name.as_str()).copied().or(held);
            let id = id.ok_or_else(|| format!("The group with name {name} cannot be found."))?;
            if ids.iter().any(|other| other == id) {
                return Err(format!("it is in the group {name} twice"));
            }
            names::quota(ids.len(), "GroupsPerUser", limits::GROUPS_PER_USER_MAX)
                .map_err(|error| said(&error))?;
            ids.push(id.to_owned());
        }
        Ok(ids)
    }

    fn role(&mut self, detail: &file::RoleDetail<'_>) -> Outcome {
        let names = (detail.path.as_str(), detail.role_name.as_str());
        self.identity(("role", "AROA"), &detail.arn, names, &detail.role_id)?;
        let trust = text::mapped(
            &detail.assume_role_policy_document.text()?,
            self.ground.mappings,
        );
        let boundary = self.boundary(detail.permissions_boundary.as_ref())?;
        let input = iam::CreateRoleRequest {
            path: Some(detail.path.clone()),
            role_name: detail.role_name.clone(),
            assume_role_policy_document: trust.clone(),
            permissions_boundary: boundary.clone(),
            tags: Some(check::wire_tags(&detail.tags)),
            ..iam::CreateRoleRequest::default()
        };
        check::input("CreateRole", &input)?;
        let service_linked = super::linked::service(&detail.path, &detail.role_name, &trust)?;
        let attached = match &service_linked {
            Some(_) => self.linked_policies(detail),
            None => {
                let quota = ("PoliciesPerRole", limits::POLICIES_PER_ROLE_MAX);
                self.attached(&detail.attached_managed_policies, quota)?
            }
        };
        let inline = self.inline(&detail.role_policy_list)?;
        let target = self.ground.target;
        let held = target.roles().get(&detail.role_name);
        let new = Role {
            name: detail.role_name.clone(),
            path: check::path(&detail.path)?,
            id: detail.role_id.clone(),
            created_s: detail.create_date.seconds()?,
            // The format has neither.
            description: held.and_then(|held| held.description.clone()),
            max_session_duration_s: held.map_or(MAX_SESSION_DURATION_S_DEFAULT, |held| {
                held.max_session_duration_s
            }),
            trust: self.trust(&trust)?,
            tags: check::tags(&detail.tags)?,
            inline: check::inline(inline, limits::INLINE_ROLE_CHARACTERS_MAX)?,
            attached,
            boundary,
            service_linked,
        };
        let found = self.compare(held, target.role_by_id(&new.id), &new)?;
        Ok(Some((Record::Role(new), found)))
    }

    /// Nobody here acts as a service, so a policy that is not built in is left out and reported.
    fn linked_policies(&mut self, detail: &file::RoleDetail<'_>) -> Vec<String> {
        let mut kept = Vec::new();
        for policy in &detail.attached_managed_policies {
            match self.managed(&policy.policy_arn) {
                Ok(arn) => kept.push(arn),
                Err(_) => self.plan.not_carried.push(format!(
                    "the policy {} of the service-linked role {}: it is not built in",
                    policy.policy_arn, detail.role_name
                )),
            }
        }
        kept.sort();
        kept
    }

    fn profile(&mut self, detail: &file::InstanceProfile<'_>, role_id: &str) -> Outcome {
        let name = detail.instance_profile_name.as_str();
        let names = (detail.path.as_str(), name);
        let id = &detail.instance_profile_id;
        self.identity(("instance-profile", "AIPA"), &detail.arn, names, id)?;
        let input = iam::CreateInstanceProfileRequest {
            instance_profile_name: name.to_owned(),
            path: Some(detail.path.clone()),
            tags: Some(check::wire_tags(&detail.tags)),
        };
        check::input("CreateInstanceProfile", &input)?;
        let target = self.ground.target;
        let held = target.instance_profiles().get(name);
        let given = check::tags(&detail.tags)?;
        let new = InstanceProfile {
            name: name.to_owned(),
            path: check::path(&detail.path)?,
            id: id.clone(),
            created_s: detail.create_date.seconds()?,
            // AWS leaves them out of this list.
            tags: match held {
                Some(held) if given.is_empty() => held.tags.clone(),
                _ => given,
            },
            role: Some(role_id.to_owned()),
        };
        let found = self.compare(held, None, &new)?;
        Ok(Some((Record::InstanceProfile(new), found)))
    }

    fn quotas(&mut self) {
        let target = self.ground.target;
        let [users, groups, roles, profiles, policies] = self.plan.created;
        for (count, name, max) in [
            (
                target.users().len() + users,
                "UsersPerAccount",
                limits::USERS_PER_ACCOUNT_MAX,
            ),
            (
                target.groups().len() + groups,
                "GroupsPerAccount",
                limits::GROUPS_PER_ACCOUNT_MAX,
            ),
            (
                target.roles().len() + roles,
                "RolesPerAccount",
                limits::ROLES_PER_ACCOUNT_MAX,
            ),
            (
                target.instance_profiles().len() + profiles,
                "InstanceProfilesPerAccount",
                limits::INSTANCE_PROFILES_PER_ACCOUNT_MAX,
            ),
            (
                target.policies().len() + policies,
                "PoliciesPerAccount",
                limits::POLICIES_PER_ACCOUNT_MAX,
            ),
        ] {
            if let Err(error) = names::quota(count.saturating_sub(1), name, max) {
                self.problems.push(said(&error));
            }
        }
    }

    /// What the format does not hold.
    fn left_out(&mut self, file: &File<'_>) {
        let [users, _, roles, profiles, policies] = self.plan.created;
        let used = file.role_detail_list.iter();
        let used = used.filter(|role| role.role_last_used.is_some_and(|used| used.get() != "{}"));
        for (count, what) in [
            (
                users,
                "users: their passwords, access keys, MFA devices, certificates, SSH keys and service credentials are not in such a file",
            ),
            (
                roles,
                "roles: their descriptions and longest sessions are not in such a file; sessions last an hour at most until they are set",
            ),
            (used.count(), "roles: when they were last used is not kept"),
            (
                policies,
                "policies: their tags and the numbers of deleted versions are not in such a file",
            ),
            (
                profiles,
                "instance profiles: those without a role are not in such a file",
            ),
        ] {
            if count > 0 {
                self.plan.not_carried.push(format!("{count} {what}"));
            }
        }
    }
}
