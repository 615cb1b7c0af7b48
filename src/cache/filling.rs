//! The way of an answer into the cache: who makes it, what of it is stored and for how long, in memory and on Upstash.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::entry::{Answer, Fetched, Meta, Outcome, Usable};
use super::flights::{Asked, Flight, Role};
use super::key::{Audience, KeyMaker};
use super::policy::{self, Lifetime, Operator, Refusal};
use super::{Cache, L1Entry, State, body as bodies, custom_tag, schema, weight_of};
use crate::invalidation::Tag;
use crate::store::{Found, Lock, Looked, RemoteEntry};

/// Tags one entry may carry; a response that depends on more is not stored.
const MAX_TAGS: usize = 512;
/// The pauses between looks for what another process is making, in ms; the last one is repeated.
const PAUSES_MS: [u64; 4] = [20, 40, 80, 160];
/// How long it is remembered what the answers under a URL vary by, at least, in ms. It is no answer and never wrong for
/// long: whoever fills a variant says what it varies by then.
const MARKER_MS: u64 = 24 * 3_600_000;

/// What L2 had for a flight.
pub(super) struct Arrived {
    found: Found,
    meta: Meta,
    usable: Usable,
    /// Length of the body as it was before it was compressed.
    bytes: u64,
}

/// What is left to do on Upstash for an answer; nobody waits for it.
pub enum Job {
    Store(StoreJob),
    /// The name of the entry whose lock is let go of.
    Release(String),
}

/// Answers on their way to L2.
pub struct StoreJob {
    key: Box<[u8]>,
    snapshot: u64,
    sequence: u64,
    entries: Vec<(String, Entry)>,
    /// What the lock was taken for, where that is none of what is stored.
    lock: Option<String>,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

struct Entry {
    tags: Vec<String>,
    meta: Meta,
    body: Vec<u8>,
    lifetime: Lifetime,
}

/// An answer that is going to be stored, and where.
struct Place {
    key: Box<[u8]>,
    name: String,
    /// Where it is noted what it varies by: the key of the bare URL.
    marker: Option<(Box<[u8]>, String)>,
}

impl Cache {
    /// Takes the flight for a key that was missed.
    pub fn open(&self, url: &[u8], audience: &Audience<'_>) -> Role {
        let mut state = self.state.lock();
        let now = self.clock.monotonic_ms();
        let State { keys, flights, versions, closed, .. } = &mut *state;
        let scope = keys.scope(audience);
        if *closed || keys.make(url, scope).is_none() {
            return Role::Solo;
        }
        let asked = || Asked {
            name: keys.name(audience),
            url_tag: keys.url_tag(audience.host),
            url: url.into(),
            host: audience.host.into(),
            variant: audience.variant,
            owner: audience.owner.into(),
            vary: audience.vary.into(),
        };
        flights.open(keys.last(), asked, versions.sequence(), now)
    }

    /// The tag of everything that is answered under a URL, whoever asks; none for one that is never cached.
    pub fn url_tag(&self, url: &[u8], host: &[u8]) -> Option<String> {
        let keys = &mut self.state.lock().keys;
        keys.make(url, 0)?;
        Some(keys.url_tag(host))
    }

    /// Whether L2 is to be asked for a flight: there is one, and its breaker is closed.
    pub fn asks_remote(&self) -> bool {
        self.remote.as_ref().is_some_and(|remote| remote.store.is_reachable())
    }

