//! The size of the document against the quotas of its kind.

use super::{Findings, Subject, finding};
use crate::code::Code;
use crate::finding::Kind;
use crate::limits::{
    DOCUMENT_CHARACTERS_MAX, INLINE_POLICY_CHARACTERS_MAX, MANAGED_POLICY_CHARACTERS_MAX,
    RESOURCE_POLICY_CHARACTERS_MAX, SESSION_POLICY_CHARACTERS_MAX, TRUST_POLICY_CHARACTERS_DEFAULT,
    TRUST_POLICY_CHARACTERS_MAX,
};

pub(super) fn check(subject: &Subject<'_>, out: &mut Findings) {
    let size = subject.document.size();
    let quotas = quotas(subject.kind);
    if let Some((code, most)) = quotas.iter().find(|(_, most)| size > *most) {
        out.push(finding(
            *code,
            &(0..1.min(subject.document.text.len())),
            format!(
                "the policy has {size} characters, white space not counted; {most} are allowed"
            ),
            "split it, or say with wildcards what is listed",
        ));
    } else if subject.document.text.chars().count() > DOCUMENT_CHARACTERS_MAX {
        out.push(finding(
            Code::DocumentTooLarge,
            &(0..1),
            format!(
                "the text has more than {DOCUMENT_CHARACTERS_MAX} characters, which no call takes"
            ),
            "leave white space out",
        ));
    }
}

/// The quotas of a kind, the largest first.
fn quotas(kind: Kind) -> &'static [(Code, usize)] {
    match kind {
        Kind::Managed | Kind::Boundary => &[(Code::SizeIdentity, MANAGED_POLICY_CHARACTERS_MAX)],
        Kind::Inline => &[(Code::SizeIdentity, INLINE_POLICY_CHARACTERS_MAX)],
        Kind::Resource => &[(Code::SizeResource, RESOURCE_POLICY_CHARACTERS_MAX)],
        // Organizations counts white space, and refuses what is longer.
        Kind::Scp | Kind::Rcp => &[],
        Kind::Session => &[(Code::SizeSession, SESSION_POLICY_CHARACTERS_MAX)],
        Kind::Trust => &[
            (Code::SizeTrust, TRUST_POLICY_CHARACTERS_MAX),
            (Code::SizeTrustDefault, TRUST_POLICY_CHARACTERS_DEFAULT),
        ],
    }
}
