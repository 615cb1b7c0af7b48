//! Whether QStash sent a request: the JSON Web Token (RFC 7519, signed as RFC 7515 has it) in `Upstash-Signature`.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, Mac};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::error::{ErrorKind, Result};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// The one algorithm of QStash. What a token says of itself decides nothing.
const ALGORITHM: &str = "HS256";
const ISSUER: &str = "Upstash";

/// A request that says it is from QStash.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The header `Upstash-Signature`.
    pub signature: &'a str,
    /// The body, as it came.
    pub body: &'a [u8],
    /// Where it was sent to; `None` is not compared.
    pub url: Option<&'a str>,
    /// By how many seconds clocks may differ.
    pub tolerance: f64,
    /// Seconds since the epoch.
    pub now: f64,
}

/// Keys are rotated: what is signed with the next one is right as well.
#[derive(Debug, Clone, Copy)]
pub struct SigningKeys<'a> {
    pub current: &'a str,
    pub next: &'a str,
}

/// # Errors
/// [`ErrorKind::QstashSignature`] with the reason; [`ErrorKind::Config`] where a key is missing.
pub fn verify(delivery: &Delivery<'_>, keys: SigningKeys<'_>) -> Result<()> {
    if keys.current.is_empty() || keys.next.is_empty() {
        // An empty key is one that everybody has.
        return Err(ErrorKind::Config("currentSigningKey and nextSigningKey: missing".to_owned()));
    }
    let mut parts = delivery.signature.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return refused("Invalid Compact JWS");
    };
    check_header(header)?;
    let signed = &delivery.signature.as_bytes()[..header.len() + 1 + payload.len()];
    let signature = BASE64.decode(signature).unwrap_or_default();
    let by = |key: &str| {
        // `verify_slice` compares in a time that does not depend on where the first difference is.
        Hmac::<Sha256>::new_from_slice(key.as_bytes())
            .is_ok_and(|mac| mac.chain_update(signed).verify_slice(&signature).is_ok())
    };
    if !by(keys.current) && !by(keys.next) {
        return refused("signature verification failed");
    }
    let claims = object(payload).ok_or_else(|| error("JWT Claims Set must be a top-level JSON object"))?;
    check_claims(&claims, delivery)?;
    check_request(&claims, delivery)
}

fn check_header(header: &str) -> Result<()> {
    let header = object(header).ok_or_else(|| error("JWS Protected Header is invalid"))?;
    if header.get("alg").and_then(Value::as_str) != Some(ALGORITHM) {
        let found = header.get("alg").map_or_else(|| "nothing".to_owned(), |found| found.to_string().replace('"', "'"));
        return refused(&format!("alg: found {found}; expected '{ALGORITHM}'"));
    }
    // RFC 7515, section 4.1.11: what is critical and not understood makes a token invalid.
    if let Some(critical) = header.get("crit") {
        let name = critical.get(0).and_then(Value::as_str).unwrap_or_default();
        return refused(&format!("Extension Header Parameter \"{name}\" is not recognized"));
    }
    Ok(())
}

fn check_claims(claims: &Map<String, Value>, delivery: &Delivery<'_>) -> Result<()> {
    match claims.get("iss") {
        None => return refused("missing required \"iss\" claim"),
        Some(issuer) if issuer != ISSUER => return refused("unexpected \"iss\" claim value"),
        Some(_) => {}
    }
    let moment = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(found) => found.as_f64().map(Some).ok_or_else(|| error(&format!("\"{name}\" claim must be a number"))),
    };
    let [_, not_before, expires] = [moment("iat")?, moment("nbf")?, moment("exp")?];
    if not_before.is_some_and(|at| at > delivery.now + delivery.tolerance) {
        return refused("\"nbf\" claim timestamp check failed");
    }
    if expires.is_some_and(|at| at <= delivery.now - delivery.tolerance) {
        return refused("\"exp\" claim timestamp check failed");
    }
    Ok(())
}

fn check_request(claims: &Map<String, Value>, delivery: &Delivery<'_>) -> Result<()> {
    let shown = |name: &str| match claims.get(name) {
        None => "undefined".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if let Some(url) = delivery.url.filter(|url| claims.get("sub").and_then(Value::as_str) != Some(*url)) {
        return refused(&format!("invalid subject: {}, want: {url}", shown("sub")));
    }
    let Some(expected) = claims.get("body").and_then(Value::as_str) else {
        return refused("missing required \"body\" claim");
    };
    let found = BASE64.encode(Sha256::digest(delivery.body));
    if !same(expected.trim_end_matches('=').as_bytes(), found.as_bytes()) {
        return refused(&format!("body hash does not match, want: {expected}, got: {found}"));
    }
    Ok(())
}

/// Whether they are equal, in a time that tells nothing of where they are not.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&BASE64.decode(part).ok()?).ok()
}

fn error(text: &str) -> ErrorKind {
    ErrorKind::QstashSignature(text.to_owned())
}