    /// Asks L2. Where another process is making the answer, it is waited for, as long as the lock's time allows. None for a
    /// miss, for an error and when Upstash takes longer than `deadline` or the configured one.
    pub async fn fetch(&self, id: u32, deadline: Duration) -> Option<Fetched> {
        let remote = self.remote.as_ref()?;
        let name = self.state.lock().flights.get(id)?.asked.name.clone();
        let deadline = deadline.min(self.options.deadline);
        let patience = Duration::from_millis(self.options.fill_lock_ms);
        let locks = !patience.is_zero();
        let began = Instant::now();
        let mut pauses = PAUSES_MS.iter().chain(std::iter::repeat(&PAUSES_MS[PAUSES_MS.len() - 1]));
        let (arrived, others) = loop {
            let mut doubts = remote.outbox.unacknowledged();
            let looked = match remote.store.look_up(&name, locks, deadline).await {
                Ok(looked) => looked,
                Err(error) => {
                    self.state.lock().counters.l2_errors += 1;
                    self.warn("the cache could not ask Upstash and goes on without it", &error);
                    return None;
                }
            };
            doubts.extend(remote.outbox.unacknowledged());
            let Looked { sequence, lock, found } = looked;
            if let Some(flight) = self.state.lock().flights.get_mut(id) {
                flight.remote_snapshot = Some(sequence);
                flight.locked = lock == Lock::Ours;
                flight.ran = self.clock.monotonic_ms();
            }
            let found = found.filter(|found| !doubts.iter().any(|purge| purge.reaches(&name, &found.entry.tags)));
            let arrived = found.and_then(|found| {
                let meta = serde_json::from_str::<Meta>(&found.entry.meta).ok()?;
                let usable = usable_of(&found, &meta);
                Some((found, meta, usable))
            });
            let is_waited_for = lock == Lock::Others
                && !arrived.as_ref().is_some_and(|(_, _, usable)| matches!(usable, Usable::Fresh | Usable::Stale));
            if !is_waited_for || began.elapsed() >= patience {
                break (arrived, lock == Lock::Others);
            }
            let pause = Duration::from_millis(*pauses.next().unwrap_or(&160));
            sleep(pause.min(patience.saturating_sub(began.elapsed()))).await;
        };
        let arrived =
            arrived.and_then(|(found, meta, usable)| Some((bodies::decode(&found.entry.body)?, found, meta, usable)));
        let mut state = self.state.lock();
        let Some((body, mut found, meta, usable)) = arrived else {
            state.counters.l2_misses += 1;
            return None;
        };
        // Its leader may be gone by now.
        state.flights.get(id)?;
        found.entry.body = String::new();
        let fresh_ms = found.ttl_ms.saturating_sub(found.entry.keep_ms);
        let (head, created_ms) = (meta.head.clone(), meta.created_ms);
        let tags = if self.options.tells_tags && !meta.is_marker { found.entry.tags.clone() } else { Vec::new() };
        let fetched = Fetched { head, created_ms, usable, fresh_ms, others, tags, body: body.clone() };
        state.arrived.insert(id, Arrived { found, meta, usable, bytes: body.len() as u64 });
        Some(fetched)
    }

    /// Takes what [`Cache::fetch`] found into L1; where that may be answered, it ends the flight. None when a purge came
    /// between, or when it is too heavy: the flight goes on as a miss.
    pub fn adopt(&self, id: u32) -> Option<u32> {
        let mut state = self.state.lock();
        let Arrived { found, meta, usable, bytes } = state.arrived.remove(&id)?;
        let tags: Arc<[Tag]> = found.entry.tags.iter().map(|tag| Tag::from(tag.as_str())).collect();
        let flight = state.flights.get(id)?;
        let (snapshot, name, key, began) =
            (flight.snapshot, flight.asked.name.clone(), flight.key.clone(), flight.began);
        if !state.versions.admits(snapshot, &name, &tags) {
            return None;
        }
        let expires_at = self.clock.monotonic_ms() + found.ttl_ms;
        let entry = L1Entry {
            name,
            tags,
            snapshot,
            trusted_until: self.trusted_until(began),
            fresh_until: expires_at.saturating_sub(found.entry.keep_ms),
            stale_ms: meta.after[0],
            error_ms: meta.after[1],
            effort_ms: if self.options.early_refresh { meta.effort_ms } else { 0 },
            is_marker: meta.is_marker,
        };
        let weight = bytes + meta.head.len() as u64 + weight_of(&entry.tags);
        let slot = state.index.insert(&key, weight, expires_at, snapshot, entry)?;
        if matches!(usable, Usable::Fresh | Usable::Stale) {
            state.flights.end(id);
            state.counters.l2_hits += 1;
        }
        Some(slot)
    }

