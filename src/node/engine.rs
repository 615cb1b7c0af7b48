//! `Engine`: cache, invalidation and limiters of one Strapi, as JavaScript sees them.

use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Env, PromiseRaw, spawn};
use napi_derive::napi;
use serde::Deserialize;

use super::answer::{Facts, Fetched, Flight, Outcome};
use super::error::to_js;
use super::limiter::{self, Decides, Limiter};
use super::prober::{Prober, prober};
use crate::cache::{Audience, Cache, Job, MISS, Options, Role, code_of};
use crate::client::{Client, HttpTransport, Transport};
use crate::clock::{Clock, SystemClock};
use crate::error::ErrorKind;
use crate::invalidation::{Pattern, Purge};
use crate::limiter::{LocalLimiter, RemoteTokens, SharedLimiter};
use crate::store::RemoteStore;
use crate::warnings::Warnings;

/// What `resolveConfig` returns.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resolved {
    url: Option<String>,
    token: Option<String>,
    prefix: String,
    ttl_ms: u64,
    deadline_ms: u64,
    l1: L1,
    bus: Bus,
    cache: Caching,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Caching {
    jitter: f64,
    early_refresh: bool,
    any_status: bool,
    fill_lock_ms: u64,
    tag_header: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bus {
    enabled: bool,
    heartbeat_ms: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct L1 {
    max_bytes: u64,
    max_entries: u64,
    max_entry_bytes: u64,
    max_age_ms: u64,
}

/// The cache and the limiters of one Strapi.
#[napi]
pub struct Engine {
    cache: Arc<Cache>,
    client: Option<Arc<Client>>,
    transport: Option<Arc<HttpTransport>>,
    clock: Arc<dyn Clock>,
    warnings: Arc<Warnings>,
    prefix: String,
    deadline: Duration,
}

#[napi]
impl Engine {
    /// `config`: what `resolveConfig` returned. Does no I/O and keeps no process alive.
    #[napi(constructor)]
    pub fn new(config: String) -> napi::Result<Self, String> {
        let resolved: Resolved = serde_json::from_str(&config)
            .map_err(|error| to_js(ErrorKind::Config(format!("config: not what resolveConfig returns: {error}"))))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let warnings = Arc::new(Warnings::default());
        let transport = match (&resolved.url, &resolved.token) {
            (Some(url), Some(token)) => Some(Arc::new(HttpTransport::new(url, token).map_err(to_js)?)),
            _ => None,
        };
        let client = transport
            .as_ref()
            .map(|transport| Arc::new(Client::new(Arc::clone(transport) as Arc<dyn Transport>, Arc::clone(&clock))));
        let deadline = Duration::from_millis(resolved.deadline_ms);
        let options = Options {
            prefix: resolved.prefix.clone(),
            ttl_ms: resolved.ttl_ms,
            jitter: resolved.cache.jitter,
            early_refresh: resolved.cache.early_refresh,
            any_status: resolved.cache.any_status,
            fill_lock_ms: resolved.cache.fill_lock_ms,
            tells_tags: resolved.cache.tag_header.is_some(),
            max_bytes: resolved.l1.max_bytes,
            max_entries: resolved.l1.max_entries,
            max_entry_bytes: resolved.l1.max_entry_bytes,
            l1_max_age_ms: resolved.l1.max_age_ms,
            deadline,
            heartbeat: resolved.bus.enabled.then(|| Duration::from_millis(resolved.bus.heartbeat_ms)),
        };
        let remote = client.as_ref().map(|client| RemoteStore::new(Arc::clone(client), &resolved.prefix));
        let cache = Arc::new(Cache::new(options, remote, Arc::clone(&clock), Arc::clone(&warnings)));
        Ok(Self { cache, client, transport, clock, warnings, prefix: resolved.prefix, deadline })
    }

    /// Where entries live: `memory`, or `upstash` with memory in front of it.
    #[napi(getter, ts_return_type = "'memory' | 'upstash'")]
    pub fn store(&self) -> &'static str {
        if self.client.is_some() { "upstash" } else { "memory" }
    }

    /// Sets the schema, as JSON: `{ prefix: '/api', types: { [uid]: { kind, precise, draftable, localized, attributes: {
    /// [name]: … } } } }`; optional are `foldQueries` (false: the site parses queries by rules of its own), `foldPaths`
    /// (false: any path is ours, as it is spelled), `endpoints` (paths outside the prefix) and `unwatched` (types whose
    /// writes are not reported: what reads them is not stored). `precise`: writes come by `purgeChanges`. An
    /// attribute is `{ relation: uid | { to: uid, edge, takes } }`, `{ morph: uid | '*' }`, `{ component: uid }`,
    /// `{ zone: uid[] }`, `{ localizations: true }` or `{ media: true }`.
    #[napi]
    pub fn set_schema(&self, schema: String) -> napi::Result<(), String> {
        self.cache.set_schema(&schema).map_err(to_js)
    }

    /// The number that stands for an audience in the look-up: a host, a variant (bits: 1 source maps, 2 format v4, 4 TLS),
    /// whose answers (empty: everybody's) and the values of the headers they vary by. A caller may keep it: it never changes
    /// its meaning.
    #[napi]
    pub fn scope(&self, host: String, variant: u32, owner: Option<String>, vary: Option<String>) -> f64 {
        self.cache.scope(&audience(&host, variant, owner.as_deref(), vary.as_deref())) as f64
    }

    /// The synchronous look-up: the slot of a fresh entry, -1 for a miss, -2 for a URL that is never cached; for another entry
    /// `-16 - (slot << 3 | use)`, the use as in `Fetched`. The URL is one that Node's
    /// HTTP parser made: characters above U+00FF, which it never makes, are not told apart.
    #[napi(ts_return_type = "(url: string, scope: number) => number")]
    pub fn prober<'env>(&self, env: &'env Env) -> napi::Result<Prober<'env>> {
        prober(env, Arc::clone(&self.cache))
    }

    /// Takes the flight of a key that was missed.
    #[napi]
    pub fn open(&self, url: String, host: String, variant: u32, owner: Option<String>, vary: Option<String>) -> Flight {
        let audience = audience(&host, variant, owner.as_deref(), vary.as_deref());
        let (id, role) = match self.cache.open(url.as_bytes(), &audience) {
            Role::Leader(id) => (id, "leader"),
            Role::Follower(id) => (id, "follower"),
            Role::Solo => (0, "solo"),
        };
        Flight { id, role: role.to_owned() }
    }

    /// Asks Upstash for a flight's key; null when there is nothing to ask, the promise of null when it has nothing
    /// or does not answer within the deadline, less the ms the request has `waited` for Upstash before. Waits for another
    /// process that makes the same answer. Never rejects.
    #[napi(ts_return_type = "Promise<Fetched | null> | null")]
    pub fn fetch<'env>(
        &self,
        env: &'env Env,
        id: u32,
        waited: Option<f64>,
    ) -> napi::Result<Option<PromiseRaw<'env, Option<Fetched>>>> {
        if !self.cache.asks_remote() {
            if let Some(trial) = self.client.as_ref().and_then(Client::due_trial) {
                spawn(trial);
            }
            return Ok(None);
        }
        let left = self.deadline.saturating_sub(Duration::from_millis(waited.unwrap_or(0.0) as u64));
        if left.is_zero() {
            return Ok(None);
        }
        let cache = Arc::clone(&self.cache);
        env.spawn_future(async move { Ok(cache.fetch(id, left).await.map(Fetched::from)) }).map(Some)
    }

    /// Takes what `fetch` found into memory: its slot, or -1 when a purge came between. Where it may be answered that ends the
    /// flight.
    #[napi]
    pub fn adopt(&self, id: u32) -> i32 {
        let slot = self.cache.adopt(id);
        self.listen_for(slot);
        slot.map_or(-1, |slot| slot as i32)
    }

    /// Ends a flight with its leader's answer. `body` null means there is none that could be stored.
    #[napi]
    pub fn finish(&self, id: u32, facts: Facts, body: Option<&[u8]>) -> Outcome {
        let (outcome, job) = self.cache.finish(id, &facts.answer(), body);
        self.listen_for(outcome.slot);
        self.carry_out(job);
        outcome.into()
    }

    /// Ends a flight whose leader threw.
    #[napi]
    pub fn abandon(&self, id: u32) {
        self.carry_out(self.cache.abandon(id));
    }

    /// What the look-up answers for a slot: -1 when nothing is to be done with it any more.
    #[napi]
    pub fn usable(&self, slot: u32) -> i32 {
        self.cache.usable(slot).map_or(MISS, |usable| code_of(slot, usable))
    }

    /// Notes that what is in a slot takes so many bytes more, for another form of its body. False when it was evicted.
    #[napi]
    pub fn grow(&self, slot: u32, bytes: f64) -> bool {
        self.cache.grow(slot, bytes as u64)
    }

    /// The slots freed since the last call.
    #[napi]
    pub fn drain(&self) -> Vec<u32> {
        self.cache.drain_freed()
    }

    /// Purges what a write to documents of these types makes stale: the types and the targets of their relations.
    /// In this process that is done when it returns. The promise, with Upstash only, resolves when the other
    /// processes are told or the deadline has passed; then it is tried again in the background. Never rejects.
    #[napi(ts_return_type = "Promise<void> | null")]
    pub fn purge_types<'env>(&self, env: &'env Env, uids: Vec<String>) -> napi::Result<Option<PromiseRaw<'env, ()>>> {
        self.purge(env, self.cache.purge_of_types(&uids))
    }

    /// Purges what a change makes stale. `changes`: JSON `{ documents: [{ uid, id, before, after, fields?, linked? }],
    /// components: [{ uid, owners }] }`, where `before` and `after` are `{ rows: [{ public, locale, values }], links: [[edge,
    /// public, locale, document, key, place]] }` and an owner is `{ uid, id, public, locale }`. As `purgeTypes`.
    #[napi(ts_return_type = "Promise<void> | null")]
    pub fn purge_changes<'env>(&self, env: &'env Env, changes: String) -> napi::Result<Option<PromiseRaw<'env, ()>>> {
        let purge =
            self.cache.purge_of_changes(&changes).map_err(|error| napi::Error::from_reason(error.to_string()))?;
        // Nothing that anybody can see.
        if purge == Purge::Tags(Vec::new()) {
            return Ok(None);
        }
        self.purge(env, purge)
    }

    /// The tags of published content that a write to these types, and these `changes` (as of `purgeChanges`), make stale. None
    /// where nobody can see what changed, as in drafts and in Strapi's own tables.
    #[napi]
    pub fn public_tags(&self, types: Vec<String>, changes: Vec<String>) -> napi::Result<Vec<String>> {
        self.cache.public_tags(&types, &changes).map_err(|error| napi::Error::from_reason(error.to_string()))
    }

    /// Whether there is nothing that a purge could reach.
    #[napi(getter)]
    pub fn holds_nothing(&self) -> bool {
        self.cache.holds_nothing()
    }

    /// Purges what carries one of these tags. As `purgeTypes`.
    #[napi(ts_return_type = "Promise<void> | null")]
    pub fn purge_tags<'env>(&self, env: &'env Env, tags: Vec<String>) -> napi::Result<Option<PromiseRaw<'env, ()>>> {
        self.purge(env, Purge::Tags(tags.iter().map(|tag| crate::cache::custom_tag(tag)).collect()))
    }

    /// Purges everything that is answered under a URL, whoever asks: after a request that may have changed it (RFC 9111
    /// §4.4). As `purgeTypes`.
    #[napi(ts_return_type = "Promise<void> | null")]
    pub fn purge_url<'env>(
        &self,
        env: &'env Env,
        url: String,
        host: String,
    ) -> napi::Result<Option<PromiseRaw<'env, ()>>> {
        match self.cache.url_tag(url.as_bytes(), host.as_bytes()) {
            Some(tag) => self.purge(env, Purge::Tags(vec![tag])),
            None => Ok(None),
        }
    }

    /// Purges the keys that match a Redis glob, such as `strapi:/api/articles*`. As `purgeTypes`, but it scans.
    #[napi(ts_return_type = "Promise<void> | null")]
    pub fn purge_pattern<'env>(&self, env: &'env Env, pattern: String) -> napi::Result<Option<PromiseRaw<'env, ()>>> {
        self.purge(env, Purge::Pattern(Pattern::new(&pattern)))
    }

    /// Purges everything. As `purgeTypes`.
    #[napi(ts_return_type = "Promise<void> | null")]
    pub fn purge_all<'env>(&self, env: &'env Env) -> napi::Result<Option<PromiseRaw<'env, ()>>> {
        self.purge(env, Purge::All)
    }

    /// Purges that Upstash has not acknowledged; without Upstash there are none.
    #[napi(getter)]
    pub fn purges_waiting(&self) -> u32 {
        self.cache.purges_waiting() as u32
    }

    /// Counters since the start, as JSON.
    #[napi]
    pub fn stats(&self) -> String {
        let mut stats = self.cache.stats();
        stats["store"] = self.store().into();
        let open = self.client.as_ref().is_some_and(|client| client.is_open());
        stats["breaker"] = if open { "open" } else { "closed" }.into();
        stats.to_string()
    }

    /// The next line for the log, or null. At most one of a kind in half a minute.
    #[napi]
    pub fn take_warning(&self) -> Option<String> {
        self.warnings.take()
    }

    /// A limiter. `options`: JSON `{ name, limit, windowMs }` and, where they are not the default, `algorithm`, `burst`,
    /// `mode` and `onError`.
    #[napi]
    pub fn limiter(&self, options: String) -> napi::Result<Limiter, String> {
        let options = limiter::Options::parse(&options)?;
        let rule = options.rule();
        Ok(Limiter::new(match &self.client {
            None => Decides::Here(Arc::new(LocalLimiter::new(rule, Arc::clone(&self.clock)))),
            Some(client) => Decides::Upstash(Arc::new(SharedLimiter::new(
                RemoteTokens::new(rule, format!("{}@ratelimit:{}", self.prefix, options.name), Arc::clone(client)),
                options.mode,
                options.on_error,
                self.deadline,
                Arc::clone(&self.clock),
                Arc::clone(&self.warnings),
            ))),
        }))
    }

    /// Lets go of every entry and stops background work. Requests that come later run alone.
    #[napi]
    pub fn close(&self) {
        self.cache.close();
    }

    /// Listens to other processes from the first entry on that they might purge: not where nothing is answered, such as
    /// in a command of Strapi's.
    fn listen_for(&self, slot: Option<u32>) {
        if let (Some(_), Some(transport)) = (slot, &self.transport)
            && let Some(listening) = self.cache.listen(transport)
        {
            spawn(listening);
        }
    }

    fn carry_out(&self, job: Option<Job>) {
        if let Some(job) = job {
            let cache = Arc::clone(&self.cache);
            spawn(async move { cache.carry_out(job).await });
        }
    }

    fn purge<'env>(&self, env: &'env Env, purge: Purge) -> napi::Result<Option<PromiseRaw<'env, ()>>> {
        let Some(under_way) = self.cache.purge(purge) else { return Ok(None) };
        if let Some(outbox) = under_way.sender {
            spawn(outbox.drain());
        }
        let (cache, deadline) = (Arc::clone(&self.cache), self.deadline);
        let down = self.client.as_ref().is_some_and(|client| client.is_open());
        env.spawn_future(async move {
            // With the breaker open nobody expects an answer: the editor does not wait for a deadline.
            let wait = if down { Duration::ZERO } else { deadline };
            if tokio::time::timeout(wait, under_way.acknowledged).await.is_err() {
                cache.warn_unacknowledged();
            }
            Ok(())
        })
        .map(Some)
    }
}

fn audience<'a>(host: &'a str, variant: u32, owner: Option<&'a str>, vary: Option<&'a str>) -> Audience<'a> {
    Audience {
        host: host.as_bytes(),
        variant: variant as u8,
        owner: owner.unwrap_or_default(),
        vary: vary.unwrap_or_default(),
    }
}
