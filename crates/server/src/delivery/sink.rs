//! Where delivered files go: a folder of this host, or a bucket of an S3 service.

use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use locum_sigv4::{Credentials, Header, RequestView, sign};
use serde::Deserialize;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::config::TrailConfig;
use crate::limits;
use crate::roots::client_tls;

/// One file to be kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object<'a> {
    /// `AWSLogs/…`: slashes, letters, digits, `-`, `_`, `.`.
    pub(crate) key: &'a str,
    /// JSON, packed with gzip.
    pub(crate) body: &'a [u8],
    /// The digest's signature, in hexadecimal digits.
    pub(crate) signature: Option<&'a str>,
}

/// Why a file was not kept. Nothing says that it is not there: it is put again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SinkError {
    #[error("{}: {source}", path.display())]
    Folder { path: PathBuf, source: io::Error },
    #[error("{url}: {what}")]
    Bucket {
        url: String,
        what: String,
        /// S3's code, when there was an answer.
        code: Option<String>,
    },
}

impl SinkError {
    /// What S3 would call it. A sink that gave no answer has no code, as with CloudTrail.
    pub(crate) fn code(&self) -> Option<String> {
        match self {
            SinkError::Bucket { code, .. } => code.clone(),
            SinkError::Folder { source, .. } => Some(
                match source.kind() {
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                        "AccessDenied"
                    }
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "NoSuchBucket",
                    _ => "InternalError",
                }
                .to_owned(),
            ),
        }
    }
}

/// Why a bucket took no file.
struct Refusal {
    what: String,
    code: Option<String>,
}

impl From<String> for Refusal {
    fn from(what: String) -> Refusal {
        Refusal { what, code: None }
    }
}

/// A place that files are put to. Putting the same file again changes nothing.
#[derive(Debug)]
pub(crate) enum Sink {
    Folder(PathBuf),
    Bucket(Box<Bucket>),
}

impl Sink {
    /// The configured sink; the trail's own folder unless a bucket's endpoint is named.
    pub(crate) fn open(config: &TrailConfig, data: &Path) -> Result<Sink, SinkError> {
        match &config.endpoint {
            None => Ok(Sink::Folder(data.join("trail"))),
            Some(endpoint) => {
                let bucket = Bucket::open(config, endpoint, limits::SINK_TIME_MAX)?;
                Ok(Sink::Bucket(Box::new(bucket)))
            }
        }
    }

    /// Whether what is put is not in the folder.
    pub(crate) fn is_bucket(&self) -> bool {
        matches!(self, Sink::Bucket(_))
    }

    pub(crate) fn put(&self, object: Object<'_>, now_s: i64) -> Result<(), SinkError> {
        match self {
            Sink::Folder(folder) => put_in_folder(folder, object),
            Sink::Bucket(bucket) => bucket.put(object, now_s),
        }
    }
}

/// The file of a digest's signature in a folder, which has no metadata.
pub(crate) fn signature_path(digest: &Path) -> PathBuf {
    digest.with_extension("gz.signature")
}

fn put_in_folder(folder: &Path, object: Object<'_>) -> Result<(), SinkError> {
    let path = folder.join(object.key);
    let put = || -> io::Result<()> {
        let parent = path.parent().unwrap_or(folder);
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent)?;
        if let Some(signature) = object.signature {
            write_whole(&signature_path(&path), signature.as_bytes())?;
        }
        write_whole(&path, object.body)?;
        std::fs::File::open(parent)?.sync_all()
    };
    put().map_err(|source| SinkError::Folder {
        path: path.clone(),
        source,
    })
}

/// All of the file or nothing of it; only its owner may read it.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}

