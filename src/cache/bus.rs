//! What the processes of a site tell each other: purges, as soon as they are made, on a channel of Upstash's.
//!
//! Without it a process trusts its memory for `l1.maxAge` and asks Upstash then. While it hears the channel it trusts its
//! memory for as long as an entry lives: every purge has the next number of one sequence, so one that was missed shows,
//! is read from the log, and where the log does not reach back that far, memory starts anew. A channel that has fallen
//! silent without breaking is noticed by the beats it owes, within twice [`Options::heartbeat`](super::Options).
//!
//! What is heard may be late, where a replica that lags serves the channel. So what counts is when something was said, by
//! the database's clock, and not when it was heard: whatever was heard vouches for memory for two heartbeats from then.
//! The log is read by a script, which no replica answers.

use std::hash::BuildHasher;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use foldhash::fast::RandomState;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};

use super::{Cache, Remote, State};
use crate::client::{HttpTransport, listen, path_of};
use crate::invalidation::{Beat, Message, Purge};
use crate::store::Missed;

/// The pauses before the channel is opened again; the last one is repeated.
const PAUSES_MS: [u64; 6] = [100, 300, 1_000, 2_000, 5_000, 10_000];
/// How long the log may take to answer.
const LOG_DEADLINE: Duration = Duration::from_secs(2);
/// After so long the clocks of the database and of this process are compared anew: in ten minutes good ones drift apart by
/// less than a tenth of a second.
const CLOCKS_HOLD_MS: u64 = 600_000;

/// The last purge of the site that this process knows of.
pub(super) struct Known {
    sequence: u64,
    /// Its message; none where nobody was told. A database that goes on from an older copy gives its number to another.
    message: Option<Message>,
    /// The database's clock, in µs, and a monotonic ms not after that.
    clocks: (u64, u64),
}

impl Known {
    /// A monotonic ms not after what happened at this time of the database's.
    fn when(&self, at_us: u64) -> u64 {
        let (then_us, then_ms) = self.clocks;
        if at_us >= then_us {
            then_ms + (at_us - then_us) / 1_000
        } else {
            then_ms.saturating_sub((then_us - at_us).div_ceil(1_000))
        }
    }

    /// Whether it was known before the log was read the last time.
    fn is_old(&self, sequence: u64, at_us: Option<u64>) -> bool {
        sequence <= self.sequence && at_us.is_some_and(|at_us| at_us <= self.clocks.0)
    }
}

enum Heard {
    /// The channel is open from now on.
    Open,
    Message(Vec<u8>),
    /// It is not any more.
    Lost,
}

/// Listens until the cache is closed or gone.
async fn run(cache: Weak<Cache>, transport: Arc<HttpTransport>, channel: String, heartbeat: Duration) {
    let (hear, heard) = unbounded_channel();
    let ears = tokio::spawn(keep_open(transport, channel, hear));
    follow(&cache, heard, heartbeat).await;
    ears.abort();
    if let Some(cache) = cache.upgrade() {
        cache.bus_is_lost();
    }
}

/// Opens the channel, and again whenever it breaks.
async fn keep_open(transport: Arc<HttpTransport>, channel: String, hear: UnboundedSender<Heard>) {
    let path = path_of("subscribe/", &channel);
    let message = format!("message,{channel},").into_bytes();
    let mut failures = 0;
    loop {
        let mut opened = false;
        listen(&transport, path.clone(), |data| {
            let event = match data.strip_prefix(message.as_slice()) {
                Some(payload) => Heard::Message(payload.to_vec()),
                None if data.starts_with(b"subscribe,") => {
                    opened = true;
                    Heard::Open
                }
                None => return,
            };
            // Nobody listens to us any more at the end alone.
            let _ = hear.send(event);
        })
        .await;
        if hear.send(Heard::Lost).is_err() {
            return;
        }
        failures = if opened { 0 } else { failures + 1 };
        sleep(Duration::from_millis(PAUSES_MS[failures.min(PAUSES_MS.len() - 1)])).await;
    }
}

