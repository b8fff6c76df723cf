//! A secret: 256 random bits, shown once, known afterwards by its hash only.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes of chance in a secret.
const BYTES: usize = 32;
/// Longest text that is looked at as a secret.
const TEXT_MAX: usize = 128;

/// What is kept of a secret. Guessing the secret from it, or by timing comparisons of it, is hopeless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SecretHash(pub(crate) [u8; 32]);

/// A secret in clear. It is never logged.
pub(crate) struct Secret(String);

impl Secret {
    /// A new secret.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes)?;
        Ok(Self(format!("ff_{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The text to show.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// Its hash.
    pub(crate) fn hash(&self) -> SecretHash {
        SecretHash(*blake3::hash(self.0.as_bytes()).as_bytes())
    }
}

impl SecretHash {
    /// The hash of what somebody shows.
    pub(crate) fn of(shown: &str) -> Option<Self> {
        (shown.len() <= TEXT_MAX).then(|| Self(*blake3::hash(shown.as_bytes()).as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
