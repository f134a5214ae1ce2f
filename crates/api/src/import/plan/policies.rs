//! Managed policies of an import, with all their versions.

use locum_policy::Kind;
use locum_store::{ManagedPolicy, PolicyVersion, Record};
use locum_wire::iam;

use super::super::check::{self, said};
use super::super::{file, text};
use super::{Outcome, Planner};
use crate::iam::policy;
use crate::limits;

impl Planner<'_> {
    pub(super) fn policy(&mut self, detail: &file::ManagedPolicyDetail<'_>) -> Outcome {
        let aws = format!("arn:{}:iam::aws:policy/", self.ground.partition);
        if detail.arn.starts_with(&aws) {
            // AWS's own: built in, or refused where it is attached.
            return Ok(None);
        }
        let names = (detail.path.as_str(), detail.policy_name.as_str());
        self.identity(("policy", "ANPA"), &detail.arn, names, &detail.policy_id)?;
        let mut versions = Vec::new();
        let mut default_version = None;
        for version in &detail.policy_version_list {
            let read = self.version(detail, version)?;
            if versions
                .iter()
                .any(|held: &PolicyVersion| held.number == read.number)
            {
                return Err(format!("version {} is there twice", version.version_id));
            }
            if version.is_default_version {
                if default_version.is_some() || version.version_id != detail.default_version_id {
                    return Err("it has not one default version".to_owned());
                }
                default_version = Some(read.number);
            }
            versions.push(read);
        }
        if versions.len() > limits::VERSIONS_PER_POLICY_MAX {
            return Err("it has more than 5 versions".to_owned());
        }
        versions.sort_by_key(|version| version.number);
        let target = self.ground.target;
        let held = target.policy_by_name(&detail.policy_name);
        let newest = versions.last().map_or(0, |version| version.number);
        let new = ManagedPolicy {
            name: detail.policy_name.clone(),
            path: check::path(&detail.path)?,
            id: detail.policy_id.clone(),
            created_s: detail.create_date.seconds()?,
            updated_s: detail.update_date.seconds()?,
            description: detail.description.clone(),
            // The format has neither.
            tags: held.map_or_else(Vec::new, |held| held.tags.clone()),
            latest_version: held.map_or(newest, |held| held.latest_version.max(newest)),
            versions,
            default_version: default_version.ok_or("it has not one default version")?,
        };
        let found = self.compare(held, target.policy_by_id(&new.id), &new)?;
        Ok(Some((Record::Policy(new), found)))
    }

    fn version(
        &self,
        detail: &file::ManagedPolicyDetail<'_>,
        version: &file::PolicyVersion<'_>,
    ) -> Result<PolicyVersion, String> {
        let id = &version.version_id;
        let number = id.strip_prefix('v').and_then(|number| number.parse().ok());
        let number = number.filter(|number| *number > 0 && *id == format!("v{number}"));
        let number: u32 = number.ok_or_else(|| format!("{id} is no version"))?;
        let text = text::mapped(&version.document.text()?, self.ground.mappings);
        let input = iam::CreatePolicyRequest {
            path: Some(detail.path.clone()),
            policy_name: detail.policy_name.clone(),
            description: detail.description.clone(),
            policy_document: text.clone(),
            ..iam::CreatePolicyRequest::default()
        };
        check::input("CreatePolicy", &input)?;
        let (text, size) = check::identity(&text, Kind::Managed)?;
        policy::size_quota(size).map_err(|error| said(&error))?;
        Ok(PolicyVersion {
            number,
            created_s: version.create_date.seconds()?,
            text,
        })
    }
}
