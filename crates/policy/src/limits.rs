//! Every limit of the policy language in one place.

/// Characters of a policy document that somebody saves: the models' constraint on the parameter.
pub const DOCUMENT_CHARACTERS_MAX: usize = 131_072;
/// Characters of a service control policy, white space included: Organizations keeps it as it is.
pub const SCP_CHARACTERS_MAX: usize = 5_120;
/// Characters of a resource control policy, in the same way.
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
/// Condition keys whose values one decision remembers.
pub const KEYS_HELD: usize = 16;
/// Names in a list up to which they are compared one by one.
pub const SEARCHED_ONE_BY_ONE: usize = 4;
/// Statements of the same actions and resource from which on a condition tells them apart.
pub const GATED_MIN: usize = 8;
/// Places of one statement in the index of its policy: services times resources.
pub const ROWS_PER_STATEMENT_MAX: usize = 256;
/// Characters of a pattern between two `*` up to which it is tried at each position one by one.
pub const SEGMENT_CHARACTERS_DIRECT: usize = 64;
/// Characters of a line of a policy that an explanation shows.
pub const EXPLAINED_LINE_CHARACTERS: usize = 120;
/// Findings reported for one document; the rest is left out.
pub const FINDINGS_MAX: usize = 100;
