//! What the processes of a site tell each other: purges, as soon as they are made, on a channel of Upstash's.
//!
//! Without it a process trusts its memory for `l1.maxAge` and asks Upstash then. While it hears the channel it trusts its
//! memory for as long as an entry lives: every purge has the next number of one sequence, so one that was missed shows,
//! is read from the log, and where the log does not reach back that far, memory starts anew. A channel that has fallen
//! silent without breaking is noticed by the beats it owes, within twice [`Options::heartbeat`](super::Options).

use std::hash::BuildHasher;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use foldhash::fast::RandomState;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};

use super::Cache;
use crate::client::{HttpTransport, listen, path_of};
use crate::invalidation::{Message, Purge, beat_of};

/// The pauses before the channel is opened again; the last one is repeated.
const PAUSES_MS: [u64; 6] = [100, 300, 1_000, 2_000, 5_000, 10_000];
/// How long the log may take to answer.
const LOG_DEADLINE: Duration = Duration::from_secs(2);

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
                let is_in_order = match (Message::parse(&text), beat_of(&text)) {
                    (Some(message), _) => cache.take_message(message),
                    (None, Some(sequence)) => cache.take_beat(sequence),
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

    /// Something came over the bus just now. False where something before it is missing.
    fn bus_is_heard(&self) -> bool {
        let (Some(remote), Some(heartbeat)) = (&self.remote, self.options.heartbeat) else { return true };
        if self.state.lock().heard.is_none() {
            return false;
        }
        let until = self.clock.monotonic_ms() + 2 * heartbeat.as_millis() as u64;
        remote.heard_until.store(until, Ordering::Relaxed);
        true
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

    /// False where the last purge is another one than the last that was heard.
    fn take_beat(&self, sequence: u64) -> bool {
        self.state.lock().heard == Some(sequence) && self.bus_is_heard()
    }

    /// Does what another process did. False where something before it is missing.
    fn take_message(&self, message: Message) -> bool {
        let Some(remote) = &self.remote else { return true };
        let mut state = self.state.lock();
        let Some(heard) = state.heard else { return false };
        let in_order = message.sequence == heard + 1 || message.purge == Purge::All;
        if message.sequence > heard && !in_order {
            return false;
        }
        if message.sequence > heard {
            state.heard = Some(message.sequence);
            if message.origin != remote.store.origin() {
                state.purge(message.purge);
            }
        }
        drop(state);
        self.bus_is_heard()
    }

    /// Makes good for what was missed: from the log, or by trusting nothing that is in memory.
    async fn catch_up(&self, deadline: Duration) {
        let Some(remote) = &self.remote else { return };
        self.bus_is_lost();
        let heard = self.state.lock().heard;
        let Ok((now, texts)) = remote.store.missed_since(heard.unwrap_or(u64::MAX >> 11), deadline).await else {
            // Nothing is trusted until whatever is heard next has found the log.
            self.state.lock().heard = None;
            return;
        };
        let messages: Option<Vec<Message>> = texts.iter().map(|text| Message::parse(text.as_bytes())).collect();
        let mut state = self.state.lock();
        let missed = heard.zip(messages).filter(|(heard, messages)| {
            let numbers = messages.iter().map(|message| message.sequence);
            numbers.eq(heard + 1..=now)
        });
        match missed {
            Some((_, messages)) => {
                for message in messages.into_iter().filter(|message| message.origin != remote.store.origin()) {
                    state.purge(message.purge);
                }
            }
            None => state.purge(Purge::All),
        }
        state.heard = Some(now);
        drop(state);
        self.bus_is_heard();
    }
}