    /// Ends a flight with its leader's answer. The second value, if any, is what is to be done on Upstash, which nobody
    /// waits for.
    pub fn finish(&self, id: u32, answer: &Answer<'_>, body: Option<&[u8]>) -> (Outcome, Option<Job>) {
        let mut state = self.state.lock();
        let now = self.clock.monotonic_ms();
        state.arrived.remove(&id);
        let Some(flight) = state.flights.end(id) else {
            return (Outcome::refused("unknown-flight", false), None);
        };
        if state.closed {
            return (Outcome::refused("closed", true), None);
        }
        let (mut lifetime, tags) = match self.judge(&state, &flight, answer, body) {
            Ok(judged) => judged,
            Err(reason) => {
                state.counters.refused += 1;
                let job = self.release_job(&flight);
                // A failure says nothing about the next answer.
                if answer.response.status < 500 {
                    state.flights.set_unshareable(flight.key, now);
                }
                return (Outcome::refused(&reason, false), job);
            }
        };
        if lifetime.flexible && self.options.jitter > 0.0 {
            lifetime.fresh -= (lifetime.fresh as f64 * self.options.jitter * state.dice.roll()) as u64;
        }
        let body = body.unwrap_or_default();
        let place = place_of(&mut state.keys, &flight, answer);
        let shared: Arc<[Tag]> = tags.iter().map(|tag| Tag::from(tag.as_str())).collect();
        if !state.versions.admits(flight.snapshot, &place.name, &shared) {
            state.counters.refused += 1;
            return (Outcome::refused("purged", true), self.release_job(&flight));
        }
        let effort_ms = now.saturating_sub(flight.ran);
        let entry = L1Entry {
            name: place.name.clone(),
            tags: shared,
            snapshot: flight.snapshot,
            trusted_until: self.trusted_until(flight.began),
            fresh_until: now + lifetime.fresh,
            stale_ms: lifetime.stale,
            error_ms: lifetime.error,
            effort_ms: if self.options.early_refresh { effort_ms } else { 0 },
            is_marker: false,
        };
        let weight = (body.len() + answer.head.len()) as u64 + weight_of(&entry.tags);
        let expires_at = now + lifetime.fresh + lifetime.keep;
        let slot = state.index.insert(&place.key, weight, expires_at, flight.snapshot, entry);
        let marker =
            slot.and_then(|_| self.mark(&mut state, &flight, &place, answer, now + MARKER_MS.max(lifetime.fresh)));
        state.counters.stored += 1;
        drop(state);
        let outcome = Outcome {
            slot,
            marker,
            created_ms: answer.created_ms.saturating_sub(lifetime.age),
            fresh_ms: lifetime.fresh,
            tags: if self.options.tells_tags { tags.clone() } else { Vec::new() },
            reason: slot.is_none().then(|| "too-large".to_owned()),
            shareable: lifetime.fresh > 0 || lifetime.stale > 0,
        };
        let meta = Meta {
            head: answer.head.to_owned(),
            created_ms: outcome.created_ms,
            after: [lifetime.stale, lifetime.error, lifetime.keep],
            effort_ms,
            is_marker: false,
        };
        (
            outcome,
            self.store_job(
                flight,
                place,
                answer,
                marker.is_some(),
                Entry { tags, meta, body: body.to_vec(), lifetime },
            ),
        )
    }

