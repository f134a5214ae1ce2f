//! Stands where the server's `run` comes.

/// Refuses to serve.
pub(crate) fn run(
    _: locum_server::Config,
    _: impl FnOnce(locum_server::Ready),
) -> Result<(), locum_server::ServerError> {
    Err(locum_server::ServerError::Store(
        "this build has no server yet".to_owned(),
    ))
}
