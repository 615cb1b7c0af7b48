//! How far into a database's history a client has been shown to be: the sync token that goes with its requests.
//!
//! Source: <https://upstash.com/docs/redis/howto/readyourwrites>. A token says nothing to us, so two of them can't be
//! compared. Which one knows more follows from when requests were sent and answered.

/// The newest token, and of how many of the answered writes it is known to tell.
#[derive(Debug, Default)]
pub struct Position {
    token: Option<String>,
    /// Writes that were answered with a token.
    answered: u64,
    /// The first so many of them the token tells of for certain.
    told: u64,
    /// Changes with the token.
    serial: u64,
}

/// The position as it was when a request was sent.
#[derive(Debug, Clone)]
pub struct Ticket {
    pub token: Option<String>,
    answered: u64,
    told: u64,
    serial: u64,
}

/// Who answered a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The primary carried out a write.
    Write,
    /// The primary answered a read.
    Primary,
    /// Any server answered a read.
    Anyone,
}

impl Position {
    pub fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Takes over somebody else's position.
    pub fn set(&mut self, token: Option<String>) {
        self.replace(token.filter(|token| !token.is_empty()), self.answered);
    }

    pub fn ticket(&self) -> Ticket {
        Ticket { token: self.token.clone(), answered: self.answered, told: self.told, serial: self.serial }
    }

    /// Whether the token tells of every write that was answered. Of writes that were under way together it is not known
    /// which answer came from later, until one that was sent after both is answered.
    pub fn is_certain(&self) -> bool {
        self.told == self.answered
    }

    /// Takes the token of an answer.
    pub fn answered(&mut self, ticket: &Ticket, from: Source, token: Option<&str>) {
        // From a server that gives none nothing is learned.
        let Some(token) = token.filter(|token| !token.is_empty()) else { return };
        let told = match from {
            Source::Write => {
                let told = if ticket.answered == self.answered { self.answered + 1 } else { ticket.answered };
                self.answered += 1;
                return self.replace(Some(token.to_owned()), told);
            }
            Source::Primary => ticket.answered,
            Source::Anyone => ticket.told,
        };
        // A slow read must not take the client back to before a write that was answered meanwhile.
        if told > self.told || (told == self.told && ticket.serial == self.serial) {
            self.replace(Some(token.to_owned()), told);
        }
    }

    fn replace(&mut self, token: Option<String>, told: u64) {
        self.token = token;
        self.told = told;
        self.serial += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slow_read_does_not_take_back_what_a_write_has_told_since() {
        let mut position = Position::default();
        let slow = position.ticket();
        position.answered(&position.ticket(), Source::Write, Some("10"));
        position.answered(&slow, Source::Anyone, Some("5"));
        assert_eq!(position.token().as_deref(), Some("10"));
        assert!(position.is_certain());
    }

    #[test]
    fn of_writes_under_way_together_no_token_is_known_to_be_newer_until_one_after_both() {
        let mut position = Position::default();
        let (first, second) = (position.ticket(), position.ticket());
        position.answered(&second, Source::Write, Some("11"));
        position.answered(&first, Source::Write, Some("10"));
        assert!(!position.is_certain());
        position.answered(&position.ticket(), Source::Primary, Some("12"));
        assert!(position.is_certain());
        assert_eq!(position.token().as_deref(), Some("12"));
    }

    #[test]
    fn a_server_without_tokens_leaves_everything_as_it_is() {
        let mut position = Position::default();
        position.answered(&position.ticket(), Source::Write, None);
        position.answered(&position.ticket(), Source::Write, Some(""));
        assert!(position.is_certain());
        assert_eq!(position.token(), None);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Send(bool),
        /// The request of this place among those under way is carried out, or answered if it has been.
        Go(usize),
    }

    struct Sent {
        ticket: Ticket,
        writes: bool,
        /// Its token, once it is carried out.
        token: Option<u64>,
    }

    proptest! {
        /// Against a server whose tokens count its writes, with a replica that is as far behind as a token allows:
        /// requests are carried out and answered in any order.
        #[test]
        fn what_is_sent_to_a_replica_carries_a_token_that_tells_of_every_answered_write(
            steps in proptest::collection::vec(
                prop_oneof![1 => any::<bool>().prop_map(Step::Send), 2 => (0..6_usize).prop_map(Step::Go)], 0..80)
        ) {
            let mut position = Position::default();
            let mut under_way: Vec<Sent> = Vec::new();
            let (mut written, mut newest_answered) = (0_u64, 0_u64);
            for step in steps {
                match step {
                    Step::Send(writes) => {
                        let ticket = position.ticket();
                        let told: u64 = ticket.token.as_ref().map_or(0, |token| token.parse().expect("a number"));
                        prop_assert!(!position.is_certain() || told >= newest_answered);
                        under_way.push(Sent { ticket, writes, token: None });
                    }
                    Step::Go(at) if at < under_way.len() => match under_way[at].token {
                        None => {
                            let sent = &mut under_way[at];
                            let carried = sent.ticket.token.as_ref().map_or(0, |token| token.parse().expect("a number"));
                            written += u64::from(sent.writes);
                            sent.token = Some(if sent.writes { written } else { carried });
                        }
                        Some(token) => {
                            let sent = under_way.remove(at);
                            let from = if sent.writes { Source::Write } else { Source::Anyone };
                            if sent.writes {
                                newest_answered = newest_answered.max(token);
                            }
                            let text = token.to_string();
                            position.answered(&sent.ticket, from, Some(&text).filter(|_| token > 0).map(String::as_str));
                        }
                    },
                    Step::Go(_) => {}
                }
            }
        }
    }
}
