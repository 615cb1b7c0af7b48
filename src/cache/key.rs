//! The cache key: what a request asks for, in one form for all spellings that Strapi provably answers alike.
//!
//! Two spellings are folded only where routing and query parsing can't tell them apart; everything else is kept as
//! it came, undecoded. Folding too little costs a hit, folding too much answers one visitor with another's page.

use std::hash::BuildHasher;

use sha2::{Digest, Sha256};

/// Longer URLs are not cached: a key is not the place for a book.
const MAX_URL_BYTES: usize = 2_048;
/// More parameters than this keep the order they came in.
const MAX_SORTED: usize = 48;
/// Bits of a scope: as many as a JavaScript number holds exactly.
const SCOPE_BITS: u32 = 53;

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
    /// Seeded at random for each process: nobody outside can look for two hosts that meet.
    scopes: std::hash::RandomState,
    spelling: Spelling,
    /// Paths whose URLs are taken as they are.
    endpoints: Vec<String>,
}

/// Which spellings of a URL are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// None: path and query count as they came, and every path is ours.
    AsItCame,
    /// Those of a path, as Strapi's router has it, under the content API's prefix.
    Path,
    /// Those of a query as well.
    PathAndQuery,
}

/// For whom an answer is: what keeps requests for one URL apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Audience<'a> {
    pub host: &'a [u8],
    /// Bits of [`variant`].
    pub variant: u8,
    /// Whose it is: the keyed hash of a credential or a role; empty for everybody.
    pub owner: &'a str,
    /// The values of the request headers that an answer varies by; empty where it doesn't, or that is not known yet.
    pub vary: &'a str,
}

impl Audience<'_> {
    /// A name that no other audience has.
    fn name(&self) -> Vec<u8> {
        let mut name = Vec::with_capacity(self.host.len() + self.owner.len() + self.vary.len() + 10);
        for part in [self.host, self.owner.as_bytes()] {
            name.extend_from_slice(&(part.len() as u32).to_le_bytes());
            name.extend_from_slice(part);
        }
        name[4..4 + self.host.len()].make_ascii_lowercase();
        name.push(self.variant);
        name.extend_from_slice(self.vary.as_bytes());
        name
    }
}

impl KeyMaker {
    pub fn new(prefix: &str) -> Self {
        Self {
            api: b"/api".to_vec(),
            prefix: prefix.to_owned(),
            schema: [0; 32],
            scratch: Vec::with_capacity(MAX_URL_BYTES * 2),
            url_end: 0,
            scopes: std::hash::RandomState::new(),
            spelling: Spelling::PathAndQuery,
            endpoints: Vec::new(),
        }
    }

    /// The number that stands for an audience in keys: a keyed hash (SipHash), the same as long as the process lives.
    /// There is no table that a visitor who invents hosts could fill.
    pub fn scope(&self, audience: &Audience<'_>) -> u64 {
        self.scopes.hash_one(audience.name()) >> (u64::BITS - SCOPE_BITS)
    }

    /// Sets the content API's prefix, the schema whose answers share keys, which spellings are one, and paths outside the
    /// prefix whose URLs are taken as they are.
    pub fn set_site(&mut self, api: &str, schema: &str, spelling: Spelling, endpoints: Vec<String>) {
        self.spelling = spelling;
        self.endpoints = endpoints;
        self.api = api.trim_end_matches('/').as_bytes().to_vec();
        self.schema = Sha256::digest(schema).into();
    }

    /// The key of a request, or `None` when its URL is none that is ever cached. `url` is the request target as it
    /// came (`/api/articles?sort=title`).
    pub fn make(&mut self, url: &[u8], scope: u64) -> Option<&[u8]> {
        self.scratch.clear();
        if canonicalise(url, &self.api, self.spelling, &mut self.scratch).is_none() {
            if !self.endpoints.iter().any(|path| is_under(url, path.as_bytes())) {
                return None;
            }
            self.scratch.clear();
            canonicalise(url, &self.api, Spelling::AsItCame, &mut self.scratch)?;
        }
        self.url_end = self.scratch.len();
        self.scratch.extend_from_slice(&tail(scope));
        Some(&self.scratch)
    }

