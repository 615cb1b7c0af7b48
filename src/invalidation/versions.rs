//! The versions of tags in this process.
//!
//! Each purge takes the next number of one sequence and notes it as the version of its tags. What was read before
//! that number and depends on one of them is stale; nothing is searched and no key is touched.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::Pattern;

/// What a response depends on, by name (`t:api::article.article`).
pub type Tag = Arc<str>;

/// Tags noted before the floor is raised and the table starts anew.
const MAX_TAGS: usize = 100_000;
/// Pattern purges remembered for fills that are under way; older fills are refused.
const MAX_PATTERNS: usize = 64;

/// Sequence, floor and the version of each tag.
#[derive(Debug, Default)]
pub struct Versions {
    sequence: u64,
    floor: u64,
    tags: HashMap<Tag, u64>,
    patterns: VecDeque<(u64, Pattern)>,
    /// Fills from before this sequence may have missed a pattern that is no longer remembered.
    pattern_floor: u64,
}

impl Versions {
    /// The number of the last purge. A fill takes it before it reads anything.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    pub fn purge_tags<'a>(&mut self, tags: impl IntoIterator<Item = &'a str>) {
        self.sequence += 1;
        for tag in tags {
            match self.tags.get_mut(tag) {
                Some(version) => *version = self.sequence,
                None => {
                    self.tags.insert(tag.into(), self.sequence);
                }
            }
        }
        if self.tags.len() > MAX_TAGS {
            self.purge_all();
        }
    }

    pub fn purge_pattern(&mut self, pattern: Pattern) {
        self.sequence += 1;
        if self.patterns.len() == MAX_PATTERNS
            && let Some((forgotten, _)) = self.patterns.pop_front()
        {
            self.pattern_floor = forgotten;
        }
        self.patterns.push_back((self.sequence, pattern));
    }

    pub fn purge_all(&mut self) {
        self.sequence += 1;
        self.floor = self.sequence;
        self.tags.clear();
        self.patterns.clear();
    }

    /// Whether what was read at `snapshot` and depends on `tags` still holds.
    pub fn is_fresh(&self, snapshot: u64, tags: &[Tag]) -> bool {
        snapshot == self.sequence
            || (snapshot >= self.floor
                && tags.iter().all(|tag| self.tags.get(tag).is_none_or(|version| *version <= snapshot)))
    }

    /// Whether a fill of `key` that began at `snapshot` may be stored: no tag and no pattern purged it meanwhile.
    pub fn admits(&self, snapshot: u64, key: &str, tags: &[Tag]) -> bool {
        self.is_fresh(snapshot, tags)
            && snapshot >= self.pattern_floor
            && !self.patterns.iter().any(|(at, pattern)| *at > snapshot && pattern.matches(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tags(names: &[&str]) -> Vec<Tag> {
        names.iter().map(|name| Tag::from(*name)).collect()
    }

    #[test]
    fn a_purge_makes_stale_what_was_read_before_it_and_only_that() {
        let mut versions = Versions::default();
        let before = versions.sequence();
        versions.purge_tags(["t:a"]);
        assert!(!versions.is_fresh(before, &tags(&["t:b", "t:a"])));
        assert!(versions.is_fresh(before, &tags(&["t:b"])));
        assert!(versions.is_fresh(versions.sequence(), &tags(&["t:a"])));
    }

    #[test]
    fn a_purge_of_everything_spares_nothing_read_before() {
        let mut versions = Versions::default();
        let before = versions.sequence();
        versions.purge_all();
        assert!(!versions.is_fresh(before, &[]));
        assert!(versions.is_fresh(versions.sequence(), &[]));
    }

    #[test]
    fn a_fill_under_way_is_refused_by_a_pattern_that_matches_its_key() {
        let mut versions = Versions::default();
        let before = versions.sequence();
        versions.purge_pattern(Pattern::new("strapi:/api/a*"));
        assert!(!versions.admits(before, "strapi:/api/articles#1", &[]));
        assert!(versions.admits(before, "strapi:/api/b#1", &[]));
        assert!(versions.admits(versions.sequence(), "strapi:/api/articles#1", &[]));
    }

    #[test]
    fn a_fill_older_than_the_remembered_patterns_is_refused() {
        let mut versions = Versions::default();
        let before = versions.sequence();
        for i in 0..=MAX_PATTERNS {
            versions.purge_pattern(Pattern::new(&format!("strapi:/x{i}*")));
        }
        assert!(!versions.admits(before, "strapi:/api/other#1", &[]));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Purge(Vec<u8>),
        All,
        Read(Vec<u8>),
    }

    fn step() -> impl Strategy<Value = Step> {
        let few = || proptest::collection::vec(0..6_u8, 1..4);
        prop_oneof![5 => few().prop_map(Step::Purge), 1 => Just(Step::All), 5 => few().prop_map(Step::Read)]
    }

    proptest! {
        /// Against the obvious model: a list of reads, each struck out by hand.
        #[test]
        fn freshness_is_what_striking_out_reads_by_hand_gives(steps in proptest::collection::vec(step(), 0..60)) {
            let mut versions = Versions::default();
            let mut reads: Vec<(u64, Vec<u8>, bool)> = Vec::new();
            for step in steps {
                match step {
                    Step::Read(on) => reads.push((versions.sequence(), on, true)),
                    Step::All => {
                        versions.purge_all();
                        reads.iter_mut().for_each(|read| read.2 = false);
                    }
                    Step::Purge(of) => {
                        let names: Vec<String> = of.iter().map(|n| format!("t:{n}")).collect();
                        versions.purge_tags(names.iter().map(String::as_str));
                        for read in &mut reads {
                            read.2 &= !read.1.iter().any(|n| of.contains(n));
                        }
                    }
                }
                for (snapshot, on, fresh) in &reads {
                    let on: Vec<Tag> = on.iter().map(|n| Tag::from(format!("t:{n}"))).collect();
                    prop_assert_eq!(versions.is_fresh(*snapshot, &on), *fresh);
                }
            }
        }
    }
}
