//! The cache key: what a request asks for, in one form for all spellings that Strapi provably answers alike.
//!
//! Two spellings are folded only where routing and query parsing can't tell them apart; everything else is kept as
//! it came, undecoded. Folding too little costs a hit, folding too much answers one visitor with another's page.

use sha2::{Digest, Sha256};

/// Longer URLs are not cached: a key is not the place for a book.
const MAX_URL_BYTES: usize = 2_048;
/// More parameters than this keep the order they came in.
const MAX_SORTED: usize = 48;

/// Bits of `variant`: what else changes a Strapi body, besides URL and host.
pub mod variant {
    /// Header `strapi-encode-source-maps: true`.
    pub const SOURCE_MAPS: u8 = 1;
    /// Header `strapi-response-format: v4`.
    pub const FORMAT_V4: u8 = 2;
    /// The request came over TLS: absolute links in a body differ.
    pub const SECURE: u8 = 4;
}

/// Makes keys for one site. Reused for each request: a look-up allocates nothing.
pub struct KeyMaker {
    /// The content API's prefix as configured, without a trailing slash (`/api`).
    api: Vec<u8>,
    /// The text every key in Redis begins with (`strapi`).
    prefix: String,
    /// Answers made under another schema are not ours.
    schema: [u8; 32],
    scratch: Vec<u8>,
    url_end: usize,
}

impl KeyMaker {
    pub fn new(prefix: &str) -> Self {
        Self {
            api: b"/api".to_vec(),
            prefix: prefix.to_owned(),
            schema: [0; 32],
            scratch: Vec::with_capacity(MAX_URL_BYTES * 2),
            url_end: 0,
        }
    }

    /// Sets the content API's prefix and the schema whose answers share keys.
    pub fn set_site(&mut self, api: &str, schema: &str) {
        self.api = api.trim_end_matches('/').as_bytes().to_vec();
        self.schema = Sha256::digest(schema).into();
    }

    /// The key of a request, or `None` when its URL is none that is ever cached. `url` is the request target as it
    /// came (`/api/articles?sort=title`).
    pub fn make(&mut self, url: &[u8], host: &[u8], variant: u8) -> Option<&[u8]> {
        self.scratch.clear();
        canonicalise(url, &self.api, &mut self.scratch)?;
        self.url_end = self.scratch.len();
        // No URL or host holds a NUL, so no two requests run together into one key.
        self.scratch.push(0);
        self.scratch.extend(host.iter().map(u8::to_ascii_lowercase));
        self.scratch.push(0);
        self.scratch.push(variant);
        Some(&self.scratch)
    }

    /// The key last made, as it is stored in Redis: readable text that a pattern can match, then `#` and a hash of
    /// the rest (host, variant, schema).
    pub fn name(&self) -> String {
        let hash = Sha256::new().chain_update(self.schema).chain_update(&self.scratch[self.url_end..]).finalize();
        let url = String::from_utf8_lossy(&self.scratch[..self.url_end]);
        let mut name = format!("{}:{url}#", self.prefix);
        for byte in &hash[..16] {
            name.push_str(&format!("{byte:02x}"));
        }
        name
    }

    /// The key last made, as bytes.
    pub fn last(&self) -> &[u8] {
        &self.scratch
    }
}

fn canonicalise(url: &[u8], api: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if url.len() > MAX_URL_BYTES || url.iter().any(|byte| !(0x21..=0x7e).contains(byte) || *byte == b'#') {
        return None;
    }
    let (path, query) = match url.iter().position(|byte| *byte == b'?') {
        Some(at) => (&url[..at], &url[at + 1..]),
        None => (url, &b""[..]),
    };
    // Strapi's router ignores case: the prefix is literal in every route, so its case can't matter.
    let rest = path.get(api.len()..)?;
    if !path[..api.len()].eq_ignore_ascii_case(api) || rest.len() < 2 || rest[0] != b'/' {
        return None;
    }
    out.extend_from_slice(api);
    // Nor does one trailing slash: routes are matched without `strict`.
    out.extend_from_slice(if rest.ends_with(b"/") { &rest[..rest.len() - 1] } else { rest });
    if !query.is_empty() {
        out.push(b'?');
        write_query(query, out);
    }
    Some(())
}

/// Writes the parameters sorted by the name before the first bracket, those of one name in the order they came:
/// `sort=a&sort[]=b` and its reverse are different lists to qs, parameters of different names never meet. A query
/// that holds anything this reasoning does not cover is written as it came.
fn write_query(query: &[u8], out: &mut Vec<u8>) {
    let mut parts = [(&b""[..], &b""[..]); MAX_SORTED];
    let mut count = 0;
    for part in query.split(|byte| *byte == b'&') {
        let Some(name) = provable_name(part) else { return out.extend_from_slice(query) };
        if count == MAX_SORTED {
            return out.extend_from_slice(query);
        }
        // Insertion keeps equal names in order, and a query is nearly always short or sorted.
        let mut at = count;
        while at > 0 && parts[at - 1].0 > name {
            parts[at] = parts[at - 1];
            at -= 1;
        }
        parts[at] = (name, part);
        count += 1;
    }
    for (index, (_, part)) in parts[..count].iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        write_parameter(part, out);
    }
}

