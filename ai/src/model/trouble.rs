//! What went wrong in one exchange with an endpoint, before it is decided whether to try again.

use super::ModelError;
use super::key::Key;

/// Longest part of an endpoint's words that an error quotes, in characters.
const QUOTE_CHARS_MAX: usize = 300;

/// One failed exchange.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Trouble {
    /// An answer with a status that is no success.
    #[error("{status}: {message}")]
    Status {
        status: u16,
        message: String,
        /// How long the endpoint asks to be left alone.
        retry_after_ms: Option<u64>,
    },
    /// No connection, or it broke.
    #[error("{0}")]
    Connection(String),
    /// Nothing came for so many milliseconds.
    #[error("nothing came for {0} ms")]
    Silence(u64),
    /// What came cannot be used.
    #[error("{0}")]
    Bad(String),
    /// JSON was asked for, and there is none: the server seems to ignore the shape.
    #[error("it has no JSON")]
    NoJson,
}

impl Trouble {
    /// Whether the same call may go well a little later.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::Connection(_) => true,
            Self::Silence(_) | Self::Bad(_) | Self::NoJson => false,
        }
    }

    /// As it may be shown: short, and without the key, which endpoints have been seen to quote.
    pub(crate) fn fit_to_show(self, key: Option<&Key>) -> Self {
        let shown = |text: String| quote(&key.map_or(text.clone(), |key| key.hide(&text)));
        match self {
            Self::Status {
                status,
                message,
                retry_after_ms,
            } => Self::Status {
                status,
                message: shown(message),
                retry_after_ms,
            },
            Self::Connection(message) => Self::Connection(shown(message)),
            Self::Bad(message) => Self::Bad(shown(message)),
            other @ (Self::Silence(_) | Self::NoJson) => other,
        }
    }

    /// As it is told after so many attempts.
    pub(crate) fn told(self, attempts: u32) -> ModelError {
        match self {
            Self::NoJson => ModelError::BadAnswer(self.to_string()),
            Self::Bad(message) => ModelError::BadAnswer(message),
            Self::Silence(ms) => ModelError::Timeout(ms.div_ceil(1000)),
            passing if passing.is_passing() => ModelError::Unavailable {
                attempts,
                message: passing.to_string(),
            },
            Self::Status {
                status, message, ..
            } => ModelError::Refused { status, message },
            Self::Connection(message) => ModelError::Unavailable { attempts, message },
        }
    }
}

/// An endpoint's words, short enough for a sentence: control characters become spaces.
pub(crate) fn quote(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(QUOTE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}