/// Does what is heard, one after the other.
async fn follow(cache: &Weak<Cache>, mut heard: UnboundedReceiver<Heard>, heartbeat: Duration) {
    let random = RandomState::default();
    let mut turns = 0_u64;
    loop {
        // Whoever beats first spares the others their beat.
        turns += 1;
        let patience = heartbeat.mul_f64(1.0 + (random.hash_one(turns) % 256) as f64 / 1_024.0);
        let event = timeout(patience, heard.recv()).await;
        let Some(cache) = cache.upgrade() else { return };
        if cache.is_closed() {
            return;
        }
        match event {
            // Not waited for: a purge must not stand behind it.
            Err(_) => drop(tokio::spawn(async move { cache.beat().await })),
            Ok(None) => return,
            Ok(Some(Heard::Lost)) => cache.bus_is_lost(),
            Ok(Some(Heard::Open)) => cache.catch_up(LOG_DEADLINE).await,
            Ok(Some(Heard::Message(text))) => {
                let is_in_order = match (Message::parse(&text), Beat::parse(&text)) {
                    (Some(message), _) => cache.take_message(message),
                    (None, Some(beat)) => cache.take_beat(beat),
                    // Some newer version's, perhaps: it tells nothing that can be relied on.
                    (None, None) => false,
                };
                if !is_in_order {
                    cache.catch_up(LOG_DEADLINE).await;
                }
            }
        }
    }
}

impl Cache {
    pub fn is_bus_heard(&self, now: u64) -> bool {
        self.remote.as_ref().is_some_and(|remote| now < remote.heard_until.load(Ordering::Relaxed))
    }

    /// Begins to listen to the other processes, once; a future that ends with the cache. None without Upstash, and where
    /// the bus is turned off.
    pub fn listen(self: &Arc<Self>, transport: &Arc<HttpTransport>) -> Option<impl Future<Output = ()> + use<>> {
        let (remote, heartbeat) = (self.remote.as_ref()?, self.options.heartbeat?);
        if remote.listens.swap(true, Ordering::Relaxed) {
            return None;
        }
        let channel = remote.store.channel().to_owned();
        Some(run(Arc::downgrade(self), Arc::clone(transport), channel, heartbeat))
    }

    fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// Memory is vouched for by what was said on the bus, or in the log, at this monotonic ms. False where that is too long
    /// ago.
    fn vouch(&self, said_ms: u64) -> bool {
        let (Some(remote), Some(heartbeat)) = (&self.remote, self.options.heartbeat) else { return true };
        let now = self.clock.monotonic_ms();
        let until = said_ms.min(now) + 2 * heartbeat.as_millis() as u64;
        remote.heard_until.fetch_max(until, Ordering::Relaxed);
        until > now
    }

    fn bus_is_lost(&self) {
        if let Some(remote) = &self.remote {
            remote.heard_until.store(0, Ordering::Relaxed);
        }
    }

    /// Beats, so that everybody hears that the bus is alive; but not for entries that nobody asks for.
    async fn beat(&self) {
        let Some(remote) = &self.remote else { return };
        let hits = {
            let counters = &self.state.lock().counters;
            // What Upstash had could have come from memory, if only the bus were heard.
            counters.hits + counters.l2_hits
        };
        if remote.hits_at_beat.swap(hits, Ordering::Relaxed) != hits && remote.store.is_reachable() {
            // What fails is noticed by who does not hear it.
            let _ = remote.store.beat(self.options.deadline * 4).await;
        }
    }

    /// False where the log is to be asked.
    fn take_beat(&self, Beat { sequence, at_us }: Beat) -> bool {
        let state = self.state.lock();
        let Some(known) = &state.heard else { return false };
        if known.is_old(sequence, at_us) {
            return true;
        }
        let (in_order, said_ms) = (known.sequence == sequence, self.said_ms(known, at_us));
        drop(state);
        in_order && said_ms.is_some_and(|said_ms| self.vouch(said_ms))
    }

