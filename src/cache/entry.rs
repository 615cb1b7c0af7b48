//! An answer on its way into the cache, what became of it, and how it comes back.

use std::time::Duration;

use super::policy::Response;

/// The cache's share of the configuration.
#[derive(Debug, Clone)]
pub struct Options {
    pub prefix: String,
    /// How long an answer is kept that doesn't say so, in ms; 0 stores only what does.
    pub ttl_ms: u64,
    /// How much of that may be left out, by chance, so that not all that was stored at once ends at once: 0 to 1.
    pub jitter: f64,
    /// Whether an entry that is asked for often is made anew before its end.
    pub early_refresh: bool,
    /// Whether other statuses than 200 are stored as well.
    pub any_status: bool,
    /// How long a process waits for another one that fills the same key, in ms; 0 for not at all.
    pub fill_lock_ms: u64,
    /// Whether the tags of what was stored are told.
    pub tells_tags: bool,
    pub max_bytes: u64,
    pub max_entries: u64,
    pub max_entry_bytes: u64,
    /// How long L1 trusts an entry when other processes may purge it unheard, in ms.
    pub l1_max_age_ms: u64,
    pub deadline: Duration,
    /// How often the bus between processes gives a sign of life; none where there is to be no bus.
    pub heartbeat: Option<Duration>,
}

/// The leader's answer, as JavaScript describes it.
#[derive(Debug, Clone, Default)]
pub struct Answer<'a> {
    pub response: Response<'a>,
    /// What JavaScript keeps of it beside the body.
    pub head: &'a str,
    /// When it was made, in ms since the epoch.
    pub created_ms: u64,
    /// What was read for it, as JSON `[[uid, params], …]`.
    pub reads: &'a str,
    /// Tags given by hand.
    pub tags: Vec<String>,
    /// What the operator says about it; the cache's own TTL where that is none.
    pub rule: Rule,
    pub split: Split<'a>,
    /// The slot of an entry that this answer says is still right: what that depends on, this does as well.
    pub inherits: Option<u32>,
    /// A reason not to store it that only JavaScript could see.
    pub bypass: Option<&'a str>,
}

/// What the operator says about an answer. Times in ms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rule {
    pub ttl_ms: Option<u64>,
    pub stale_ms: u64,
    pub error_ms: u64,
    /// Until when the credential holds that it was made for.
    pub longest_ms: Option<u64>,
    /// Whether it lives until its TTL ends, whatever is written meanwhile.
    pub unaware: bool,
}

/// Whose an answer is, where that was not known before it was made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Split<'a> {
    /// As in [`Audience::owner`](super::Audience); none for the flight's own.
    pub owner: Option<&'a str>,
    /// The values of the request headers that it varies by, as in [`Audience::vary`](super::Audience).
    pub vary: &'a str,
    /// What JavaScript keeps in the place of an answer, to know which headers they are.
    pub head: &'a str,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub slot: Option<u32>,
    /// Where it is noted what the answer varies by, if that is new.
    pub marker: Option<u32>,
    /// When it was made, by the age it came with; in ms since the epoch.
    pub created_ms: u64,
    /// How long it is fresh, in ms.
    pub fresh_ms: u64,
    pub tags: Vec<String>,
    /// Why it was not stored.
    pub reason: Option<String>,
    /// Whether those who waited may be answered with it.
    pub shareable: bool,
}

impl Outcome {
    pub(super) fn refused(reason: &str, shareable: bool) -> Self {
        Self {
            slot: None,
            marker: None,
            created_ms: 0,
            fresh_ms: 0,
            tags: Vec::new(),
            reason: Some(reason.to_owned()),
            shareable,
        }
    }
}

/// What may be done with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Usable {
    /// It is answered.
    Fresh = 0,
    /// It is answered, and made anew though it is still fresh.
    Early = 1,
    /// It is answered while it is made anew.
    Stale = 2,
    /// It is answered if making it anew fails.
    OnError = 3,
    /// It may be validated.
    Expired = 4,
}

/// An entry from L2, before it is in L1.
#[derive(Debug, Clone)]
pub struct Fetched {
    pub body: Vec<u8>,
    pub head: String,
    pub created_ms: u64,
    pub usable: Usable,
    /// How long it is still fresh, in ms.
    pub fresh_ms: u64,
    /// Whether another process is making it anew.
    pub others: bool,
    /// Its tags, where they are to be told.
    pub tags: Vec<String>,
}

/// What L2 keeps beside body and tags. Times in ms.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Meta {
    #[serde(rename = "h")]
    pub head: String,
    #[serde(rename = "c")]
    pub created_ms: u64,
    /// After it was fresh: how long it may be answered while it is made anew, or if that fails, and how long it is kept.
    #[serde(rename = "a", default)]
    pub after: [u64; 3],
    /// How long it took to make.
    #[serde(rename = "d", default)]
    pub effort_ms: u64,
    /// Whether it is no answer but a note what the answers vary by.
    #[serde(rename = "v", default)]
    pub is_marker: bool,
}
