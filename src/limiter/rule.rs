//! One rule of any algorithm, and what it remembers of an identifier.

use serde::Deserialize;

use super::{Arrival, Bucket, BucketRule, Decision, GcraRule, WindowRule, Windows};

/// How requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    Window(WindowRule),
    Bucket(BucketRule),
    Gcra(GcraRule),
}

/// An algorithm by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    FixedWindow,
    SlidingWindow,
    TokenBucket,
    Gcra,
}

/// What is remembered of one identifier; empty at first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    Empty,
    Window(Windows),
    Bucket(Bucket),
    Gcra(Arrival),
}

impl State {
    fn windows(self) -> Windows {
        if let Self::Window(windows) = self { windows } else { Windows::default() }
    }

    fn bucket(self) -> Option<Bucket> {
        if let Self::Bucket(bucket) = self { Some(bucket) } else { None }
    }

    fn arrival(self) -> Option<Arrival> {
        if let Self::Gcra(arrival) = self { Some(arrival) } else { None }
    }
}

impl Rule {
    /// `limit` tokens in `window_ms`; `burst`: the most at once, for algorithms in which that is another number.
    ///
    /// A bucket gets its tokens as evenly as whole milliseconds allow: 300 a minute are 1 every 200 ms.
    pub fn new(algorithm: Algorithm, limit: u64, window_ms: u64, burst: Option<u64>) -> Self {
        let (limit, window_ms) = (limit.max(1), window_ms.max(1));
        let burst = burst.unwrap_or(limit).max(1);
        match algorithm {
            Algorithm::FixedWindow => Self::Window(WindowRule { limit, window_ms, sliding: false }),
            Algorithm::SlidingWindow => Self::Window(WindowRule { limit, window_ms, sliding: true }),
            Algorithm::Gcra => Self::Gcra(GcraRule { limit, window_ms, burst }),
            Algorithm::TokenBucket => {
                let common = greatest_common_divisor(limit, window_ms);
                Self::Bucket(BucketRule { capacity: burst, refill: limit / common, interval_ms: window_ms / common })
            }
        }
    }

    /// The most tokens that can be there at once: what `remaining` counts down from.
    #[inline]
    pub fn limit(&self) -> u64 {
        match self {
            Self::Window(rule) => rule.limit,
            Self::Bucket(rule) => rule.capacity,
            Self::Gcra(rule) => rule.burst,
        }
    }

    /// Tokens that can be taken now.
    #[inline]
    pub fn available(&self, state: State, now_ms: u64) -> u64 {
        match self {
            Self::Window(rule) => rule.available(state.windows(), now_ms),
            Self::Bucket(rule) => rule.available(state.bucket(), now_ms),
            Self::Gcra(rule) => rule.available(state.arrival(), now_ms),
        }
    }

    /// Takes tokens.
    #[inline]
    pub fn take(&self, state: State, now_ms: u64, tokens: u64) -> State {
        let tokens = i64::try_from(tokens).unwrap_or(i64::MAX);
        match self {
            Self::Window(rule) => State::Window(rule.take(state.windows(), now_ms, tokens)),
            Self::Bucket(rule) => State::Bucket(rule.take(state.bucket(), now_ms, tokens)),
            Self::Gcra(rule) => State::Gcra(rule.take(state.arrival(), now_ms, tokens)),
        }
    }

    /// Gives tokens back that were taken, never more than make it whole.
    pub fn give_back(&self, state: State, now_ms: u64, tokens: u64) -> State {
        let tokens = i64::try_from(tokens).unwrap_or(i64::MAX);
        match self {
            Self::Window(rule) => {
                let given = tokens.min(rule.taken(state.windows(), now_ms)).max(0);
                State::Window(rule.take(state.windows(), now_ms, -given))
            }
            Self::Bucket(rule) => match state.bucket() {
                Some(bucket) => State::Bucket(rule.give_back(bucket, tokens)),
                None => state,
            },
            Self::Gcra(rule) => match state.arrival() {
                Some(arrival) => State::Gcra(rule.take(Some(arrival), now_ms, -tokens)),
                None => state,
            },
        }
    }

    /// The first moment, from `now_ms` on, at which `tokens` could be taken if nobody took any till then.
    pub fn free_at(&self, state: State, now_ms: u64, tokens: u64) -> u64 {
        match self {
            Self::Window(rule) => rule.free_at(state.windows(), now_ms, tokens),
            Self::Bucket(rule) => rule.free_at(state.bucket(), now_ms, tokens),
            Self::Gcra(rule) => rule.free_at(state.arrival(), now_ms, tokens),
        }
    }

    /// When there is a full budget again at the latest, in ms since the epoch: what `reset` means for this algorithm.
    #[inline]
    pub fn reset_ms(&self, state: State, now_ms: u64) -> u64 {
        match self {
            Self::Window(rule) => rule.reset_ms(now_ms),
            Self::Bucket(rule) => rule.refilled(state.bucket(), now_ms).refilled_ms.saturating_add(rule.interval_ms),
            Self::Gcra(rule) => rule.decide(state.arrival(), now_ms, 0).1.reset_ms,
        }
    }

    /// One request as `@upstash/ratelimit` decides it, with its numbers. `cost` may be negative: a refund.
    pub fn decide(&self, state: State, now_ms: u64, cost: i64) -> (State, Decision) {
        match self {
            Self::Window(rule) => {
                let (next, decision) = rule.decide(state.windows(), now_ms, cost);
                (State::Window(next), decision)
            }
            Self::Bucket(rule) => {
                let (next, decision) = rule.decide(state.bucket(), now_ms, cost);
                (next.map_or(State::Empty, State::Bucket), decision)
            }
            Self::Gcra(rule) => {
                let (next, decision) = rule.decide(state.arrival(), now_ms, cost);
                (next.map_or(State::Empty, State::Gcra), decision)
            }
        }
    }

    /// One request of the strict kind, in which a refused one takes nothing and no cost exceeds what is there.
    pub fn admit(&self, mut state: State, now_ms: u64, cost: u64) -> (State, Decision) {
        let decision = self.admit_to(&mut state, now_ms, cost);
        (state, decision)
    }

    /// The same, and changes the state where it is.
    #[inline]
    pub fn admit_to(&self, state: &mut State, now_ms: u64, cost: u64) -> Decision {
        if let (Self::Window(rule), State::Window(windows)) = (self, &mut *state) {
            return rule.admit(windows, now_ms, cost);
        }
        let available = self.available(*state, now_ms);
        let success = cost <= available;
        let retry_ms = if success { now_ms } else { self.free_at(*state, now_ms, cost) };
        if success {
            *state = self.take(*state, now_ms, cost);
        }
        Decision {
            success,
            limit: self.limit(),
            remaining: if success { available - cost } else { 0 },
            reset_ms: self.reset_ms(*state, now_ms),
            retry_ms,
            reason: None,
        }
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
