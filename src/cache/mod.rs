//! What a cached response is and the way a request takes through the cache. Knows nothing of Koa or Node.

mod bus;
mod entry;
mod flights;
mod key;
mod policy;
mod purging;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Semaphore;

pub use entry::{Answer, Fetched, Options, Outcome};
pub use flights::Role;
pub use key::{TAIL_BYTES, tail as key_tail, variant};
pub use policy::{Refusal, Response};
pub use purging::PurgeUnderWay;
pub use schema::{Dependencies, Schema, custom_tag};

use crate::clock::Clock;
use crate::error::Result;
use crate::invalidation::{Outbox, Tag, Versions};
use crate::store::{Found, Held, MemoryIndex, RemoteEntry, RemoteStore};
use crate::warnings::Warnings;
use entry::Meta;
use flights::{Flight, Flights};
use key::KeyMaker;

/// What the prober answers when there is no slot.
pub const MISS: i32 = -1;
/// The URL is none that is ever cached.
pub const NOT_OURS: i32 = -2;

/// Tags one entry may carry; a response that depends on more is not stored.
const MAX_TAGS: usize = 512;
/// Entries on their way to Upstash at once. Beyond it they stay in memory only: storing delays nobody.
const MAX_STORING: usize = 64;

struct L1Entry {
    name: String,
    tags: Arc<[Tag]>,
    snapshot: u64,
    /// Until when it is trusted without the bus, in monotonic ms. Other processes may purge it unheard from the moment
    /// its fill began to read, so that counts and not when the fill ended.
    trusted_until: u64,
}