fn refused<T>(text: &str) -> Result<T> {
    Err(error(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const KEYS: SigningKeys<'_> = SigningKeys { current: "sig_current", next: "sig_next" };
    const NOW: f64 = 1_700_000_000.0;
    const BODY: &[u8] = b"{\"a\":1}";

    fn sign(key: &str, header: &Value, claims: &Value) -> String {
        let signed = format!("{}.{}", BASE64.encode(header.to_string()), BASE64.encode(claims.to_string()));
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("a key").chain_update(&signed);
        format!("{signed}.{}", BASE64.encode(mac.finalize().into_bytes()))
    }

    fn header() -> Value {
        json!({ "alg": "HS256", "typ": "JWT" })
    }

    fn claims(changed: &Value) -> Value {
        let mut claims = json!({
            "iss": "Upstash", "sub": "https://a/hook", "iat": NOW, "nbf": NOW - 10.0, "exp": NOW + 300.0,
            "body": BASE64.encode(Sha256::digest(BODY)),
        });
        for (name, value) in changed.as_object().into_iter().flatten() {
            if value.is_null() {
                claims.as_object_mut().expect("an object").remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        claims
    }

    fn of(signature: &str) -> Delivery<'_> {
        Delivery { signature, body: BODY, url: Some("https://a/hook"), tolerance: 0.0, now: NOW }
    }

    fn reason(found: Result<()>) -> String {
        match found {
            Err(ErrorKind::QstashSignature(text)) => text,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_token_of_either_key_is_right() {
        for key in [KEYS.current, KEYS.next] {
            let token = sign(key, &header(), &claims(&json!({})));
            assert_eq!(verify(&of(&token), KEYS), Ok(()));
            assert_eq!(verify(&Delivery { url: None, ..of(&token) }, KEYS), Ok(()));
        }
    }

    #[test]
    fn whatever_else_is_refused_and_the_reason_said() {
        let good = |changed: Value| sign(KEYS.current, &header(), &claims(&changed));
        let cases = [
            (sign("another", &header(), &claims(&json!({}))), "signature verification failed"),
            (sign(KEYS.current, &json!({ "alg": "none" }), &claims(&json!({}))), "alg: found 'none'; expected 'HS256'"),
            (
                sign(KEYS.current, &json!({ "alg": "HS512" }), &claims(&json!({}))),
                "alg: found 'HS512'; expected 'HS256'",
            ),
            (
                sign(KEYS.current, &json!({ "alg": "HS256", "crit": ["x"] }), &claims(&json!({}))),
                "Extension Header Parameter \"x\" is not recognized",
            ),
            (good(json!({ "exp": NOW })), "\"exp\" claim timestamp check failed"),
            (good(json!({ "exp": "soon" })), "\"exp\" claim must be a number"),
            (good(json!({ "nbf": NOW + 1.0 })), "\"nbf\" claim timestamp check failed"),
            (good(json!({ "iss": "Other" })), "unexpected \"iss\" claim value"),
            (good(json!({ "iss": null })), "missing required \"iss\" claim"),
            (good(json!({ "sub": "https://b" })), "invalid subject: https://b, want: https://a/hook"),
            (good(json!({ "sub": null })), "invalid subject: undefined, want: https://a/hook"),
            (good(json!({ "body": null })), "missing required \"body\" claim"),
            (sign(KEYS.current, &header(), &json!([1])), "JWT Claims Set must be a top-level JSON object"),
            ("a.b".to_owned(), "Invalid Compact JWS"),
            (String::new(), "Invalid Compact JWS"),
            ("a.b.c".to_owned(), "JWS Protected Header is invalid"),
            (good(json!({})) + ".x", "Invalid Compact JWS"),
        ];
        for (token, expected) in cases {
            assert_eq!(reason(verify(&of(&token), KEYS)), expected);
        }
        let token = good(json!({}));
        assert!(
            reason(verify(&Delivery { body: b"other", ..of(&token) }, KEYS)).starts_with("body hash does not match")
        );
    }

    #[test]
    fn clocks_may_differ_by_the_tolerance() {
        let token = sign(KEYS.current, &header(), &claims(&json!({ "exp": NOW - 5.0 })));
        assert_eq!(verify(&Delivery { tolerance: 6.0, ..of(&token) }, KEYS), Ok(()));
        assert!(verify(&Delivery { tolerance: 5.0, ..of(&token) }, KEYS).is_err());
    }

    #[test]
    fn an_empty_key_signs_nothing() {
        let token = sign("", &header(), &claims(&json!({})));
        for keys in [SigningKeys { next: "", ..KEYS }, SigningKeys { current: "", ..KEYS }] {
            assert!(matches!(verify(&of(&token), keys), Err(ErrorKind::Config(_))));
        }
    }

    proptest! {
        #[test]
        fn no_byte_of_a_token_can_be_changed(at in any::<prop::sample::Index>(), with in "[ -~]") {
            let token = sign(KEYS.current, &header(), &claims(&json!({})));
            let at = at.index(token.len());
            let changed = format!("{}{with}{}", &token[..at], &token[at + 1..]);
            prop_assume!(changed != token);
            prop_assert!(verify(&of(&changed), KEYS).is_err(), "{}", changed);
        }

        #[test]
        fn any_text_is_refused(text in ".*") {
            prop_assert!(verify(&of(&text), KEYS).is_err());
        }
    }
}
