//! What a replica's answers are worth. It is nearer than the primary and knows less, so whatever it does not answer well
//! is asked of the primary, at once and for no retry.

use std::time::Duration;

use super::transport::Answer;

/// How long a replica may take, and no more than half of what the call may: beyond it, being near is no help.
pub const DEADLINE: Duration = Duration::from_secs(3);

/// How a refusal of a command begins, alone or in a list.
const REFUSAL: &[u8] = br#"{"error":""#;
/// Refusals of a server that is not up to date, or that is asked for what only the primary can do. A script is known to
/// the server that was told it; nothing replicates that.
const DEFERRED: [&[u8]; 4] = [b"NOSCRIPT", b"READONLY", b"LOADING", b"MASTERDOWN"];

/// Whether it is an answer at all, and not some server's trouble.
pub fn is_answer(answer: &Answer) -> bool {
    let first = answer.body.iter().find(|byte| !byte.is_ascii_whitespace());
    answer.status < 500 && matches!(first, Some(b'{' | b'['))
}

/// Whether the primary has to be asked for any command in it. No text in a reply can look like this: its quotes are
/// escaped.
pub fn defers(body: &[u8]) -> bool {
    let starts = body.iter().enumerate().filter(|(_, byte)| **byte == b'{').map(|(at, _)| at);
    let mut refusals = starts.filter_map(|at| body[at..].strip_prefix(REFUSAL));
    refusals.any(|text| DEFERRED.iter().any(|code| text.starts_with(code)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_go_to_the_primary_and_texts_that_speak_of_them_do_not() {
        assert!(defers(br#"{"error":"NOSCRIPT No matching script."}"#));
        assert!(defers(br#"[{"result":"x"},{"error":"READONLY You can't write against a read only replica."}]"#));
        assert!(!defers(br#"{"result":"{\"error\":\"NOSCRIPT\"}"}"#));
        assert!(!defers(br#"{"error":"WRONGTYPE Operation"}"#));
    }

    #[test]
    fn a_page_and_a_servers_trouble_are_no_answers() {
        let answer = |status, body: &str| Answer { status, body: body.as_bytes().to_vec(), sync_token: None };
        assert!(is_answer(&answer(200, r#"{"result":1}"#)));
        assert!(is_answer(&answer(400, r#" {"error":"ERR"}"#)));
        assert!(!is_answer(&answer(200, "<!doctype html>")));
        assert!(!is_answer(&answer(503, r#"{"error":"busy"}"#)));
        assert!(!is_answer(&answer(200, "")));
    }
}
