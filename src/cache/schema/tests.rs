use super::*;

const ARTICLE: &str = "api::article.article";

fn schema() -> Schema {
    let json = r#"{ "prefix": "/api", "unwatched": ["plugin::x.log"], "types": {
        "api::article.article": { "precise": true, "draftable": true, "localized": true, "attributes": {
            "category": { "relation": { "to": "api::category.category", "edge": "articles_category_lnk" } },
            "localizations": { "localizations": true },
            "cover": { "media": true },
            "seo": { "component": "shared.seo" },
            "blocks": { "zone": ["shared.quote", "shared.seo"] },
            "owner": { "morph": "*" } } },
        "api::category.category": { "precise": true, "attributes": {
            "articles": { "relation": { "to": "api::article.article", "edge": "articles_category_lnk", "takes": true } },
            "log": { "relation": "plugin::x.log" },
            "parent": { "relation": { "to": "api::section.section", "edge": "categories_parent_lnk" } } } },
        "api::section.section": { "precise": true },
        "plugin::x.log": {},
        "plugin::upload.file": { "precise": true },
        "shared.seo": { "kind": "component", "precise": true, "attributes": { "image": { "media": true } } },
        "shared.quote": { "kind": "component", "precise": true, "attributes": {
            "author": { "relation": { "to": "api::author.author", "edge": "quotes_author_lnk" } } } },
        "api::author.author": { "precise": true } } }"#;
    Schema::parse(json).expect("a schema").schema
}

