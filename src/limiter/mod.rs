//! Who may pass now: pure algorithms, their state in process, and the same decisions on Upstash.

mod identifier;
mod local;
mod remote;
mod sliding_window;

pub use identifier::ip_identifier;
pub use local::LocalLimiter;
pub use remote::RemoteLimiter;
pub use sliding_window::{Window, decide};

/// One rule: at most `limit` requests in any `window_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub limit: u64,
    pub window_ms: u64,
}

/// The answer to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    pub success: bool,
    pub limit: u64,
    /// Requests left in this window.
    pub remaining: u64,
    /// When the window ends, in ms since the epoch.
    pub reset_ms: u64,
    /// Set when the limiter could not decide and let the request pass.
    pub reason: Option<Undecided>,
}

/// Why a limiter on Upstash could not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undecided {
    Timeout,
    Error,
}
