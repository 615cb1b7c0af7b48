//! The one error type of the engine. `node/error.rs` maps it to JavaScript errors with a `code`.

use thiserror::Error;

use crate::qstash::RateLimit;

/// Everything that can go wrong in the engine, comparable in tests.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option the user gave is wrong. The text names the option, what was found and what is allowed.
    #[error("{0}")]
    Config(String),
    /// The endpoint could not be reached, or the connection broke.
    #[error("Upstash could not be reached: {0}")]
    Network(String),
    /// No answer within the deadline, in milliseconds.
    #[error("Upstash did not answer within {0} ms")]
    Timeout(u64),
    /// An HTTP status that is no answer to a command.
    #[error("Upstash answered HTTP {status}: {body}")]
    Status { status: u16, body: String },
    /// An answer that is not of the REST protocol's form.
    #[error("Upstash answered something that is not its protocol: {0}")]
    Protocol(String),
    /// A command that can't be sent.
    #[error("{0}")]
    Command(String),
    /// Redis refused the command.
    #[error("{0}")]
    Redis(String),
    /// The circuit breaker is open: the endpoint failed lately and is not asked.
    #[error("Upstash is not asked at the moment: it failed {0} times in a row")]
    Unavailable(u32),
    /// A call of QStash that can't be made as it was asked for.
    #[error("{0}")]
    QstashCall(String),
    /// An empty list where QStash would take none for all.
    #[error(
        "Empty array provided for query parameter \"{0}\". This would result in no filter being applied, which could \
         affect all resources."
    )]
    QstashEmptyArray(String),
    /// QStash refused a call.
    #[error("{text}")]
    Qstash { status: u16, text: String },
    /// There were more calls of QStash than the plan has, for now or for today.
    #[error("{0}")]
    QstashRateLimit(Box<RateLimit>),
    /// A request that QStash has not signed.
    #[error("{0}")]
    QstashSignature(String),
}

impl ErrorKind {
    /// The stable code that JavaScript sees as `error.code`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(_) => "E_CONFIG",
            Self::Network(_) => "E_NETWORK",
            Self::Timeout(_) => "E_TIMEOUT",
            Self::Status { .. } => "E_STATUS",
            Self::Protocol(_) => "E_PROTOCOL",
            Self::Command(_) => "E_COMMAND",
            Self::Redis(_) => "E_REDIS",
            Self::Unavailable(_) => "E_UNAVAILABLE",
            Self::QstashCall(_) => "E_QSTASH_CALL",
            Self::QstashEmptyArray(_) => "E_QSTASH_EMPTY_ARRAY",
            Self::Qstash { .. } => "E_QSTASH",
            Self::QstashRateLimit(limit) if limit.daily => "E_QSTASH_DAILY_RATELIMIT",
            Self::QstashRateLimit(_) => "E_QSTASH_RATELIMIT",
            Self::QstashSignature(_) => "E_QSTASH_SIGNATURE",
        }
    }

    /// The same error with what the other side said rewritten.
    pub fn map_text(self, rewrite: impl Fn(&str) -> String) -> Self {
        match self {
            Self::Network(text) => Self::Network(rewrite(&text)),
            Self::Status { status, body } => Self::Status { status, body: rewrite(&body) },
            Self::Protocol(text) => Self::Protocol(rewrite(&text)),
            Self::Redis(text) => Self::Redis(rewrite(&text)),
            Self::Qstash { status, text } => Self::Qstash { status, text: rewrite(&text) },
            other @ (Self::Config(_)
            | Self::Command(_)
            | Self::Timeout(_)
            | Self::Unavailable(_)
            | Self::QstashCall(_)
            | Self::QstashEmptyArray(_)
            | Self::QstashRateLimit(_)
            | Self::QstashSignature(_)) => other,
        }
    }

    /// Whether the endpoint itself seems to be in trouble (these count for the circuit breaker),
    /// as opposed to one command that Redis refused.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Network(_) | Self::Timeout(_) | Self::Status { .. } | Self::Protocol(_))
    }
}

pub type Result<T> = std::result::Result<T, ErrorKind>;
