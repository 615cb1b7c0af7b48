//! An answer on its way into the cache, what became of it, and how it comes back.

use std::time::Duration;

use super::policy::Response;

/// The cache's share of the configuration.
#[derive(Debug, Clone)]
pub struct Options {
    pub prefix: String,
    pub ttl_ms: u64,
    pub max_bytes: u64,
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
    /// Headers to store, as JSON `[[name, value], …]`.
    pub headers: &'a str,
    /// When it was made, in ms since the epoch.
    pub created_ms: u64,
    /// What was read for it, as JSON `[[uid, params], …]`.
    pub reads: &'a str,
    /// Tags given by hand.
    pub tags: Vec<String>,
    /// The middleware's own TTL, in ms.
    pub ttl_ms: Option<u64>,
    /// A reason not to store it that only JavaScript could see.
    pub bypass: Option<&'a str>,
}

/// What became of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub slot: Option<u32>,
    /// Why it was not stored.
    pub reason: Option<String>,
    /// Whether those who waited may be answered with it.
    pub shareable: bool,
}

impl Outcome {
    pub(super) fn refused(reason: &str, shareable: bool) -> Self {
        Self { slot: None, reason: Some(reason.to_owned()), shareable }
    }
}

/// An entry from L2, before it is in L1.
#[derive(Debug, Clone)]
pub struct Fetched {
    pub body: Vec<u8>,
    pub headers: String,
    pub created_ms: u64,
}

/// What L2 keeps beside body and tags.
#[derive(serde::Serialize, serde::Deserialize)]
pub(super) struct Meta {
    #[serde(rename = "h")]
    pub headers: String,
    #[serde(rename = "c")]
    pub created_ms: u64,
}
