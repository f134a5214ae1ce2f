//! The world a call is handled in: the state, a clock, a source of randomness, and nothing more.

use std::sync::Arc;

use locum_sigv4::KeyCache;
use locum_store::Engine;

use crate::cloudtrail::{Deliveries, Lookups};
use crate::last_used::LastUses;
use crate::limits;
use crate::noise::Noise;
use crate::session::RingCache;

/// Tells the time. The edge implements it; tests set it.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_ms(&self) -> i64;
}

/// Gives random bytes fit for keys and nonces. The edge draws them from the operating system.
pub trait Random: Send + Sync {
    /// Fills `out`; never fails and never repeats.
    fn fill(&self, out: &mut [u8]);
}

/// What an operator may set that changes what calls mean.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The first field of every ARN, `aws` unless configured.
    pub partition: String,
    /// The only region a signature may be scoped to; `None` accepts any.
    pub region: Option<String>,
    /// How far a signature's time may be from ours, seconds. AWS: 900.
    pub signature_skew_s_max: i64,
    /// Refusals with one error that one source without a valid caller gets a minute with a record of
    /// their own; further ones are counted together.
    pub unauthenticated_records_max: u32,
    /// The sinks that trails may deliver to, as CreateTrail names them in S3BucketName.
    pub trail_sinks: Vec<String>,
    /// LookupEvents calls that one account may make in one region and second; `None` is no limit.
    /// AWS: 2.
    pub lookups_per_s_max: Option<u32>,
}

/// The sink that is always there: the folder of the trail itself.
pub const LOCAL_SINK: &str = "local";

/// The name that the installation's own delivery has in the names of digests; no trail may have it.
pub const OWN_TRAIL: &str = "locum";

impl Default for Settings {
    fn default() -> Self {
        Settings {
            partition: "aws".to_owned(),
            region: None,
            signature_skew_s_max: 900,
            unauthenticated_records_max: limits::NOISE_ALONE_MAX,
            trail_sinks: vec![LOCAL_SINK.to_owned()],
            lookups_per_s_max: None,
        }
    }
}

/// Everything [`crate::handle()`] may look at. Cheap to share, never changed by a call except through
/// [`Engine::commit`].
pub struct World {
    /// Where accounts are kept.
    pub engine: Arc<dyn Engine>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub random: Arc<dyn Random>,
    /// What the operator set.
    pub settings: Settings,
    /// How the delivery of each trail goes, as the edge tells it.
    pub deliveries: Deliveries,
    /// Signing keys of recent callers, so that a signature costs one HMAC and not five.
    pub(crate) signing_keys: KeyCache,
    /// Uses of access keys and roles that are not yet kept.
    pub(crate) last_uses: LastUses,
    /// Calls without a valid caller that are counted and not yet in the trail.
    pub(crate) noise: Noise,
    /// Look-ups of this second.
    pub(crate) lookups: Lookups,
    /// The session key ring of the revision last seen, ready to open and seal.
    pub(crate) rings: RingCache,
}

impl World {
    /// A world over `engine`. Draws nothing from `random` yet.
    pub fn new(
        engine: Arc<dyn Engine>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        settings: Settings,
    ) -> World {
        World {
            engine,
            clock,
            random,
            settings,
            deliveries: Deliveries::default(),
            signing_keys: KeyCache::new(limits::SIGNING_KEYS_CACHED_MAX),
            last_uses: LastUses::default(),
            noise: Noise::default(),
            lookups: Lookups::default(),
            rings: RingCache::default(),
        }
    }
}

/// A fixed clock for tests.
#[derive(Debug, Default)]
pub struct SetClock(std::sync::atomic::AtomicI64);

impl SetClock {
    /// A clock that stands at `now_ms`.
    pub fn at(now_ms: i64) -> SetClock {
        SetClock(std::sync::atomic::AtomicI64::new(now_ms))
    }

    /// Moves the clock.
    pub fn set(&self, now_ms: i64) {
        self.0.store(now_ms, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now_ms(&self) -> i64 {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}