    /// Notes under a bare URL what its answers vary by, unless that is noted there already.
    fn mark(&self, state: &mut State, flight: &Flight, place: &Place, answer: &Answer<'_>, until: u64) -> Option<u32> {
        let (key, _) = place.marker.as_ref()?;
        if state.index.get(key).is_some_and(|held| held.value.is_marker && held.value.name == *answer.split.head) {
            return None;
        }
        let entry = L1Entry {
            // What it says, to be compared with; a purge by pattern spares it, as it is no answer.
            name: answer.split.head.to_owned(),
            tags: Arc::from([]),
            snapshot: flight.snapshot,
            trusted_until: u64::MAX,
            fresh_until: until,
            stale_ms: 0,
            error_ms: 0,
            effort_ms: 0,
            is_marker: true,
        };
        state.index.insert(key, answer.split.head.len() as u64, until, flight.snapshot, entry)
    }

    /// Until when an entry is trusted that this process alone vouches for.
    fn trusted_until(&self, began: u64) -> u64 {
        if self.remote.is_some() { began + self.options.l1_max_age_ms } else { u64::MAX }
    }

    /// How long an answer may be used that may be stored, and its tags; or the reason why it may not.
    fn judge(
        &self,
        state: &State,
        flight: &Flight,
        answer: &Answer<'_>,
        body: Option<&[u8]>,
    ) -> std::result::Result<(Lifetime, Vec<String>), String> {
        if let Some(reason) = answer.bypass {
            return Err(reason.to_owned());
        }
        let rule = answer.rule;
        let operator = Operator {
            ttl_ms: rule.ttl_ms.unwrap_or(self.options.ttl_ms),
            stale_ms: rule.stale_ms,
            error_ms: rule.error_ms,
            any_status: self.options.any_status,
            longest_ms: rule.longest_ms,
        };
        let lifetime = policy::lifetime_of(&answer.response, &operator, self.clock.wall_ms())
            .map_err(|Refusal(reason)| reason.to_owned())?;
        let body = body.ok_or("no-body")?;
        if body.len() as u64 > self.options.max_entry_bytes {
            return Err("too-large".to_owned());
        }
        let mut tags = self.tags_of(state, answer)?;
        tags.insert(flight.asked.url_tag.clone());
        if tags.len() > MAX_TAGS {
            return Err("too-many-tags".to_owned());
        }
        Ok((lifetime, tags.into_iter().collect()))
    }

    fn tags_of(
        &self,
        state: &State,
        answer: &Answer<'_>,
    ) -> std::result::Result<std::collections::BTreeSet<String>, String> {
        let mut tags = std::collections::BTreeSet::new();
        if answer.rule.unaware {
            tags.insert(schema::AUTH_TAG.to_owned());
        } else {
            let found = state.schema.dependencies(answer.reads).map_err(|_| "unknown-dependencies".to_owned())?;
            if found.unwatched {
                return Err("unwatched-type".to_owned());
            }
            if !found.known && answer.tags.is_empty() {
                return Err("no-dependencies".to_owned());
            }
            tags = found.tags;
        }
        tags.extend(answer.tags.iter().map(|tag| custom_tag(tag)));
        let inherited = answer.inherits.and_then(|slot| state.index.at(slot));
        tags.extend(inherited.iter().flat_map(|held| held.value.tags.iter()).map(ToString::to_string));
        Ok(tags)
    }

    fn store_job(
        &self,
        flight: Flight,
        place: Place,
        answer: &Answer<'_>,
        is_marked: bool,
        entry: Entry,
    ) -> Option<Job> {
        let remote = self.remote.as_ref()?;
        let sequence = flight.remote_snapshot?;
        if !remote.store.is_reachable() {
            return None;
        }
        let Ok(permit) = Arc::clone(&remote.storing).try_acquire_owned() else {
            remote.dropped.fetch_add(1, Ordering::Relaxed);
            return self.release_job(&flight);
        };
        let marker = place.marker.filter(|_| is_marked).map(|(_, name)| {
            let head = answer.split.head.to_owned();
            let meta = Meta { head, is_marker: true, ..Meta::default() };
            let lifetime = Lifetime { fresh: MARKER_MS.max(entry.lifetime.fresh), ..Lifetime::default() };
            (name, Entry { tags: Vec::new(), meta, body: Vec::new(), lifetime })
        });
        let lock = (flight.locked && flight.asked.name != place.name).then(|| flight.asked.name.clone());
        let mut entries = vec![(place.name, entry)];
        entries.extend(marker);
        let lock = lock.filter(|lock| !entries.iter().any(|(name, _)| name == lock));
        Some(Job::Store(StoreJob {
            key: place.key,
            snapshot: flight.snapshot,
            sequence,
            entries,
            lock,
            _permit: permit,
        }))
    }

