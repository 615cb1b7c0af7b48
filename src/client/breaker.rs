//! The circuit breaker: a dead endpoint costs a few deadlines, then nothing.
//!
//! Source: M. Nygard, *Release It!* (2007), "Circuit Breaker". Ours differs in one point: the trial that may close
//! it again is a `PING` of its own in the background, never a visitor's request.

use parking_lot::Mutex;

/// Failures in a row that open the breaker: one or two may be a lost packet.
const FAILURES_TO_OPEN: u32 = 3;
/// The first pause before a trial, in ms; it doubles with every failed trial.
const FIRST_PAUSE_MS: u64 = 500;
/// The longest pause between trials, in ms.
const LONGEST_PAUSE_MS: u64 = 15_000;

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open: bool,
    pause_ms: u64,
    trial_at: u64,
    trial_running: bool,
}

/// Counts outages and says whether the endpoint may be asked. All times are monotonic milliseconds.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<State>);

/// What a caller may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Ask the endpoint.
    Ask,
    /// Do not ask, after so many failures in a row.
    Refuse(u32),
    /// Do not ask, but start the background trial: it is due and nobody else runs it.
    RefuseAndTry(u32),
}

impl Breaker {
    pub fn permit(&self, now_ms: u64) -> Permit {
        let mut state = self.0.lock();
        if !state.open {
            return Permit::Ask;
        }
        if state.trial_running || now_ms < state.trial_at {
            return Permit::Refuse(state.failures);
        }
        state.trial_running = true;
        Permit::RefuseAndTry(state.failures)
    }

    /// Whether the endpoint is not asked at the moment.
    pub fn is_open(&self) -> bool {
        self.0.lock().open
    }

    /// Whether it is open, and how many failures there were in a row.
    pub fn state(&self) -> (bool, u32) {
        let state = self.0.lock();
        (state.open, state.failures)
    }

    /// The endpoint answered.
    pub fn succeeded(&self) {
        *self.0.lock() = State::default();
    }

    /// The endpoint failed. Returns true when this failure opened the breaker.
    pub fn failed(&self, now_ms: u64) -> bool {
        let mut state = self.0.lock();
        state.failures = state.failures.saturating_add(1);
        if state.open {
            if state.trial_running {
                state.trial_running = false;
                state.pause_ms = (state.pause_ms * 2).min(LONGEST_PAUSE_MS);
                state.trial_at = now_ms + state.pause_ms;
            }
            return false;
        }
        if state.failures < FAILURES_TO_OPEN {
            return false;
        }
        state.open = true;
        state.pause_ms = FIRST_PAUSE_MS;
        state.trial_at = now_ms + FIRST_PAUSE_MS;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened() -> Breaker {
        let breaker = Breaker::default();
        assert!(!breaker.failed(0));
        assert!(!breaker.failed(0));
        assert!(breaker.failed(0), "the third failure in a row did not open it");
        breaker
    }

    #[test]
    fn three_failures_in_a_row_open_it_and_a_success_between_starts_over() {
        let breaker = Breaker::default();
        breaker.failed(0);
        breaker.failed(0);
        breaker.succeeded();
        assert!(!breaker.failed(0));
        assert_eq!(breaker.permit(0), Permit::Ask);
        assert_eq!(opened().permit(1), Permit::Refuse(3));
    }

    #[test]
    fn one_trial_at_a_time_with_growing_pauses() {
        let breaker = opened();
        assert_eq!(breaker.permit(499), Permit::Refuse(3));
        assert_eq!(breaker.permit(500), Permit::RefuseAndTry(3));
        assert_eq!(breaker.permit(501), Permit::Refuse(3), "two trials at once");
        breaker.failed(600);
        assert_eq!(breaker.permit(1_599), Permit::Refuse(4));
        assert_eq!(breaker.permit(1_600), Permit::RefuseAndTry(4));
        breaker.succeeded();
        assert_eq!(breaker.permit(1_601), Permit::Ask);
    }

    #[test]
    fn late_failures_of_requests_sent_before_it_opened_do_not_postpone_the_trial() {
        let breaker = opened();
        breaker.failed(400);
        assert_eq!(breaker.permit(500), Permit::RefuseAndTry(4));
    }
}
