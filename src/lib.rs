//! The engine of strapi-upstash.
//!
//! - [`cache`]: what a cached response is and the way a request takes through it
//! - [`client`]: the Upstash REST client
//! - [`clock`]: time, passed in
//! - [`config`]: the user's options, checked
//! - [`error`]: the one error type
//! - [`invalidation`]: what a purge is
//! - [`limiter`]: who may pass now
//! - [`node`]: the binding, the only part that knows napi
//! - [`qstash`]: messages that Upstash delivers, and who has signed one
//! - [`store`]: where entries live
//! - [`warnings`]: what the operator should read
//!
//! Dependencies go one way: `node → cache, limiter, qstash → invalidation → store → client`. Only `node` knows napi.

pub mod cache;
pub mod client;
pub mod clock;
pub mod config;
pub mod error;
pub mod invalidation;
pub mod limiter;
pub mod node;
pub mod qstash;
pub mod store;
pub mod warnings;
