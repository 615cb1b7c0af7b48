//! Where entries live: `memory` is the index of L1, `remote` is L2 on Upstash. Neither knows what a fresh answer is.

mod memory;
mod remote;

pub use memory::{Held, MemoryIndex};
pub use remote::{Found, Lock, Looked, Missed, RemoteEntry, RemoteStore};
