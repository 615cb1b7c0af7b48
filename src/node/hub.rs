//! `Hub`: where completions wait for JavaScript. One wake, then everything that is there in one crossing; a call of
//! its own into JavaScript for each would cost several times as much.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::Status;
use napi::bindgen_prelude::{BufferSlice, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use parking_lot::Mutex;

use crate::client::Sink;

/// Weak: whether the process shall live on for a reply is for JavaScript to say, which knows who waits.
type Wake = ThreadsafeFunction<(), (), (), Status, false, true>;

/// The completions of all clients of one JavaScript thread.
#[napi]
pub struct Hub {
    inbox: Arc<Inbox>,
}

pub struct Inbox {
    queue: Mutex<Queue>,
    /// Whether JavaScript was woken and has not looked yet.
    woken: AtomicBool,
    wake: Wake,
}

#[derive(Default)]
struct Queue {
    frames: VecDeque<Vec<u8>>,
    /// How far the first frame has been handed over.
    read: usize,
}

impl Sink for Inbox {
    fn complete(&self, completions: Vec<u8>) {
        if completions.is_empty() {
            return;
        }
        self.queue.lock().frames.push_back(completions);
        if !self.woken.swap(true, Ordering::AcqRel) {
            // Closing: the thread ends, and nobody waits any more.
            let _ = self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}

#[napi]
impl Hub {
    /// `wake` is called when there is something to drain.
    #[napi(constructor)]
    pub fn new(wake: Function<'_, (), ()>) -> napi::Result<Self> {
        let wake = wake.build_threadsafe_function::<()>().weak::<true>().build()?;
        Ok(Self { inbox: Arc::new(Inbox { queue: Mutex::default(), woken: AtomicBool::new(false), wake }) })
    }

    /// Copies whole completions into `into`, as many as fit. Returns their length in bytes, 0 when there are none, or
    /// the length of the first one as a negative number when it does not fit.
    #[napi]
    pub fn drain(&self, mut into: BufferSlice<'_>) -> f64 {
        self.inbox.woken.store(false, Ordering::Release);
        self.inbox.queue.lock().take(&mut into)
    }
}

impl Hub {
    pub fn inbox(&self) -> Arc<Inbox> {
        Arc::clone(&self.inbox)
    }
}

impl Queue {
    fn take(&mut self, into: &mut [u8]) -> f64 {
        let mut written = 0;
        while let Some(frame) = self.frames.front() {
            let rest = &frame[self.read..];
            let fitting = whole(rest, into.len() - written);
            into[written..written + fitting].copy_from_slice(&rest[..fitting]);
            written += fitting;
            if fitting == rest.len() {
                self.frames.pop_front();
                self.read = 0;
                continue;
            }
            self.read += fitting;
            if written == 0 {
                return -(next(rest).unwrap_or(rest.len()) as f64);
            }
            break;
        }
        written as f64
    }
}

/// The length of the completion at the start of `frame`.
fn next(frame: &[u8]) -> Option<usize> {
    let length = u32::from_le_bytes(frame.get(..4)?.try_into().ok()?);
    Some(4 + length as usize)
}

/// The length of the whole completions at the start of `frame` that fit into `room`.
fn whole(frame: &[u8], room: usize) -> usize {
    if frame.len() <= room {
        return frame.len();
    }
    let mut end = 0;
    while let Some(length) = next(&frame[end..]) {
        if end + length > room {
            break;
        }
        end += length;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completion(length: usize) -> Vec<u8> {
        let mut out = (length as u32).to_le_bytes().to_vec();
        out.resize(4 + length, length as u8);
        out
    }

    #[test]
    fn completions_are_handed_over_whole_and_in_order() {
        let frames = VecDeque::from([[completion(6), completion(30)].concat(), completion(1), completion(2)]);
        let mut queue = Queue { frames, read: 0 };
        let mut room = [0; 20];
        assert_eq!(queue.take(&mut room), 10.0);
        assert_eq!(room[..10], completion(6));
        assert_eq!(queue.take(&mut room), -34.0, "one that does not fit");
        assert_eq!(queue.take(&mut [0; 34]), 34.0);
        assert_eq!(queue.take(&mut room), 11.0);
        assert_eq!(room[..11], [completion(1), completion(2)].concat());
        assert_eq!(queue.take(&mut room), 0.0);
    }
}
