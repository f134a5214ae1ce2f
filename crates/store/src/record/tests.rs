//! Records of version 1, as bytes that must stay readable.
