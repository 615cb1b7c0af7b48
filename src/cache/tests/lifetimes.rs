//! What may be done with an entry as it ages, and whose it is.

use super::*;

const URL: &str = "/api/articles";

impl Site {
    /// Fills a URL with an answer that says more than a plain one.
    fn fill_with(&self, who: &Audience<'_>, change: impl FnOnce(&mut Answer<'_>)) -> Outcome {
        let Role::Leader(id) = self.cache.open(URL.as_bytes(), who) else { panic!("no leader") };
        let reads = format!(r#"[["{ARTICLE}",{{}}]]"#);
        let response = Response { status: 200, ..Response::default() };
        let mut answer = Answer { response, head: "{}", reads: &reads, ..Answer::default() };
        change(&mut answer);
        self.cache.finish(id, &answer, Some(b"{}")).0
    }

    fn probe_for(&self, who: &Audience<'_>) -> i32 {
        self.cache.probe(&[URL.as_bytes(), &key_tail(self.cache.scope(who))].concat())
    }
}

fn stale_rule(stale_ms: u64, error_ms: u64) -> Rule {
    Rule { ttl_ms: Some(10_000), stale_ms, error_ms, ..Rule::default() }
}

#[test]
fn an_entry_is_fresh_then_stale_then_for_errors_only_then_gone() {
    let site = site();
    let slot = site.fill_with(&WHO, |answer| answer.rule = stale_rule(5_000, 20_000)).slot.expect("stored");
    for (at, expected) in [
        (9_999, slot as i32),
        (10_000, code_of(slot, Usable::Stale)),
        (14_999, code_of(slot, Usable::Stale)),
        (15_000, code_of(slot, Usable::OnError)),
        (29_999, code_of(slot, Usable::OnError)),
        (30_000, MISS),
    ] {
        site.clock.advance(1_000_000 + at - site.clock.monotonic_ms());
        assert_eq!(site.probe(URL), expected, "after {at} ms");
    }
}

#[test]
fn what_was_purged_is_not_even_stale() {
    for purge in [Purge::Tags(vec![format!("t:{ARTICLE}")]), Purge::All, Purge::Pattern(Pattern::new("strapi:/api/*"))]
    {
        let site = site();
        let slot = site.fill_with(&WHO, |answer| answer.rule = stale_rule(60_000, 60_000)).slot.expect("stored");
        site.clock.advance(20_000);
        assert_eq!(site.probe(URL), code_of(slot, Usable::Stale));
        site.cache.purge(purge);
        assert_eq!(site.probe(URL), MISS);
        assert_eq!(site.cache.usable(slot), None);
    }
}

#[test]
fn what_its_handler_can_confirm_is_kept_to_be_validated() {
    let site = site();
    let slot = site.fill_with(&WHO, |answer| {
        answer.response.cache_control = Some("no-cache");
        answer.response.validator = true;
    });
    assert!(!slot.shareable, "each use has to be validated");
    let slot = slot.slot.expect("stored");
    assert_eq!(site.probe(URL), code_of(slot, Usable::Expired));
    let again = site.fill_with(&WHO, |answer| answer.inherits = Some(slot)).slot.expect("stored");
    assert_eq!(site.probe(URL), again as i32);
}

#[test]
fn what_confirms_an_entry_depends_on_what_that_depended_on() {
    let site = site();
    let page = r#"[["api::page.page",{}]]"#;
    let slot = site.fill_with(&WHO, |answer| answer.response.validator = true).slot;
    let again = site.fill_with(&WHO, |answer| {
        answer.reads = page;
        answer.inherits = slot;
    });
    assert!(again.slot.is_some());
    site.write(ARTICLE);
    assert_eq!(site.probe(URL), MISS);
}

#[test]
fn jitter_takes_a_share_of_the_operators_ttl_and_nothing_of_the_handlers() {
    let site = site_with(|options| options.jitter = 0.5);
    let lives: Vec<u64> = (0..200).map(|_| site.fill_with(&WHO, |_| {}).fresh_ms).collect();
    assert!(lives.iter().all(|ms| (30_000..=60_000).contains(ms)), "{lives:?}");
    let (least, most) = (lives.iter().min().expect("some"), lives.iter().max().expect("some"));
    assert!(most - least > 20_000, "{least} to {most}");
    let said = site.fill_with(&WHO, |answer| answer.response.cache_control = Some("max-age=60"));
    assert_eq!(said.fresh_ms, 60_000);
}

