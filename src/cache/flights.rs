//! One fill per key: who runs the controller, who waits for it, and which keys are not worth waiting for.

use std::collections::HashMap;

use super::key::Audience;

/// A fill older than this, in ms, no longer holds others back: it hangs.
const HUNG_MS: u64 = 5_000;
/// How long, in ms, a key whose answer could not be shared is filled by everybody at once (hit-for-miss).
const UNSHAREABLE_MS: u64 = 10_000;
/// Unshareable keys remembered at once.
const MAX_UNSHAREABLE: usize = 10_000;
/// Fills remembered at once; beyond it those that hang are forgotten.
const MAX_FLIGHTS: usize = 10_000;
/// The pause between two looks at all of them, in ms.
const SWEEP_MS: u64 = 1_000;

/// What a request that missed shall do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Fill, and end the flight of this number.
    Leader(u32),
    /// Wait for the flight of this number.
    Follower(u32),
    /// Run alone and store nothing: answers to this key were not shareable lately.
    Solo,
}

/// What a fill is for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The key's name in Redis.
    pub name: String,
    /// The tag of everything under its URL.
    pub url_tag: String,
    /// The request target as it came.
    pub url: Box<[u8]>,
    pub host: Box<[u8]>,
    pub variant: u8,
    pub owner: Box<str>,
    pub vary: Box<str>,
}

impl Asked {
    pub fn audience(&self) -> Audience<'_> {
        Audience { host: &self.host, variant: self.variant, owner: &self.owner, vary: &self.vary }
    }
}

/// A fill under way.
#[derive(Debug)]
pub struct Flight {
    pub key: Box<[u8]>,
    pub asked: Asked,
    /// The local sequence before anything was read.
    pub snapshot: u64,
    /// Upstash's sequence before anything was read; none when it was not asked or did not answer.
    pub remote_snapshot: Option<u64>,
    /// Whether the lock on Upstash is held for it.
    pub locked: bool,
    /// When it began.
    pub began: u64,
    /// When its controller did: after Upstash had been asked.
    pub ran: u64,
}

/// The fills of one process. All times are monotonic milliseconds.
#[derive(Debug, Default)]
pub struct Flights {
    next: u32,
    open: HashMap<u32, Flight>,
    by_key: HashMap<Box<[u8]>, u32>,
    unshareable: HashMap<Box<[u8]>, u64>,
    next_sweep: u64,
}

impl Flights {
    pub fn open(&mut self, key: &[u8], asked: impl FnOnce() -> Asked, snapshot: u64, now: u64) -> Role {
        if let Some(until) = self.unshareable.get(key) {
            if now < *until {
                return Role::Solo;
            }
            self.unshareable.remove(key);
        }
        if let Some(id) = self.by_key.get(key)
            && let Some(flight) = self.open.get(id)
            && now < flight.began + HUNG_MS
            // A fill that began before a purge answers with what was true then: good enough for those who
            // asked then, not for who asks now.
            && flight.snapshot == snapshot
        {
            return Role::Follower(*id);
        }
        if self.open.len() >= MAX_FLIGHTS && now >= self.next_sweep {
            self.next_sweep = now + SWEEP_MS;
            self.open.retain(|_, flight| now < flight.began + HUNG_MS);
            self.by_key.retain(|_, id| self.open.contains_key(id));
        }
        // 0 is no flight in JavaScript; a number still in use is skipped.
        self.next = self.next.wrapping_add(1).max(1);
        while self.open.contains_key(&self.next) {
            self.next = self.next.wrapping_add(1).max(1);
        }
        let flight = Flight {
            key: key.into(),
            asked: asked(),
            snapshot,
            remote_snapshot: None,
            locked: false,
            began: now,
            ran: now,
        };
        self.by_key.insert(key.into(), self.next);
        self.open.insert(self.next, flight);
        Role::Leader(self.next)
    }

    pub fn get(&self, id: u32) -> Option<&Flight> {
        self.open.get(&id)
    }

    pub fn get_mut(&mut self, id: u32) -> Option<&mut Flight> {
        self.open.get_mut(&id)
    }

    /// Ends a flight. Its key is free for the next one, unless a newer one took it over.
    pub fn end(&mut self, id: u32) -> Option<Flight> {
        let flight = self.open.remove(&id)?;
        if self.by_key.get(&flight.key) == Some(&id) {
            self.by_key.remove(&flight.key);
        }
        Some(flight)
    }

    /// Notes that the answer to `key` must not be shared.
    pub fn set_unshareable(&mut self, key: Box<[u8]>, now: u64) {
        if self.unshareable.len() >= MAX_UNSHAREABLE {
            self.unshareable.clear();
        }
        self.unshareable.insert(key, now + UNSHAREABLE_MS);
    }

    pub fn len(&self) -> usize {
        self.open.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(flights: &mut Flights, snapshot: u64, now: u64) -> Role {
        flights.open(b"k", Asked::default, snapshot, now)
    }

    #[test]
    fn the_first_leads_and_the_others_follow_until_it_ends() {
        let mut flights = Flights::default();
        assert_eq!(open(&mut flights, 0, 0), Role::Leader(1));
        assert_eq!(open(&mut flights, 0, 1), Role::Follower(1));
        flights.end(1);
        assert_eq!(open(&mut flights, 0, 2), Role::Leader(2));
    }

    #[test]
    fn a_fill_that_hangs_is_taken_over_and_does_not_free_its_successors_key() {
        let mut flights = Flights::default();
        open(&mut flights, 0, 0);
        assert_eq!(open(&mut flights, 0, HUNG_MS), Role::Leader(2));
        flights.end(1);
        assert_eq!(open(&mut flights, 0, HUNG_MS + 1), Role::Follower(2));
    }

    #[test]
    fn who_asks_after_a_purge_does_not_wait_for_a_fill_from_before_it() {
        let mut flights = Flights::default();
        open(&mut flights, 0, 0);
        assert_eq!(open(&mut flights, 1, 1), Role::Leader(2));
    }

    #[test]
    fn an_unshareable_key_is_filled_alone_for_a_while() {
        let mut flights = Flights::default();
        flights.set_unshareable(b"k".as_slice().into(), 0);
        assert_eq!(open(&mut flights, 0, UNSHAREABLE_MS - 1), Role::Solo);
        assert_eq!(open(&mut flights, 0, UNSHAREABLE_MS), Role::Leader(1));
    }

    #[test]
    fn fills_that_never_end_do_not_pile_up() {
        let mut flights = Flights::default();
        for i in 0..(MAX_FLIGHTS as u32 + 500) {
            flights.open(&i.to_be_bytes(), Asked::default, 0, u64::from(i) * HUNG_MS);
        }
        assert!(flights.len() <= MAX_FLIGHTS && flights.by_key.len() <= MAX_FLIGHTS);
    }
}
