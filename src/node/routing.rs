//! `LimitRouting`: which rule a request falls under, and whom it counts for.

use napi_derive::napi;
use serde::Deserialize;

use super::error::to_js;
use crate::error::ErrorKind;
use crate::limiter::address::{self, ForwardedHeader, IPV6_SUBNET, Network};
use crate::limiter::{Match, Routing};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    prefix: String,
    #[serde(default)]
    endpoints: Vec<String>,
    trusted_hops: Option<usize>,
    forwarded_header: Option<ForwardedHeader>,
    ipv6_subnet: Option<u8>,
    #[serde(default)]
    everywhere: bool,
    rules: Vec<RuleOptions>,
}

#[derive(Deserialize)]
struct RuleOptions {
    #[serde(rename = "match")]
    matched: Match,
    #[serde(default)]
    allow: Vec<String>,
}

/// The rules of one limiting middleware, in their order, and the proxies it trusts.
#[napi]
pub struct LimitRouting {
    routing: Routing,
    trusted_hops: usize,
    header: ForwardedHeader,
    ipv6_subnet: u8,
}

#[napi]
impl LimitRouting {
    /// `options`: JSON of `{ prefix, endpoints, trustedHops, forwardedHeader, ipv6Subnet, everywhere, rules: [{ match, allow }] }`,
    /// the latter as `resolveConfig` and `resolveMiddlewareConfig` give them. Throws `E_CONFIG`.
    #[napi(constructor)]
    pub fn new(options: String) -> napi::Result<Self, String> {
        let options: Options = serde_json::from_str(&options)
            .map_err(|error| to_js(ErrorKind::Config(format!("limiter: {error}; expected prefix and rules"))))?;
        let rules = options.rules.into_iter().map(|rule| {
            let networks = rule.allow.iter().filter_map(|text| Network::parse(text)).collect();
            (rule.matched, networks)
        });
        Ok(Self {
            routing: Routing::new(&options.prefix, &options.endpoints, rules.collect()).everywhere(options.everywhere),
            trusted_hops: options.trusted_hops.unwrap_or(0),
            header: options.forwarded_header.unwrap_or(ForwardedHeader::XForwardedFor),
            ipv6_subnet: options.ipv6_subnet.unwrap_or(IPV6_SUBNET),
        })
    }

    /// The index of the first rule for such a request, or -1. `path`: without the query. `contentType`: the uid whose
    /// route it takes, where that is known.
    #[napi]
    pub fn find(&self, method: String, path: String, content_type: Option<String>) -> i32 {
        self.routing.find(&method, &path, content_type.as_deref()).map_or(-1, |index| index as i32)
    }

    /// The address a request comes from: the peer's, or what the outermost trusted proxy says in `forwarded`, the
    /// value of the header.
    #[napi]
    pub fn address(&self, peer: String, forwarded: Option<String>) -> String {
        let named = forwarded.as_deref().and_then(|header| self.header.client(header, self.trusted_hops));
        named.map(str::to_owned).unwrap_or(peer)
    }

    /// The identifier of an address: IPv4 as it is, IPv6 by its network, anything else `unknown`.
    #[napi]
    pub fn identifier(&self, address: String) -> String {
        address::identifier(&address, self.ipv6_subnet)
    }

    /// Whether a rule's allow list has the address.
    #[napi]
    pub fn allows(&self, rule: u32, address: String) -> bool {
        self.routing.allows(rule as usize, &address)
    }
}
