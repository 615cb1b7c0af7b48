//! The way of a request through the cache in memory, on a clock that is moved by hand.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
mod lifetimes;

use crate::clock::ManualClock;
use crate::invalidation::{Pattern, Purge};

const WHO: Audience<'static> = Audience { host: b"localhost", variant: 0, owner: "", vary: "" };
const ARTICLE: &str = "api::article.article";
const SCHEMA: &str = r#"{ "prefix": "/api", "types": {
    "api::article.article": { "attributes": { "category": { "relation": "api::category.category" } } },
    "api::category.category": {}, "api::page.page": {} } }"#;

struct Site {
    cache: Cache,
    clock: Arc<ManualClock>,
}

fn site() -> Site {
    site_with(|_| {})
}

fn site_with(change: impl FnOnce(&mut Options)) -> Site {
    let clock = Arc::new(ManualClock::at(1_000_000));
    let mut options = Options {
        prefix: "strapi".to_owned(),
        ttl_ms: 60_000,
        jitter: 0.0,
        early_refresh: false,
        any_status: false,
        fill_lock_ms: 0,
        tells_tags: false,
        max_bytes: 1 << 20,
        max_entries: 10_000,
        max_entry_bytes: 10_000,
        l1_max_age_ms: 1_000,
        deadline: Duration::from_millis(150),
        heartbeat: None,
    };
    change(&mut options);
    let cache = Cache::new(options, None, Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(Warnings::default()));
    cache.set_schema(SCHEMA).expect("a schema");
    Site { cache, clock }
}

impl Site {
    fn probe(&self, url: &str) -> i32 {
        let scope = self.cache.scope(&WHO);
        self.cache.probe(&[url.as_bytes(), &key_tail(scope)].concat())
    }

    fn lead(&self, url: &str) -> u32 {
        match self.cache.open(url.as_bytes(), &WHO) {
            Role::Leader(id) => id,
            other => panic!("{other:?}"),
        }
    }

