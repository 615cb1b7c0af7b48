//! `Limiter`: one rule, decided in process or on Upstash.

use std::sync::Arc;

use napi::bindgen_prelude::{Env, PromiseRaw};
use napi_derive::napi;

use crate::limiter::{self, LocalLimiter, RemoteLimiter, Undecided};

/// The answer to one request.
#[napi(object)]
pub struct Decision {
    pub success: bool,
    pub limit: f64,
    /// Requests left in this window.
    pub remaining: f64,
    /// When the window ends, in ms since the epoch.
    pub reset: f64,
    /// Set when Upstash could not be asked: the request passes, and the numbers are 0.
    #[napi(ts_type = "'timeout' | 'error'")]
    pub reason: Option<String>,
}

impl From<limiter::Decision> for Decision {
    fn from(decision: limiter::Decision) -> Self {
        Self {
            success: decision.success,
            limit: decision.limit as f64,
            remaining: decision.remaining as f64,
            reset: decision.reset_ms as f64,
            reason: decision.reason.map(|reason| {
                match reason {
                    Undecided::Timeout => "timeout",
                    Undecided::Error => "error",
                }
                .to_owned()
            }),
        }
    }
}

/// One rate limit rule.
#[napi]
pub struct Limiter {
    local: Arc<LocalLimiter>,
    remote: Option<Arc<RemoteLimiter>>,
}

#[napi]
impl Limiter {
    /// Whether decisions are made on Upstash, so that all processes share one budget.
    #[napi(getter)]
    pub fn remote(&self) -> bool {
        self.remote.is_some()
    }

    /// Decides in process, synchronously.
    #[napi]
    pub fn limit_now(&self, identifier: String) -> Decision {
        self.local.limit(&identifier).into()
    }

    /// Decides on Upstash, within the deadline; in process when there is no Upstash. Never rejects.
    #[napi(ts_return_type = "Promise<Decision>")]
    pub fn limit<'env>(&self, env: &'env Env, identifier: String) -> napi::Result<PromiseRaw<'env, Decision>> {
        let (local, remote) = (Arc::clone(&self.local), self.remote.clone());
        env.spawn_future(async move {
            Ok(match remote {
                Some(remote) => remote.limit(&identifier, 1).await,
                None => local.limit(&identifier),
            }
            .into())
        })
    }
}

impl Limiter {
    pub fn new(local: Arc<LocalLimiter>, remote: Option<Arc<RemoteLimiter>>) -> Self {
        Self { local, remote }
    }
}
