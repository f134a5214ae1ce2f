//! The trail's files for whoever reads them without a server: the command line.

pub use locum_store::{
    ChainPoint, Checkpoint, FileError, Finding, FindingKind, HeadState, Integrity, Look, Newest,
    NoCheckpoint, NoDay, Marker, Place, Progress, Pruned, Signature, TrailDay, TrailHead, TrailLine, TrailLines,
    TrailReader, TrailReport, VerifyOptions, verify_trail,
};
