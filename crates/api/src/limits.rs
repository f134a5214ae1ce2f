//! Every limit of this crate, named, with the AWS quota it follows where there is one.

/// Signing keys kept ready, one per (access key, day, region, service).
pub const SIGNING_KEYS_CACHED_MAX: usize = 16_384;
/// How often a call is run again when its change loses a race.
pub const COMMIT_ATTEMPTS_MAX: usize = 64;
/// How many accounts one call may touch: the caller's, the resource's, those that a trust policy names.
pub const ACCOUNTS_PER_CALL_MAX: usize = 128;

/// A session token's length, characters (AWS since 2026-09).
pub const SESSION_TOKEN_SIZE_MAX: usize = 4_096;
/// Default AssumeRole duration, seconds.
pub const ROLE_SESSION_S_DEFAULT: i64 = 3_600;
/// The longest session of a chained role, seconds.
pub const CHAINED_SESSION_S_MAX: i64 = 3_600;
/// Default GetSessionToken duration of a user, seconds.
pub const USER_SESSION_S_DEFAULT: i64 = 43_200;
/// Default and longest GetSessionToken duration of the root user, seconds.
pub const ROOT_SESSION_S_MAX: i64 = 3_600;
/// Session policy text and policy ARNs together, characters.
pub const SESSION_POLICY_CHARACTERS_MAX: usize = 2_048;
/// Managed policies that one AssumeRole may name.
pub const SESSION_POLICY_ARNS_MAX: usize = 10;
/// Session tags of one session, inherited ones included.
pub const SESSION_TAGS_MAX: usize = 50;

/// Tags of one resource.
pub const TAGS_PER_RESOURCE_MAX: usize = 50;
/// Users of one account.
pub const USERS_PER_ACCOUNT_MAX: usize = 5_000;
/// Roles of one account (AWS: 1,000, adjustable to 5,000).
pub const ROLES_PER_ACCOUNT_MAX: usize = 5_000;
/// Customer managed policies of one account (AWS: 1,500, adjustable to 5,000).
pub const POLICIES_PER_ACCOUNT_MAX: usize = 1_500;
/// Groups of one account (AWS: 300, adjustable to 500).
pub const GROUPS_PER_ACCOUNT_MAX: usize = 300;
/// Groups that one user is in.
pub const GROUPS_PER_USER_MAX: usize = 10;
/// Instance profiles of one account (AWS: 1,000, adjustable to 5,000).
pub const INSTANCE_PROFILES_PER_ACCOUNT_MAX: usize = 1_000;
/// OpenID Connect providers of one account (AWS: 100, adjustable to 700).
pub const OIDC_PROVIDERS_PER_ACCOUNT_MAX: usize = 100;
/// Client ids of one OpenID Connect provider.
pub const CLIENT_IDS_PER_PROVIDER_MAX: usize = 100;
/// Thumbprints of one OpenID Connect provider.
pub const THUMBPRINTS_PER_PROVIDER_MAX: usize = 5;
/// SAML providers of one account.
pub const SAML_PROVIDERS_PER_ACCOUNT_MAX: usize = 100;
/// Bytes of a SAML metadata document (AWS: 10,000,000 characters; an identity provider's has few
/// thousand, and a record is loaded with its account).
pub const SAML_METADATA_BYTES_MAX: usize = 256 * 1024;
/// Elements within elements of a SAML metadata document.
pub const SAML_METADATA_NESTING_MAX: usize = 32;
/// Elements of a SAML metadata document.
pub const SAML_METADATA_ELEMENTS_MAX: usize = 10_000;
/// Characters of an entity id (SAML 2.0 metadata §2.2.1).
pub const SAML_ENTITY_ID_CHARACTERS_MAX: usize = 1_024;
/// Bits of the smallest RSA key that may sign assertions.
pub const SAML_RSA_BITS_MIN: usize = 1_024;
/// How long metadata that does not say so is good, seconds: a hundred years.
pub const SAML_METADATA_VALID_S: i64 = 100 * 365 * 86_400;
/// Deletions of service-linked roles that an account remembers.
pub const DELETION_TASKS_MAX: usize = 100;
/// Versions of one managed policy.
pub const VERSIONS_PER_POLICY_MAX: usize = 5;
/// Access keys of one user.
pub const ACCESS_KEYS_PER_USER_MAX: usize = 2;
/// MFA devices of one user.
pub const MFA_DEVICES_PER_USER_MAX: usize = 8;
/// Virtual MFA devices of one account, assigned or not: as many as users.
pub const MFA_DEVICES_PER_ACCOUNT_MAX: usize = USERS_PER_ACCOUNT_MAX;
/// Characters of an MFA device's serial number, which is its ARN.
pub const MFA_SERIAL_CHARACTERS_MAX: usize = 256;
/// Time steps (30 seconds) that a code may be off the device's known drift.
pub const MFA_DRIFT_STEPS_MAX: i64 = 1;
/// Time steps that a device's clock may be off ours when it is assigned or synchronised: half an hour.
pub const MFA_SYNC_STEPS_MAX: i64 = 60;
/// Wrong codes or passwords in a row after which none is looked at for a while.
pub const FAILURES_IN_A_ROW_MAX: u32 = 10;
/// How long that is, seconds, from the last wrong one on; then there is one try more.
pub const FAILURES_LOCK_S: i64 = 900;
/// Passwords of one user that are remembered, the one in force included: the most that
/// PasswordReusePrevention may ask for.
pub const PASSWORDS_REMEMBERED_MAX: usize = 24;
/// MinimumPasswordLength of rules that do not say.
pub const PASSWORD_LENGTH_MIN_DEFAULT: u32 = 6;

