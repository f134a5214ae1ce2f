//! Every limit of the edge, named, with its default and the range an operator may choose from.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Connections open at once, all sources together.
pub const CONNECTIONS_MAX: u32 = 10_000;
/// Connections open at once from one address; trusted proxies are exempt.
pub const CONNECTIONS_PER_SOURCE_MAX: u32 = 4_096;
/// Bytes of a request body. The largest body an IAM or STS call can need is below 200 KB.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a request line and its headers together.
pub const HEADER_BYTES_MAX: usize = 16 * 1024;
/// Header lines of one request: what fits hyper's parser without an allocation.
pub const HEADERS_MAX: usize = 100;
/// From the first byte of a request to the end of its headers, seconds.
pub const HEADER_TIMEOUT_S: u32 = 30;
/// From the end of the headers to the end of the body, seconds.
pub const BODY_TIMEOUT_S: u32 = 30;
/// A kept-alive connection without a request, seconds.
pub const IDLE_TIMEOUT_S: u32 = 75;
/// A TLS handshake, seconds.
pub const HANDSHAKE_TIMEOUT_S: u32 = 10;
/// A call that was handed to the api, seconds. The store gives up long before.
pub const HANDLE_TIMEOUT_S: u32 = 60;
/// How long open calls may take to finish after SIGTERM, seconds.
pub const DRAIN_TIMEOUT_S: u32 = 10;

/// What `limits.connections_max` may be.
pub const CONNECTIONS_RANGE: RangeInclusive<u64> = 1..=1_000_000;
/// What `limits.body_bytes_max` may be. The lower end holds any call of a sensible client.
pub const BODY_BYTES_RANGE: RangeInclusive<u64> = 64 * 1024..=16 * 1024 * 1024;
/// What `limits.header_bytes_max` may be. 8 KiB is the least hyper can read into.
pub const HEADER_BYTES_RANGE: RangeInclusive<u64> = 8 * 1024..=64 * 1024;
/// What any timeout may be, seconds.
pub const TIMEOUT_S_RANGE: RangeInclusive<u64> = 1..=3_600;
/// What `workers` may be; 0 is one per core.
pub const WORKERS_RANGE: RangeInclusive<u64> = 0..=1_024;

/// How often open connections are looked over; timeouts are this exact.
pub const SWEEP_EVERY: Duration = Duration::from_millis(250);
/// How often it is kept when keys and roles were last used: a crash forgets no more than this.
pub const LAST_USES_KEPT_EVERY: Duration = Duration::from_secs(5);
/// How often counts of calls without a valid caller are written: a crash loses no more than this.
pub const NOISE_KEPT_EVERY: Duration = Duration::from_secs(10);
/// Records of their own for one error of one source without a valid caller, a minute.
pub const NOISE_ALONE_RANGE: RangeInclusive<u64> = 1..=1_000_000;
/// What `limits.lookups_per_s_max` may be; 0 is no limit.
pub const LOOKUPS_RANGE: RangeInclusive<u64> = 0..=1_000_000;
/// How often the certificate's files are looked at.
pub const CERTIFICATE_CHECK_EVERY: Duration = Duration::from_secs(10);
/// How long to wait after the system refused to accept (no file descriptors left).
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// File descriptors kept back for the store, the trail and the operator's socket.
pub const DESCRIPTORS_RESERVED: u64 = 128;
/// Stack of a worker thread, bytes. Evaluation never recurses deeply; hyper needs about 60 KiB.
pub const WORKER_STACK_BYTES: usize = 1024 * 1024;
/// Threads for blocking work (files read on reload, backups).
pub const BLOCKING_THREADS_MAX: usize = 4;
/// Pending connections in the kernel's queue.
pub const LISTEN_BACKLOG: u32 = 1_024;