    /// The key last made, as it is stored in Redis: readable text that a pattern can match, then `#` and a hash of
    /// the rest (schema and audience).
    pub fn name(&self, audience: &Audience<'_>) -> String {
        let hash = Sha256::new().chain_update(self.schema).chain_update(audience.name()).finalize();
        let url = String::from_utf8_lossy(&self.scratch[..self.url_end]);
        format!("{}:{url}#{}", self.prefix, hex(&hash[..16]))
    }

    /// The tag of everything that is answered under the URL of the key last made, whoever asks.
    pub fn url_tag(&self, host: &[u8]) -> String {
        let host = Audience { host, ..Audience::default() };
        let hash = Sha256::new().chain_update(host.name()).chain_update(&self.scratch[..self.url_end]).finalize();
        format!("u:{}", hex(&hash[..8]))
    }

    /// The key last made, as bytes.
    pub fn last(&self) -> &[u8] {
        &self.scratch
    }
}

/// Bytes of [`tail`].
pub const TAIL_BYTES: usize = 9;

/// What ends a key. No canonical URL holds a NUL, so no two requests run together into one key.
pub fn tail(scope: u64) -> [u8; TAIL_BYTES] {
    let mut tail = [0; TAIL_BYTES];
    tail[1..].copy_from_slice(&scope.to_le_bytes());
    tail
}

/// The URL and the scope of a request that is spelled as a key: its URL as it came, then the tail.
pub fn parts(spelling: &[u8]) -> Option<(&[u8], u64)> {
    let (url, tail) = spelling.split_last_chunk::<TAIL_BYTES>()?;
    let [_, scope @ ..] = *tail;
    Some((url, u64::from_le_bytes(scope)))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a URL is a path, with a query or without.
fn is_under(url: &[u8], path: &[u8]) -> bool {
    url.strip_prefix(path).is_some_and(|rest| matches!(rest, [] | [b'?', ..]))
}

fn canonicalise(url: &[u8], api: &[u8], spelling: Spelling, out: &mut Vec<u8>) -> Option<()> {
    if url.len() > MAX_URL_BYTES {
        return None;
    }
    if spelling == Spelling::AsItCame {
        if url.first() != Some(&b'/') || !url.iter().all(|byte| is_url_byte(*byte)) {
            return None;
        }
        out.extend_from_slice(url);
        return Some(());
    }
    let path_end = url.iter().position(|byte| CLASS[*byte as usize] == Class::Query || !is_url_byte(*byte));
    let (path, query) = match path_end {
        Some(at) if url[at] == b'?' => (&url[..at], &url[at + 1..]),
        Some(_) => return None,
        None => (url, &b""[..]),
    };
    // Strapi's router ignores case: the prefix is literal in every route, so its case can't matter.
    let rest = path.get(api.len()..)?;
    if !path[..api.len()].eq_ignore_ascii_case(api) || rest.len() < 2 || rest[0] != b'/' {
        return None;
    }
    out.extend_from_slice(api);
    // Nor does one trailing slash: routes are matched without `strict`.
    out.extend_from_slice(rest.strip_suffix(b"/").unwrap_or(rest));
    if !query.is_empty() {
        out.push(b'?');
        write_query(query, spelling == Spelling::PathAndQuery, out)?;
    }
    Some(())
}

/// What a byte means to the reader of a URL, so that one look at each is enough.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// No byte of a URL: control characters, spaces, beyond ASCII, and `#`.
    Foreign,
    /// May stand in a name that is compared undecoded.
    Name,
    Query,
    And,
    Equals,
    Open,
    Percent,
    Other,
}

static CLASS: [Class; 256] = classes();

const fn classes() -> [Class; 256] {
    let mut table = [Class::Foreign; 256];
    let mut byte = 0x21;
    while byte < 0x7f {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'$' => Class::Name,
            b'?' => Class::Query,
            b'&' => Class::And,
            b'=' => Class::Equals,
            b'[' => Class::Open,
            b'%' => Class::Percent,
            b'#' => Class::Foreign,
            _ => Class::Other,
        };
        byte += 1;
    }
    table
}

fn is_url_byte(byte: u8) -> bool {
    CLASS[byte as usize] != Class::Foreign
}

