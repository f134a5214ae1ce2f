//! Trust policies of an import: their principals bound to unique ids, of the file or of this installation.

use super::super::check::said;
use super::super::text;
use super::Planner;
use crate::documents::{self, Principal};

impl Planner<'_> {
    /// The trust policy with its principals bound: to the file's entities before those that are here.
    pub(super) fn trust(&self, shown: &str) -> Result<locum_store::PolicyText, String> {
        let partition = self.ground.partition;
        let veiled = text::veiled(shown, partition);
        let document = documents::checked_trust(&veiled).map_err(|error| said(&error))?;
        let bound = document.bind(&|arn| self.principal(arn));
        let bound = bound.map_err(|finding| {
            let gone = text::restored(&finding.message, partition);
            format!("{gone} (the principal is neither in the file nor in this installation)")
        })?;
        Ok(locum_store::PolicyText::new(text::restored(
            &bound, partition,
        )))
    }

    fn principal(&self, arn: &str) -> Option<String> {
        let partition = self.ground.partition;
        if let Some(id) = text::gone(arn, partition) {
            // Only what is really gone: no trust policy names the living by their ids.
            let lives = self.ground.others.iter().any(|account| {
                account.user_by_id(id).is_some() || account.role_by_id(id).is_some()
            });
            let target = self.ground.target;
            let lives = lives
                || target.user_by_id(id).is_some()
                || target.role_by_id(id).is_some()
                || self
                    .users
                    .values()
                    .chain(self.roles.values())
                    .any(|other| *other == id);
            return (!lives).then(|| id.to_owned());
        }
        let (account, named) = documents::principal(partition, arn)?;
        if account != self.ground.target.id {
            let held = self.ground.named.get(&account)?.as_ref()?;
            return documents::unique_id(held, named);
        }
        let in_file = match named {
            Principal::User(rest) => self.users.get(&format!("/{rest}")),
            Principal::Role(rest) => self.roles.get(&format!("/{rest}")),
            Principal::Session(name) => self.role_names.get(name),
        };
        let in_file = in_file.map(|id| (*id).to_owned());
        in_file.or_else(|| documents::unique_id(self.ground.target, named))
    }
}
