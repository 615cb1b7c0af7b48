//! `RestClient`: commands to Upstash, for use without Strapi. `index.js` wraps it as `Redis`.

use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Env, PromiseRaw};
use napi_derive::napi;
use serde_json::{Value, json};

use super::error::to_js;
use crate::client::{Client, Command, HttpTransport, Reply};
use crate::clock::SystemClock;
use crate::config;
use crate::error::{ErrorKind, Result};

/// How long a command may take. Not on a visitor's request path, so generous.
const DEADLINE: Duration = Duration::from_secs(10);

/// The Upstash REST client.
#[napi]
pub struct RestClient {
    client: Arc<Client>,
}

#[napi]
impl RestClient {
    /// Throws `E_CONFIG` for a URL or a token that can't be one.
    #[napi(constructor)]
    pub fn new(url: Option<String>, token: Option<String>) -> napi::Result<Self, String> {
        let missing = || {
            ErrorKind::Config(
                "url and token: missing; set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN or pass { url, token }".to_owned(),
            )
        };
        let (Some(url), Some(token)) = config::credentials(url, token).map_err(to_js)? else {
            return Err(to_js(missing()));
        };
        let transport = HttpTransport::new(&url, &token).map_err(to_js)?;
        Ok(Self { client: Arc::new(Client::new(Box::new(transport), Arc::new(SystemClock))) })
    }

    /// Runs a pipeline, given as a JSON array of arrays of strings. Resolves to a JSON array with
    /// `{ result }` or `{ error, code }` for each command, or to one `{ error, code }` when no answer came.
    #[napi(ts_return_type = "Promise<string>")]
    pub fn run<'env>(&self, env: &'env Env, commands: String) -> napi::Result<PromiseRaw<'env, String>, String> {
        let commands: Vec<Command> = serde_json::from_str(&commands)
            .map_err(|error| to_js(ErrorKind::Config(format!("commands: {error}; expected arrays of strings"))))?;
        let client = Arc::clone(&self.client);
        env.spawn_future(async move {
            let replies: Result<Vec<Result<Reply>>> = match commands.as_slice() {
                [one] => match client.command(one, DEADLINE).await {
                    Err(error) if error.is_outage() => Err(error),
                    reply => Ok(vec![reply]),
                },
                many => client.pipeline(many, DEADLINE).await,
            };
            // The code travels in the text: a promise of napi rejects with its own codes. `index.js` reads it.
            let replies = match replies {
                Ok(replies) => replies.into_iter().map(item).collect(),
                Err(error) => failure(&error),
            };
            Ok(Value::to_string(&replies))
        })
        .map_err(|error| napi::Error::new("E_ADDON".to_owned(), error.reason.clone()))
    }
}

fn item(reply: Result<Reply>) -> Value {
    match reply {
        Ok(reply) => json!({ "result": reply.to_json() }),
        Err(error) => failure(&error),
    }
}

fn failure(error: &ErrorKind) -> Value {
    json!({ "error": error.to_string(), "code": error.code() })
}
