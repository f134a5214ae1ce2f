//! Every limit of the policy language in one place.

/// Characters of a policy document that somebody saves: the models' constraint on the parameter.
pub const DOCUMENT_CHARACTERS_MAX: usize = 131_072;
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
/// Characters of a pattern between two `*` up to which it is tried at each position one by one.
pub const SEGMENT_CHARACTERS_DIRECT: usize = 64;
/// Findings reported for one document; the rest is left out.
pub const FINDINGS_MAX: usize = 100;
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
