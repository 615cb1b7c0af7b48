//! Which types a read depends on and a write touches, from the site's schema.
//!
//! A response that shows a relation depends on the related type, one that filters or sorts through it as well; the
//! parameters of the read say which, and nobody has to configure it.

mod walk;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use crate::error::{ErrorKind, Result};
use walk::Walk;

/// On every entry: purged by what changes who may read what.
pub const AUTH_TAG: &str = "auth";
/// On a response that may depend on any type; purged by every write.
const ANY_TYPE: &str = "*";
/// Nesting that is followed before a read counts as depending on everything.
const MAX_DEPTH: usize = 32;

/// The types, and what their attributes lead to. Scalars are left out.
#[derive(Debug, Default, Deserialize)]
pub struct Schema {
    #[serde(default)]
    types: BTreeMap<String, Type>,
    /// Types whose writes are not reported to us. What depends on one can't be purged, and so is not stored.
    #[serde(default)]
    unwatched: BTreeSet<String>,
}

/// The document JavaScript hands over: the content API's prefix and the schema.
#[derive(Debug, Deserialize)]
pub struct Site {
    pub prefix: String,
    /// False when the site parses queries by rules of its own (`strapi::query` with a delimiter, say).
    #[serde(default = "yes", rename = "foldQueries")]
    pub fold_queries: bool,
    #[serde(flatten)]
    pub schema: Schema,
}

fn yes() -> bool {
    true
}

/// The document in a form that does not depend on the order of its fields. Strapi loads types and components side by
/// side, so two processes of one site may list them in another order, and their keys shall be the same.
///
/// # Errors
/// [`ErrorKind::Config`] when it is not JSON.
pub fn canonical(json: &str) -> Result<String> {
    // A Value keeps its fields sorted.
    let document: Value = serde_json::from_str(json).map_err(not_understood)?;
    Ok(document.to_string())
}

fn not_understood(error: serde_json::Error) -> ErrorKind {
    ErrorKind::Config(format!("schema: not understood: {error}"))
}

#[derive(Debug, Deserialize)]
struct Type {
    #[serde(default)]
    attributes: BTreeMap<String, Attribute>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Attribute {
    /// A relation to this type.
    Relation(String),
    /// A relation whose target belongs to one document at a time, or may be of any type (`*`, a morph): whoever takes a
    /// target takes it away from another.
    Owns(String),
    Component(String),
    /// A dynamic zone of these components.
    Zone(Vec<String>),
    /// Always `true`: files of the upload plugin.
    Media(#[expect(dead_code, reason = "its presence says it all")] bool),
}

const MEDIA_TYPE: &str = "plugin::upload.file";

impl Attribute {
    fn targets(&self) -> Vec<&str> {
        match self {
            Self::Relation(uid) | Self::Owns(uid) | Self::Component(uid) => vec![uid],
            Self::Zone(uids) => uids.iter().map(String::as_str).collect(),
            Self::Media(_) => vec![MEDIA_TYPE],
        }
    }
}

/// The tag of a type.
pub fn type_tag(uid: &str) -> String {
    format!("t:{uid}")
}

/// The tag of a type's published rows: on a response that lists or shows them and no drafts. Saving a draft spares it.
fn published_tag(uid: &str) -> String {
    format!("p:{uid}")
}

/// A tag given by hand. One without a colon gets a namespace of its own, away from ours.
pub fn custom_tag(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    if text.contains(':') || text == AUTH_TAG { text } else { format!("x:{text}") }
}

/// Types that decide who may read what. Every answer already depends on them through [`AUTH_TAG`].
fn decides_access(uid: &str) -> bool {
    matches!(uid, "plugin::users-permissions.role" | "plugin::users-permissions.permission")
        || uid.starts_with("admin::api-token")
}

/// Types that Strapi reads on its own while it answers something else.
fn is_incidental(uid: &str) -> bool {
    decides_access(uid) || uid.starts_with("strapi::") || uid.starts_with("admin::") || uid == "plugin::i18n.locale"
}

/// What a response depends on.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dependencies {
    pub tags: BTreeSet<String>,
    /// Whether any content was seen to be read for it.
    pub known: bool,
    /// Whether it depends on a type whose writes are not reported.
    pub unwatched: bool,
}

impl Schema {
    /// Reads the schema of a site.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when it is not of the expected shape.
    pub fn parse(json: &str) -> Result<Site> {
        serde_json::from_str(json).map_err(not_understood)
    }

