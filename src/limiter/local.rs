//! The limiter in process memory: the same algorithms, their state bounded in number.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{ByIdentifier, Decision, Rule, State, Wanted, by_identifier};
use crate::clock::Clock;

/// Identifiers remembered at once, about 20 MB at most. Beyond it those that come once are forgotten first.
pub const MAX_IDENTIFIERS: usize = 100_000;

/// One rule, decided in process.
pub struct LocalLimiter {
    pub rule: Rule,
    clock: Arc<dyn Clock>,
    /// What the wall clock showed when the monotonic one stood at 0. From then on only the latter counts, so that
    /// setting the machine's clock neither opens a window nor closes one for hours.
    epoch_ms: u64,
    states: Mutex<ByIdentifier<State>>,
}

impl LocalLimiter {
    pub fn new(rule: Rule, clock: Arc<dyn Clock>) -> Self {
        let epoch_ms = clock.wall_ms().saturating_sub(clock.monotonic_ms());
        Self { rule, clock, epoch_ms, states: Mutex::new(by_identifier(MAX_IDENTIFIERS)) }
    }

    /// Decides one request of `cost` tokens. One that is refused takes none.
    pub fn limit(&self, identifier: &str, cost: u64) -> Decision {
        let now_ms = self.epoch_ms + self.clock.monotonic_ms();
        self.change(identifier, |state| self.rule.admit_to(state, now_ms, cost))
    }

    /// Decides one request at a moment that the caller names, with the numbers of `@upstash/ratelimit`. `cost` may be
    /// negative: a refund.
    pub fn decide(&self, identifier: &str, now_ms: u64, cost: i64) -> Decision {
        self.change(identifier, |state| {
            let (next, decision) = self.rule.decide(*state, now_ms, cost);
            *state = next;
            decision
        })
    }

    /// What is left, without taking any of it.
    pub fn peek(&self, identifier: &str, now_ms: u64) -> Decision {
        let state = self.states.lock().get(identifier).copied().unwrap_or_default();
        self.rule.admit(state, now_ms, 0).1
    }

    /// Takes tokens at a moment that the caller names: how many, how many are left then, and when the least that were
    /// wanted are there.
    pub fn take(&self, identifier: &str, now_ms: u64, wanted: Wanted) -> (u64, u64, u64) {
        self.change(identifier, |state| {
            let taken = wanted.of(self.rule.available(*state, now_ms));
            if taken > 0 {
                *state = self.rule.take(*state, now_ms, taken);
            }
            let free_ms = self.rule.free_at(*state, now_ms, wanted.least);
            (taken, self.rule.available(*state, now_ms), free_ms)
        })
    }

    /// Gives tokens back at a moment that the caller names.
    pub fn give_back(&self, identifier: &str, now_ms: u64, tokens: u64) {
        self.change(identifier, |state| *state = self.rule.give_back(*state, now_ms, tokens));
    }

    /// Forgets an identifier.
    pub fn reset(&self, identifier: &str) {
        self.states.lock().remove(identifier);
    }

    #[inline]
    fn change<T>(&self, identifier: &str, decide: impl FnOnce(&mut State) -> T) -> T {
        let mut states = self.states.lock();
        if let Some(mut known) = states.get_mut(identifier) {
            return decide(&mut known);
        }
        let mut first = State::Empty;
        let decision = decide(&mut first);
        states.insert(identifier.into(), first);
        decision
    }
}

#[cfg(test)]
mod tests {
    use super::super::WindowRule;
    use super::*;
    use crate::clock::ManualClock;

    fn rule(limit: u64) -> Rule {
        Rule::Window(WindowRule { limit, window_ms: 1_000, sliding: true })
    }

    #[test]
    fn identifiers_have_budgets_of_their_own() {
        let limiter = LocalLimiter::new(rule(2), Arc::new(ManualClock::at(0)));
        let passed = |who: &str| limiter.limit(who, 1).success;
        assert_eq!([passed("a"), passed("a"), passed("a"), passed("b")], [true, true, false, true]);
    }

    #[test]
    fn a_budget_comes_back_with_time() {
        let clock = Arc::new(ManualClock::at(0));
        let limiter = LocalLimiter::new(rule(1), Arc::clone(&clock) as Arc<dyn Clock>);
        assert!(limiter.limit("a", 1).success);
        clock.advance(1_000);
        assert!(!limiter.limit("a", 1).success, "the whole previous window still counts at its end");
        clock.advance(1_000);
        assert!(limiter.limit("a", 1).success);
    }

    #[test]
    fn a_request_dearer_than_what_is_left_takes_nothing() {
        let limiter = LocalLimiter::new(rule(10), Arc::new(ManualClock::at(0)));
        assert_eq!(limiter.limit("a", 6).remaining, 4);
        assert!(!limiter.limit("a", 5).success);
        assert!(limiter.limit("a", 4).success);
        assert_eq!(limiter.limit("a", 11).retry_ms, super::super::NEVER);
    }

    #[test]
    fn a_flood_of_strangers_does_not_reset_a_busy_identifier() {
        let limiter = LocalLimiter::new(rule(3), Arc::new(ManualClock::at(0)));
        for i in 0..(MAX_IDENTIFIERS * 2) {
            limiter.limit(&format!("stranger {i}"), 1);
            if i % 1_000 == 0 {
                limiter.limit("busy", 1);
            }
        }
        assert!(!limiter.limit("busy", 1).success);
    }
}
