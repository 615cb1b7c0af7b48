//! What a cached response is and the way a request takes through the cache. Knows nothing of Koa or Node.

mod body;
mod bus;
mod entry;
mod filling;
mod flights;
mod key;
mod look;
mod policy;
mod purging;
mod schema;
#[cfg(test)]
mod tests;

use parking_lot::Mutex;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Semaphore;

pub use entry::{Answer, Fetched, Options, Outcome, Rule, Split, Usable};
pub use filling::Job;
pub use flights::Role;
pub use key::{Audience, TAIL_BYTES, tail as key_tail, variant};
pub use look::{MISS, NOT_OURS, code_of};
pub use policy::{Refusal, Response};
pub use purging::PurgeUnderWay;
pub use schema::{Dependencies, Schema, custom_tag};

use crate::clock::Clock;
use crate::error::Result;
use crate::invalidation::{Outbox, Tag, Versions};
use crate::store::{MemoryIndex, RemoteStore};
use crate::warnings::Warnings;
use filling::Arrived;
use flights::Flights;
use key::{KeyMaker, Spelling};

/// Entries on their way to Upstash at once. Beyond it they stay in memory only: storing delays nobody.
const MAX_STORING: usize = 64;

struct L1Entry {
    name: String,
    tags: Arc<[Tag]>,
    snapshot: u64,
    /// Until when it is trusted without the bus, in monotonic ms. Other processes may purge it unheard from the moment
    /// its fill began to read, so that counts and not when the fill ended.
    trusted_until: u64,
    /// Until when it is fresh, and for how long after that it may be used; monotonic ms, then ms.
    fresh_until: u64,
    stale_ms: u64,
    error_ms: u64,
    /// How long it took to make, in ms; 0 where it is not to be made anew before its end.
    effort_ms: u64,
    /// No answer: a note what the answers under this URL vary by.
    is_marker: bool,
}

#[derive(Default)]
struct Counters {
    hits: u64,
    stale: u64,
    misses: u64,
    stored: u64,
    refused: u64,
    purges: u64,
    l2_hits: u64,
    l2_misses: u64,
    l2_errors: u64,
}

struct State {
    keys: KeyMaker,
    index: MemoryIndex<L1Entry>,
    versions: Versions,
    flights: Flights,
    /// What L2 had for a flight, on its way into L1.
    arrived: std::collections::HashMap<u32, Arrived>,
    schema: Schema,
    counters: Counters,
    closed: bool,
    /// The last purge of the site that this process knows of; none while it does not listen.
    heard: Option<bus::Known>,
    dice: Dice,
}

/// Chance, seeded at random for each process.
#[derive(Default)]
struct Dice {
    seed: foldhash::fast::RandomState,
    rolls: u64,
}

impl Dice {
    /// A number above 0 and up to 1.
    fn roll(&mut self) -> f64 {
        self.rolls = self.rolls.wrapping_add(1);
        ((self.seed.hash_one(self.rolls) >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

struct Remote {
    store: Arc<RemoteStore>,
    outbox: Arc<Outbox>,
    storing: Arc<Semaphore>,
    dropped: AtomicU64,
    /// Until when the bus is known to be heard, in monotonic ms.
    heard_until: AtomicU64,
    listens: AtomicBool,
    /// Hits at the last beat.
    hits_at_beat: AtomicU64,
}

/// The response cache of one process.
pub struct Cache {
    options: Options,
    clock: Arc<dyn Clock>,
    warnings: Arc<Warnings>,
    state: Mutex<State>,
    remote: Option<Remote>,
}

/// What tags take in memory, in bytes: their text, their counts and what points to them.
fn weight_of(tags: &[Tag]) -> u64 {
    tags.iter().map(|tag| tag.len() as u64 + 32).sum()
}

impl Cache {
    pub fn new(options: Options, remote: Option<RemoteStore>, clock: Arc<dyn Clock>, warnings: Arc<Warnings>) -> Self {
        let remote = remote.map(|store| {
            let store = Arc::new(store);
            let outbox = Arc::new(Outbox::new(Arc::clone(&store)));
            Remote {
                store,
                outbox,
                storing: Arc::new(Semaphore::new(MAX_STORING)),
                dropped: AtomicU64::new(0),
                heard_until: AtomicU64::new(0),
                listens: AtomicBool::new(false),
                hits_at_beat: AtomicU64::new(0),
            }
        });
        let state = State {
            keys: KeyMaker::new(&options.prefix),
            index: MemoryIndex::new(options.max_bytes, options.max_entries),
            versions: Versions::default(),
            flights: Flights::default(),
            arrived: std::collections::HashMap::new(),
            schema: Schema::default(),
            counters: Counters::default(),
            closed: false,
            heard: None,
            dice: Dice::default(),
        };
        Self { options, clock, warnings, state: Mutex::new(state), remote }
    }

    /// Sets the site's schema.
    ///
    /// # Errors
    /// When `json` is not one.
    pub fn set_schema(&self, json: &str) -> Result<()> {
        let site = Schema::parse(json)?;
        let spelling = match (site.fold_paths, site.fold_queries) {
            (false, _) => Spelling::AsItCame,
            (true, false) => Spelling::Path,
            (true, true) => Spelling::PathAndQuery,
        };
        let mut state = self.state.lock();
        state.keys.set_site(&site.prefix, &schema::canonical(json)?, spelling, site.endpoints);
        state.index.remove_where(|_| true);
        // What is being filled was made under the old one.
        state.versions.purge_all();
        state.schema = site.schema;
        Ok(())
    }

    /// The number that stands for an audience in [`Cache::probe`].
    pub fn scope(&self, audience: &Audience<'_>) -> u64 {
        self.state.lock().keys.scope(audience)
    }

    /// Notes that what is in a slot takes so many bytes more: another form of its body. False when it is evicted.
    pub fn grow(&self, slot: u32, bytes: u64) -> bool {
        self.state.lock().index.grow(slot, bytes)
    }

    /// The slots freed since the last call.
    pub fn drain_freed(&self) -> Vec<u32> {
        self.state.lock().index.drain_freed()
    }

    /// Lets go of everything; from now on every request runs alone.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.index.remove_where(|_| true);
        if let Some(remote) = &self.remote {
            remote.outbox.close();
        }
    }

    /// Counters since the start and what is held now.
    pub fn stats(&self) -> serde_json::Value {
        let state = self.state.lock();
        let counters = &state.counters;
        let backlog = self.remote.as_ref().map_or((0, 0), |remote| remote.outbox.backlog());
        serde_json::json!({
            "hits": counters.hits,
            "stale": counters.stale,
            "misses": counters.misses,
            "stored": counters.stored,
            "refused": counters.refused,
            "purges": counters.purges,
            "entries": state.index.entries(),
            "bytes": state.index.bytes(),
            "maxBytes": self.options.max_bytes,
            "maxEntries": self.options.max_entries,
            "flights": state.flights.len(),
            "l2Hits": counters.l2_hits,
            "l2Misses": counters.l2_misses,
            "l2Errors": counters.l2_errors,
            "l2Dropped": self.remote.as_ref().map_or(0, |remote| remote.dropped.load(Ordering::Relaxed)),
            "bus": if self.is_bus_heard(self.clock.monotonic_ms()) { "open" } else { "closed" },
            "purgesWaiting": backlog.0,
            "purgeFailures": backlog.1,
        })
    }

    fn warn(&self, kind: &'static str, error: &crate::error::ErrorKind) {
        self.warnings.add(kind, &error.to_string(), self.clock.monotonic_ms());
    }
}
