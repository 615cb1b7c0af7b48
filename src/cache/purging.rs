//! What a purge does here, at once, and what of it is left for the other processes.

use std::sync::Arc;

use super::{Cache, State};
use crate::error::Result;
use crate::invalidation::{Acknowledgement, Outbox, Purge};

impl State {
    /// When this returns nothing that was purged is answered any more.
    pub(super) fn purge(&mut self, purge: Purge) {
        self.counters.purges += 1;
        match purge {
            Purge::Tags(tags) => self.versions.purge_tags(tags.iter().map(String::as_str)),
            Purge::Pattern(pattern) => {
                self.index.remove_where(|entry| pattern.matches(&entry.name));
                self.versions.purge_pattern(pattern);
            }
            Purge::All => {
                self.index.remove_where(|_| true);
                self.versions.purge_all();
            }
        }
    }
}

/// What is left to do for a purge after its local part, which is done.
pub struct PurgeUnderWay {
    pub acknowledged: Acknowledgement,
    /// Set when this purge has to start the outbox.
    pub sender: Option<Arc<Outbox>>,
}

impl Cache {
    /// What a write to documents of these types makes stale.
    pub fn purge_of_types(&self, uids: &[String]) -> Purge {
        let tags = self.state.lock().schema.touched_by_write(uids.iter().map(String::as_str));
        Purge::Tags(tags.into_iter().collect())
    }

    /// What a change makes stale, told by what there was before and after it (JSON, see [`Schema::touched_by_changes`]).
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::error::ErrorKind::Config) when it is not of that shape.
    pub fn purge_of_changes(&self, changes: &str) -> Result<Purge> {
        let tags = self.state.lock().schema.touched_by_changes(changes)?;
        Ok(Purge::Tags(tags.into_iter().collect()))
    }

    /// What a purge of these means for who keeps published content alone (see [`Schema::public_tags`]).
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::error::ErrorKind::Config) when it is not of that shape.
    pub fn public_tags(&self, types: &[String], changes: &[String]) -> Result<Vec<String>> {
        Ok(self.state.lock().schema.public_tags(types, changes)?.into_iter().collect())
    }

    /// Whether there is nothing a purge could reach: no entry, none on its way, and no Upstash.
    pub fn holds_nothing(&self) -> bool {
        let state = self.state.lock();
        self.remote.is_none() && state.index.entries() == 0 && state.flights.len() == 0
    }

    /// Purges: when this returns nothing stale is answered by this process any more. With Upstash, what is returned
    /// resolves when the other processes are told.
    pub fn purge(&self, purge: Purge) -> Option<PurgeUnderWay> {
        // Into the outbox first: from the moment L1 is empty of it, L2 must be doubted.
        let remote = self.remote.as_ref().filter(|_| !self.state.lock().closed);
        let under_way = remote.map(|remote| {
            let (acknowledged, start) = remote.outbox.add(purge.clone());
            PurgeUnderWay { acknowledged, sender: start.then(|| Arc::clone(&remote.outbox)) }
        });
        self.state.lock().purge(purge);
        under_way
    }

    /// Notes that a purge was not acknowledged within its deadline.
    pub fn warn_unacknowledged(&self) {
        let now = self.clock.monotonic_ms();
        self.warnings.add(
            "a purge is not acknowledged by Upstash yet",
            "this process does not use what Upstash holds of it, and keeps trying; other processes may answer with it until then",
            now,
        );
    }

    /// Purges that Upstash has not acknowledged.
    pub fn purges_waiting(&self) -> usize {
        self.remote.as_ref().map_or(0, |remote| remote.outbox.backlog().0)
    }
}
