//! Which rule a request falls under.

use super::address::Network;
use crate::invalidation::glob;

/// What requests a rule is for.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Match {
    /// Globs over canonical paths; none for any.
    paths: Vec<String>,
    /// Upper case; none for any.
    methods: Vec<String>,
    /// Uids of which the request's route has to be one's; none for any.
    content_types: Vec<String>,
}

/// Rules in their order.
#[derive(Debug)]
pub struct Routing {
    /// The canonical path of the content API.
    prefix: String,
    /// Canonical paths outside of it that are content API all the same.
    endpoints: Vec<String>,
    rules: Vec<(Match, Vec<Network>)>,
    /// Whether a rule that names nothing is for any path.
    everywhere: bool,
}

/// What `/api` in a rule's path stands for, however the site has named its content API.
const DEFAULT_PREFIX: &str = "/api";

impl Routing {
    pub fn new(prefix: &str, endpoints: &[String], rules: Vec<(Match, Vec<Network>)>) -> Self {
        let prefix = canonical(prefix);
        let prefix = if prefix == "/" { String::new() } else { prefix };
        let rules = rules
            .into_iter()
            .map(|(mut rule, allowed)| {
                rule.paths = rule.paths.iter().flat_map(|path| globs(path, &prefix)).collect();
                (rule, allowed)
            })
            .collect();
        Self { endpoints: endpoints.iter().map(|path| canonical(path)).collect(), prefix, rules, everywhere: false }
    }

    /// The same rules where only what they are for comes to them, as on a route.
    pub fn everywhere(self, everywhere: bool) -> Self {
        Self { everywhere, ..self }
    }

    /// The first rule that is for such a request. `content_type`: whose route it takes, where that is known.
    pub fn find(&self, method: &str, path: &str, content_type: Option<&str>) -> Option<usize> {
        let path = canonical(path);
        // The router answers HEAD by a GET's route.
        let method = if method == "HEAD" { "GET" } else { method };
        self.rules.iter().position(|(rule, _)| {
            let named = rule.methods.is_empty() || rule.methods.iter().any(|known| known == method);
            named && self.covers(rule, &path, content_type)
        })
    }

    fn covers(&self, rule: &Match, path: &str, content_type: Option<&str>) -> bool {
        if !rule.content_types.is_empty() {
            let Some(found) = content_type else { return false };
            if !rule.content_types.iter().any(|known| known == found) {
                return false;
            }
        }
        if !rule.paths.is_empty() {
            return rule.paths.iter().any(|pattern| glob(pattern.as_bytes(), path.as_bytes()));
        }
        !rule.content_types.is_empty() || self.everywhere || self.is_api(path)
    }

    fn is_api(&self, path: &str) -> bool {
        let under = path.strip_prefix(&self.prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        under || self.endpoints.iter().any(|endpoint| endpoint == path)
    }

    /// Whether a rule's allow list has the address.
    pub fn allows(&self, rule: usize, address: &str) -> bool {
        let Some(address) = super::address::parse(address) else { return false };
        self.rules.get(rule).is_some_and(|(_, allowed)| allowed.iter().any(|network| network.contains(address)))
    }
}

/// A path (without its query) in the one spelling that all those share which a router might take for it: percent-decoded once, in lower
/// case, slashes not doubled and none at the end. It is more forgiving than Strapi's router, which decodes nothing
/// before it matches: what is not found there is counted here, never the other way round. Dots stay: no router
/// resolves them.
pub fn canonical(path: &str) -> String {
    let decoded = decode(path).to_lowercase();
    let mut result = String::with_capacity(decoded.len() + 1);
    for part in decoded.split('/').filter(|part| !part.is_empty()) {
        result.push('/');
        result.push_str(part);
    }
    if result.is_empty() { "/".to_owned() } else { result }
}

fn decode(path: &str) -> std::borrow::Cow<'_, str> {
    if !path.contains('%') {
        return path.into();
    }
    let bytes = path.as_bytes();
    let mut result = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |offset: usize| bytes.get(at + offset).and_then(|byte| (*byte as char).to_digit(16));
        match (bytes[at], digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                result.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                result.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&result).into_owned().into()
}

