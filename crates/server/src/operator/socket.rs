//! The server's side of the operator's socket: owner and root only, one line at a time, each use an alarm.

use std::fs::{File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;

use super::{OperatorAnswer, OperatorRefusal, OperatorRequest};
use crate::error::ServerError;
use crate::limits;
use crate::seam::Operator;

/// Who is on the other side, as the kernel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// User id.
    pub uid: u32,
    /// Process id; 0 when the kernel does not tell.
    pub pid: i32,
}

/// Opens the socket in place of one that a killed server left, mode 0600.
///
/// The data directory's lock is held, so no living server uses it.
pub(crate) fn bind(path: &Path) -> Result<UnixListener, ServerError> {
    let fault = |source| ServerError::Files {
        path: path.to_owned(),
        source,
    };
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fault(error)),
        _ => {}
    }
    let listener = with_short_path(path, |path| {
        // The umask has no group and others, so the mode was never wider than the owner's.
        UnixListener::bind(path)
    });
    let listener = listener.map_err(fault)?;
    std::fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(fault)?;
    Ok(listener)
}

/// Runs `open` with a path that fits a socket address: a long one is reached through its directory's
/// descriptor.
pub(super) fn with_short_path<T>(
    path: &Path,
    open: impl FnOnce(&Path) -> io::Result<T>,
) -> io::Result<T> {
    if path.as_os_str().len() <= limits::SOCKET_PATH_BYTES_MAX {
        return open(path);
    }
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return open(path);
    };
    let directory = File::open(directory)?;
    open(
        &Path::new("/proc/self/fd")
            .join(directory.as_raw_fd().to_string())
            .join(name),
    )
}

/// Serves the socket until it is dropped with its task. Runs in a `LocalSet`.
pub(crate) async fn serve<O: Operator>(listener: UnixListener, operator: Arc<O>) {
    let own = rustix::process::geteuid().as_raw();
    let room = Arc::new(Semaphore::new(limits::OPERATOR_CONNECTIONS_MAX));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(limits::ACCEPT_PAUSE).await;
            continue;
        };
        let operator = Arc::clone(&operator);
        tokio::task::spawn_local(async move {
            match stream.peer_cred() {
                Ok(peer) if may_use(peer.uid(), own) => {
                    let peer = Peer {
                        uid: peer.uid(),
                        pid: peer.pid().unwrap_or(0),
                    };
                    if let Err(error) = converse(stream, peer, &*operator).await {
                        tracing::debug!(%error, "operator connection ended");
                    }
                }
                Ok(peer) => {
                    tracing::warn!(alarm = "operator", uid = peer.uid(), "foreign user refused");
                }
                Err(error) => tracing::warn!(alarm = "operator", %error, "unknown peer refused"),
            }
            drop(permit);
        });
    }
}

/// The server's own user and root, nobody else.
fn may_use(uid: u32, own: u32) -> bool {
    uid == own || uid == 0
}

async fn converse<O: Operator>(stream: UnixStream, peer: Peer, operator: &O) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    loop {
        let mut line = String::new();
        let most = limits::OPERATOR_LINE_BYTES_MAX as u64;
        let mut limited = (&mut lines).take(most);
        let reading = limited.read_line(&mut line);
        let count = tokio::time::timeout(limits::OPERATOR_READ_TIMEOUT, reading).await??;
        if count == 0 {
            return Ok(());
        }
        let whole = line.ends_with('\n');
        let result = if whole {
            answer(&line, peer, operator).await
        } else {
            Err(too_long())
        };
        let answer = match result {
            Ok(value) => OperatorAnswer::Result(value),
            Err(refusal) => OperatorAnswer::Error(refusal),
        };
        let mut line = serde_json::to_vec(&answer)?;
        line.push(b'\n');
        write.write_all(&line).await?;
        if !whole {
            return Ok(());
        }
    }
}

async fn answer<O: Operator>(
    line: &str,
    peer: Peer,
    operator: &O,
) -> Result<Value, OperatorRefusal> {
    let request: OperatorRequest = serde_json::from_str(line).map_err(|error| OperatorRefusal {
        code: "InvalidRequest".to_owned(),
        message: error.to_string(),
    })?;
    let command = request.command();
    // Using the socket at all is worth a look, whatever comes of it.
    tracing::warn!(
        alarm = "operator",
        command,
        uid = peer.uid,
        pid = peer.pid,
        "operator's socket used"
    );
    let result = operator.call(request, peer).await;
    if let Err(refusal) = &result {
        tracing::warn!(
            alarm = "operator",
            command,
            code = refusal.code,
            "operator's request refused"
        );
    }
    result
}

fn too_long() -> OperatorRefusal {
    OperatorRefusal {
        code: "InvalidRequest".to_owned(),
        message: format!(
            "a request is one line of at most {} bytes",
            limits::OPERATOR_LINE_BYTES_MAX
        ),
    }
}
