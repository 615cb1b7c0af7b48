//! Who may pass now: pure algorithms, their state in process, and the same decisions on Upstash.

pub mod address;
mod bucket;
mod gcra;
mod lease;
mod local;
mod remote;
mod routing;
mod rule;
mod shared;
mod windows;

pub use bucket::{Bucket, BucketRule};
pub use gcra::{Arrival, GcraRule};
pub use local::LocalLimiter;
pub use remote::{RemoteTokens, Taken, Wanted};
pub use routing::{Match, Routing};
pub use rule::{Algorithm, Rule, State};
pub use shared::{Mode, OnError, SharedLimiter};
pub use windows::{WindowRule, Windows};

/// A moment that does not come.
pub const NEVER: u64 = u64::MAX;

/// The answer to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    pub success: bool,
    /// The most that can be there at once.
    pub limit: u64,
    /// What is left now.
    pub remaining: u64,
    /// When the window ends, the bucket is refilled next, or the burst is whole again, in ms since the epoch.
    pub reset_ms: u64,
    /// When the same request could pass, in ms since the epoch; [`NEVER`] where it costs more than there can be.
    pub retry_ms: u64,
    /// Set when the limiter could not decide as it was told to.
    pub reason: Option<Undecided>,
}

/// Why a limiter on Upstash could not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecided {
    Timeout,
    Error,
}

/// What is remembered of identifiers, so many at most. Their hash has a seed of its own: identifiers are chosen by
/// strangers, who must not be able to make them collide.
type ByIdentifier<T> = quick_cache::unsync::Cache<Box<str>, T, quick_cache::UnitWeighter, foldhash::fast::RandomState>;

fn by_identifier<T>(most: usize) -> ByIdentifier<T> {
    let (weighter, hasher) = (quick_cache::UnitWeighter, foldhash::fast::RandomState::default());
    ByIdentifier::with(most, most as u64, weighter, hasher, quick_cache::unsync::DefaultLifecycle::default())
}
