//! What a purge is: tags with versions, key patterns, and the outbox of what Upstash has not acknowledged yet.

mod message;
mod outbox;
mod pattern;
mod versions;

pub use message::{Beat, Message};
pub use outbox::{Acknowledgement, Outbox};
pub use pattern::{Pattern, glob};
pub use versions::{Tag, Versions};

/// One purge. A purge names what became stale, never the keys that hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purge {
    Tags(Vec<String>),
    Pattern(Pattern),
    All,
}

impl Purge {
    /// Whether it makes an entry with this key and these tags stale.
    pub fn reaches(&self, key: &str, tags: &[String]) -> bool {
        match self {
            Self::All => true,
            Self::Pattern(pattern) => pattern.matches(key),
            Self::Tags(purged) => purged.iter().any(|tag| tags.contains(tag)),
        }
    }
}
