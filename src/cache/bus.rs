//! What the processes of a site tell each other: purges, as soon as they are made, on a channel of Upstash's.
//!
//! Without it a process trusts its memory for `l1.maxAge` and asks Upstash then. While it hears the channel it trusts its
//! memory for as long as an entry lives: every purge has the next number of one sequence, so one that was missed shows,
//! is read from the log, and where the log does not reach back that far, memory starts anew. A channel that has fallen
//! silent without breaking is noticed by the beats it owes, within twice [`Options::heartbeat`](super::Options).

use std::hash::BuildHasher;
use std::sync::{Arc, Weak};
use std::time::Duration;

use foldhash::fast::RandomState;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{sleep, timeout};

use super::Cache;
use crate::client::{HttpTransport, listen, path_of};
use crate::invalidation::{Message, beat_of};

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
pub async fn run(cache: Weak<Cache>, transport: Arc<HttpTransport>, channel: String, heartbeat: Duration) {
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
            Err(_) => cache.beat().await,
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