/// HTTP/2 streams open at once on one connection.
pub const H2_STREAMS_MAX: u32 = 128;
/// HTTP/2 streams that a client reset before they were served, at once (rapid reset).
pub const H2_PENDING_RESETS_MAX: usize = 20;
/// HTTP/2 streams this side had to reset for the client's errors, in one connection.
pub const H2_LOCAL_RESETS_MAX: usize = 256;
/// HTTP/2 flow-control window of a stream, bytes.
pub const H2_STREAM_WINDOW_BYTES: u32 = 256 * 1024;
/// HTTP/2 flow-control window of a connection, bytes.
pub const H2_CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;
/// HTTP/2 bytes queued for one stream.
pub const H2_SEND_BUFFER_BYTES: usize = 64 * 1024;
/// HTTP/2 pings to a silent peer.
pub const H2_PING_EVERY: Duration = Duration::from_secs(30);
/// How long that peer has to answer.
pub const H2_PING_TIMEOUT: Duration = Duration::from_secs(15);
/// Frames one body may come in beyond what its size explains (floods of tiny frames).
pub const BODY_FRAMES_MAX: usize = 16 * 1024;

/// Bytes set aside for a body that was only announced.
pub const BODY_BYTES_AT_ONCE: usize = 64 * 1024;

/// Entries of a forwarding header that are read.
pub const FORWARDED_HOPS_MAX: usize = 32;
/// Bytes of a configuration file.
pub const CONFIG_BYTES_MAX: u64 = 1024 * 1024;
/// Bytes of one line of the operator's protocol.
pub const OPERATOR_LINE_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of one answer of the operator's protocol: the plan of an import has a line an entity.
pub const OPERATOR_ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of a file that an account is imported from.
pub const IMPORT_FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// How long the operator's client may take to send its line.
pub const OPERATOR_READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the operator's client waits for an answer; a backup may be long.
pub const OPERATOR_CALL_TIMEOUT: Duration = Duration::from_secs(600);
/// Operator connections served at once.
pub const OPERATOR_CONNECTIONS_MAX: usize = 16;
/// Connections of the metrics listener served at once.
pub const METRICS_CONNECTIONS_MAX: usize = 16;
/// The longest path a Unix socket address can hold.
pub const SOCKET_PATH_BYTES_MAX: usize = 107;
/// Random bytes drawn from the operating system at a time, per thread.
pub const RANDOM_POOL_BYTES: usize = 1_024;
/// How long a look at the store answers `/readyz`.
pub const READINESS_KEPT: Duration = Duration::from_secs(1);
/// How long that look may take.
pub const READINESS_WAIT: Duration = Duration::from_secs(2);

/// Seconds between two deliveries of the trail.
pub const DELIVER_EVERY_S: u32 = 300;
/// Seconds that a digest of the trail spans, as CloudTrail's do.
pub const DIGEST_EVERY_S: u32 = 3_600;
/// What both may be.
pub const DELIVERY_S_RANGE: RangeInclusive<u64> = 1..=86_400;
/// Records of one delivery, bytes: they are packed in memory.
pub const DELIVERY_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Ended spans of digests of one trail, account and region whose last digest is still looked for.
pub const DELIVERY_SPANS_KEPT_MAX: usize = 256;
/// Files that are remembered because they and the digest that names them went to different sinks.
pub const DELIVERY_MOVED_KEPT_MAX: usize = 4_096;
/// Bytes of a region's name in a file's name.
pub const REGION_BYTES_MAX: usize = 32;
/// How long a file may take to be put.
pub const SINK_TIME_MAX: Duration = Duration::from_secs(60);
/// How long a sink may take to answer a connection.
pub const SINK_CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// Bytes of a sink's answer that are read.
pub const SINK_ANSWER_BYTES_MAX: u64 = 16 * 1024;
/// Characters of a sink's error code that are told.
pub const SINK_CODE_CHARACTERS_MAX: usize = 64;
/// Bytes of a delivered file, unpacked, that a check reads.
pub const DELIVERED_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// How long the end of the server waits for a delivery under way.
pub const DELIVERY_END_WAIT: Duration = Duration::from_secs(3);

/// What `trail.keep_days` may be. The lower end is one whole day, so that no clock makes it less.
pub const KEEP_DAYS_RANGE: RangeInclusive<u64> = 1..=36_500;
/// How often days that are older are looked for.
pub const PRUNE_EVERY: Duration = Duration::from_secs(3_600);
/// How long an operator's wish to remove days waits for a delivery under way.
pub const PRUNE_WAIT: Duration = Duration::from_secs(90);
