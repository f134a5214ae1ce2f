//! Every limit of the policy language in one place.

/// Characters of a policy document that somebody saves: the models' constraint on the parameter.
pub const DOCUMENT_CHARACTERS_MAX: usize = 131_072;
/// Characters of a service control policy, white space included: Organizations keeps it as it is. Source:
/// AWS's announcement of 2026-05-15, "AWS Organizations now supports higher quotas for service control
/// policies" (`whats-new/2026/05/aws-organizations-increased-scp-quotas`): 10,240 instead of 5,120.
pub const SCP_CHARACTERS_MAX: usize = 10_240;
/// Characters of a resource control policy, in the same way. Source: "Quotas and service limits" of AWS
/// Organizations; the announcement of 2026-05-15 is about service control policies alone.
pub const RCP_CHARACTERS_MAX: usize = 5_120;
/// Bytes of any document: AWS's own managed policies are longer than what it lets others save.
pub const DOCUMENT_BYTES_MAX: usize = 524_288;
/// Objects and lists within each other; a legal policy needs five.
pub const JSON_DEPTH_MAX: usize = 16;
/// JSON values in one document.
pub const JSON_VALUES_MAX: usize = 65_536;
/// Bytes of the action that a request asks for; a longer one is refused.
pub const ACTION_BYTES_MAX: usize = 128;
/// Characters of a number in a `Numeric…` condition, on either side.
pub const NUMBER_CHARACTERS_MAX: usize = 64;
/// Tags and foreign condition keys whose values one decision remembers.
pub const KEYS_HELD: usize = 4;
/// Names in a list up to which they are compared one by one.
pub const SEARCHED_ONE_BY_ONE: usize = 4;
/// Statements of the same actions and resource from which on a condition tells them apart.
pub const GATED_MIN: usize = 4;
/// Places of one statement in the index of its policy: services times resources.
pub const ROWS_PER_STATEMENT_MAX: usize = 256;
/// Characters of a pattern between two `*` up to which it is tried at each position one by one.
pub const SEGMENT_CHARACTERS_DIRECT: usize = 64;
/// Characters of a line of a policy that an explanation shows.
pub const EXPLAINED_LINE_CHARACTERS: usize = 120;
/// Columns below which a terminal is not taken to be narrower.
pub const EXPLAINED_COLUMNS_MIN: usize = 40;
/// Findings reported for one document; the rest is left out.
pub const FINDINGS_MAX: usize = 100;
/// Context keys of a simulated request.
pub const CONTEXT_ENTRIES_MAX: usize = 1_000;
/// Values of one context key of a simulated request.
pub const CONTEXT_VALUES_MAX: usize = 1_000;
/// Bytes of the unpacked catalogue of actions; a larger one is taken for damaged.
pub const CATALOGUE_BYTES_MAX: usize = 8 << 20;
/// Steps up to which a review compares the patterns of a document with each other: the pairs that there
/// are, by their bytes. Longer documents are reviewed without those comparisons.
pub const REVIEW_STEPS_MAX: usize = 50_000_000;
/// Characters of a managed policy, white space not counted.
pub const MANAGED_POLICY_CHARACTERS_MAX: usize = 6_144;
/// Characters of all inline policies of a role together, the most that any identity may have.
pub const INLINE_POLICY_CHARACTERS_MAX: usize = 10_240;
/// Characters of a session policy.
pub const SESSION_POLICY_CHARACTERS_MAX: usize = 2_048;
/// Characters of a resource's policy: the largest quota of any service (KMS; S3 has 20,480).
pub const RESOURCE_POLICY_CHARACTERS_MAX: usize = 32_768;
/// Characters of a trust policy, unless more were asked for.
pub const TRUST_POLICY_CHARACTERS_DEFAULT: usize = 2_048;
/// Characters of a trust policy when more were asked for.
pub const TRUST_POLICY_CHARACTERS_MAX: usize = 4_096;
/// Characters of a line up to which the canonical layout keeps a list on it.
pub const LAYOUT_LINE_CHARACTERS: usize = 80;
/// Steps of a comparison: places of patterns visited, one letter at a time. A second or so.
pub const COMPARE_STEPS_MAX: u64 = 20_000_000;
/// Policy variables in the documents of a comparison.
pub const COMPARE_VARIABLES_MAX: usize = 5;
/// Values that a comparison tries for one policy variable.
pub const COMPARE_VALUES_MAX: usize = 12;
/// Combinations of such values.
pub const COMPARE_CHOICES_MAX: usize = 64;
/// Kinds of callers that a comparison tells apart.
pub const COMPARE_CALLERS_MAX: usize = 2_048;
/// Unmet demands among which a comparison looks for the narrowest.
pub const COMPARE_DEMANDS_WEIGHED: usize = 8;
