//! Which types a read depends on and a write touches, from the site's schema.
//!
//! A response that shows a relation depends on the related type, one that filters or sorts through it as well; the
//! parameters of the read say which, and nobody has to configure it.

mod changes;
mod tags;
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
/// Tags of an answer beyond which single documents are told by their types.
const MAX_FINE_TAGS: usize = 400;
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
    /// False when nothing is known of the site's routes: every path counts as it is written, and is ours.
    #[serde(default = "yes", rename = "foldPaths")]
    pub fold_paths: bool,
    /// Paths outside the prefix whose URLs are taken as they are: that of GraphQL.
    #[serde(default)]
    pub endpoints: Vec<String>,
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
    kind: Kind,
    /// Whether writes to it are told document by document.
    #[serde(default)]
    precise: bool,
    #[serde(default)]
    draftable: bool,
    #[serde(default)]
    localized: bool,
    #[serde(default)]
    attributes: BTreeMap<String, Attribute>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Kind {
    #[default]
    Type,
    Component,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Attribute {
    Relation(Relation),
    /// A relation of any type to any other (`*`), or to documents of this type that know by whom they are wanted.
    Morph(String),
    /// Always `true`: the same document in other locales.
    Localizations(#[expect(dead_code, reason = "its presence says it all")] bool),
    Component(String),
    /// A dynamic zone of these components.
    Zone(Vec<String>),
    /// Always `true`: files of the upload plugin.
    Media(#[expect(dead_code, reason = "its presence says it all")] bool),
}

/// A relation to a type.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Relation {
    /// Of which nothing but the type is known.
    To(String),
    Known {
        to: String,
        /// The join table: the same from both sides.
        edge: String,
        /// Whether its target belongs to one document at a time, so that others can take it away.
        #[serde(default)]
        takes: bool,
    },
}

impl Relation {
    fn to(&self) -> &str {
        match self {
            Self::To(to) | Self::Known { to, .. } => to,
        }
    }

    fn edge(&self) -> Option<&str> {
        match self {
            Self::To(_) => None,
            Self::Known { edge, .. } => Some(edge),
        }
    }

    fn takes(&self) -> bool {
        matches!(self, Self::Known { takes: true, .. })
    }
}

const MEDIA_TYPE: &str = "plugin::upload.file";

impl Attribute {
    fn targets(&self) -> Vec<&str> {
        match self {
            Self::Relation(relation) => vec![relation.to()],
            Self::Component(uid) | Self::Morph(uid) => vec![uid],
            Self::Zone(uids) => uids.iter().map(String::as_str).collect(),
            Self::Media(_) => vec![MEDIA_TYPE],
            Self::Localizations(_) => vec![],
        }
    }

    fn edge(&self) -> Option<&str> {
        if let Self::Relation(relation) = self { relation.edge() } else { None }
    }
}

/// A read: the type, its parameters, and what came of it where that is known.
#[derive(Debug, Deserialize)]
struct Read(String, Value, #[serde(default)] Option<Found>);

/// What a read gave.
#[derive(Debug, Deserialize)]
struct Found {
    /// Type, documentId and locale of each document in it; no documentId where the rows don't tell.
    documents: Vec<(String, Option<String>, Option<String>)>,
    /// Whether these are all that its conditions let through.
    complete: bool,
    /// Whether what is populated are published documents alone.
    published: bool,
    /// Whether anything in any row of the type may count: a search, say.
    #[serde(default)]
    whole: bool,
}

/// The tag of a type.
pub fn type_tag(uid: &str) -> String {
    format!("t:{uid}")
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
        let reads: Vec<Read> = serde_json::from_str(reads)
            .map_err(|error| ErrorKind::Config(format!("reads: not understood: {error}")))?;
        let found = self.dependencies_of(&reads, false);
        // Documents without number are told by their types.
        Ok(if found.tags.len() > MAX_FINE_TAGS { self.dependencies_of(&reads, true) } else { found })
    }

    fn dependencies_of(&self, reads: &[Read], coarse: bool) -> Dependencies {
        let mut walk = Walk::new(self, coarse);
        let mut known = false;
        for read in reads {
            known |= !is_incidental(&read.0);
            // Every public answer reads the public role's permissions: `auth` stands for them, and for what they
            // lead to, or an edit of any user would purge the site through `role`.
            if !decides_access(&read.0) {
                walk.root(read);
            }
        }
        let unwatched = walk.types.iter().any(|uid| self.unwatched.contains(*uid));
        let types: Vec<String> = walk.types.iter().map(|uid| type_tag(uid)).collect();
        let mut tags = walk.into_tags();
        tags.extend(types);
        tags.insert(AUTH_TAG.to_owned());
        Dependencies { tags, known, unwatched }
    }

    /// What a write to these types makes stale of which no more is known: all in which they have a part.
    pub fn touched_by_write<'a>(&self, uids: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        let mut tags = BTreeSet::from([type_tag(ANY_TYPE)]);
        for uid in uids {
            tags.insert(type_tag(uid));
            if decides_access(uid) {
                tags.insert(AUTH_TAG.to_owned());
            }
        }
        tags
    }

    /// Whether documents of a type take those to which this edge leads away from each other.
    fn takes(&self, uid: &str, edge: &str) -> bool {
        self.types.get(uid).is_some_and(|known| {
            known.attributes.values().any(|attribute| match attribute {
                Attribute::Relation(relation) => relation.takes() && relation.edge() == Some(edge),
                _ => false,
            })
        })
    }

    /// The types that an edge leads to and from, as far as they know of it.
    fn ends_of(&self, edge: &str) -> impl Iterator<Item = &str> {
        self.types
            .iter()
            .filter(move |(_, known)| known.attributes.values().any(|one| one.edge() == Some(edge)))
            .map(|(uid, _)| uid.as_str())
    }

    fn is_component(&self, uid: &str) -> bool {
        self.types.get(uid).is_some_and(|known| known.kind == Kind::Component)
    }

    fn is_precise(&self, uid: &str) -> bool {
        self.types.get(uid).is_some_and(|known| known.precise)
    }

    fn is_draftable(&self, uid: &str) -> bool {
        self.types.get(uid).is_some_and(|known| known.draftable)
    }

    fn is_localized(&self, uid: &str) -> bool {
        self.types.get(uid).is_some_and(|known| known.localized)
    }
}

#[cfg(test)]
mod tests;
