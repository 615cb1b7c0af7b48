//! The options of the limiter: what a rule is.

use serde_json::{Value, json};

use super::reader::{FUNCTION, Reader, wrong};
use super::{NAME, is_name};
use crate::error::Result;
use crate::limiter::Algorithm;
use crate::limiter::address::{ForwardedHeader, IPV6_SUBNET, Network};

const MOST: u64 = 1 << 40;
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "ALL"];
const BY: &str = "'ip', 'user', 'api-token', 'route', a function, or a list of these";
const ALLOW: &str = "addresses or networks such as '10.0.0.0/8' or '2001:db8::/32'";
const PATHS: &str = "a path such as '/api/auth/*', or a list of paths";
const TYPES: &str = "the uid of a content type such as 'api::article.article', or a list of uids";
const ALGORITHMS: &str = "'sliding-window', 'fixed-window', 'token-bucket' or 'gcra'";

/// `rateLimit` of the plugin's options: `{ enabled, trustedHops, forwardedHeader, ipv6Subnet, defaults, rules }`.
pub fn section(mut options: Reader) -> Result<Value> {
    let enabled = options.flag("enabled")?.unwrap_or(true);
    let trusted_hops = options.integer("trustedHops", 1, 32)?;
    let subnet = options.integer("ipv6Subnet", 1, 128)?.unwrap_or(IPV6_SUBNET.into());
    let header = options.take("forwardedHeader");
    if let Some(found) = &header {
        if serde_json::from_value::<ForwardedHeader>(found.clone()).is_err() {
            return Err(options.wrong("forwardedHeader", found, "'x-forwarded-for' or 'forwarded'"));
        }
        if trusted_hops.is_none() {
            return Err(options.wrong(
                "forwardedHeader",
                found,
                "trustedHops as well: the number of your own proxies, each of which adds to the header",
            ));
        }
    }
    let (defaults, rules) = rules(&mut options, &built_in())?;
    options.end()?;
    let rules = rules.unwrap_or_else(|| vec![everything(&defaults)]);
    Ok(json!({
        "enabled": enabled,
        "trustedHops": trusted_hops,
        "forwardedHeader": header.unwrap_or_else(|| json!("x-forwarded-for")),
        "ipv6Subnet": subnet,
        "defaults": defaults,
        "rules": rules,
    }))
}

/// The options of one middleware: `{ own, rules }`. `own`: whether these are its own, not the plugin's.
pub fn middleware(mut options: Reader, plugin: &Value) -> Result<Value> {
    let own = !options.is_empty();
    let (defaults, rules) = rules(&mut options, &plugin["defaults"])?;
    options.end()?;
    let rules = match rules {
        Some(rules) => json!(rules),
        None if own => json!([everything(&defaults)]),
        None => plugin["rules"].clone(),
    };
    Ok(json!({ "own": own, "defaults": everything(&defaults), "rules": rules }))
}

fn built_in() -> Value {
    json!({
        "name": null,
        "limit": 100,
        "windowMs": 60_000,
        "algorithm": "sliding-window",
        "burst": null,
        "by": ["ip"],
        "cost": 1,
        "mode": "leased",
        "onError": "local",
        "dryRun": false,
        "skip": false,
        "handler": false,
        "allow": [],
    })
}

fn everything(rule: &Value) -> Value {
    let mut rule = rule.clone();
    rule["match"] = json!({});
    rule
}

/// What holds for all rules, and the rules themselves, if there are any.
fn rules(options: &mut Reader, defaults: &Value) -> Result<(Value, Option<Vec<Value>>)> {
    let listed = options.take("rules");
    let defaults = rule(options, defaults)?;
    check(options, &defaults)?;
    let Some(listed) = listed else { return Ok((defaults, None)) };
    let Value::Array(items) = listed else {
        return Err(options.wrong("rules", &listed, "a list of rules"));
    };
    let rules = items.into_iter().enumerate().map(|(index, item)| {
        let mut options = Reader::of(format!("{}rules[{index}].", options.path()), item)?;
        let matched = requests(&mut options)?;
        let mut found = rule(&mut options, &defaults)?;
        check(&options, &found)?;
        options.end()?;
        found["match"] = matched;
        Ok(found)
    });
    let rules = rules.collect::<Result<Vec<Value>>>()?;
    Ok((defaults, Some(rules)))
}