/// How much newer a last use must be to be noted, seconds.
pub const LAST_USED_GRAIN_S: i64 = 900;
/// Bytes of a region's name that are kept with a last use.
pub const REGION_BYTES_KEPT_MAX: usize = 64;
/// Length of the region that a trail is made in: it stands in the names of its files.
pub const TRAIL_REGION_BYTES_MAX: usize = 32;
/// Last uses noted and not yet kept; beyond it none is noted until the next time they are kept.
pub const LAST_USES_NOTED_MAX: usize = 1_000_000;
/// Keys and roles, and as many principals, whose last uses are kept in one commit: a principal that
/// called every action has about 12 KB.
pub const LAST_USES_KEPT_AT_ONCE: usize = 1_000;
/// How long ago a use may be and still be told of roles and in reports, seconds (AWS: 400 days).
pub const LAST_USES_TOLD_S_MAX: i64 = 400 * 86_400;

/// Credentials that one user has for one service.
pub const SERVICE_CREDENTIALS_PER_USER_MAX: usize = 2;
/// Public keys for SSH of one user.
pub const SSH_PUBLIC_KEYS_PER_USER_MAX: usize = 5;
/// Bits of an SSH key's modulus.
pub const SSH_KEY_BITS_MIN: usize = 2_048;
/// Bits of an SSH key's modulus.
pub const SSH_KEY_BITS_MAX: usize = 16_384;
/// Signing certificates of one user.
pub const SIGNING_CERTIFICATES_PER_USER_MAX: usize = 2;
/// Server certificates of one account (AWS: 20, adjustable to 1,000).
pub const SERVER_CERTIFICATES_PER_ACCOUNT_MAX: usize = 20;
/// Bytes of a malformed certificate that the refusal repeats.
pub const MALFORMED_BYTES_SHOWN_MAX: usize = 128;
/// PEM blocks of one text: a chain of certificates has a handful.
pub const PEM_BLOCKS_MAX: usize = 100;

/// How long a credential report is good for, seconds; until then no other is made.
pub const CREDENTIAL_REPORT_S_MAX: i64 = 4 * 3_600;
/// Bytes of one stored part of a packed credential report.
pub const CREDENTIAL_REPORT_PART_BYTES_MAX: usize = 256 * 1024;
/// Bytes of an unpacked credential report: 5,000 users with the longest paths have 6 MB.
pub const CREDENTIAL_REPORT_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// How far back LookupEvents goes, seconds: 90 days.
pub const LOOKUP_S_MAX: i64 = 90 * 86_400;
/// Events of one page of LookupEvents; also what it answers when it is not asked for fewer.
pub const LOOKUP_EVENTS_MAX: i32 = 50;
/// Characters of an attribute's value, some of which count double.
pub const LOOKUP_VALUE_CHARACTERS_MAX: usize = 2_000;
/// Bytes of records that one LookupEvents reads at most; its page may then be short.
pub const LOOKUP_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Trails of one account that have their home in one region.
pub const TRAILS_PER_REGION_MAX: usize = 5;
/// Characters of a trail's name.
pub const TRAIL_NAME_CHARACTERS_MIN: usize = 3;
/// Characters of a trail's name.
pub const TRAIL_NAME_CHARACTERS_MAX: usize = 128;
/// Event selectors of one trail.
pub const EVENT_SELECTORS_PER_TRAIL_MAX: usize = 5;
/// Trails whose tags one ListTags may ask for.
pub const TAGGED_RESOURCES_LISTED_MAX: usize = 20;
/// How long a report of last accesses is kept, seconds.
pub const ACCESS_JOB_S_MAX: i64 = 7 * 86_400;
/// Reports of last accesses that an account keeps; beyond it the oldest goes.
pub const ACCESS_JOBS_MAX: usize = 1_000;
/// Users and roles in all reports that an account keeps; beyond it the oldest reports go.
pub const ACCESS_JOB_ENTITIES_MAX: usize = 100_000;
/// Reports over the organization that are being made at once.
pub const ORGANIZATION_JOBS_MAX: usize = 5;

