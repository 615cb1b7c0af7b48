//! Purges on their way to Upstash. One sender at a time works through them, merged, until each is acknowledged;
//! until then this process does not trust what L2 says about them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{Pattern, Purge};
use crate::error::Result;
use crate::store::RemoteStore;

/// How long one attempt may take. Longer than a request's deadline: nobody's request waits for the retry.
const ATTEMPT: Duration = Duration::from_secs(2);
/// The first pause after a failed attempt, doubled up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Purges that wait before they are merged into one purge of everything: an outage must not grow memory.
const MAX_WAITING: usize = 10_000;

/// Resolves when Upstash acknowledged the purge.
pub type Acknowledgement = oneshot::Receiver<()>;

#[derive(Default)]
struct State {
    waiting: Vec<(Purge, Option<oneshot::Sender<()>>)>,
    sending: Vec<(Purge, Option<oneshot::Sender<()>>)>,
    active: bool,
    closed: bool,
    failures: u64,
}

/// The purges that Upstash has not acknowledged.
pub struct Outbox {
    store: Arc<RemoteStore>,
    state: Mutex<State>,
}

impl Outbox {
    pub fn new(store: Arc<RemoteStore>) -> Self {
        Self { store, state: Mutex::new(State::default()) }
    }

    /// Puts a purge in. The second value is true when the caller has to run [`Outbox::drain`].
    pub fn add(&self, purge: Purge) -> (Acknowledgement, bool) {
        let (acknowledge, acknowledged) = oneshot::channel();
        let mut state = self.state.lock();
        if state.waiting.len() >= MAX_WAITING {
            // Who waited for one of the merged purges learns of it by its deadline.
            state.waiting = vec![(Purge::All, None)];
        }
        state.waiting.push((purge, Some(acknowledge)));
        let start = !state.active && !state.closed;
        state.active |= start;
        (acknowledged, start)
    }

    /// What is not acknowledged now. An answer of L2 that was asked for meanwhile may be older than these purges,
    /// even when they are acknowledged by the time it arrives.
    pub fn unacknowledged(&self) -> Vec<Purge> {
        let state = self.state.lock();
        state.waiting.iter().chain(&state.sending).map(|(purge, _)| purge.clone()).collect()
    }

    /// How many purges wait for an acknowledgement, and how many attempts failed so far.
    pub fn backlog(&self) -> (usize, u64) {
        let state = self.state.lock();
        (state.waiting.len() + state.sending.len(), state.failures)
    }

    /// Stops after the attempt that is under way.
    pub fn close(&self) {
        self.state.lock().closed = true;
    }

    /// Sends until nothing waits. Run by one task at a time, the one [`Outbox::add`] asked to.
    pub async fn drain(self: Arc<Self>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let batch = {
                let mut state = self.state.lock();
                let arrived = std::mem::take(&mut state.waiting);
                state.sending.extend(arrived);
                if state.sending.is_empty() || state.closed {
                    state.active = false;
                    return;
                }
                Batch::of(state.sending.iter().map(|(purge, _)| purge))
            };
            if batch.send(&self.store).await.is_ok() {
                pause = FIRST_PAUSE;
                for (_, acknowledge) in std::mem::take(&mut self.state.lock().sending) {
                    // A caller that stopped waiting at its deadline is no error.
                    let _ = acknowledge.map(|acknowledge| acknowledge.send(()));
                }
            } else {
                self.state.lock().failures += 1;
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Several purges as the few commands they come to.
#[derive(Default)]
struct Batch {
    all: bool,
    tags: BTreeSet<String>,
    patterns: Vec<Pattern>,
}

impl Batch {
    fn of<'a>(purges: impl Iterator<Item = &'a Purge>) -> Self {
        let mut batch = Self::default();
        for purge in purges {
            match purge {
                Purge::All => batch.all = true,
                Purge::Tags(tags) => batch.tags.extend(tags.iter().cloned()),
                Purge::Pattern(pattern) if batch.patterns.contains(pattern) => {}
                Purge::Pattern(pattern) => batch.patterns.push(pattern.clone()),
            }
        }
        batch
    }

    async fn send(self, store: &RemoteStore) -> Result<()> {
        if self.all {
            store.purge_all(ATTEMPT).await?;
        } else if !self.tags.is_empty() {
            let tags: Vec<String> = self.tags.into_iter().collect();
            store.purge_tags(&tags, ATTEMPT).await?;
        }
        for pattern in self.patterns {
            store.purge_pattern(pattern.as_str(), ATTEMPT).await?;
        }
        Ok(())
    }
}