/// One rule over what holds unless it says otherwise. A function is null here, and JavaScript has it.
fn rule(options: &mut Reader, defaults: &Value) -> Result<Value> {
    let mut found = defaults.clone();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            found[name] = value;
        }
    };
    let name = options.text("name")?;
    if let Some(name) = &name
        && !is_name(name)
    {
        return Err(options.wrong("name", &json!(name), NAME));
    }
    set("name", name.map(Value::from));
    set("limit", number_or_function(options, "limit", 1)?);
    set("windowMs", options.duration("window")?.map(Value::from));
    let algorithm = options.take("algorithm");
    if let Some(found) = &algorithm
        && serde_json::from_value::<Algorithm>(found.clone()).is_err()
    {
        return Err(options.wrong("algorithm", found, ALGORITHMS));
    }
    set("algorithm", algorithm);
    set("burst", options.integer("burst", 1, MOST)?.map(Value::from));
    let by = options.list("by", BY, |text| {
        matches!(text, "ip" | "user" | "api-token" | "route" | FUNCTION).then(|| text.to_owned())
    })?;
    set("by", by.map(Value::from));
    set("cost", number_or_function(options, "cost", 0)?);
    for (name, words, allowed) in [
        ("mode", ["exact", "leased", "leased"], "'leased' or 'exact'"),
        ("onError", ["open", "local", "closed"], "'local', 'open' or 'closed'"),
    ] {
        let word = options.take(name);
        if let Some(found) = &word
            && !words.iter().any(|word| found == word)
        {
            return Err(options.wrong(name, found, allowed));
        }
        set(name, word);
    }
    set("dryRun", options.flag("dryRun")?.map(Value::from));
    set("skip", options.function("skip", "a function (ctx) => true or false")?.then_some(json!(true)));
    set("handler", options.function("handler", "a function (ctx, decision)")?.then_some(json!(true)));
    let allow = options.list("allow", ALLOW, |text| Network::parse(text).map(|_| text.to_owned()))?;
    set("allow", allow.map(Value::from));
    Ok(found)
}

fn number_or_function(options: &mut Reader, name: &'static str, least: u64) -> Result<Option<Value>> {
    if options.is_function(name) {
        options.take(name);
        return Ok(Some(Value::Null));
    }
    Ok(options.integer(name, least, MOST)?.map(Value::from))
}

/// What can't be true together.
fn check(options: &Reader, rule: &Value) -> Result<()> {
    let is_bucket = matches!(rule["algorithm"].as_str(), Some("token-bucket" | "gcra"));
    if !rule["burst"].is_null() && !is_bucket {
        return Err(options.wrong("burst", &rule["burst"], "algorithm 'token-bucket' or 'gcra', which have one"));
    }
    let most = if is_bucket && !rule["burst"].is_null() { &rule["burst"] } else { &rule["limit"] };
    if let (Some(cost), Some(most)) = (rule["cost"].as_u64(), most.as_u64())
        && cost > most
    {
        return Err(options.wrong("cost", &json!(cost), &format!("at most {most}, or no request ever passes")));
    }
    Ok(())
}