/// What was found: the documents, and whether they are all.
fn found(documents: &str, complete: bool) -> String {
    format!(r#"{{"documents":{documents},"complete":{complete},"published":true}}"#)
}

fn tags_of(uid: &str, params: &str, found: &str) -> BTreeSet<String> {
    let dependencies = schema().dependencies(&format!(r#"[["{uid}",{params},{found}]]"#)).expect("understood");
    assert!(dependencies.known && dependencies.tags.contains(AUTH_TAG));
    dependencies.tags.into_iter().filter(|tag| tag != AUTH_TAG).collect()
}

/// All tags but those of types, of a read of published English articles.
fn article_tags(params: &str, documents: &str, complete: bool) -> Vec<String> {
    let params = format!(r#"{{"where":{{"publishedAt":{{"$notNull":true}},"locale":"en"}},{params}}}"#);
    let tags = tags_of(ARTICLE, &params, &found(documents, complete));
    tags.into_iter().filter(|tag| !tag.starts_with("t:")).collect()
}

fn types_of(params: &str) -> Vec<String> {
    let tags = tags_of(ARTICLE, params, "null");
    tags.into_iter().filter_map(|tag| tag.strip_prefix("t:").map(str::to_owned)).filter(|uid| uid != ARTICLE).collect()
}

#[test]
fn the_order_in_which_types_are_listed_makes_no_other_site() {
    let one = r#"{"prefix":"/api","types":{"a":{"attributes":{"x":{"media":true},"y":{"media":true}}},"b":{}}}"#;
    let other = r#"{"types":{"b":{},"a":{"attributes":{"y":{"media":true},"x":{"media":true}}}},"prefix":"/api"}"#;
    assert_eq!(canonical(one).expect("JSON"), canonical(other).expect("JSON"));
    assert_ne!(canonical(one).expect("JSON"), canonical(&one.replace("\"b\"", "\"c\"")).expect("JSON"));
}

#[test]
fn a_list_depends_on_which_documents_there_are_and_on_those_it_shows() {
    let shown = r#"[["api::article.article","a1","en"],["api::article.article","a2","en"]]"#;
    assert_eq!(article_tags(r#""limit":25"#, shown, true), ["d:a1@en", "d:a2@en", "s:api::article.article@en"]);
}

#[test]
fn of_a_list_that_is_cut_off_the_order_counts_as_well() {
    let tags = |order: &str, complete| article_tags(&format!(r#""orderBy":{order}"#), "[]", complete);
    let set = "s:api::article.article@en";
    assert_eq!(tags(r#"[{"title":"asc"}]"#, true), [set]);
    let title = "f:api::article.article.title@en";
    for order in [r#"[{"title":"asc"}]"#, r#""title:desc""#, r#"{"title":"asc"}"#] {
        assert_eq!(tags(order, false), ["f:api::article.article.id@en", title, set], "{order}");
    }
}

#[test]
fn a_filter_counts_by_the_fields_it_asks_for() {
    let tags = article_tags(r#""filters":{"$or":[{"title":{"$contains":"x"}},{"$not":{"slug":"y"}}]}"#, "[]", true);
    let fields = ["f:api::article.article.slug@en", "f:api::article.article.title@en", "s:api::article.article@en"];
    assert_eq!(tags, fields);
}

#[test]
fn one_document_asked_for_by_its_id_depends_on_nothing_but_itself() {
    let params = r#"{"where":{"publishedAt":{"$notNull":true},"locale":"en","documentId":"a1"}}"#;
    for documents in [r#"[["api::article.article","a1","en"]]"#, "[]"] {
        let tags = tags_of(ARTICLE, params, &found(documents, false));
        let own: Vec<_> = tags.into_iter().filter(|tag| !tag.starts_with("f:")).collect();
        assert_eq!(own, ["d:a1@en", "t:api::article.article"], "{documents}");
    }
}

#[test]
fn a_filter_through_a_relation_depends_on_its_links_and_the_field_there() {
    let edge = "r:articles_category_lnk";
    let slug = "f:api::category.category.slug";
    for (filters, fields) in [
        (r#"{"category":{"slug":{"$eq":"x"}}}"#, vec![slug]),
        (r#"{"$and":[{"$or":[{"category":{"slug":"x"}}]}]}"#, vec![slug]),
        (r#"{"category":5}"#, vec!["f:api::category.category.id"]),
        (r#"{"category":{"$null":true}}"#, vec![]),
    ] {
        let tags = article_tags(&format!(r#""filters":{filters}"#), "[]", true);
        let wanted: Vec<&str> = fields.into_iter().chain([edge, "s:api::article.article@en"]).collect();
        assert_eq!(tags, wanted, "{filters}");
    }
    // Articles that are joined may be drafts.
    let tags = tags_of("api::category.category", r#"{"where":{"articles":{"title":"x"}}}"#, &found("[]", true));
    for tag in [edge, "r:articles_category_lnk~", "f:api::article.article.title", "f:api::article.article.title~"] {
        assert!(tags.contains(tag), "{tag} in {tags:?}");
    }
}

#[test]
fn an_order_through_a_relation_counts_even_where_all_is_shown() {
    for order in [r#"{"orderBy":[{"category":{"name":"asc"}}]}"#, r#"{"sort":"title,category.name:desc"}"#] {
        let tags = tags_of(ARTICLE, order, &found("[]", true));
        assert!(tags.contains("f:api::category.category.name") && tags.contains("r:articles_category_lnk"), "{order}");
    }
}

#[test]
fn what_is_populated_depends_on_its_document_and_on_the_links_of_who_shows_it() {
    let shown = r#"[["api::article.article","a1","en"],["api::category.category","c1",null]]"#;
    for populate in [r#""category""#, r#"["category"]"#, r#"{"category":true}"#, r#"{"category":{"fields":["name"]}}"#]
    {
        assert_eq!(
            article_tags(&format!(r#""populate":{populate}"#), shown, true),
            ["d:a1@en", "d:c1", "l:articles_category_lnk:a1", "s:api::article.article@en"],
            "{populate}"
        );
    }
    // An article belongs to one category: another can take it away.
    let tags = tags_of("api::category.category", r#"{"populate":["articles"]}"#, &found(shown, true));
    assert!(tags.contains("l:articles_category_lnk:a1") && tags.contains("l:articles_category_lnk:c1"));
}

#[test]
fn what_shows_some_of_the_related_documents_depends_on_all_of_them() {
    let tags = article_tags(r#""populate":{"category":{"limit":1}}"#, "[]", true);
    assert!(
        tags.contains(&"w:api::category.category".to_owned()) && tags.contains(&"r:articles_category_lnk".to_owned())
    );
}

#[test]
fn other_locales_that_are_shown_count_as_well() {
    let shown = r#"[["api::article.article","a1","en"]]"#;
    assert!(article_tags(r#""populate":["localizations"]"#, shown, true).contains(&"d:a1".to_owned()));
}

#[test]
fn what_may_show_drafts_depends_on_them() {
    let shown = r#"{"documents":[["api::article.article","a1",null]],"complete":true,"published":false}"#;
    for params in [
        "{}",
        r#"{"where":{"publishedAt":{"$null":true}}}"#,
        r#"{"where":{"$or":[{"publishedAt":{"$notNull":true}},{"title":"x"}]}}"#,
        r#"{"where":{"$not":{"publishedAt":{"$notNull":true}}}}"#,
        r#"{"where":{"publishedAt":{"$notNull":false}}}"#,
    ] {
        let tags = tags_of(ARTICLE, params, shown);
        for tag in ["s:api::article.article", "s:api::article.article~", "d:a1", "d:a1~"] {
            assert!(tags.contains(tag), "{params}: {tag} in {tags:?}");
        }
    }
}

#[test]
fn rows_that_do_not_tell_what_they_are_stand_for_all_of_their_type() {
    let tags = tags_of(ARTICLE, "{}", &found(r#"[["api::article.article",null,null]]"#, true));
    assert!(tags.contains("w:api::article.article"));
    assert!(tags_of(ARTICLE, "{}", "null").contains("w:api::article.article~"));
    let whole = r#"{"documents":[],"complete":true,"published":true,"whole":true}"#;
    assert!(tags_of(ARTICLE, "{}", whole).contains("w:api::article.article"));
}

#[test]
fn documents_without_number_are_told_by_their_type() {
    let documents: Vec<String> = (0..500).map(|n| format!(r#"["api::article.article","a{n}","en"]"#)).collect();
    let tags = article_tags(r#""populate":["category"]"#, &format!("[{}]", documents.join(",")), true);
    assert_eq!(tags, ["r:articles_category_lnk", "s:api::article.article@en", "w:api::article.article"]);
}

#[test]
fn every_type_that_has_a_part_is_told() {
    let category = ["api::category.category"];
    assert_eq!(types_of(r#"{"filters":{"category":{"slug":{"$eq":"x"}}}}"#), category);
    assert_eq!(types_of(r#"{"sort":["category.parent.name"]}"#), ["api::category.category", "api::section.section"]);
    assert_eq!(
        types_of(r#"{"populate":{"category":{"populate":{"parent":{"populate":"*"}}}}}"#),
        ["api::category.category", "api::section.section"]
    );
    assert_eq!(types_of(r#"{"populate":"seo.image"}"#), ["plugin::upload.file", "shared.seo"]);
    assert_eq!(
        types_of(r#"{"populate":{"blocks":{"on":{"shared.quote":{"populate":{"author":true}}}}}}"#),
        ["api::author.author", "shared.quote", "shared.seo"]
    );
    let all = ["*", "api::category.category", "plugin::upload.file", "shared.quote", "shared.seo"];
    for populate in [r#""*""#, "true", r#"["*"]"#, r#"{"*":true}"#] {
        assert_eq!(types_of(&format!(r#"{{"populate":{populate}}}"#)), all, "{populate}");
    }
}

#[test]
fn what_is_not_known_depends_on_everything() {
    assert_eq!(types_of(r#"{"populate":{"mystery":true}}"#), ["*"]);
    assert_eq!(types_of(r#"{"populate":"owner"}"#), ["*"]);
    let deep = (0..40).fold("true".to_owned(), |inner, i| {
        let name = if i % 2 == 0 { "articles" } else { "category" };
        format!(r#"{{"populate":{{"{name}":{inner}}}}}"#)
    });
    assert!(types_of(&deep).contains(&"*".to_owned()));
    assert!(tags_of(ARTICLE, &deep, "null").contains("w:*"));
}

#[test]
fn reads_that_strapi_makes_on_its_own_do_not_make_an_answer_known() {
    let reads =
        r#"[["plugin::users-permissions.permission",{"where":{"role":{"type":"public"}}}],["strapi::core-store",{}]]"#;
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
fn a_write_of_which_nothing_else_is_known_touches_all_in_which_its_type_has_a_part() {
    let touched = schema().touched_by_write(["api::category.category"]);
    assert_eq!(touched, ["t:*", "t:api::category.category"].map(str::to_owned).into());
    assert!(schema().touched_by_write(["plugin::users-permissions.role"]).contains(AUTH_TAG));
}

fn row(public: bool, id: u32, title: &str) -> String {
    format!(r#"{{"public":{public},"locale":"en","values":{{"id":{id},"title":"{title}","slug":"s"}}}}"#)
}

fn touched(before: &str, after: &str) -> Vec<String> {
    let changes = format!(
        r#"{{"documents":[{{"uid":"{ARTICLE}","id":"a1","before":{{"rows":[{before}],"links":[]}},"after":{{"rows":[{after}],"links":[]}}}}]}}"#
    );
    schema().touched_by_changes(&changes).expect("understood").into_iter().collect()
}

#[test]
fn a_write_that_changes_nothing_touches_nothing() {
    assert!(touched(&row(true, 1, "x"), &row(true, 1, "x")).is_empty());
}

#[test]
fn a_document_that_is_published_again_touches_what_shows_it_and_the_fields_that_changed() {
    let names = touched(&row(true, 1, "x"), &row(true, 2, "y"));
    let of = |name: &str| [name.to_owned(), format!("{name}@en")];
    let wanted: BTreeSet<String> =
        ["d:a1", "f:api::article.article.id", "f:api::article.article.title", "w:*", "w:api::article.article"]
            .iter()
            .flat_map(|name| of(name))
            .collect();
    assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), wanted);
}

#[test]
fn a_document_that_appears_or_goes_touches_the_set() {
    for (before, after) in [(String::new(), row(true, 1, "x")), (row(true, 1, "x"), String::new())] {
        let names = touched(&before, &after);
        for name in ["s:api::article.article", "s:api::article.article@en", "d:a1"] {
            assert!(names.contains(&name.to_owned()), "{name} in {names:?}");
        }
    }
}

#[test]
fn a_draft_touches_nothing_that_shows_published_documents() {
    let names = touched(&row(false, 1, "x"), &row(false, 1, "y"));
    assert!(!names.is_empty() && names.iter().all(|name| name.contains('~')), "{names:?}");
}

#[test]
fn a_field_that_was_written_counts_whatever_it_was_before() {
    let rows = row(true, 1, "x");
    let changes = format!(
        r#"{{"documents":[{{"uid":"{ARTICLE}","id":"a1","fields":["title"],"before":{{"rows":[{rows}],"links":[]}},"after":{{"rows":[{rows}],"links":[]}}}}]}}"#
    );
    let names = schema().touched_by_changes(&changes).expect("understood");
    assert!(names.contains("f:api::article.article.title") && names.contains("d:a1@en"), "{names:?}");
}

#[test]
fn a_link_that_comes_or_goes_touches_both_of_its_ends() {
    let link = |public: bool| format!(r#"["articles_category_lnk",{public},"en","c1","k",1]"#);
    let touched = |before: &str, after: &str| {
        let changes = format!(
            r#"{{"documents":[{{"uid":"{ARTICLE}","id":"a1","before":{{"rows":[],"links":[{before}]}},"after":{{"rows":[],"links":[{after}]}}}}]}}"#
        );
        schema().touched_by_changes(&changes).expect("understood").into_iter().collect::<Vec<_>>()
    };
    let edge = [
        "l:api::article.article",
        "l:api::category.category",
        "l:articles_category_lnk:a1",
        "l:articles_category_lnk:c1",
        "r:articles_category_lnk",
    ];
    assert_eq!(touched("", &link(true)), edge);
    assert_eq!(touched(&link(true), ""), edge);
    assert_eq!(touched("", &link(false)), edge.map(|name| format!("{name}~")));
    assert!(touched(&link(true), &link(true)).is_empty());
    let written = format!(
        r#"{{"documents":[{{"uid":"{ARTICLE}","id":"a1","linked":true,"before":{{"rows":[],"links":[{0}]}},"after":{{"rows":[],"links":[{0}]}}}}]}}"#,
        link(true)
    );
    assert_eq!(schema().touched_by_changes(&written).expect("understood"), edge.map(str::to_owned).into());
    let moved = link(true).replace(",1]", ",2]");
    let ordered = ["l:api::article.article", "l:api::category.category", "l:articles_category_lnk:a1"];
    assert_eq!(touched(&link(true), &moved), ordered);
}

#[test]
fn a_draft_that_takes_a_document_away_touches_what_shows_from_whom() {
    let changes = r#"{"documents":[{"uid":"api::category.category","id":"c1","before":{"rows":[],"links":[]},"after":{"rows":[],
        "links":[["articles_category_lnk",false,null,"a1","k",1]]}}]}"#;
    let names = schema().touched_by_changes(changes).expect("understood");
    let edge = [
        "l:api::article.article",
        "l:api::category.category",
        "l:articles_category_lnk:a1",
        "l:articles_category_lnk:c1",
        "r:articles_category_lnk",
    ];
    assert_eq!(names, edge.into_iter().flat_map(|name| [name.to_owned(), format!("{name}~")]).collect());
}

#[test]
fn a_component_touches_the_documents_that_show_it() {
    let changes = r#"{"components":[{"uid":"shared.seo","owners":[{"uid":"api::article.article","id":"a1","public":true,"locale":null}]}]}"#;
    let names = schema().touched_by_changes(changes).expect("understood");
    assert_eq!(names, ["d:a1", "w:*", "w:api::article.article", "w:shared.seo"].map(str::to_owned).into());
    let orphan =
        schema().touched_by_changes(r#"{"components":[{"uid":"shared.seo","owners":[]}]}"#).expect("understood");
    assert!(orphan.contains("w:shared.seo") && orphan.contains("w:shared.seo~"));
}

#[test]
fn a_tag_given_by_hand_cannot_reach_our_own_fields() {
    assert_eq!(custom_tag("seq"), "x:seq");
    assert_eq!(custom_tag("a\nfloor"), "x:a floor");
    assert_eq!(custom_tag("t:api::a.a"), "t:api::a.a");
}

#[test]
fn who_keeps_published_content_alone_hears_of_nothing_else() {
    let changes = |uid: &str, public: bool| {
        let (before, after) = (row(public, 1, "x"), row(public, 2, "x"));
        format!(
            r#"{{"documents":[{{"uid":"{uid}","id":"a1","before":{{"rows":[{before}],"links":[]}},"after":{{"rows":[{after}],"links":[]}}}}]}}"#
        )
    };
    let told = |types: &[&str], changes: &[String]| {
        let types: Vec<String> = types.iter().map(|uid| (*uid).to_owned()).collect();
        schema().public_tags(&types, changes).expect("understood").into_iter().collect::<Vec<_>>()
    };
    let tags = ["d:a1", "f:api::article.article.id", "w:api::article.article"];
    assert_eq!(told(&[], &[changes(ARTICLE, true)]), tags);
    assert!(told(&[], &[changes(ARTICLE, false), changes("admin::user", true)]).is_empty());
    assert_eq!(told(&[ARTICLE, "admin::user", "strapi::core-store"], &[]), ["t:api::article.article"]);
    assert!(told(&["plugin::users-permissions.role"], &[]).contains(&AUTH_TAG.to_owned()));
}