#[derive(Default)]
struct Counters {
    hits: u64,
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
    fetched: std::collections::HashMap<u32, Found>,
    schema: Schema,
    counters: Counters,
    closed: bool,
    /// The last purge of the site that this process knows of; none while it does not listen.
    heard: Option<u64>,
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
            index: MemoryIndex::new(options.max_bytes),
            versions: Versions::default(),
            flights: Flights::default(),
            fetched: std::collections::HashMap::new(),
            schema: Schema::default(),
            counters: Counters::default(),
            closed: false,
            heard: None,
        };
        Self { options, clock, warnings, state: Mutex::new(state), remote }
    }

    /// Sets the site's schema.
    ///
    /// # Errors
    /// When `json` is not one.
    pub fn set_schema(&self, json: &str) -> Result<()> {
        let site = Schema::parse(json)?;
        let mut state = self.state.lock();
        state.keys.set_site(&site.prefix, &schema::canonical(json)?, site.fold_queries);
        state.index.remove_where(|_| true);
        // What is being filled was made under the old one.
        state.versions.purge_all();
        state.schema = site.schema;
        Ok(())
    }

    /// The number that stands for a host and a variant in [`Cache::probe`].
    pub fn scope(&self, host: &[u8], variant: u8) -> u64 {
        self.state.lock().keys.scope(host, variant)
    }

    /// The hot path: the slot of a fresh entry, [`MISS`] or [`NOT_OURS`]. `spelling`: the URL as it came, then the
    /// [`key_tail`] of its scope. Spelled canonically it is the key, and never that of another request.
    pub fn probe(&self, spelling: &[u8]) -> i32 {
        let mut state = self.state.lock();
        let State { keys, index, versions, counters, .. } = &mut *state;
        // Most requests are spelled as some request before: then nothing is parsed.
        let slot = match index.recall(spelling) {
            Some(held) => self.slot_if_fresh(held, versions),
            None => {
                let key = key::parts(spelling).and_then(|(url, scope)| keys.make(url, scope));
                let Some(key) = key else { return NOT_OURS };
                let slot = index.get(key).and_then(|held| self.slot_if_fresh(held, versions));
                if let Some(slot) = slot {
                    index.remember(spelling, slot);
                }
                slot
            }
        };
        match slot {
            Some(slot) => {
                counters.hits += 1;
                slot as i32
            }
            None => {
                counters.misses += 1;
                MISS
            }
        }
    }

    /// The entry's slot while it is neither expired nor purged. One comparison, once it was checked since the last
    /// purge. What is not fresh stays until it is replaced or evicted.
    fn slot_if_fresh(&self, held: &Held<L1Entry>, versions: &Versions) -> Option<u32> {
        let now = self.clock.monotonic_ms();
        if held.expires_at <= now || (held.value.trusted_until <= now && !self.is_bus_heard(now)) {
            return None;
        }
        let sequence = versions.sequence();
        if held.checked_at.get() != sequence {
            if !versions.is_fresh(held.value.snapshot, &held.value.tags) {
                return None;
            }
            held.checked_at.set(sequence);
        }
        Some(held.slot)
    }

    /// Takes the flight for a key that was missed.
    pub fn open(&self, url: &[u8], host: &[u8], variant: u8) -> Role {
        let mut state = self.state.lock();
        let now = self.clock.monotonic_ms();
        let State { keys, flights, versions, closed, .. } = &mut *state;
        let scope = keys.scope(host, variant);
        if *closed || keys.make(url, scope).is_none() {
            return Role::Solo;
        }
        flights.open(keys.last(), || keys.name(host, variant), versions.sequence(), now)
    }

    /// Whether L2 is to be asked for a flight: there is one, and its breaker is closed.
    pub fn asks_remote(&self) -> bool {
        self.remote.as_ref().is_some_and(|remote| remote.store.is_reachable())
    }

    /// Asks L2. None for a miss, for an error and when it takes longer than `deadline` or the configured one.
    pub async fn fetch(&self, id: u32, deadline: Duration) -> Option<Fetched> {
        let remote = self.remote.as_ref()?;
        let name = self.state.lock().flights.get(id)?.name.clone();
        let mut doubts = remote.outbox.unacknowledged();
        let looked = match remote.store.look_up(&name, deadline.min(self.options.deadline)).await {
            Ok(looked) => looked,
            Err(error) => {
                self.state.lock().counters.l2_errors += 1;
                self.warn("the cache could not ask Upstash and goes on without it", &error);
                return None;
            }
        };
        doubts.extend(remote.outbox.unacknowledged());
        let mut state = self.state.lock();
        state.flights.set_remote_snapshot(id, looked.sequence);
        let found = looked.found.filter(|found| !doubts.iter().any(|purge| purge.reaches(&name, &found.entry.tags)));
        let meta = found.as_ref().and_then(|found| serde_json::from_str::<Meta>(&found.entry.meta).ok());
        let (Some(found), Some(meta)) = (found, meta) else {
            state.counters.l2_misses += 1;
            return None;
        };
        // Its leader may be gone by now.
        state.flights.get(id)?;
        let body = found.entry.body.clone();
        state.fetched.insert(id, found);
        Some(Fetched { body, headers: meta.headers, created_ms: meta.created_ms })
    }

    /// Takes what [`Cache::fetch`] found into L1 and ends the flight. None when a purge came between, or when it is
    /// too heavy: the flight goes on as a miss.
    pub fn adopt(&self, id: u32) -> Option<u32> {
        let mut state = self.state.lock();
        let found = state.fetched.remove(&id)?;
        let tags: Arc<[Tag]> = found.entry.tags.iter().map(|tag| Tag::from(tag.as_str())).collect();
        let flight = state.flights.get(id)?;
        let (snapshot, name, key, began) = (flight.snapshot, flight.name.clone(), flight.key.clone(), flight.began);
        if !state.versions.admits(snapshot, &name, &tags) {
            return None;
        }
        let expires_at = self.clock.monotonic_ms() + found.ttl_ms;
        let entry = L1Entry { name, tags, snapshot, trusted_until: self.trusted_until(began) };
        let weight = found.entry.body.len() as u64 + weight_of(&entry.tags);
        let slot = state.index.insert(&key, weight, expires_at, snapshot, entry)?;
        state.flights.end(id);
        state.counters.l2_hits += 1;
        Some(slot)
    }

    /// Ends a flight with its leader's answer. The second value, if any, is what is to be stored in L2, which
    /// nobody waits for.
    pub fn finish(&self, id: u32, answer: &Answer<'_>, body: Option<&[u8]>) -> (Outcome, Option<StoreJob>) {
        let mut state = self.state.lock();
        let now = self.clock.monotonic_ms();
        state.fetched.remove(&id);
        let Some(flight) = state.flights.end(id) else {
            return (Outcome::refused("unknown-flight", false), None);
        };
        if state.closed {
            return (Outcome::refused("closed", true), None);
        }
        let (ttl_ms, tags) = match self.judge(&state, answer, body) {
            Ok(judged) => judged,
            Err(reason) => {
                state.counters.refused += 1;
                state.flights.set_unshareable(flight.key, now);
                return (Outcome::refused(&reason, false), None);
            }
        };
        let body = body.unwrap_or_default();
        let shared: Arc<[Tag]> = tags.iter().map(|tag| Tag::from(tag.as_str())).collect();
        if !state.versions.admits(flight.snapshot, &flight.name, &shared) {
            state.counters.refused += 1;
            return (Outcome::refused("purged", true), None);
        }
        let expires_at = now + ttl_ms;
        let trusted_until = self.trusted_until(flight.began);
        let entry = L1Entry { name: flight.name.clone(), tags: shared, snapshot: flight.snapshot, trusted_until };
        let weight = body.len() as u64 + weight_of(&entry.tags);
        let slot = state.index.insert(&flight.key, weight, expires_at, flight.snapshot, entry);
        state.counters.stored += 1;
        drop(state);
        let outcome = Outcome { slot, reason: slot.is_none().then(|| "too-large".to_owned()), shareable: true };
        (outcome, self.store_job(flight, answer, ttl_ms, tags, body))
    }

    /// Until when an entry is trusted that this process alone vouches for.
    fn trusted_until(&self, began: u64) -> u64 {
        if self.remote.is_some() { began + self.options.l1_max_age_ms } else { u64::MAX }
    }

    /// The TTL and the tags of an answer that may be stored, or the reason why it may not.
    fn judge(
        &self,
        state: &State,
        answer: &Answer<'_>,
        body: Option<&[u8]>,
    ) -> std::result::Result<(u64, Vec<String>), String> {
        if let Some(reason) = answer.bypass {
            return Err(reason.to_owned());
        }
        let operator_ttl = answer.ttl_ms.unwrap_or(self.options.ttl_ms);
        let ttl_ms = policy::ttl_of(&answer.response, operator_ttl, self.clock.wall_ms())
            .map_err(|Refusal(reason)| reason.to_owned())?;
        let body = body.ok_or("no-body")?;
        if body.len() as u64 > self.options.max_entry_bytes {
            return Err("too-large".to_owned());
        }
        let mut dependencies =
            state.schema.dependencies(answer.reads).map_err(|_| "unknown-dependencies".to_owned())?;
        if dependencies.unwatched {
            return Err("unwatched-type".to_owned());
        }
        if !dependencies.known && answer.tags.is_empty() {
            return Err("no-dependencies".to_owned());
        }
        dependencies.tags.extend(answer.tags.iter().map(|tag| custom_tag(tag)));
        if dependencies.tags.len() > MAX_TAGS {
            return Err("too-many-tags".to_owned());
        }
        Ok((ttl_ms, dependencies.tags.into_iter().collect()))
    }

    fn store_job(
        &self,
        flight: Flight,
        answer: &Answer<'_>,
        ttl_ms: u64,
        tags: Vec<String>,
        body: &[u8],
    ) -> Option<StoreJob> {
        let remote = self.remote.as_ref()?;
        let sequence = flight.remote_snapshot?;
        if !remote.store.is_reachable() {
            return None;
        }
        let Ok(permit) = Arc::clone(&remote.storing).try_acquire_owned() else {
            remote.dropped.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let meta = Meta { headers: answer.headers.to_owned(), created_ms: answer.created_ms };
        let meta = serde_json::to_string(&meta).unwrap_or_default();
        let entry = RemoteEntry { tags, meta, body: body.to_vec() };
        Some(StoreJob { flight, sequence, ttl_ms, entry, _permit: permit })
    }

    /// Stores in L2. An entry that L2 refuses, since another process purged it meanwhile, leaves L1 as well.
    pub async fn store(&self, job: StoreJob) {
        let Some(remote) = &self.remote else { return };
        let StoreJob { flight, sequence, ttl_ms, entry, _permit } = job;
        match remote.store.store(&flight.name, sequence, ttl_ms, entry, self.options.deadline * 4).await {
            Ok(true) => {}
            Ok(false) => {
                let mut state = self.state.lock();
                if state.index.get(&flight.key).is_some_and(|held| held.value.snapshot == flight.snapshot) {
                    state.index.remove(&flight.key);
                }
            }
            Err(error) => {
                self.state.lock().counters.l2_errors += 1;
                self.warn("an answer could not be stored on Upstash", &error);
            }
        }
    }

    /// Ends a flight whose leader threw.
    pub fn abandon(&self, id: u32) {
        let mut state = self.state.lock();
        state.fetched.remove(&id);
        state.flights.end(id);
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
            "misses": counters.misses,
            "stored": counters.stored,
            "refused": counters.refused,
            "purges": counters.purges,
            "entries": state.index.entries(),
            "bytes": state.index.bytes(),
            "maxBytes": self.options.max_bytes,
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

/// An answer on its way to L2.
pub struct StoreJob {
    flight: Flight,
    sequence: u64,
    ttl_ms: u64,
    entry: RemoteEntry,
    _permit: tokio::sync::OwnedSemaphorePermit,
}
