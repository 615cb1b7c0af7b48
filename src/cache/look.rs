//! The hot path: where an answer is, and what may be done with it now.

use super::entry::Usable;
use super::key;
use super::{Cache, Counters, Dice, L1Entry, State};
use crate::invalidation::Versions;
use crate::store::Held;

/// What the look-up answers when there is no slot.
pub const MISS: i32 = -1;
/// The URL is none that is ever cached.
pub const NOT_OURS: i32 = -2;
/// From here down a code tells a slot and what may be done with it.
const NOT_SIMPLY_FRESH: i32 = -16;

/// How far before its end an entry may be made anew, as a multiple of what it took to make. Beyond it the chance is one
/// in ten million, and most look-ups come before that and are spared the dice.
const EARLIEST: u64 = 16;

/// What the look-up answers for an entry: the slot of a fresh one; of others `-16 - (slot << 3 | use)`, which is below
/// [`NOT_OURS`].
pub fn code_of(slot: u32, usable: Usable) -> i32 {
    match usable {
        Usable::Fresh => slot as i32,
        other => NOT_SIMPLY_FRESH - ((slot << 3) as i32 | other as i32),
    }
}

impl Cache {
    /// The slot of a fresh entry, [`MISS`], [`NOT_OURS`] or another [`code_of`]. `spelling`: the URL as it came, then the
    /// [`tail`](key::tail) of its scope. Spelled canonically it is the key, and never that of another request.
    pub fn probe(&self, spelling: &[u8]) -> i32 {
        let mut state = self.state.lock();
        let State { keys, index, versions, counters, dice, .. } = &mut *state;
        // Most requests are spelled as some request before: then nothing is parsed.
        let found = match index.recall(spelling) {
            Some(held) => self.use_of(held, versions, dice).map(|usable| (held.slot, usable, held.value.is_marker)),
            None => {
                let key = key::parts(spelling).and_then(|(url, scope)| keys.make(url, scope));
                let Some(key) = key else { return NOT_OURS };
                let held = index.get(key);
                let found = held.and_then(|held| {
                    self.use_of(held, versions, dice).map(|usable| (held.slot, usable, held.value.is_marker))
                });
                if let Some((slot, ..)) = found {
                    index.remember(spelling, slot);
                }
                found
            }
        };
        match found {
            // It is looked for once more.
            Some((_, _, true)) => {}
            _ => count(counters, found.map(|(_, usable, _)| usable)),
        }
        found.map_or(MISS, |(slot, usable, _)| code_of(slot, usable))
    }

    /// What may be done now with what is in a slot.
    pub fn usable(&self, slot: u32) -> Option<Usable> {
        let mut state = self.state.lock();
        let State { index, versions, dice, .. } = &mut *state;
        self.use_of(index.at(slot)?, versions, dice)
    }

    /// What may be done with an entry; none when it was purged or nothing at all may be. One comparison, once it was
    /// checked since the last purge. What may not be used stays until it is replaced or evicted.
    pub(super) fn use_of(&self, held: &Held<L1Entry>, versions: &Versions, dice: &mut Dice) -> Option<Usable> {
        let now = self.clock.monotonic_ms();
        let entry = &held.value;
        if held.expires_at <= now || (entry.trusted_until <= now && !self.is_bus_heard(now)) {
            return None;
        }
        let sequence = versions.sequence();
        if held.checked_at.get() != sequence {
            if !versions.is_fresh(entry.snapshot, &entry.tags) {
                return None;
            }
            held.checked_at.set(sequence);
        }
        if now < entry.fresh_until {
            let near = entry.effort_ms > 0 && now + entry.effort_ms * EARLIEST >= entry.fresh_until;
            return Some(if near && is_due(entry, now, dice) { Usable::Early } else { Usable::Fresh });
        }
        let overdue = now - entry.fresh_until;
        Some(match () {
            () if overdue < entry.stale_ms => Usable::Stale,
            () if overdue < entry.error_ms => Usable::OnError,
            () => Usable::Expired,
        })
    }
}

/// XFetch (Vattani, Chierichetti, Lowenstein, *Optimal Probabilistic Cache Stampede Prevention*, VLDB 2015), with β = 1:
/// the nearer the end and the dearer the answer, the likelier somebody makes it anew ahead of time.
fn is_due(entry: &L1Entry, now: u64, dice: &mut Dice) -> bool {
    now as f64 - entry.effort_ms as f64 * dice.roll().ln() >= entry.fresh_until as f64
}

fn count(counters: &mut Counters, found: Option<Usable>) {
    match found {
        Some(Usable::Fresh | Usable::Early) => counters.hits += 1,
        Some(Usable::Stale) => {
            counters.hits += 1;
            counters.stale += 1;
        }
        Some(Usable::OnError | Usable::Expired) | None => counters.misses += 1,
    }
}
