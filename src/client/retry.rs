//! When a failed request is sent again.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use parking_lot::Mutex;

/// How often and after which pauses one request is sent again.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The pause before each retry, in ms; their number is the number of retries.
    pub pauses_ms: Vec<f64>,
    /// Whether a pause is shortened by chance, by half at most, so that clients that failed together do not come
    /// back together.
    pub jitter: bool,
    /// Whether only requests that nobody has seen are sent again.
    pub unsent_only: bool,
}

impl Policy {
    /// The pause before retry number `retry`, counted from 0; `None` when there is none left.
    pub fn pause(&self, retry: usize) -> Option<Duration> {
        let pause = *self.pauses_ms.get(retry)?;
        let chance = if self.jitter { 0.5 + 0.5 * random() } else { 1.0 };
        // A user's own function may give anything.
        Some(Duration::try_from_secs_f64(pause * chance / 1_000.0).unwrap_or_default())
    }
}

/// From 0 to 1. The standard library's keys of a hash are the one source of chance it has.
fn random() -> f64 {
    RandomState::new().build_hasher().finish() as f64 / u64::MAX as f64
}

/// The tokens a full budget holds.
const FULL: f64 = 100.0;
/// What an answer gives back: ten of them pay for one retry.
const REFUND: f64 = 0.1;

/// The retries that all requests of a client share, so that an outage is not answered by a storm.
///
/// Source: gRPC retry throttling (proposal A6): a failure takes a token, an answer gives back a tenth, and there are
/// retries only while more than half of the tokens are there.
#[derive(Debug)]
pub struct Budget(Mutex<f64>);

impl Default for Budget {
    fn default() -> Self {
        Self(Mutex::new(FULL))
    }
}

impl Budget {
    pub fn answered(&self) {
        let mut tokens = self.0.lock();
        *tokens = (*tokens + REFUND).min(FULL);
    }

    /// Counts a failure; tells whether the request may be sent again.
    pub fn failed(&self) -> bool {
        let mut tokens = self.0.lock();
        *tokens = (*tokens - 1.0).max(0.0);
        *tokens > FULL / 2.0
    }

    /// What is left for retries, from 1 (all) to 0 (none).
    pub fn left(&self) -> f64 {
        ((*self.0.lock() - FULL / 2.0) / (FULL / 2.0)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_gets_so_many_retries_in_all_and_answers_bring_them_back() {
        let budget = Budget::default();
        assert_eq!((0..1_000).filter(|_| budget.failed()).count(), 49);
        assert_eq!(budget.left(), 0.0);
        for _ in 0..500 {
            budget.answered();
        }
        assert!(!budget.failed());
        for _ in 0..530 {
            budget.answered();
        }
        assert!(budget.failed());
    }

    #[test]
    fn a_pause_is_shortened_by_half_at_most() {
        let policy =
            Policy { pauses_ms: vec![100.0, 0.0, f64::NAN, -1.0, f64::INFINITY], jitter: true, unsent_only: false };
        for _ in 0..100 {
            let pause = policy.pause(0).expect("a retry");
            assert!((50..=100).contains(&pause.as_millis()), "{pause:?}");
        }
        assert!((1..5).all(|retry| policy.pause(retry) == Some(Duration::ZERO)));
        assert_eq!(policy.pause(5), None);
    }
}
