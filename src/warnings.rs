//! What the operator should read in the log: one line per kind and half minute, however often it happens.

use std::collections::{HashMap, VecDeque};

use parking_lot::Mutex;

/// The pause between two lines of one kind, in ms.
const PAUSE_MS: u64 = 30_000;
/// Lines that wait for somebody to take them.
const MAX_WAITING: usize = 16;

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<String>,
    kinds: HashMap<&'static str, (u64, u64)>,
}

/// Rate-limited warnings on their way to the log.
#[derive(Debug, Default)]
pub struct Warnings(Mutex<State>);

impl Warnings {
    /// Notes a warning. `kind` names what happened, `text` this time; those left out are counted in the next line.
    pub fn add(&self, kind: &'static str, text: &str, now_ms: u64) {
        let mut state = self.0.lock();
        let left_out = match state.kinds.get_mut(kind) {
            Some((at, count)) if now_ms < *at + PAUSE_MS => {
                *count += 1;
                return;
            }
            Some((_, count)) => std::mem::take(count),
            None => 0,
        };
        state.kinds.insert(kind, (now_ms, 0));
        let more = if left_out > 0 { format!(" ({left_out} more since the last line)") } else { String::new() };
        if state.waiting.len() < MAX_WAITING {
            state.waiting.push_back(format!("{kind}: {text}{more}"));
        }
    }

    /// The next line for the log.
    pub fn take(&self) -> Option<String> {
        self.0.lock().waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_told_once_in_half_a_minute_with_the_number_left_out() {
        let warnings = Warnings::default();
        for now in [0, 1, 2, PAUSE_MS] {
            warnings.add("look-up failed", "timeout", now);
        }
        warnings.add("purge failed", "refused", 3);
        let told: Vec<String> = std::iter::from_fn(|| warnings.take()).collect();
        assert_eq!(
            told,
            [
                "look-up failed: timeout",
                "look-up failed: timeout (2 more since the last line)",
                "purge failed: refused"
            ]
        );
    }
}
