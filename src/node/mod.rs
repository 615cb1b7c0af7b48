//! The binding: the only modules that know napi. They map options, values and errors, and decide nothing.
//!
//! No `#[napi] async fn(&self)`: a worker that is terminated while one is under way takes Node down. Methods take
//! what they need by `Arc` and hand a future to [`napi::Env::spawn_future`].

mod answer;
mod decider;
mod engine;
mod error;
mod hub;
mod limiter;
mod prober;
mod qstash;
mod redis;
mod routing;

use std::collections::HashMap;

use napi_derive::napi;

use crate::config;
use crate::limiter::address;
use error::to_js;
pub use qstash::verify_signature;

/// Checks the plugin's options (`config`, JSON) against the environment and fills in defaults. Returns JSON with
/// durations in ms. Throws `E_CONFIG` with one sentence that names the option, what was found and what is allowed.
#[napi]
pub fn resolve_config(config: String, env: HashMap<String, String>) -> napi::Result<String, String> {
    config::resolve(&config, &env).map(|resolved| resolved.to_string()).map_err(to_js)
}

/// Checks the options of the middleware for Koa (JSON). Returns JSON as `resolveConfig`. Throws `E_CONFIG`.
#[napi]
pub fn resolve_koa_config(config: String) -> napi::Result<String, String> {
    config::resolve_koa(&config).map(|resolved| resolved.to_string()).map_err(to_js)
}

/// Checks the options given to one middleware (`kind`: `cache` or `rate-limit`). Returns JSON: of a cache's rule what was
/// given, or `{ own, defaults, rules }`. Throws `E_CONFIG`.
#[napi]
pub fn resolve_middleware_config(kind: String, config: String, resolved: String) -> napi::Result<String, String> {
    config::resolve_middleware(&kind, &config, &resolved).map(|found| found.to_string()).map_err(to_js)
}

/// The identifier of a peer's address: IPv4 as it is, IPv6 by its `/64`, anything else `unknown`.
#[napi]
pub fn ip_identifier(address: String) -> String {
    address::identifier(&address, address::IPV6_SUBNET)
}
