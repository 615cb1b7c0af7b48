//! L2: entries and tag versions on Upstash. Every operation is one round trip, except a pattern purge, which scans.
//!
//! Layout: an entry is a hash `s` (sequence), `t` (tags, one a line), `m` (meta, JSON), `b` (body), `k` (ms of its TTL in
//! which it is stale) under its key, with a TTL. Who fills it holds `<prefix>@fill:<key>`. All versions live in one hash `<prefix>@versions`, together with `seq` and `floor`, so that losing
//! it is visible. It stands outside `<prefix>:*`: no pattern a person writes reaches it.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use once_cell::sync::Lazy;
use parking_lot::Mutex;

use crate::client::{Client, Command, Reply, Script};
use crate::command;
use crate::error::{ErrorKind, Result};

static LOOKUP: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/lookup.lua")));
static STORE: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/store.lua")));
static BEAT: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/beat.lua")));
static MISSED: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/missed.lua")));
static RELEASE: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/release.lua")));
static SWEEP: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/sweep.lua")));
static PURGE: Lazy<Script> = Lazy::new(|| Script::new(include_str!("scripts/purge.lua")));

/// Fields of the versions hash before the floor is raised and it starts anew: a few MB at most.
const MAX_VERSIONS: u32 = 20_000;
/// Purges that the log remembers: those of a listener's short absence.
const MAX_LOG: u32 = 1_000;
/// Keys asked for in one SCAN of a pattern purge: large enough to be few, small enough not to hold Redis up.
const SCAN_COUNT: u32 = 1_000;

/// How long a fill's lock outlives a process that was killed, in ms: longer than most controllers take, and waiting for
/// it is bounded by the one who waits.
const LOCK_MS: u32 = 5_000;

/// An entry as L2 keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteEntry {
    pub tags: Vec<String>,
    pub meta: String,
    /// Text, as it goes through JSON.
    pub body: String,
    /// How long it is kept after it was fresh, in ms.
    pub keep_ms: u64,
}

/// An entry that was not purged, and the time it has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub entry: RemoteEntry,
    /// Until it is gone: it is fresh while this is more than `keep_ms`.
    pub ttl_ms: u64,
}

/// Who fills an entry that is not there, or not fresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// Nobody: it is fresh, or was not asked for.
    None,
    Ours,
    /// Another process, since before nothing that was purged.
    Others,
}

/// What a look-up learned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The sequence a fill that starts now would carry.
    pub sequence: u64,
    pub lock: Lock,
    pub found: Option<Found>,
}

/// What a log knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The sequence now.
    pub sequence: u64,
    /// The time now, in µs by the database's clock.
    pub at_us: u64,
    /// The message of this sequence; empty where there is none.
    pub newest: String,
    /// The message of the sequence that was asked for; empty where there is none any more.
    pub asked: String,
    /// The messages since, the oldest first.
    pub since: Vec<String>,
}

/// L2 on one Upstash database.
pub struct RemoteStore {
    client: Arc<Client>,
    /// What the key of every lock begins with.
    locks: String,
    /// What every entry's key begins with. A pattern reaches nothing else, whatever it says.
    entries: String,
    versions: String,
    /// The purges of late, a sorted set by sequence.
    log: String,
    /// Where purges are told.
    channel: String,
    /// This process among those that share the database.
    origin: String,
    /// The highest sequence this process has seen: one that is lower was restored from an older copy.
    seen: AtomicU64,
    /// What the purges were given that this process made or heard of. A database restored from a copy, or a replica that
    /// took over, may have caught up with `seen` by other purges since, and no longer know these.
    given: Mutex<Given>,
}

/// The sequence of the last purge of each tag, and of everything.
#[derive(Default)]
struct Given {
    floor: u64,
    tags: HashMap<String, u64>,
}

impl Given {
    fn note(&mut self, tags: &[String], sequence: u64) {
        if tags.is_empty() || self.tags.len() > MAX_VERSIONS as usize {
            self.floor = sequence.max(self.floor);
            self.tags.clear();
        }
        for tag in tags {
            let given = self.tags.entry(tag.clone()).or_default();
            *given = sequence.max(*given);
        }
    }

    fn allows(&self, snapshot: u64, tags: &[String]) -> bool {
        snapshot >= self.floor && tags.iter().all(|tag| self.tags.get(tag).is_none_or(|given| *given <= snapshot))
    }
}

/// A name that no other store has, in this process or another. The randomness is the standard library's, which takes it from
/// the system: that of a fast hasher may be the same for two that are made in the same place.
fn new_origin() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    format!("{:016x}", std::hash::RandomState::new().hash_one((std::process::id(), number)))
}

