//! Accounts as values, changes as values, and the engines that keep them.
#![forbid(unsafe_code)]

mod account;
mod cache;
mod change;
mod completion;
mod day;
mod disk;
mod engine;
mod entity;
mod event_policy;
mod id;
mod installation;
pub mod limits;
mod memory;
mod policy_text;
mod prepare;
mod record;
mod seal;
mod secret;
mod table;
mod trail;
mod tree;

pub use account::{Account, AttachmentCount};
pub use change::{Change, Event, Key, LoggedChange, LoggedWrite, Record, UnitWrite};
pub use disk::{
    FileError, OpenError, OpenReport, RedbEngine, RedbOptions, Restore, Restored, open_redb,
};
pub use engine::{
    BackupError, BoxFuture, CommitError, Counters, Engine, LeaseState, LoadError, Loaded,
    RecordError, Unavailable,
};
pub use entity::{
    AccessKey, AccountMeta, AccountStatus, ActionAccess, CredentialStatus, DeletionTask,
    EntityAccess, EventSelector, Failures, Group, InlinePolicy, InstanceProfile, Job, JobKind,
    JoinedMethod, KeyOwner, KeyStatus, LastAccess, LastUse, LoginProfile, ManagedPolicy, MfaDevice,
    OidcProvider, PasswordPolicy, PolicyVersion, ReadWriteType, ReportPart, Role, RootUser,
    SamlProvider, Seen, ServerCertificate, ServiceAccess, ServiceCredential, SigningCertificate,
    SshPublicKey, Tag, Trail, User,
};
pub use event_policy::{EventPolicy, PolicyHash};
pub use id::{AccountId, AccountIdText, Revision, Unit};
pub use installation::{
    AccountSummary, CreateAccountRequest, CreateAccountState, Installation, InstallationMeta,
    KeyState, Organization, SessionKeyEpoch, TrailKey,
};
pub use memory::{MemoryEngine, MemoryOptions, memory};
pub use policy_text::PolicyText;
pub use seal::RandomSource;
pub use secret::Secret;
pub use table::{Iter, Table};
pub use trail::chain::{ChainPoint, Integrity};
pub use trail::checkpoint::{Checkpoint, NoCheckpoint};
pub use trail::file::{TrailAlarm, TrailRepair};
pub use trail::head::{HeadState, TrailHead};
pub use trail::index as trail_index;
pub use trail::policies::changed_texts;
pub use trail::pruned::{DayLength, Gone, Pruned};
pub use trail::reader::{Look, Newest, NoDay, TrailDay, TrailLine, TrailLines, TrailReader};
pub use trail::remove::TrailRemoved;
pub use trail::signature::Signature;
pub use trail::verify::{
    Finding, FindingKind, Marker, Place, Progress, TrailReport, VerifyOptions, verify_trail,
};