    fn release_job(&self, flight: &Flight) -> Option<Job> {
        flight.locked.then(|| Job::Release(flight.asked.name.clone()))
    }

    /// Does what is left to do on Upstash. An entry that is refused there, since another process purged it meanwhile,
    /// leaves L1 as well.
    pub async fn carry_out(&self, job: Job) {
        let Some(remote) = &self.remote else { return };
        let deadline = self.options.deadline * 4;
        match job {
            Job::Release(name) => drop(remote.store.release(&name, deadline).await),
            Job::Store(job) => {
                for (name, Entry { tags, meta, body, lifetime }) in job.entries {
                    let is_marker = meta.is_marker;
                    let entry = RemoteEntry {
                        tags,
                        meta: serde_json::to_string(&meta).unwrap_or_default(),
                        body: bodies::encode(body),
                        keep_ms: lifetime.keep,
                    };
                    let ttl_ms = lifetime.fresh + lifetime.keep;
                    match remote.store.store(&name, job.sequence, ttl_ms, entry, deadline).await {
                        Ok(true) => {}
                        Ok(false) if is_marker => {}
                        Ok(false) => self.drop_refused(&job.key, job.snapshot),
                        Err(error) => {
                            self.state.lock().counters.l2_errors += 1;
                            self.warn("an answer could not be stored on Upstash", &error);
                        }
                    }
                }
                if let Some(name) = job.lock {
                    drop(remote.store.release(&name, deadline).await);
                }
            }
        }
    }

    fn drop_refused(&self, key: &[u8], snapshot: u64) {
        let mut state = self.state.lock();
        if state.index.get(key).is_some_and(|held| held.value.snapshot == snapshot) {
            state.index.remove(key);
        }
    }

    /// Ends a flight whose leader threw.
    pub fn abandon(&self, id: u32) -> Option<Job> {
        let mut state = self.state.lock();
        state.arrived.remove(&id);
        let flight = state.flights.end(id)?;
        self.release_job(&flight)
    }
}

fn usable_of(found: &Found, meta: &Meta) -> Usable {
    let Some(rest) = found.entry.keep_ms.checked_sub(found.ttl_ms) else { return Usable::Fresh };
    let [stale_ms, error_ms, _] = meta.after;
    match rest {
        _ if rest < stale_ms => Usable::Stale,
        _ if rest < error_ms => Usable::OnError,
        _ => Usable::Expired,
    }
}

/// Where an answer belongs: where the flight went, or where it turned out to.
fn place_of(keys: &mut KeyMaker, flight: &Flight, answer: &Answer<'_>) -> Place {
    let asked = flight.asked.audience();
    let bare = Audience { owner: answer.split.owner.unwrap_or(asked.owner), vary: "", ..asked };
    let mut key_of = |audience: &Audience<'_>| -> (Box<[u8]>, String) {
        let scope = keys.scope(audience);
        // It had one when the flight was opened; a schema set since then refuses it by its snapshot.
        if keys.make(&flight.asked.url, scope).is_none() {
            return (flight.key.clone(), flight.asked.name.clone());
        }
        (keys.last().into(), keys.name(audience))
    };
    if answer.split.vary.is_empty() {
        let (key, name) = key_of(&bare);
        return Place { key, name, marker: None };
    }
    let (key, name) = key_of(&Audience { vary: answer.split.vary, ..bare });
    Place { key, name, marker: Some(key_of(&bare)) }
}