    /// What `reads` (a JSON array of `[uid, params]`, params of the Document Service or of `strapi.db.query`)
    /// depend on.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when it is not of that shape.
    pub fn dependencies(&self, reads: &str) -> Result<Dependencies> {
        let reads: Vec<(String, Value)> = serde_json::from_str(reads)
            .map_err(|error| ErrorKind::Config(format!("reads: not understood: {error}")))?;
        let mut walk = Walk::new(self);
        let mut known = false;
        for (uid, params) in &reads {
            known |= !is_incidental(uid);
            // Every public answer reads the public role's permissions: `auth` stands for them, and for what they
            // lead to, or an edit of any user would purge the site through `role`.
            if !decides_access(uid) {
                walk.root(uid, params);
            }
        }
        let unwatched = walk.types.iter().chain(&walk.published).any(|uid| self.unwatched.contains(*uid));
        let mut tags: BTreeSet<String> = walk.types.into_iter().map(type_tag).collect();
        tags.extend(walk.published.into_iter().map(published_tag));
        tags.insert(AUTH_TAG.to_owned());
        Ok(Dependencies { tags, known, unwatched })
    }

    /// What a write to documents of these types makes stale: the types, the targets of their relations (a relation
    /// can change from either side), and what depends on any type.
    pub fn touched_by_write<'a>(&self, uids: impl IntoIterator<Item = &'a str> + Clone) -> BTreeSet<String> {
        let mut tags = self.touched_by_draft(uids.clone());
        for uid in uids {
            tags.insert(published_tag(uid));
            for target in self.targets(uid, |_| true) {
                tags.insert(type_tag(target));
                tags.insert(published_tag(target));
            }
        }
        tags
    }