/// Managed policies attached to one user.
pub const POLICIES_PER_USER_MAX: usize = 10;
/// Managed policies attached to one role.
pub const POLICIES_PER_ROLE_MAX: usize = 10;
/// Managed policies attached to one group.
pub const POLICIES_PER_GROUP_MAX: usize = 10;
/// Characters of a managed policy's version, white space not counted.
pub const MANAGED_POLICY_CHARACTERS_MAX: usize = 6_144;
/// Characters of all inline policies of a user, white space not counted.
pub const INLINE_USER_CHARACTERS_MAX: usize = 2_048;
/// Characters of all inline policies of a role, white space not counted.
pub const INLINE_ROLE_CHARACTERS_MAX: usize = 10_240;
/// Characters of all inline policies of a group, white space not counted.
pub const INLINE_GROUP_CHARACTERS_MAX: usize = 5_120;
/// Characters of a trust policy, white space not counted (AWS: 2,048, adjustable to 4,096).
pub const TRUST_POLICY_CHARACTERS_MAX: usize = 4_096;
/// Pairs of action and resource of one simulation.
pub const SIMULATIONS_MAX: usize = 10_000;
/// Pairs of action and resource in one page of a simulation, and resources of one simulation.
pub const SIMULATIONS_PER_PAGE_MAX: usize = 1_000;
/// Items of one page when the caller does not say.
pub const PAGE_ITEMS_DEFAULT: usize = 100;
/// Characters of documents after which a page of authorization details ends.
pub const DETAILS_PAGE_CHARACTERS_MAX: usize = 1024 * 1024;
/// Problems of an import that are told, the first ones.
pub const IMPORT_PROBLEMS_MAX: usize = 200;
/// Accounts of an installation that an import is compared with, and accounts that its trust policies
/// may name.
pub const IMPORT_ACCOUNTS_MAX: usize = 1_000;
/// Accounts of one organization.
pub const ACCOUNTS_PER_ORGANIZATION_MAX: usize = 1_000_000;
/// Create-account requests remembered, failed ones too; none is made beyond.
pub const CREATE_ACCOUNT_REQUESTS_MAX: usize = 1_000_000;
/// Records of its own that one source without a valid caller gets a minute for one error.
pub const NOISE_ALONE_MAX: u32 = 10;
/// Sources without a valid caller that are told apart in a minute.
pub const NOISE_SOURCES_MAX: usize = 256;
/// Errors of one source that are told apart.
pub const NOISE_ERRORS_MAX: usize = 32;
/// Counts of calls without a valid caller that wait to be written.
pub const NOISE_SUMMARIES_MAX: usize = 4_096;
/// Counts written by one commit.
pub const NOISE_SUMMARIES_A_COMMIT: usize = 256;
/// Characters of an error message or user agent in a trail record (CloudTrail: 1 KB).
pub const RECORD_TEXT_BYTES_MAX: usize = 1_024;
/// Bytes of what explains a refusal in a trail record (CloudTrail: 28 KB of additional data).
pub const RECORD_AUTHORIZATION_BYTES_MAX: usize = 24 * 1024;
/// Characters of an encoded authorization message, always (AWS's parameter takes 10,240).
pub const AUTHORIZATION_MESSAGE_SIZE: usize = 4_096;
/// Suggestions for one refused request.
pub const SUGGESTIONS_MAX: usize = 5;
/// Changes among which suggestions are looked for, alone and in pairs.
pub const SUGGESTION_CHANGES_TRIED_MAX: usize = 24;
/// Decisions that a search for suggestions takes.
pub const SUGGESTION_TRIALS_MAX: usize = 400;
/// Values that are tried for one condition.
pub const SUGGESTION_VALUES_MAX: usize = 4;
/// Bytes of the text in a sealed message, unpacked.
pub const MESSAGE_TEXT_BYTES_MAX: usize = 128 * 1024;
/// How often a text is cut shorter to fit a sealed message.
pub const MESSAGE_LEVELS_MAX: usize = 8;
/// Bytes of the request parameters in a trail record (CloudTrail: 100 KB).
pub const RECORD_PARAMETERS_BYTES_MAX: usize = 100 * 1024;
/// Bytes of an unpacked block of AWS managed policies; the largest single document has 150 KB.
pub const MANAGED_POLICY_BLOCK_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of an unknown parameter's name that the refusal repeats.
pub const PARAMETER_NAME_BYTES_SHOWN_MAX: usize = 128;
/// Bytes set aside for the request parameters or response elements of a record; longer ones grow.
pub const RECORD_PART_BYTES_USUAL: usize = 512;

/// How long a key signs the trail's digests, seconds: ten years.
pub const TRAIL_KEY_LIFE_S: i64 = 10 * 365 * 86_400;
/// How long before it was made a key counts as valid, seconds: the first digest begins earlier.
pub const TRAIL_KEY_EARLY_S: i64 = 86_400;