/// The name before the first bracket, if it is plain enough to be compared undecoded.
fn provable_name(part: &[u8]) -> Option<&[u8]> {
    let equals = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
    let bracket = (0..equals).find(|at| is_bracket(&part[*at..])).unwrap_or(equals);
    let name = &part[..bracket];
    let plain =
        !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'$'));
    // qs ends a name at the first `]=`: one inside the value would move the border.
    let value = &part[equals..];
    (plain && !value.windows(2).any(|pair| pair == b"]=") && !has_encoded_border(value)).then_some(name)
}

fn has_encoded_border(value: &[u8]) -> bool {
    value.windows(4).any(|quad| quad[..2] == *b"%5" && quad[2] | 0x20 == b'd' && quad[3] == b'=')
}

fn is_bracket(text: &[u8]) -> bool {
    matches!(text, [b'[', ..] | [b'%', b'5', b'b' | b'B', ..])
}

/// Brackets in a name come encoded from some clients and plain from others; qs reads both alike.
fn write_parameter(part: &[u8], out: &mut Vec<u8>) {
    let equals = part.iter().position(|byte| *byte == b'=').unwrap_or(part.len());
    let mut at = 0;
    while at < equals {
        let (byte, taken) = match &part[at..equals] {
            [b'%', b'5', b'b' | b'B', ..] => (b'[', 3),
            [b'%', b'5', b'd' | b'D', ..] => (b']', 3),
            [byte, ..] => (*byte, 1),
            [] => break,
        };
        out.push(byte);
        at += taken;
    }
    out.extend_from_slice(&part[equals..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(url: &str) -> Option<String> {
        let mut out = Vec::new();
        canonicalise(url.as_bytes(), b"/api", &mut out)?;
        Some(String::from_utf8(out).expect("ASCII"))
    }

    #[test]
    fn spellings_that_strapi_answers_alike_are_one_key() {
        for (left, right) in [
            ("/API/articles", "/api/articles"),
            ("/api/articles/", "/api/articles"),
            ("/api/articles?", "/api/articles"),
            ("/api/articles?sort=title&populate=*", "/api/articles?populate=*&sort=title"),
            ("/api/a?filters%5Btitle%5D%5B$eq%5D=x", "/api/a?filters[title][$eq]=x"),
        ] {
            assert_eq!(canonical(left), canonical(right), "{left} {right}");
        }
    }

    #[test]
    fn what_may_differ_stays_apart() {
        for (left, right) in [
            ("/api/articles", "/api/Articles"),
            ("/api/a?x=1", "/api/a?x=%31"),
            ("/api/a?x=A", "/api/a?x=a"),
            ("/api/a?sort=a&sort=b", "/api/a?sort=b&sort=a"),
            ("/api/a?sort=a&sort[]=b", "/api/a?sort[]=b&sort=a"),
            ("/api/a?%73ort=a&sort=b", "/api/a?sort=b&%73ort=a"),
            ("/api/a?[sort]=a&sort=b", "/api/a?sort=b&[sort]=a"),
            ("/api/a//b", "/api/a/b"),
            ("/api/a;b", "/api/a"),
            ("/api/a%2fb", "/api/a/b"),
            ("/api/a/..", "/api"),
        ] {
            assert_ne!(canonical(left), canonical(right), "{left} {right}");
        }
    }

    #[test]
    fn other_urls_have_no_key() {
        for url in
            ["/", "/api", "/api/", "/apis/articles", "/admin", "http://h/api/a", "/api/a#b", "/api/a b", "/api/\u{e9}"]
        {
            assert_eq!(canonical(url), None, "{url}");
        }
        assert_eq!(canonical(&format!("/api/{}", "x".repeat(MAX_URL_BYTES))), None);
    }

    #[test]
    fn host_variant_and_schema_part_the_keys_of_one_url() {
        let name = |host: &str, variant: u8, schema: &str| {
            let mut keys = KeyMaker::new("strapi");
            keys.set_site("/api", schema);
            keys.make(b"/api/articles?a=b", host.as_bytes(), variant).expect("a key");
            keys.name()
        };
        let plain = name("example.com", 0, "s");
        assert!(plain.starts_with("strapi:/api/articles?a=b#"));
        assert_eq!(plain, name("EXAMPLE.com", 0, "s"));
        assert_ne!(plain, name("example.org", 0, "s"));
        assert_ne!(plain, name("example.com", variant::FORMAT_V4, "s"));
        assert_ne!(plain, name("example.com", 0, "t"));
    }

    proptest! {
        #[test]
        fn canonicalising_twice_changes_nothing(query in "[a-c=&%5BDbd\\[\\]$.]{0,40}") {
            let once = canonical(&format!("/api/x?{query}")).expect("a key");
            prop_assert_eq!(canonical(&once), Some(once.clone()));
        }

        #[test]
        fn parameters_are_never_lost_or_invented(names in proptest::collection::vec("[a-z]{1,3}", 1..8)) {
            let query: Vec<String> = names.iter().enumerate().map(|(i, n)| format!("{n}={i}")).collect();
            let key = canonical(&format!("/api/x?{}", query.join("&"))).expect("a key");
            let mut sorted: Vec<&str> = key.split_once('?').expect("a query").1.split('&').collect();
            let mut expected: Vec<&str> = query.iter().map(String::as_str).collect();
            sorted.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(sorted, expected);
        }
    }
}
