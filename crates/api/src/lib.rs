//! What every operation means: handle, authenticate, authorize, one file per resource.
#![forbid(unsafe_code)]