/// One parameter: where its text begins, its name before the first bracket ends, and its value begins.
#[derive(Clone, Copy, Default)]
struct Parameter {
    start: usize,
    name_end: usize,
    equals: usize,
    end: usize,
}

/// Writes the parameters sorted by the name before the first bracket, those of one name in the order they came:
/// `sort=a&sort[]=b` and its reverse are different lists to qs, parameters of different names never meet. A query
/// that holds anything this reasoning does not cover is written as it came.
fn write_query(query: &[u8], fold: bool, out: &mut Vec<u8>) -> Option<()> {
    let mut parameters = [Parameter::default(); MAX_SORTED];
    match read_query(query, &mut parameters)? {
        Form::Rewritten(count) if fold => {
            let parameters = &mut parameters[..count];
            let name = |parameter: &Parameter| &query[parameter.start..parameter.name_end];
            // Stable by insertion: those of one name keep their order, and there are few.
            for index in 1..parameters.len() {
                let mut at = index;
                while at > 0 && name(&parameters[at - 1]) > name(&parameters[at]) {
                    parameters.swap(at - 1, at);
                    at -= 1;
                }
            }
            for (index, parameter) in parameters.iter().enumerate() {
                if index > 0 {
                    out.push(b'&');
                }
                write_name(&query[parameter.start..parameter.equals], out);
                out.extend_from_slice(&query[parameter.equals..parameter.end]);
            }
        }
        Form::AsItCame | Form::Rewritten(_) => out.extend_from_slice(query),
    }
    Some(())
}

enum Form {
    AsItCame,
    Rewritten(usize),
}

/// Finds the parameters in one pass. None for a byte that no URL holds.
fn read_query(query: &[u8], parameters: &mut [Parameter; MAX_SORTED]) -> Option<Form> {
    // Whether every name is plain enough to be compared undecoded, and no value could be read as part of a name.
    let mut provable = true;
    let mut plain = true;
    let mut count = 0;
    let (mut start, mut name_end, mut equals) = (0, None, None);
    for at in 0..=query.len() {
        match query.get(at).map_or(Class::And, |byte| CLASS[*byte as usize]) {
            Class::Name => {}
            Class::Foreign => return None,
            Class::And => {
                let name_end = name_end.take().unwrap_or(at);
                provable &= name_end > start && count < MAX_SORTED;
                if provable {
                    let parameter = Parameter { start, name_end, equals: equals.unwrap_or(at), end: at };
                    if count > 0 {
                        let last = parameters[count - 1];
                        plain &= query[last.start..last.name_end] <= query[start..name_end];
                    }
                    parameters[count] = parameter;
                    count += 1;
                }
                (start, equals) = (at + 1, None);
            }
            Class::Equals if equals.is_none() => {
                equals = Some(at);
                name_end.get_or_insert(at);
            }
            // qs ends a name at the first `]=`, also where it came encoded: one inside the value moves the border.
            Class::Equals => provable &= !(query[..at].ends_with(b"]") || ends_with_encoded_close(&query[..at])),
            _ if equals.is_some() => {}
            Class::Open => _ = name_end.get_or_insert(at),
            Class::Percent => match query.get(at + 1..at + 3) {
                Some([b'5', b'b' | b'B']) => {
                    name_end.get_or_insert(at);
                    plain = false;
                }
                Some([b'5', b'd' | b'D']) => {
                    provable &= name_end.is_some();
                    plain = false;
                }
                _ => provable &= name_end.is_some(),
            },
            Class::Query | Class::Other => provable &= name_end.is_some(),
        }
    }
    Some(if provable && !plain { Form::Rewritten(count) } else { Form::AsItCame })
}

fn ends_with_encoded_close(text: &[u8]) -> bool {
    matches!(text, [.., b'%', b'5', b'd' | b'D'])
}

/// Brackets in a name come encoded from some clients and plain from others; qs reads both alike.
fn write_name(name: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at < name.len() {
        let (byte, taken) = match &name[at..] {
            [b'%', b'5', b'b' | b'B', ..] => (b'[', 3),
            [b'%', b'5', b'd' | b'D', ..] => (b']', 3),
            [byte, ..] => (*byte, 1),
            [] => break,
        };
        out.push(byte);
        at += taken;
    }
}

#[cfg(test)]
mod tests;
