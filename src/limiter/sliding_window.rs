//! The sliding window: the current bucket, and of the previous one the share the window still covers.
//!
//! Source: the approximation of Cloudflare, *How we built rate limiting capable of scaling to millions of domains*
//! (2017), with the rule and the numbers of `@upstash/ratelimit`: refused when
//! `floor((1 - (now mod w) / w) * previous) + current >= limit`.

use super::{Decision, Rule};

/// What is remembered of one identifier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// `floor(now / window)` of the last request that was counted.
    bucket: u64,
    current: i64,
    previous: i64,
}

/// Decides one request of `cost` (negative: a refund) at `now_ms`. Pure: the new state is returned.
///
/// A clock that jumps back stays in the newest bucket it has seen, so that a jump never opens a fresh window.
pub fn decide(state: Window, rule: Rule, now_ms: u64, cost: i64) -> (Window, Decision) {
    let window = rule.window_ms.max(1);
    let bucket = (now_ms / window).max(state.bucket);
    let now_ms = now_ms.max(bucket * window);
    let (current, previous) = match bucket - state.bucket {
        0 => (state.current, state.previous),
        1 => (0, state.current),
        _ => (0, 0),
    };
    let elapsed = (now_ms % window) as f64 / window as f64;
    let weighted = ((1.0 - elapsed) * previous as f64).floor() as i64;
    let limit = i64::try_from(rule.limit).unwrap_or(i64::MAX);
    let refused = cost > 0 && weighted.saturating_add(current) >= limit;
    let current = if refused { current } else { current.saturating_add(cost) };
    let remaining = if refused { -1 } else { limit - current.saturating_add(weighted) };
    let decision = Decision {
        success: remaining >= 0,
        limit: rule.limit,
        remaining: u64::try_from(remaining).unwrap_or(0),
        reset_ms: (bucket + 1) * window,
        reason: None,
    };
    (Window { bucket, current, previous }, decision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULE: Rule = Rule { limit: 100, window_ms: 60_000 };

    fn admitted(rule: Rule, times: impl IntoIterator<Item = u64>) -> usize {
        let mut state = Window::default();
        times
            .into_iter()
            .filter(|now| {
                let (next, decision) = decide(state, rule, *now, 1);
                state = next;
                decision.success
            })
            .count()
    }

    #[test]
    fn of_105_at_once_exactly_the_first_100_pass() {
        let mut state = Window::default();
        for i in 0..105_u64 {
            let (next, decision) = decide(state, RULE, 1_000, 1);
            state = next;
            assert_eq!(decision.success, i < 100);
            assert_eq!(decision.remaining, 99_u64.saturating_sub(i));
            assert_eq!(decision.reset_ms, 60_000);
        }
    }

    #[test]
    fn the_previous_window_counts_by_the_share_that_is_still_covered() {
        let burst = || std::iter::repeat_n(59_999, 100);
        assert_eq!(admitted(RULE, burst().chain(std::iter::repeat_n(60_000, 50))), 100);
        assert_eq!(admitted(RULE, burst().chain(std::iter::repeat_n(90_000, 100))), 150);
        assert_eq!(admitted(RULE, burst().chain(std::iter::repeat_n(120_000, 150))), 200);
    }

    #[test]
    fn a_clock_that_jumps_back_opens_no_fresh_window() {
        assert_eq!(admitted(RULE, std::iter::repeat_n(600_000, 100).chain(std::iter::repeat_n(0, 100))), 100);
    }

    #[test]
    fn a_refund_gives_room_again() {
        let full = (0..100).fold(Window::default(), |state, _| decide(state, RULE, 0, 1).0);
        assert!(!decide(full, RULE, 0, 1).1.success);
        assert!(decide(decide(full, RULE, 0, -1).0, RULE, 0, 1).1.success);
    }

    proptest! {
        /// What the approximation promises exactly: never more than the limit within one bucket.
        #[test]
        fn no_bucket_admits_more_than_the_limit(
            limit in 1..20_u64,
            window_ms in 1..500_u64,
            mut times in proptest::collection::vec(0..3_000_u64, 0..200),
        ) {
            times.sort_unstable();
            let rule = Rule { limit, window_ms };
            let mut state = Window::default();
            let mut by_bucket = std::collections::HashMap::new();
            for now in times {
                let (next, decision) = decide(state, rule, now, 1);
                state = next;
                if decision.success {
                    *by_bucket.entry(now / window_ms).or_insert(0_u64) += 1;
                }
            }
            prop_assert!(by_bucket.values().all(|count| *count <= limit));
        }

        #[test]
        fn remaining_tells_how_many_more_pass_now(limit in 1..30_u64, before in 0..40_u64, now in 0..10_000_u64) {
            let rule = Rule { limit, window_ms: 1_000 };
            let state = (0..before).fold(Window::default(), |state, _| decide(state, rule, now, 1).0);
            let (mut state, decision) = decide(state, rule, now, 1);
            let mut more = 0;
            loop {
                let (next, decision) = decide(state, rule, now, 1);
                if !decision.success { break }
                (state, more) = (next, more + 1);
            }
            prop_assert_eq!(decision.remaining, more);
        }
    }
}