    /// Does what another process did. False where something before it is missing, and where the log is to be asked for
    /// another reason.
    fn take_message(&self, message: Message) -> bool {
        let Some(remote) = &self.remote else { return true };
        let Message { sequence, at_us, .. } = message;
        let mut state = self.state.lock();
        let Some(known) = &mut state.heard else { return false };
        if known.is_old(sequence, at_us) {
            return true;
        }
        // A number that was taken already is another history's.
        if sequence <= known.sequence || (sequence != known.sequence + 1 && message.purge != Purge::All) {
            return false;
        }
        known.sequence = sequence;
        known.message = Some(message.clone());
        let said_ms = self.said_ms(known, at_us);
        self.take_purge(&mut state, remote, message);
        drop(state);
        said_ms.is_some_and(|said_ms| self.vouch(said_ms))
    }

    /// Carries out a purge that was heard of, unless it is this process's own.
    fn take_purge(&self, state: &mut State, remote: &Remote, message: Message) {
        if message.origin != remote.store.origin() {
            remote.store.hear(tags_of(&message.purge), message.sequence);
            state.purge(message.purge);
        }
    }

    /// The monotonic ms of a time of the database's; none where it is not told, or the clocks were compared too long ago.
    fn said_ms(&self, known: &Known, at_us: Option<u64>) -> Option<u64> {
        let compared = known.clocks.1;
        let is_recent = self.clock.monotonic_ms().saturating_sub(compared) < CLOCKS_HOLD_MS;
        at_us.filter(|_| is_recent).map(|at_us| known.when(at_us))
    }

    /// Makes good for what was missed: from the log, or by trusting nothing that is in memory.
    async fn catch_up(self: &Arc<Self>, deadline: Duration) {
        let Some(remote) = &self.remote else { return };
        self.bus_is_lost();
        let asked_ms = self.clock.monotonic_ms();
        let before = self.state.lock().heard.as_ref().map(|known| known.sequence);
        let Ok(log) = remote.store.missed_since(before.unwrap_or(u64::MAX >> 11), deadline).await else {
            // Nothing is trusted until whatever is heard next has found the log.
            self.state.lock().heard = None;
            return;
        };
        let Missed { sequence, at_us, newest, asked, since } = log;
        let mut state = self.state.lock();
        let known = state.heard.take();
        let is_as_known = |known: &Known| asked != "?" && Message::parse(asked.as_bytes()) == known.message;
        let is_rewritten =
            known.as_ref().is_some_and(|known| sequence < known.sequence || !(asked.is_empty() || is_as_known(known)));
        let messages: Option<Vec<Message>> = since.iter().map(|text| Message::parse(text.as_bytes())).collect();
        let missed = known.zip(messages).filter(|(known, messages)| {
            let numbers = messages.iter().map(|message| message.sequence);
            !is_rewritten && is_as_known(known) && numbers.eq(known.sequence + 1..=sequence)
        });
        match missed {
            Some((_, messages)) => {
                for message in messages {
                    self.take_purge(&mut state, remote, message);
                }
            }
            None => state.purge(Purge::All),
        }
        let message = Message::parse(newest.as_bytes());
        state.heard = Some(Known { sequence, message, clocks: (at_us, asked_ms) });
        drop(state);
        self.vouch(asked_ms);
        if is_rewritten {
            self.forget_the_lost();
        }
    }

    /// The database has gone on from an older copy: purges are lost that others may not know of, so that nothing it holds
    /// can be trusted.
    fn forget_the_lost(self: &Arc<Self>) {
        self.warnings.add(
            "Upstash has lost purges",
            "it goes on from an older copy, as after a failover; everything that was cached counts as stale",
            self.clock.monotonic_ms(),
        );
        if let Some(sender) = self.purge(Purge::All).and_then(|purge| purge.sender) {
            tokio::spawn(sender.drain());
        }
    }
}

/// The tags that a purge names; none where it is of everything.
fn tags_of(purge: &Purge) -> Option<&[String]> {
    match purge {
        Purge::Tags(tags) => Some(tags),
        // Of these nothing is remembered by name.
        Purge::Pattern(_) => Some(&[]),
        Purge::All => None,
    }
}
