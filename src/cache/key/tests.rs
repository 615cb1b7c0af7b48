//! Which spellings are one, and which are not.

use super::*;
use proptest::prelude::*;

fn canonical(url: &str) -> Option<String> {
    let mut out = Vec::new();
    canonicalise(url.as_bytes(), b"/api", Spelling::PathAndQuery, &mut out)?;
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

fn audience(host: &str) -> Audience<'_> {
    Audience { host: host.as_bytes(), ..Audience::default() }
}

#[test]
fn audience_and_schema_part_the_keys_of_one_url() {
    let name = |audience: Audience<'_>, schema: &str| {
        let mut keys = KeyMaker::new("strapi");
        keys.set_site("/api", schema, Spelling::PathAndQuery, Vec::new());
        let scope = keys.scope(&audience);
        keys.make(b"/api/articles?a=b", scope).expect("a key");
        keys.name(&audience)
    };
    let plain = name(audience("example.com"), "s");
    assert!(plain.starts_with("strapi:/api/articles?a=b#"));
    assert_eq!(plain, name(audience("EXAMPLE.com"), "s"));
    for other in [
        audience("example.org"),
        Audience { variant: variant::FORMAT_V4, ..audience("example.com") },
        Audience { owner: "x", ..audience("example.com") },
        Audience { vary: "x", ..audience("example.com") },
    ] {
        assert_ne!(plain, name(other, "s"), "{other:?}");
    }
    assert_ne!(plain, name(audience("example.com"), "t"));
}

#[test]
fn no_two_audiences_have_one_name() {
    let of = |host: &'static str, owner, vary| Audience { host: host.as_bytes(), owner, vary, variant: 0 }.name();
    assert_ne!(of("a", "b", ""), of("ab", "", ""));
    assert_ne!(of("a", "b", "c"), of("a", "bc", ""));
    assert_ne!(of("a", "B", ""), of("a", "b", ""), "only a host is of any case");
}

#[test]
fn a_scope_is_one_audience_and_never_changes() {
    let keys = KeyMaker::new("strapi");
    let first = keys.scope(&audience("example.com"));
    assert_eq!(keys.scope(&audience("EXAMPLE.com")), first);
    assert_ne!(keys.scope(&Audience { variant: variant::SECURE, ..audience("example.com") }), first);
    let others: std::collections::HashSet<u64> =
        (0..100_000).map(|i| keys.scope(&audience(&format!("h{i}")))).collect();
    assert_eq!(others.len(), 100_000);
    assert!(others.iter().all(|scope| *scope < 1 << SCOPE_BITS));
    assert_eq!(keys.scope(&audience("example.com")), first);
}

#[test]
fn a_site_with_rules_of_its_own_for_queries_gets_no_folding() {
    let mut keys = KeyMaker::new("strapi");
    keys.set_site("/api", "", Spelling::Path, Vec::new());
    let sorted = keys.make(b"/api/a?a=1&b=2", 0).map(<[u8]>::to_vec);
    assert_ne!(sorted, keys.make(b"/api/a?b=2&a=1", 0).map(<[u8]>::to_vec));
    assert_eq!(keys.make(b"/API/a", 0).map(<[u8]>::to_vec), keys.make(b"/api/a/", 0).map(<[u8]>::to_vec));
}

#[test]
fn where_nothing_is_known_of_the_routes_every_spelling_is_another_url() {
    let mut keys = KeyMaker::new("x");
    keys.set_site("/api", "", Spelling::AsItCame, Vec::new());
    let mut seen = std::collections::HashSet::new();
    for url in ["/", "/a", "/A", "/a/", "/a?", "/a?b=1&c=2", "/a?c=2&b=1", "/a%2f", "/a;b", "//a", "/a/../a", "/a%00"] {
        assert!(seen.insert(keys.make(url.as_bytes(), 0).expect("a key").to_vec()), "{url}");
    }
    for url in ["a", "http://h/a", "/a b", "/a#b", "*", ""] {
        assert_eq!(keys.make(url.as_bytes(), 0), None, "{url}");
    }
}

#[test]
fn a_url_has_one_tag_for_whoever_asks_on_its_host() {
    let mut keys = KeyMaker::new("strapi");
    let mut tag = |url: &str, host: &str, owner| {
        let scope = keys.scope(&Audience { owner, ..audience(host) });
        keys.make(url.as_bytes(), scope).expect("a key");
        keys.url_tag(host.as_bytes())
    };
    let plain = tag("/api/a", "h", "");
    assert_eq!(plain, tag("/api/a/", "H", "somebody"));
    assert_ne!(plain, tag("/api/a?x", "h", ""));
    assert_ne!(plain, tag("/api/a", "i", ""));
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