/// XFetch with β = 1: an answer that took Δ to make is made anew x before its end with probability exp(-x/Δ).
#[test]
fn the_nearer_its_end_the_likelier_an_entry_is_made_anew() {
    let site = site_with(|options| options.early_refresh = true);
    let Role::Leader(id) = site.cache.open(URL.as_bytes(), &WHO) else { panic!("no leader") };
    site.clock.advance(1_000);
    let slot = site.land(id, ARTICLE).slot.expect("stored");
    let share = |before_end: u64| {
        site.clock.advance(1_061_000 - before_end - site.clock.monotonic_ms());
        let early = (0..20_000).filter(|_| site.probe(URL) == code_of(slot, Usable::Early)).count();
        early as f64 / 20_000.0
    };
    assert_eq!(share(17_000), 0.0);
    for before_end in [3_000, 1_000, 300] {
        let expected = (-(before_end as f64) / 1_000.0).exp();
        let found = share(before_end);
        assert!((found - expected).abs() < 0.03, "{before_end} ms before the end: {found}, expected {expected}");
    }
}

#[test]
fn an_entry_is_its_owners_alone() {
    let site = site();
    let (ann, bob) = (Audience { owner: "c:ann", ..WHO }, Audience { owner: "c:bob", ..WHO });
    let slot = site.fill_with(&ann, |_| {}).slot.expect("stored") as i32;
    assert_eq!((site.probe_for(&ann), site.probe_for(&bob), site.probe(URL)), (slot, MISS, MISS));
}

#[test]
fn an_answer_goes_where_it_turns_out_to_belong() {
    let site = site();
    let (ann, role) = (Audience { owner: "c:ann", ..WHO }, Audience { owner: "r:3", ..WHO });
    let slot = site.fill_with(&ann, |answer| answer.split.owner = Some("r:3")).slot.expect("stored") as i32;
    assert_eq!((site.probe_for(&role), site.probe_for(&ann)), (slot, MISS));
}

#[test]
fn answers_that_vary_are_parted_and_a_marker_says_by_what() {
    let site = site();
    let (de, fr) = (Audience { vary: "de", ..WHO }, Audience { vary: "fr", ..WHO });
    let vary = |vary: &'static str| {
        move |answer: &mut Answer<'_>| answer.split = Split { vary, head: "by language", owner: None }
    };
    let first = site.fill_with(&WHO, vary("de"));
    let marker = first.marker.expect("a marker");
    assert_eq!(site.probe(URL), marker as i32);
    let second = site.fill_with(&fr, vary("fr"));
    assert_eq!(second.marker, None, "it is noted already");
    assert_eq!(site.probe_for(&de), first.slot.expect("stored") as i32);
    assert_eq!(site.probe_for(&fr), second.slot.expect("stored") as i32);
    // One that does not vary any more takes the marker's place.
    let plain = site.fill_with(&de, |_| {}).slot.expect("stored") as i32;
    assert_eq!(site.probe(URL), plain);
}

#[test]
fn everything_under_a_url_is_purged_at_once_whoever_asks() {
    let site = site();
    let owned = Audience { owner: "c:ann", ..WHO };
    site.fill_with(&WHO, |answer| answer.rule.unaware = true);
    site.fill_with(&owned, |_| {});
    let tag = site.cache.url_tag(URL.as_bytes(), WHO.host).expect("one of ours");
    assert_eq!(site.cache.url_tag(b"/API/articles/", WHO.host), Some(tag.clone()), "another spelling");
    assert_ne!(site.cache.url_tag(b"/api/articles?a=b", WHO.host), Some(tag.clone()));
    site.cache.purge(Purge::Tags(vec![tag]));
    assert_eq!((site.probe(URL), site.probe_for(&owned)), (MISS, MISS));
}

#[test]
fn what_is_not_to_be_invalidated_outlives_writes_but_no_change_of_rights() {
    let site = site();
    site.fill_with(&WHO, |answer| answer.rule = Rule { unaware: true, ..stale_rule(0, 0) });
    site.write(ARTICLE);
    assert!(site.probe(URL) >= 0);
    site.write("plugin::users-permissions.permission");
    assert_eq!(site.probe(URL), MISS);
}

#[test]
fn nothing_outlives_the_credential_it_was_made_for() {
    let site = site();
    let ann = Audience { owner: "c:ann", ..WHO };
    site.fill_with(&ann, |answer| answer.rule = Rule { longest_ms: Some(4_000), ..stale_rule(9_000, 9_000) });
    site.clock.advance(3_999);
    assert!(site.probe_for(&ann) >= 0);
    site.clock.advance(1);
    assert_eq!(site.probe_for(&ann), MISS);
}
