//! Private files and folders: made 0600 and 0700 whatever the umask, refused when wider.

use rustix::fs::OFlags;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What is wrong with a file or folder of the data directory.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Others than the owner may use it.
    #[error("{path} has mode {mode:04o}, which lets others in; run: chmod {fix:o} {path}")]
    Mode {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they should be.
        fix: u32,
    },
    /// Not a regular file or not a folder (links are not followed).
    #[error("{path} is not a {expected}")]
    Kind {
        /// The file or folder.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// The operating system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl FileError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> FileError {
        let path = path.to_path_buf();
        move |source| FileError::Io { path, source }
    }
}

const OTHERS: u32 = 0o077;

/// Makes the folder (0700) unless it is there; refuses one that others may use.
pub(crate) fn private_dir(path: &Path) -> Result<(), FileError> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => sync_parent(path)?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
                std::fs::create_dir_all(parent).map_err(FileError::io(parent))?;
                return private_dir(path);
            }
            return Err(FileError::io(path)(error));
        }
        Err(error) => return Err(FileError::io(path)(error)),
    }
    let found = std::fs::symlink_metadata(path).map_err(FileError::io(path))?;
    if !found.is_dir() {
        return Err(FileError::Kind {
            path: path.to_path_buf(),
            expected: "folder",
        });
    }
    check_mode(path, found.mode(), 0o700)
}

/// How a private file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// It must be there.
    Read,
    /// Made when missing; written at its end only.
    Append,
    /// Made when missing.
    ReadWrite,
    /// It must be there; read and written.
    Existing,
    /// It must not be there.
    New,
}

/// Opens a regular file that only its owner may use; links are not followed.
pub(crate) fn private_file(path: &Path, access: Access) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    match access {
        Access::Read => options.read(true),
        Access::Append => options.read(true).append(true).create(true),
        Access::ReadWrite => options.read(true).write(true).create(true),
        Access::Existing => options.read(true).write(true),
        Access::New => options.write(true).create_new(true),
    };
    // Non-blocking, so that a pipe in the place of a file cannot hang the open.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let flags = i32::try_from(flags.bits()).unwrap_or(0);
    let file = options
        .mode(0o600)
        .custom_flags(flags)
        .open(path)
        .map_err(FileError::io(path))?;
    let found = file.metadata().map_err(FileError::io(path))?;
    if !found.is_file() {
        return Err(FileError::Kind {
            path: path.to_path_buf(),
            expected: "regular file",
        });
    }
    check_mode(path, found.mode(), 0o600)?;
    Ok(file)
}

fn check_mode(path: &Path, mode: u32, fix: u32) -> Result<(), FileError> {
    if mode & OTHERS != 0 {
        return Err(FileError::Mode {
            path: path.to_path_buf(),
            mode: mode & 0o7777,
            fix,
        });
    }
    Ok(())
}

/// Makes the entry of a new file durable.
pub(crate) fn sync_parent(path: &Path) -> Result<(), FileError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(parent)
        .and_then(|dir| dir.sync_all())
        .map_err(FileError::io(parent))
}

/// Puts a small file in place, all of it or nothing.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let draft = PathBuf::from(name);
    match std::fs::remove_file(&draft) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(FileError::io(&draft)(error)),
    }
    let mut file = private_file(&draft, Access::New)?;
    io::Write::write_all(&mut file, bytes)
        .and_then(|()| file.sync_all())
        .map_err(FileError::io(&draft))?;
    std::fs::rename(&draft, path).map_err(FileError::io(path))?;
    sync_parent(path)
}