    fn land(&self, id: u32, uid: &str) -> Outcome {
        let reads = format!(r#"[["{uid}",{{}}]]"#);
        let response = Response { status: 200, ..Response::default() };
        let answer = Answer { response, head: "[]", created_ms: 0, reads: &reads, ..Answer::default() };
        self.cache.finish(id, &answer, Some(b"{}")).0
    }

    fn fill(&self, url: &str, uid: &str) -> Outcome {
        self.land(self.lead(url), uid)
    }

    fn write(&self, uid: &str) {
        let purge = self.cache.purge_of_types(&[uid.to_owned()]);
        assert!(self.cache.purge(purge).is_none(), "memory has nobody to tell");
    }
}

#[test]
fn an_answer_is_found_until_its_ttl_ends() {
    let site = site();
    assert_eq!(site.probe("/api/articles"), MISS);
    let slot = site.fill("/api/articles", ARTICLE).slot.expect("stored") as i32;
    site.clock.advance(59_999);
    assert_eq!(site.probe("/API/articles/"), slot);
    site.clock.advance(1);
    assert_eq!(site.probe("/api/articles"), MISS);
}

#[test]
fn a_write_to_a_type_purges_that_in_which_it_has_a_part() {
    let site = site();
    let urls =
        [("/api/articles", ARTICLE), ("/api/categories", "api::category.category"), ("/api/pages", "api::page.page")];
    for (url, uid) in urls {
        assert!(site.fill(url, uid).slot.is_some());
    }
    site.write(ARTICLE);
    assert_eq!(site.probe("/api/articles"), MISS);
    assert!(site.probe("/api/categories") >= 0);
    assert!(site.probe("/api/pages") >= 0);
}

#[test]
fn a_fill_that_began_before_a_purge_is_never_stored() {
    let site = site();
    let purges: [&dyn Fn(); 3] = [&|| site.write(ARTICLE), &|| _ = site.cache.purge(Purge::All), &|| {
        _ = site.cache.purge(Purge::Pattern(Pattern::new("strapi:/api/art*")))
    }];
    for purge in purges {
        let id = site.lead("/api/articles");
        purge();
        assert_eq!(site.land(id, ARTICLE), Outcome::refused("purged", true));
        assert_eq!(site.probe("/api/articles"), MISS);
    }
}

#[test]
fn after_a_purge_nobody_waits_for_a_fill_from_before_it() {
    let site = site();
    let before = site.lead("/api/articles");
    assert_eq!(site.cache.open(b"/api/articles", &WHO), Role::Follower(before));
    site.write("api::page.page");
    let after = site.lead("/api/articles");
    assert!(site.land(after, ARTICLE).slot.is_some());
    assert!(site.land(before, ARTICLE).slot.is_some(), "an unrelated purge forbids nothing");
}

#[test]
fn what_may_not_be_shared_is_filled_alone_for_a_while() {
    let site = site();
    let id = site.lead("/api/articles");
    let private = Response { status: 200, cache_control: Some("private"), ..Response::default() };
    let answer = Answer { response: private, reads: "[]", head: "[]", ..Answer::default() };
    let (outcome, job) = site.cache.finish(id, &answer, Some(b"{}"));
    assert_eq!(outcome, Outcome::refused("private", false));
    assert!(job.is_none());
    assert_eq!(site.cache.open(b"/api/articles", &WHO), Role::Solo);
}

#[test]
fn a_flight_ends_once() {
    let site = site();
    let id = site.lead("/api/articles");
    site.cache.abandon(id);
    assert_eq!(site.land(id, ARTICLE), Outcome::refused("unknown-flight", false));
}

#[test]
fn a_closed_cache_holds_nothing_and_stores_nothing() {
    let site = site();
    let slot = site.fill("/api/articles", ARTICLE).slot.expect("stored");
    site.cache.close();
    assert_eq!(site.cache.drain_freed(), [slot]);
    assert_eq!(site.probe("/api/articles"), MISS);
    assert_eq!(site.cache.open(b"/api/articles", &WHO), Role::Solo);
}

#[derive(Debug, Clone)]
enum Step {
    Begin(usize),
    Land(usize),
    Write(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..4_usize).prop_map(Step::Begin),
        (0..8_usize).prop_map(Step::Land),
        (0..3_usize).prop_map(Step::Write),
        (0..30_000_u64).prop_map(Step::Wait),
    ]
}

proptest! {
    /// A model with a version number as content: whatever is answered was true at the last write.
    #[test]
    fn no_interleaving_of_fills_and_writes_answers_what_is_no_longer_true(
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        const TYPES: [&str; 3] = [ARTICLE, "api::category.category", "api::page.page"];
        let site = site();
        let url = |n: usize| format!("/api/x{n}");
        let mut content = [0_u32; 3];
        let mut flights: Vec<(u32, usize, u32)> = Vec::new();
        let mut slots: std::collections::HashMap<u32, (usize, u32)> = std::collections::HashMap::new();
        for step in steps {
            match step {
                Step::Begin(n) => {
                    if let Role::Leader(id) = site.cache.open(url(n).as_bytes(), &WHO) {
                        flights.push((id, n, content[n % 3]));
                    }
                }
                Step::Land(at) if at < flights.len() => {
                    let (id, n, read) = flights.remove(at);
                    let stored = site.land(id, TYPES[n % 3]).slot;
                    for freed in site.cache.drain_freed() {
                        slots.remove(&freed);
                    }
                    if let Some(slot) = stored {
                        slots.insert(slot, (n, read));
                    }
                }
                Step::Land(_) => {}
                Step::Write(kind) => {
                    content[kind] += 1;
                    site.write(TYPES[kind]);
                }
                Step::Wait(ms) => site.clock.advance(ms),
            }
            for n in 0..4 {
                if let Ok(slot) = u32::try_from(site.probe(&url(n))) {
                    prop_assert_eq!(slots.get(&slot), Some(&(n, content[n % 3])), "stale, or a stranger's slot");
                }
            }
        }
    }
}
