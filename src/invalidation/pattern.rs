//! Redis glob patterns over keys, matched in process exactly as `SCAN … MATCH` matches them.
//!
//! Source: the Redis documentation of `KEYS`: `*`, `?`, `[abc]`, `[^a]`, `[a-c]`, and `\` to escape.

/// A glob over whole keys (`strapi:/api/articles*`).
///
/// Keys end with `#` and a hash of what cannot be read in them. A pattern that names neither the hash nor ends with
/// `*` means every key of that URL: `strapi:/api/articles` is `strapi:/api/articles#*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    pub fn new(text: &str) -> Self {
        let whole = text.ends_with('*') || text.contains('#');
        Self(if whole { text.to_owned() } else { format!("{text}#*") })
    }

    /// The glob that Redis is given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn matches(&self, key: &str) -> bool {
        glob(self.0.as_bytes(), key.as_bytes())
    }
}

/// Linear in practice: only the last `*` is ever tried again, since an earlier one can match no more than it did.
pub fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if p < pattern.len() && pattern[p] == b'*' {
            p += 1;
            retry = Some((p, t));
            continue;
        }
        if t == text.len() && p == pattern.len() {
            return true;
        }
        let step = if t < text.len() { one(&pattern[p..], text[t]) } else { None };
        match (step, retry) {
            (Some(taken), _) => {
                p += taken;
                t += 1;
            }
            (None, Some((after, from))) if from < text.len() => {
                retry = Some((after, from + 1));
                p = after;
                t = from + 1;
            }
            _ => return false,
        }
    }
}

/// How many bytes of the pattern match this one byte, if it does.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [] => None,
        [b'?', ..] => Some(1),
        [b'\\', escaped, ..] => (*escaped == byte).then_some(2),
        [b'[', rest @ ..] => class(rest, byte).map(|taken| taken + 1),
        [literal, ..] => (*literal == byte).then_some(1),
    }
}

fn class(rest: &[u8], byte: u8) -> Option<usize> {
    let negated = rest.first() == Some(&b'^');
    let mut at = usize::from(negated);
    let mut hit = false;
    // As in Redis, a class that is never closed ends with the pattern.
    while at < rest.len() && rest[at] != b']' {
        match &rest[at..] {
            [b'\\', escaped, ..] => {
                hit |= *escaped == byte;
                at += 2;
            }
            [from, b'-', to, ..] => {
                hit |= (*from.min(to)..=*from.max(to)).contains(&byte);
                at += 3;
            }
            [single, ..] => {
                hit |= *single == byte;
                at += 1;
            }
            [] => break,
        }
    }
    (hit != negated).then_some((at + 1).min(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, text: &str) -> bool {
        glob(pattern.as_bytes(), text.as_bytes())
    }

    #[test]
    fn globs_mean_what_redis_says_they_mean() {
        for (pattern, text, expected) in [
            ("h?llo", "hello", true),
            ("h?llo", "hllo", false),
            ("h*llo", "heeeello", true),
            ("h*llo", "hllo", true),
            ("h[ae]llo", "hallo", true),
            ("h[ae]llo", "hillo", false),
            ("h[^e]llo", "hallo", true),
            ("h[^e]llo", "hello", false),
            ("h[a-b]llo", "hbllo", true),
            ("h[b-a]llo", "hallo", true),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            ("*a*b*c", "xxaxxbxxc", true),
            ("*a*b*c", "xxaxxbxx", false),
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_plain_url_means_that_url_whatever_its_hash() {
        let pattern = Pattern::new("strapi:/api/articles");
        assert!(pattern.matches("strapi:/api/articles#0f"));
        assert!(!pattern.matches("strapi:/api/articles/1#0f"));
        assert!(Pattern::new("strapi:/api/articles*").matches("strapi:/api/articles/1?a=b#0f"));
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        assert!(!matches(&"*a".repeat(40), &"a".repeat(39)));
        assert!(!matches(&format!("{}b", "a*".repeat(60)), &"a".repeat(4_000)));
    }

    proptest! {
        #[test]
        fn an_escaped_text_matches_itself_and_nothing_longer(text in "[ -~]{0,40}") {
            let escaped: String = text.chars().flat_map(|c| ['\\', c]).collect();
            prop_assert!(matches(&escaped, &text));
            let longer = format!("{text}x");
            prop_assert!(!matches(&escaped, &longer));
        }

        #[test]
        fn any_pattern_ends(pattern in "[a*?\\[\\]^\\\\-]{0,24}", text in "[ab\\]]{0,24}") {
            let _ = matches(&pattern, &text);
        }
    }
}