impl RemoteStore {
    pub fn new(client: Arc<Client>, prefix: &str) -> Self {
        Self {
            client,
            locks: format!("{prefix}@fill:"),
            entries: format!("{prefix}:"),
            versions: format!("{prefix}@versions"),
            log: format!("{prefix}@log"),
            channel: format!("{prefix}@bus"),
            origin: new_origin(),
            seen: AtomicU64::new(0),
            given: Mutex::new(Given::default()),
        }
    }

    /// Whether Upstash is worth asking: its breaker is closed.
    pub fn is_reachable(&self) -> bool {
        !self.client.is_open()
    }

    /// Asks for an entry, its freshness and the sequence, and with `locks` for the lock of filling it where it is not
    /// fresh, in one round trip.
    ///
    /// # Errors
    /// What the client met, [`ErrorKind::Protocol`] for a reply of another form.
    pub async fn look_up(&self, key: &str, locks: bool, deadline: Duration) -> Result<Looked> {
        let lock_ms = if locks { LOCK_MS } else { 0 };
        let arguments = command![self.seen.load(Ordering::Relaxed), self.origin, lock_ms];
        let reply = LOOKUP.run(&self.client, &[key, &self.versions, &self.lock_of(key)], arguments, deadline).await?;
        let items = reply.items().ok_or_else(|| unexpected("look-up"))?;
        let sequence = self.see(items.first())?;
        let lock = match items.get(1).and_then(Reply::unsigned) {
            Some(1) => Lock::Ours,
            Some(2) => Lock::Others,
            _ => Lock::None,
        };
        let found = match items.as_slice() {
            [_, _] => None,
            [_, _, snapshot, tags, meta, body, keep, ttl] => {
                let snapshot = snapshot.unsigned().ok_or_else(|| unexpected("snapshot"))?;
                let tags: Vec<String> =
                    tags.text().ok_or_else(|| unexpected("tags"))?.lines().map(str::to_owned).collect();
                let known = self.given.lock().allows(snapshot, &tags);
                let meta = meta.text().ok_or_else(|| unexpected("meta"))?;
                let body = body.text().ok_or_else(|| unexpected("body"))?;
                let keep_ms = keep.unsigned().ok_or_else(|| unexpected("time it is kept"))?;
                let ttl_ms = ttl.unsigned().ok_or_else(|| unexpected("TTL"))?;
                known.then_some(Found { entry: RemoteEntry { tags, meta, body, keep_ms }, ttl_ms })
            }
            _ => return Err(unexpected("look-up")),
        };
        Ok(Looked { sequence, lock, found })
    }

    /// Stores an entry that was filled from `sequence` on, for `ttl_ms`, and lets go of its lock. False when a purge
    /// since then forbids it.
    ///
    /// # Errors
    /// What the client met.
    pub async fn store(
        &self,
        key: &str,
        sequence: u64,
        ttl_ms: u64,
        entry: RemoteEntry,
        deadline: Duration,
    ) -> Result<bool> {
        let arguments: Command =
            command![sequence, ttl_ms, entry.tags.join("\n"), entry.meta, entry.body, entry.keep_ms, self.origin];
        let reply = STORE.run(&self.client, &[key, &self.versions, &self.lock_of(key)], arguments, deadline).await?;
        Ok(reply.unsigned() == Some(1))
    }

    /// Lets go of the lock of an entry that is not going to be stored.
    ///
    /// # Errors
    /// What the client met.
    pub async fn release(&self, key: &str, deadline: Duration) -> Result<()> {
        RELEASE.run(&self.client, &[&self.lock_of(key)], command![self.origin], deadline).await.map(|_| ())
    }

    fn lock_of(&self, key: &str) -> String {
        format!("{}{key}", self.locks)
    }

    /// Makes every entry with one of `tags` stale.
    ///
    /// # Errors
    /// What the client met.
    pub async fn purge_tags(&self, tags: &[String], deadline: Duration) -> Result<()> {
        self.purge("tags", tags, deadline).await
    }

    /// Makes every entry stale.
    ///
    /// # Errors
    /// What the client met.
    pub async fn purge_all(&self, deadline: Duration) -> Result<()> {
        self.purge("all", &[], deadline).await
    }