/// The globs of one path in a rule: `/x/*` is `/x` as well, and `/api` is also what the site calls it.
fn globs(path: &str, prefix: &str) -> Vec<String> {
    let mut spellings = vec![canonical(path)];
    if let Some(rest) = spellings[0].strip_prefix(DEFAULT_PREFIX)
        && prefix != DEFAULT_PREFIX
        && (rest.is_empty() || rest.starts_with('/'))
    {
        spellings.push(canonical(&format!("{prefix}{rest}")));
    }
    spellings
        .into_iter()
        .flat_map(|spelling| {
            let bare = spelling.strip_suffix("/*").map(|bare| if bare.is_empty() { "/" } else { bare }.to_owned());
            std::iter::once(spelling).chain(bare)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routing(prefix: &str, rules: &[(&[&str], &[&str], &[&str])]) -> Routing {
        let all = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let rules = rules
            .iter()
            .map(|(paths, methods, types)| {
                (Match { paths: all(paths), methods: all(methods), content_types: all(types) }, Vec::new())
            })
            .collect();
        Routing::new(prefix, &["/graphql".to_owned()], rules)
    }

    #[test]
    fn a_path_has_one_spelling() {
        for path in [
            "/api/articles",
            "/API/Articles",
            "/api/articles/",
            "//api///articles//",
            "/api/%61rticles",
            "/api%2Farticles",
        ] {
            assert_eq!(canonical(path), "/api/articles", "{path}");
        }
        assert_eq!(canonical(""), "/");
        assert_eq!(canonical("/a/%2561"), "/a/%61");
        assert_eq!(canonical("/%"), "/%");
        assert_eq!(canonical("/%zz%4"), "/%zz%4");
        assert_eq!(canonical("/a/%C3%89"), "/a/é");
    }

    #[test]
    fn the_first_rule_that_is_for_a_request_is_found() {
        let rules = routing(
            "/api",
            &[
                (&["/api/auth/*"], &["POST"], &[]),
                (&[], &["GET"], &["api::article.article"]),
                (&[], &[], &["api::page.page"]),
                (&["/admin/login"], &[], &[]),
                (&[], &[], &[]),
            ],
        );
        let article = Some("api::article.article");
        for (method, path, content_type, expected) in [
            ("POST", "/api/auth/local", None, Some(0)),
            ("POST", "/API/Auth/%6cocal/", None, Some(0)),
            ("POST", "/api/auth", None, Some(0)),
            ("POST", "/api/authors", None, Some(4)),
            ("GET", "/api/auth/local", None, Some(4)),
            ("GET", "/api/articles", article, Some(1)),
            ("HEAD", "/api/articles", article, Some(1)),
            ("PUT", "/api/articles/1", article, Some(4)),
            ("GET", "/api/page", Some("api::page.page"), Some(2)),
            ("POST", "/Admin/Login/", None, Some(3)),
            ("GET", "/admin/init", None, None),
            ("GET", "/apis", None, None),
            ("POST", "/graphql", None, Some(4)),
            ("POST", "/GraphQL/", None, Some(4)),
            ("GET", "/", None, None),
        ] {
            assert_eq!(rules.find(method, path, content_type), expected, "{method} {path}");
        }
    }

    #[test]
    fn api_in_a_rule_is_the_content_api_under_any_name() {
        let rules = routing("/v1/Content/", &[(&["/api/auth/*"], &[], &[]), (&[], &[], &[])]);
        assert_eq!(rules.find("POST", "/v1/content/auth/local", None), Some(0));
        assert_eq!(rules.find("POST", "/v1/content/articles", None), Some(1));
        assert_eq!(rules.find("POST", "/api/articles", None), None);
        let bare = routing("/", &[(&["/api/auth/*"], &[], &[]), (&[], &[], &[])]);
        assert_eq!(bare.find("POST", "/auth/local", None), Some(0));
        assert_eq!(bare.find("GET", "/articles", None), Some(1));
    }

    #[test]
    fn an_allow_list_is_its_rules_own() {
        let networks = vec![Network::parse("10.0.0.0/8").expect("a network")];
        let rules = Routing::new("/api", &[], vec![(Match::default(), networks), (Match::default(), Vec::new())]);
        assert!(rules.allows(0, "10.1.2.3"));
        assert!(rules.allows(0, "::ffff:10.1.2.3"));
        assert!(!rules.allows(0, "11.1.2.3"));
        assert!(!rules.allows(1, "10.1.2.3"));
        assert!(!rules.allows(0, "somebody"));
    }
}