    /// What a write to drafts alone makes stale: not what shows published documents of the types, nor the targets of
    /// relations, which drafts and published documents have each for themselves, unless a target is taken away by it.
    pub fn touched_by_draft<'a>(&self, uids: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let mut tags = BTreeSet::from([type_tag(ANY_TYPE)]);
        for uid in uids {
            tags.insert(type_tag(uid));
            if decides_access(uid) {
                tags.insert(AUTH_TAG.to_owned());
            }
            for target in self.targets(uid, |attribute| matches!(attribute, Attribute::Owns(_))) {
                tags.insert(type_tag(target));
                tags.insert(published_tag(target));
                // The document that it is taken away from is another of the same type.
                tags.insert(published_tag(uid));
            }
        }
        tags
    }

    /// The types that those of a type's relations lead to.
    fn targets<'s>(&'s self, uid: &str, which: impl Fn(&Attribute) -> bool) -> impl Iterator<Item = &'s str> {
        let attributes = self.types.get(uid).into_iter().flat_map(|known| known.attributes.values());
        attributes.filter(move |attribute| which(attribute)).filter_map(|attribute| match attribute {
            Attribute::Relation(target) | Attribute::Owns(target) if target != ANY_TYPE => Some(target.as_str()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        Schema::parse(
            r#"{ "prefix": "/api", "unwatched": ["plugin::x.log"], "types": {
                "api::article.article": { "kind": "type", "attributes": {
                    "category": { "relation": "api::category.category" },
                    "cover": { "media": true },
                    "seo": { "component": "shared.seo" },
                    "blocks": { "zone": ["shared.quote", "shared.seo"] },
                    "owner": { "relation": "*" } } },
                "api::category.category": { "attributes": {
                    "articles": { "relation": "api::article.article" },
                    "log": { "relation": "plugin::x.log" },
                    "parent": { "relation": "api::section.section" } } },
                "api::section.section": {},
                "shared.seo": { "kind": "component", "attributes": { "image": { "media": true } } },
                "shared.quote": { "attributes": { "author": { "relation": "api::author.author" } } } } }"#,
        )
        .expect("a schema")
        .schema
    }

    fn types(params: &str) -> Vec<String> {
        let reads = format!(r#"[["api::article.article", {params}]]"#);
        let found = schema().dependencies(&reads).expect("understood");
        assert!(found.known && found.tags.contains(AUTH_TAG) && found.tags.contains("t:api::article.article"));
        let own = ["auth", "t:api::article.article"];
        found.tags.into_iter().filter(|tag| !own.contains(&tag.as_str())).collect()
    }

    #[test]
    fn the_order_in_which_types_are_listed_makes_no_other_site() {
        let one = r#"{"prefix":"/api","types":{"a":{"attributes":{"x":{"media":true},"y":{"media":true}}},"b":{}}}"#;
        let other = r#"{"types":{"b":{},"a":{"attributes":{"y":{"media":true},"x":{"media":true}}}},"prefix":"/api"}"#;
        assert_eq!(canonical(one).expect("JSON"), canonical(other).expect("JSON"));
        assert_ne!(canonical(one).expect("JSON"), canonical(&one.replace("\"b\"", "\"c\"")).expect("JSON"));
    }

    #[test]
    fn a_plain_list_depends_on_its_own_type() {
        assert!(types("{}").is_empty());
        assert!(types(r#"{"filters":{"title":{"$eq":"x"}},"sort":"title:desc","populate":false}"#).is_empty());
    }

    #[test]
    fn filters_and_sorts_depend_on_the_types_they_go_through() {
        let category = ["t:api::category.category"];
        assert_eq!(types(r#"{"filters":{"category":{"slug":{"$eq":"x"}}}}"#), category);
        assert_eq!(types(r#"{"where":{"$and":[{"$or":[{"category":{"slug":"x"}}]}]}}"#), category);
        assert_eq!(types(r#"{"sort":"title:asc,category.name:desc"}"#), category);
        assert_eq!(types(r#"{"orderBy":[{"category":{"name":"asc"}}]}"#), category);
        assert_eq!(
            types(r#"{"sort":["category.parent.name"]}"#),
            ["t:api::category.category", "t:api::section.section"]
        );
    }

    #[test]
    fn populated_types_count_however_populate_is_written() {
        let category = ["t:api::category.category"];
        for populate in
            [r#""category""#, r#"["category"]"#, r#"{"category":true}"#, r#"{"category":{"fields":["name"]}}"#]
        {
            assert_eq!(types(&format!(r#"{{"populate":{populate}}}"#)), category, "{populate}");
        }
        assert_eq!(
            types(r#"{"populate":{"category":{"populate":{"parent":{"populate":"*"}}}}}"#),
            ["t:api::category.category", "t:api::section.section"]
        );
        assert_eq!(types(r#"{"populate":"seo.image"}"#), ["t:plugin::upload.file", "t:shared.seo"]);
    }

    #[test]
    fn a_star_means_every_direct_attribute() {
        let all = ["t:*", "t:api::category.category", "t:plugin::upload.file", "t:shared.quote", "t:shared.seo"];
        for populate in [r#""*""#, "true", r#"["*"]"#, r#"{"*":true}"#] {
            assert_eq!(types(&format!(r#"{{"populate":{populate}}}"#)), all, "{populate}");
        }
    }

    #[test]
    fn dynamic_zones_are_followed_type_by_type() {
        assert_eq!(
            types(r#"{"populate":{"blocks":{"on":{"shared.quote":{"populate":{"author":true}}}}}}"#),
            ["t:api::author.author", "t:shared.quote", "t:shared.seo"]
        );
    }

    #[test]
    fn what_is_not_known_depends_on_everything() {
        assert_eq!(types(r#"{"populate":{"mystery":true}}"#), ["t:*"]);
        assert_eq!(types(r#"{"populate":"owner"}"#), ["t:*"]);
        let deep = (0..40).fold("true".to_owned(), |inner, i| {
            let name = if i % 2 == 0 { "articles" } else { "category" };
            format!(r#"{{"populate":{{"{name}":{inner}}}}}"#)
        });
        assert!(types(&deep).contains(&"t:*".to_owned()));
    }

    #[test]
    fn reads_that_strapi_makes_on_its_own_do_not_make_an_answer_known() {
        let reads = r#"[["plugin::users-permissions.permission",{"where":{"role":{"type":"public"}}}],["strapi::core-store",{}]]"#;
        let found = schema().dependencies(reads).expect("understood");
        assert!(!found.known);
        assert_eq!(found.tags.into_iter().collect::<Vec<_>>(), [AUTH_TAG, "t:strapi::core-store"]);
    }

    #[test]
    fn what_reads_a_type_whose_writes_are_not_reported_says_so_also_through_a_relation() {
        let unwatched = |reads: &str| schema().dependencies(reads).expect("understood").unwatched;
        assert!(unwatched(r#"[["plugin::x.log",{}]]"#));
        assert!(unwatched(r#"[["api::article.article",{"populate":{"category":{"populate":"log"}}}]]"#));
        assert!(!unwatched(r#"[["api::article.article",{"populate":"category"}]]"#));
    }

    #[test]
    fn a_write_touches_its_type_and_the_targets_of_its_relations() {
        let touched = schema().touched_by_write(["api::category.category"]);
        let uids = ["api::article.article", "api::category.category", "api::section.section", "plugin::x.log"];
        let tags = |kind: &str| uids.map(|uid| format!("{kind}:{uid}"));
        assert_eq!(
            touched,
            [tags("t").to_vec(), tags("p").to_vec(), vec!["t:*".to_owned()]].concat().into_iter().collect()
        );
        assert!(schema().touched_by_write(["plugin::users-permissions.role"]).contains(AUTH_TAG));
    }

    #[test]
    fn a_write_to_drafts_spares_what_shows_published_documents_alone() {
        let draft = schema().touched_by_draft(["api::article.article"]);
        assert_eq!(draft, BTreeSet::from(["t:*".to_owned(), "t:api::article.article".to_owned()]));
        let published =
            r#"{"where":{"$and":[{"publishedAt":{"$notNull":true}},{"title":"x"}]},"populate":["category"]}"#;
        let of = |params: &str| {
            let reads = format!(r#"[["api::article.article", {params}]]"#);
            schema().dependencies(&reads).expect("understood").tags
        };
        let tags = ["auth", "p:api::article.article", "t:api::category.category"];
        assert_eq!(of(published), tags.map(str::to_owned).into());
        assert_eq!(of(r#"{"filters":{"publishedAt":{"$notNull":true}}}"#), ["auth", tags[1]].map(str::to_owned).into());
        // Drafts have a part in these.
        for params in [
            "{}",
            r#"{"where":{"publishedAt":{"$null":true}}}"#,
            r#"{"where":{"$or":[{"publishedAt":{"$notNull":true}},{"title":"x"}]}}"#,
            r#"{"where":{"$not":{"publishedAt":{"$notNull":true}}}}"#,
            r#"{"where":{"publishedAt":{"$notNull":false}}}"#,
            r#"{"where":{"publishedAt":{"$notNull":true},"category":{"articles":{"title":"x"}}}}"#,
            r#"{"where":{"publishedAt":{"$notNull":true}},"populate":{"category":{"populate":["articles"]}}}"#,
        ] {
            assert!(of(params).contains("t:api::article.article"), "{params}");
        }
    }

    #[test]
    fn a_draft_that_takes_a_target_away_touches_whom_it_is_taken_from() {
        let json = r#"{ "prefix": "/api", "types": { "a": { "attributes": { "one": { "owns": "b" }, "many": { "relation": "c" } } } } }"#;
        let touched = Schema::parse(json).expect("a schema").schema.touched_by_draft(["a"]);
        assert_eq!(touched, ["t:*", "t:a", "p:a", "t:b", "p:b"].map(str::to_owned).into());
    }

    #[test]
    fn a_tag_given_by_hand_cannot_reach_our_own_fields() {
        assert_eq!(custom_tag("seq"), "x:seq");
        assert_eq!(custom_tag("a\nfloor"), "x:a floor");
        assert_eq!(custom_tag("t:api::a.a"), "t:api::a.a");
    }
}