    /// Deletes the keys that match a Redis glob, and refuses what is being filled meanwhile. In steps; `deadline` is for
    /// each of them.
    ///
    /// # Errors
    /// What the client met.
    pub async fn purge_pattern(&self, pattern: &str, deadline: Duration) -> Result<()> {
        let named = [pattern.to_owned()];
        self.purge("pattern", &named, deadline).await?;
        let mut cursor = "0".to_owned();
        loop {
            let arguments = command![cursor, pattern, SCAN_COUNT, self.entries];
            cursor = match SWEEP.run(&self.client, &[], arguments, deadline).await {
                // A database that allows no SCAN in a script still has to be purged.
                Err(ErrorKind::Redis(_)) => self.sweep(&cursor, pattern, deadline).await?,
                next => next?.text().ok_or_else(|| unexpected("SCAN"))?,
            };
            if cursor == "0" {
                // Until now another process may have taken one of these keys into its memory.
                return self.purge("pattern", &named, deadline).await;
            }
        }
    }

    /// A step through the keys by single commands. Returns the next cursor.
    async fn sweep(&self, cursor: &str, pattern: &str, deadline: Duration) -> Result<String> {
        let scan = command!["SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT];
        let mut page = self.client.command(&scan, deadline).await?.items().unwrap_or_default().into_iter();
        let next = page.next().and_then(|next| next.text()).ok_or_else(|| unexpected("SCAN"))?;
        let keys = page.next().and_then(Reply::items).ok_or_else(|| unexpected("SCAN"))?;
        let mut unlink: Command = vec!["UNLINK".to_owned()];
        unlink.extend(keys.iter().filter_map(Reply::text).filter(|key| key.starts_with(&self.entries)));
        if unlink.len() > 1 {
            self.client.command(&unlink, deadline).await?;
        }
        Ok(next)
    }

    async fn purge(&self, kind: &str, tags: &[String], deadline: Duration) -> Result<()> {
        let seen = self.seen.load(Ordering::Relaxed);
        let mut arguments: Command = command![seen, MAX_VERSIONS, MAX_LOG, self.channel, self.origin, kind];
        arguments.extend(tags.iter().cloned());
        let reply = PURGE.run(&self.client, &[&self.versions, &self.log], arguments, deadline).await?;
        let sequence = self.see(Some(&reply))?;
        let tags = if kind == "pattern" { &[PATTERN_TAG.to_owned()] } else { tags };
        self.given.lock().note(tags, sequence);
        Ok(())
    }

    /// The channel on which purges are told.
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// By what this process signs its purges.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What the log knows of the time after `sequence`.
    ///
    /// # Errors
    /// What the client met.
    pub async fn missed_since(&self, sequence: u64, deadline: Duration) -> Result<Missed> {
        let reply = MISSED.run(&self.client, &[&self.versions, &self.log], command![sequence], deadline).await?;
        let items = reply.items().ok_or_else(|| unexpected("log"))?;
        let texts = items.iter().map(Reply::text).collect::<Option<Vec<String>>>();
        let mut texts = texts.ok_or_else(|| unexpected("message"))?.into_iter();
        let mut number = || texts.next().and_then(|text| text.parse().ok()).ok_or_else(|| unexpected("log"));
        let (sequence, at_us) = (number()?, number()?);
        let (Some(newest), Some(asked)) = (texts.next(), texts.next()) else { return Err(unexpected("log")) };
        self.seen.fetch_max(sequence, Ordering::Relaxed);
        Ok(Missed { sequence, at_us, newest, asked, since: texts.collect() })
    }

    /// Takes note of a purge of these tags, or of everything, that another process made: should the database forget it,
    /// this process does not.
    pub fn hear(&self, tags: Option<&[String]>, sequence: u64) {
        self.seen.fetch_max(sequence, Ordering::Relaxed);
        if tags.is_none_or(|tags| !tags.is_empty()) {
            self.given.lock().note(tags.unwrap_or_default(), sequence);
        }
    }

    /// Makes every listener hear the sequence.
    ///
    /// # Errors
    /// What the client met.
    pub async fn beat(&self, deadline: Duration) -> Result<()> {
        BEAT.run(&self.client, &[&self.versions], command![self.channel], deadline).await.map(|_| ())
    }

    fn see(&self, sequence: Option<&Reply>) -> Result<u64> {
        let sequence = sequence.and_then(Reply::unsigned).ok_or_else(|| unexpected("sequence"))?;
        self.seen.fetch_max(sequence, Ordering::Relaxed);
        Ok(sequence)
    }
}

/// The version of patterns: what was being filled when one was purged may match it.
const PATTERN_TAG: &str = "@pattern";

fn unexpected(what: &str) -> ErrorKind {
    ErrorKind::Protocol(format!("an unexpected {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_stores_sign_alike() {
        let made: std::collections::HashSet<String> = (0..1_000).map(|_| new_origin()).collect();
        assert_eq!(made.len(), 1_000);
    }
}
