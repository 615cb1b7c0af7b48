//! What goes over the border about one answer.

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use crate::cache::{self, Answer, Response, Rule, Split};

/// What a request that missed shall do.
#[napi(object)]
pub struct Flight {
    /// The flight's number; 0 for `solo`.
    pub id: u32,
    /// `leader`: run the fill and end it with `finish`, `abandon` or `adopt`. `follower`: wait for it.
    /// `solo`: run alone, nothing is stored.
    #[napi(ts_type = "'leader' | 'follower' | 'solo'")]
    pub role: String,
}

/// An entry from Upstash.
#[napi(object)]
pub struct Fetched {
    pub body: Buffer,
    /// What was given as `head` when it was stored.
    pub head: String,
    /// When the answer was made, in ms since the epoch.
    pub created: f64,
    /// What may be done with it: 0 or 1 answer it, 2 answer it and make it anew, 3 answer it if that fails, 4 validate it.
    pub usable: u32,
    /// How long it is still fresh, in ms.
    pub fresh_ms: f64,
    /// Whether another process is making it anew.
    pub others: bool,
    /// Its tags, where the configuration has a header for them.
    pub tags: Vec<String>,
}

/// The leader's answer. Times in ms.
#[napi(object)]
pub struct Facts {
    pub status: u16,
    pub cache_control: Option<String>,
    pub expires: Option<String>,
    pub date: Option<String>,
    pub age: Option<String>,
    pub set_cookie: bool,
    /// Whether the handler gave it an `ETag` or `Last-Modified`.
    pub validator: Option<bool>,
    /// What is kept of it beside the body; the engine does not look into it.
    pub head: String,
    /// When it was made, in ms since the epoch.
    pub created: f64,
    /// What was read for it, as JSON `[[uid, params], …]`.
    pub reads: String,
    /// Tags given by hand.
    pub tags: Vec<String>,
    /// The operator's TTL, where it is not the plugin's.
    pub ttl_ms: Option<f64>,
    /// The operator's stale-while-revalidate and stale-if-error.
    pub stale_ms: Option<f64>,
    pub error_ms: Option<f64>,
    /// How long the credential holds that it was made for.
    pub longest_ms: Option<f64>,
    /// Whether it lives until its TTL ends, whatever is written.
    pub unaware: Option<bool>,
    /// Whose it is, where that is not the flight's owner.
    pub owner: Option<String>,
    /// The values of the request headers that it varies by, as given to `open`.
    pub vary: Option<String>,
    /// What is kept in the place of an answer to tell which headers these are.
    pub vary_head: Option<String>,
    /// The slot of an entry that this answer says is still right.
    pub inherits: Option<u32>,
    /// A reason not to store it.
    pub bypass: Option<String>,
}

/// What became of an answer.
#[napi(object)]
pub struct Outcome {
    /// The slot it is stored in, or -1.
    pub slot: i32,
    /// The slot in which it is noted what it varies by, if that is new, or -1.
    pub marker: i32,
    /// When it was made, by the age it came with; in ms since the epoch.
    pub created: f64,
    /// How long it is fresh, in ms.
    pub fresh_ms: f64,
    /// Its tags, where the configuration has a header for them.
    pub tags: Vec<String>,
    /// Why it was not stored.
    pub reason: Option<String>,
    /// Whether those who waited may be answered with it.
    pub shareable: bool,
}

impl Facts {
    pub(super) fn answer(&self) -> Answer<'_> {
        let ms = |given: Option<f64>| given.map(|ms| ms.max(0.0) as u64);
        Answer {
            response: Response {
                status: self.status,
                cache_control: self.cache_control.as_deref(),
                expires: self.expires.as_deref(),
                date: self.date.as_deref(),
                age: self.age.as_deref(),
                set_cookie: self.set_cookie,
                validator: self.validator.unwrap_or(false),
            },
            head: &self.head,
            created_ms: self.created as u64,
            reads: &self.reads,
            tags: self.tags.clone(),
            rule: Rule {
                ttl_ms: ms(self.ttl_ms),
                stale_ms: ms(self.stale_ms).unwrap_or(0),
                error_ms: ms(self.error_ms).unwrap_or(0),
                longest_ms: ms(self.longest_ms),
                unaware: self.unaware.unwrap_or(false),
            },
            split: Split {
                owner: self.owner.as_deref(),
                vary: self.vary.as_deref().unwrap_or_default(),
                head: self.vary_head.as_deref().unwrap_or_default(),
            },
            inherits: self.inherits,
            bypass: self.bypass.as_deref(),
        }
    }
}

impl From<cache::Fetched> for Fetched {
    fn from(fetched: cache::Fetched) -> Self {
        Self {
            body: fetched.body.into(),
            head: fetched.head,
            created: fetched.created_ms as f64,
            usable: fetched.usable as u32,
            fresh_ms: fetched.fresh_ms as f64,
            others: fetched.others,
            tags: fetched.tags,
        }
    }
}

impl From<cache::Outcome> for Outcome {
    fn from(outcome: cache::Outcome) -> Self {
        let number = |slot: Option<u32>| slot.map_or(-1, |slot| slot as i32);
        Self {
            slot: number(outcome.slot),
            marker: number(outcome.marker),
            created: outcome.created_ms as f64,
            fresh_ms: outcome.fresh_ms as f64,
            tags: outcome.tags,
            reason: outcome.reason,
            shareable: outcome.shareable,
        }
    }
}
