//! A Lua script that is sent by its hash and, when the server does not know it, whole.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sha1::{Digest, Sha1};

use super::{Client, Command, Reply};
use crate::error::{ErrorKind, Result};

/// Source and SHA-1 of a script. Runs by `EVALSHA`, then `EVAL` on `NOSCRIPT`.
pub struct Script {
    source: &'static str,
    sha: String,
}

impl Script {
    pub fn new(source: &'static str) -> Self {
        let sha = Sha1::digest(source).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { source, sha }
    }

    /// Runs the script with its keys and arguments, within `deadline` even when it has to be sent twice.
    ///
    /// # Errors
    /// As [`Client::command`].
    pub async fn run(
        &self,
        client: &Arc<Client>,
        keys: &[&str],
        arguments: Command,
        deadline: Duration,
    ) -> Result<Reply> {
        let mut command: Command = vec!["EVALSHA".to_owned(), self.sha.clone(), keys.len().to_string()];
        command.extend(keys.iter().map(|key| (*key).to_owned()));
        command.extend(arguments);
        let until = Instant::now() + deadline;
        match client.command(&command, deadline).await {
            Err(ErrorKind::Redis(message)) if message.starts_with("NOSCRIPT") => {
                command[0] = "EVAL".to_owned();
                self.source.clone_into(&mut command[1]);
                client.command(&command, until.saturating_duration_since(Instant::now())).await
            }
            reply => reply,
        }
    }
}
