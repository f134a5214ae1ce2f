//! The trail's files for whoever reads them without a server: the command line.

mod keys;
mod proof;

pub use keys::TrustedKeys;
pub use proof::{MarkerFound, Proof, ProofOptions, prove};

pub use locum_store::{
    ChainPoint, Checkpoint, FileError, Finding, FindingKind, HeadState, Integrity, Look, Marker,
    Newest, NoCheckpoint, NoDay, Place, Progress, Pruned, Signature, TrailDay, TrailHead,
    TrailLine, TrailLines, TrailReader, TrailReport, VerifyOptions, changed_texts, verify_trail,
};
