//! Tokens in hand: taken on Upstash in one go, spent in process one by one.

use super::remote::Taken;
use super::{Bucket, Rule, State};

/// Seconds of its recent rate that an identifier's lease is for.
const SECONDS: f64 = 1.0;
/// The largest part of a rule's limit in one lease: so much may lie idle with a process.
const LARGEST_PART: u64 = 20;

/// Tokens that were taken at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Lease {
    pub taken_ms: u64,
    granted: u64,
    pub left: u64,
    basis: Basis,
}

/// What was there when they were taken, which says how long they hold.
#[derive(Debug, Clone, Copy)]
enum Basis {
    /// Tokens of a window are tokens of its bucket.
    Window,
    Bucket(Bucket),
    /// What was used up of the burst, in `1 / limit` ms.
    Gcra(u128),
}

impl Lease {
    pub fn new(rule: &Rule, taken: &Taken, now_ms: u64) -> Self {
        let granted = taken.tokens;
        let basis = match (rule, taken.state) {
            (Rule::Bucket(_), State::Bucket(after)) => {
                let tokens = after.tokens.saturating_add(i64::try_from(granted).unwrap_or(i64::MAX));
                Basis::Bucket(Bucket { tokens, ..after })
            }
            (Rule::Gcra(rule), State::Gcra(after)) => {
                let span = u128::from(granted) * u128::from(rule.window_ms);
                Basis::Gcra(rule.used(Some(after), now_ms).saturating_sub(span))
            }
            _ => Basis::Window,
        };
        Self { taken_ms: now_ms, granted, left: granted, basis }
    }

    /// How many of its tokens may be spent now.
    pub fn spendable(&self, rule: &Rule, now_ms: u64) -> u64 {
        let valid = match (rule, self.basis) {
            (Rule::Bucket(rule), Basis::Bucket(before)) => rule.spendable(self.granted, before, now_ms),
            (Rule::Gcra(rule), Basis::Gcra(used)) => rule.spendable(self.granted, used, self.taken_ms, now_ms),
            (Rule::Window(rule), Basis::Window) if rule.bucket(now_ms) == rule.bucket(self.taken_ms) => self.granted,
            _ => 0,
        };
        valid.min(self.left)
    }

    /// Whether its unspent tokens are of use to anybody when they are given back now.
    pub fn can_be_given_back(&self, rule: &Rule, now_ms: u64) -> bool {
        match rule {
            Rule::Window(window) => {
                let age = window.bucket(now_ms).saturating_sub(window.bucket(self.taken_ms));
                self.left > 0 && age <= u64::from(window.sliding)
            }
            _ => self.spendable(rule, now_ms) > 0,
        }
    }
}

/// How fast an identifier asks: tokens of the last second, the older the less.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rate {
    tokens: f64,
    at_ms: u64,
}

impl Rate {
    pub fn note(&mut self, now_ms: u64, tokens: u64) {
        let seconds = now_ms.saturating_sub(self.at_ms) as f64 / 1_000.0;
        self.tokens = self.tokens * (-seconds).exp() + tokens as f64;
        self.at_ms = now_ms;
    }

    /// Whether nobody has asked for so long.
    pub fn is_idle(&self, now_ms: u64, ms: u64) -> bool {
        now_ms.saturating_sub(self.at_ms) >= ms
    }

    /// Tokens that a lease should hold.
    pub fn lease(&self, rule: &Rule) -> u64 {
        ((self.tokens * SECONDS) as u64).min(rule.limit() / LARGEST_PART)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BucketRule, GcraRule, WindowRule};
    use super::*;

    const RULES: [Rule; 4] = [
        Rule::Window(WindowRule { limit: 100, window_ms: 1_000, sliding: true }),
        Rule::Window(WindowRule { limit: 100, window_ms: 1_000, sliding: false }),
        Rule::Bucket(BucketRule { capacity: 100, refill: 10, interval_ms: 100 }),
        Rule::Gcra(GcraRule { limit: 100, window_ms: 1_000, burst: 100 }),
    ];

    #[test]
    fn tokens_are_spendable_at_once_and_not_for_ever() {
        for rule in RULES {
            let taken = Taken { tokens: 20, state: rule.take(State::Empty, 5_000, 20) };
            let lease = Lease::new(&rule, &taken, 5_000);
            assert_eq!(lease.spendable(&rule, 5_000), 20, "{rule:?}");
            assert!(lease.spendable(&rule, 5_900) <= 20);
            assert_eq!(lease.spendable(&rule, 7_000), 0, "{rule:?}");
        }
    }

    #[test]
    fn tokens_of_a_bucket_that_is_far_from_full_hold_until_it_would_be() {
        let rule = Rule::Bucket(BucketRule { capacity: 100, refill: 10, interval_ms: 100 });
        let low = rule.take(State::Empty, 5_000, 70);
        let taken = Taken { tokens: 20, state: rule.take(low, 5_000, 20) };
        let lease = Lease::new(&rule, &taken, 5_000);
        assert_eq!([5_700, 5_800, 5_900].map(|now| lease.spendable(&rule, now)), [20, 10, 0]);
    }

    #[test]
    fn the_lease_follows_the_rate_and_is_never_more_than_a_twentieth() {
        let rule = Rule::Window(WindowRule { limit: 2_000, window_ms: 60_000, sliding: true });
        let mut rate = Rate::default();
        rate.note(10_000, 1);
        assert_eq!(rate.lease(&rule), 1);
        for i in 0..500 {
            rate.note(10_000 + i * 20, 1);
        }
        assert!((45..=55).contains(&rate.lease(&rule)), "50 a second, and {} leased", rate.lease(&rule));
        for i in 0..5_000 {
            rate.note(20_000 + i, 1);
        }
        assert_eq!(rate.lease(&rule), 100);
    }
}