/// A bucket, spoken to by its path: `ENDPOINT/BUCKET/KEY`.
pub(crate) struct Bucket {
    agent: ureq::Agent,
    /// Without a slash at its end.
    base: String,
    /// As the Host header has it.
    host: String,
    /// What stands before the key in the request's path.
    path: String,
    region: String,
    credentials: PathBuf,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bucket")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// The format of `credential_process`, as `admin-credentials.json` has it.
#[derive(Deserialize, ZeroizeOnDrop)]
#[serde(rename_all = "PascalCase")]
struct Key {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
}

impl Bucket {
    /// `time_max` is how long a file may take, from the name of the host to the end of the answer.
    pub(super) fn open(
        config: &TrailConfig,
        endpoint: &str,
        time_max: Duration,
    ) -> Result<Bucket, SinkError> {
        let wrong = |what: &str| SinkError::Bucket {
            url: endpoint.to_owned(),
            what: what.to_owned(),
            code: None,
        };
        let (scheme, rest) = endpoint
            .split_once("://")
            .ok_or_else(|| wrong("an endpoint begins with http:// or https://"))?;
        let rest = rest.trim_end_matches('/');
        let (host, prefix) = match rest.split_once('/') {
            Some((host, prefix)) => (host, format!("/{prefix}")),
            None => (rest, String::new()),
        };
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(time_max))
            .timeout_connect(Some(limits::SINK_CONNECT_TIME_MAX))
            .user_agent(concat!("locum/", env!("CARGO_PKG_VERSION")))
            .accept("");
        let agent = match scheme {
            "https" => {
                let tls = client_tls(config.ca_bundle.as_deref());
                agent.tls_config(tls.map_err(|error| wrong(&format!("{error} (trail.ca_bundle)")))?)
            }
            "http" => agent,
            _ => return Err(wrong("an endpoint begins with http:// or https://")),
        };
        Ok(Bucket {
            agent: agent.build().new_agent(),
            base: format!("{scheme}://{host}"),
            host: host.to_owned(),
            path: format!("{prefix}/{}/", config.bucket),
            region: config.region.clone(),
            credentials: config
                .credentials
                .clone()
                .ok_or_else(|| wrong("trail.credentials is not set"))?,
        })
    }

    /// Read each time, so that keys can be changed beside a running server.
    fn key(&self) -> Result<Key, String> {
        let told = |why: String| format!("{}: {why}", self.credentials.display());
        let text = std::fs::read(&self.credentials).map(Zeroizing::new);
        let text = text.map_err(|error| told(error.to_string()))?;
        // The parser's own words could repeat what it read.
        serde_json::from_slice(&text).map_err(|_| told("no credentials in JSON".to_owned()))
    }

    fn put(&self, object: Object<'_>, now_s: i64) -> Result<(), SinkError> {
        let path = format!("{}{}", self.path, object.key);
        let url = format!("{}{path}", self.base);
        self.send(&url, &path, object, now_s)
            .map_err(|Refusal { what, code }| SinkError::Bucket { url, what, code })
    }

    fn send(&self, url: &str, path: &str, object: Object<'_>, now_s: i64) -> Result<(), Refusal> {
        let key = self.key()?;
        let mut headers = vec![
            ("host", self.host.as_str()),
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
        ];
        if let Some(signature) = object.signature {
            headers.push(("x-amz-meta-signature", signature));
            headers.push(("x-amz-meta-signature-algorithm", "SHA256withRSA"));
        }
        let signed: Vec<Header<'_>> = headers
            .iter()
            .map(|(name, value)| Header {
                name,
                value: value.as_bytes(),
            })
            .collect();
        let view = RequestView {
            method: "PUT",
            path,
            query: "",
            headers: &signed,
            body: object.body,
        };
        let credentials = Credentials {
            access_key_id: &key.access_key_id,
            secret: &key.secret_access_key,
            session_token: key.session_token.as_deref(),
        };
        let added = sign(&view, &credentials, now_s, &self.region, "s3");
        let mut request = self.agent.put(url);
        for (name, value) in headers.iter().skip(1) {
            request = request.header(*name, *value);
        }
        for (name, value) in &added {
            request = request.header(name, value);
        }
        let mut answer = request
            .send(object.body)
            .map_err(|error| unreached(&error))?;
        match answer.status().as_u16() {
            200..=299 => Ok(()),
            status => {
                let body = answer
                    .body_mut()
                    .with_config()
                    .limit(limits::SINK_ANSWER_BYTES_MAX);
                let body = body.read_to_string().unwrap_or_default();
                let code = code_of(&body, status);
                let what = match &code {
                    Some(code) => format!("HTTP {status} {code}"),
                    None => format!("HTTP {status}"),
                };
                Err(Refusal { what, code })
            }
        }
    }
}

/// Why there was no answer.
fn unreached(error: &ureq::Error) -> String {
    let what = error.to_string();
    match what.contains("certificate") {
        true => format!("{what}; trail.ca_bundle names the certificates that are trusted"),
        false => what,
    }
}

/// The code of an answer, as S3 writes it; a service or a proxy that sends none is understood by its status.
fn code_of(body: &str, status: u16) -> Option<String> {
    let named = body
        .split_once("<Code>")
        .and_then(|(_, rest)| rest.split_once("</"))
        .map(|(code, _)| code)
        .filter(|code| (1..=limits::SINK_CODE_CHARACTERS_MAX).contains(&code.len()))
        .filter(|code| code.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let known = match status {
        401 | 403 => Some("AccessDenied"),
        404 => Some("NoSuchBucket"),
        500 => Some("InternalError"),
        503 => Some("ServiceUnavailable"),
        _ => None,
    };
    named.or(known).map(str::to_owned)
}
