//! The limiter in process memory: one window per identifier, bounded in number.

use std::sync::Arc;

use parking_lot::Mutex;
use quick_cache::unsync::Cache;

use super::{Decision, Rule, Window, decide};
use crate::clock::Clock;

/// Identifiers remembered at once, about 15 MB at most. Beyond it those that come once are forgotten first.
const MAX_IDENTIFIERS: usize = 100_000;

/// One rule, decided in process.
pub struct LocalLimiter {
    rule: Rule,
    clock: Arc<dyn Clock>,
    windows: Mutex<Cache<Box<str>, Window>>,
}

impl LocalLimiter {
    pub fn new(rule: Rule, clock: Arc<dyn Clock>) -> Self {
        Self { rule, clock, windows: Mutex::new(Cache::new(MAX_IDENTIFIERS)) }
    }

    /// Decides one request.
    pub fn limit(&self, identifier: &str) -> Decision {
        let now = self.clock.wall_ms();
        let mut windows = self.windows.lock();
        if let Some(mut known) = windows.get_mut(identifier) {
            let (next, decision) = decide(*known, self.rule, now, 1);
            *known = next;
            return decision;
        }
        let (first, decision) = decide(Window::default(), self.rule, now, 1);
        windows.insert(identifier.into(), first);
        decision
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    #[test]
    fn identifiers_have_budgets_of_their_own() {
        let rule = Rule { limit: 2, window_ms: 1_000 };
        let limiter = LocalLimiter::new(rule, Arc::new(ManualClock::at(0)));
        let passed = |who: &str| limiter.limit(who).success;
        assert_eq!([passed("a"), passed("a"), passed("a"), passed("b")], [true, true, false, true]);
    }

    #[test]
    fn a_budget_comes_back_with_time() {
        let clock = Arc::new(ManualClock::at(0));
        let limiter = LocalLimiter::new(Rule { limit: 1, window_ms: 1_000 }, Arc::clone(&clock) as Arc<dyn Clock>);
        assert!(limiter.limit("a").success);
        clock.advance(1_000);
        assert!(!limiter.limit("a").success, "the whole previous window still counts at its end");
        clock.advance(1_000);
        assert!(limiter.limit("a").success);
    }

    #[test]
    fn a_flood_of_strangers_does_not_reset_a_busy_identifier() {
        let limiter = LocalLimiter::new(Rule { limit: 3, window_ms: 1_000 }, Arc::new(ManualClock::at(0)));
        for i in 0..(MAX_IDENTIFIERS * 2) {
            limiter.limit(&format!("stranger {i}"));
            if i % 1_000 == 0 {
                limiter.limit("busy");
            }
        }
        assert!(!limiter.limit("busy").success);
    }
}