/// `match`: `'*'`, a path, or `{ path, methods, contentType }`.
fn requests(options: &mut Reader) -> Result<Value> {
    let Some(found) = options.take("match") else { return Ok(json!({})) };
    let path = |text: &str| text.starts_with('/').then(|| text.to_owned());
    match &found {
        Value::String(text) if text == "*" => Ok(json!({})),
        Value::String(text) if text.starts_with('/') => Ok(json!({ "paths": [text] })),
        Value::Object(_) => {
            let mut matched = Reader::of(format!("{}match.", options.path()), found)?;
            let paths = matched.list("path", PATHS, path)?.unwrap_or_default();
            let methods = matched.list("methods", "methods such as 'POST'", |text| {
                let upper = text.to_ascii_uppercase();
                METHODS.contains(&upper.as_str()).then_some(upper)
            })?;
            let types = matched.list("contentType", TYPES, |text| text.contains("::").then(|| text.to_owned()))?;
            matched.end()?;
            let mut methods = methods.unwrap_or_default();
            if methods.iter().any(|method| method == "ALL") {
                methods.clear();
            }
            // HEAD is a GET without the body.
            methods.iter_mut().filter(|method| *method == "HEAD").for_each(|method| "GET".clone_into(method));
            Ok(json!({ "paths": paths, "methods": methods, "contentTypes": types.unwrap_or_default() }))
        }
        _ => Err(wrong(
            &format!("{}match", options.path()),
            &found,
            "'*', a path such as '/api/auth/*', or an object of path, methods, contentType",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn read(json: Value) -> Result<Value> {
        section(Reader::of("rateLimit.".to_owned(), json)?)
    }

    #[test]
    fn a_rule_has_what_it_says_and_else_what_holds_for_all() {
        let found = read(json!({
            "limit": 50,
            "rules": [
                { "match": { "path": "/api/auth/*", "methods": ["post"] }, "limit": 5, "onError": "closed" },
                { "match": { "contentType": "api::article.article" }, "algorithm": "token-bucket", "burst": 20, "by": "user" },
                { "match": "*", "limit": FUNCTION, "by": ["ip", "route", FUNCTION], "cost": FUNCTION, "skip": FUNCTION },
            ],
        }))
        .expect("valid");
        let rules = found["rules"].as_array().expect("rules");
        let shown =
            |rule: usize, names: &[&str]| names.iter().map(|name| rules[rule][name].clone()).collect::<Vec<_>>();
        assert_eq!(
            shown(0, &["limit", "windowMs", "onError", "mode"]),
            [json!(5), json!(60_000), json!("closed"), json!("leased")]
        );
        assert_eq!(rules[0]["match"], json!({ "paths": ["/api/auth/*"], "methods": ["POST"], "contentTypes": [] }));
        assert_eq!(shown(1, &["limit", "burst", "by"]), [json!(50), json!(20), json!(["user"])]);
        assert_eq!(
            shown(2, &["limit", "cost", "skip", "handler"]),
            [Value::Null, Value::Null, json!(true), json!(false)]
        );
        assert_eq!(rules[2]["match"], json!({}));
    }

    #[test]
    fn a_middleware_has_its_own_rules_or_the_plugins() {
        let plugin = read(json!({ "window": "10 s", "rules": [{ "match": "/api/a", "limit": 3 }] })).expect("valid");
        let own = |json: Value| middleware(Reader::of(String::new(), json)?, &plugin);
        let none = own(json!({})).expect("valid");
        assert_eq!((&none["own"], &none["rules"]), (&json!(false), &plugin["rules"]));
        let some = own(json!({ "limit": 7 })).expect("valid");
        assert_eq!(
            (&some["own"], &some["rules"][0]["limit"], &some["rules"][0]["windowMs"]),
            (&json!(true), &json!(7), &json!(10_000))
        );
        assert_eq!(some["rules"][0]["match"], json!({}));
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (options, expected) in [
            (json!({ "rules": {} }), "rateLimit.rules: found {}; expected a list of rules"),
            (json!({ "rules": [5] }), "rateLimit.rules[0]: found 5; expected an object"),
            (
                json!({ "rules": [{}, { "limit": -1 }] }),
                "rateLimit.rules[1].limit: found -1; expected a whole number from 1",
            ),
            (
                json!({ "rules": [{ "paths": "/a" }] }),
                "rateLimit.rules[0].paths: not an option; the options here are match, name, limit",
            ),
            (json!({ "rules": [{ "match": { "url": "/a" } }] }), "rateLimit.rules[0].match.url: not an option"),
            (json!({ "rules": [{ "match": "api" }] }), "rateLimit.rules[0].match: found 'api'; expected '*', a path"),
            (
                json!({ "rules": [{ "match": { "path": "api" } }] }),
                "rateLimit.rules[0].match.path: found 'api'; expected a path",
            ),
            (
                json!({ "rules": [{ "match": { "methods": ["GRAB"] } }] }),
                "rateLimit.rules[0].match.methods: found 'GRAB'",
            ),
            (
                json!({ "rules": [{ "match": { "contentType": "article" } }] }),
                "rateLimit.rules[0].match.contentType: found 'article'",
            ),
            (json!({ "by": "header" }), "rateLimit.by: found 'header'; expected 'ip', 'user'"),
            (json!({ "by": [] }), "rateLimit.by: found []; expected 'ip'"),
            (json!({ "algorithm": "leaky" }), "rateLimit.algorithm: found 'leaky'; expected 'sliding-window'"),
            (json!({ "burst": 5 }), "rateLimit.burst: found 5; expected algorithm 'token-bucket'"),
            (json!({ "mode": "fast" }), "rateLimit.mode: found 'fast'; expected 'leased' or 'exact'"),
            (json!({ "onError": "panic" }), "rateLimit.onError: found 'panic'; expected 'local'"),
            (json!({ "allow": ["10.0.0.0/33"] }), "rateLimit.allow: found '10.0.0.0/33'; expected addresses"),
            (json!({ "skip": true }), "rateLimit.skip: found true; expected a function"),
            (json!({ "cost": 101 }), "rateLimit.cost: found 101; expected at most 100"),
            (json!({ "name": "a b" }), "rateLimit.name: found 'a b'; expected 1 to 64"),
            (json!({ "trustedHops": 0 }), "rateLimit.trustedHops: found 0; expected a whole number from 1"),
            (
                json!({ "forwardedHeader": "forwarded" }),
                "rateLimit.forwardedHeader: found 'forwarded'; expected trustedHops",
            ),
            (
                json!({ "forwardedHeader": "via", "trustedHops": 1 }),
                "rateLimit.forwardedHeader: found 'via'; expected 'x-forwarded-for'",
            ),
            (json!({ "ipv6Subnet": 129 }), "rateLimit.ipv6Subnet: found 129"),
        ] {
            match read(options.clone()) {
                Err(ErrorKind::Config(text)) => assert!(text.starts_with(expected), "{options}: {text}"),
                other => panic!("{options}: {other:?}"),
            }
        }
    }
}
