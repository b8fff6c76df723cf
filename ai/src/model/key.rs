//! The key of an endpoint: it goes into one header, and nowhere else.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// Longest key, in bytes.
const KEY_BYTES_MAX: usize = 4096;
/// Keys shorter than this are not searched for in texts: a key like `x` would tear every sentence apart.
const HIDDEN_BYTES_MIN: usize = 6;

/// A key. `Debug` and `Display` never show it, and it cannot be serialised.
#[derive(Clone)]
pub struct Key(SecretString);

/// A text that cannot be a key. Does not say which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key is empty, too long, or has characters that no header can carry")]
pub struct KeyError;

impl Key {
    /// A key; white space around it, as files have it, is dropped.
    ///
    /// # Errors
    /// When nothing is left, or a header cannot carry it.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let fits = !text.is_empty()
            && text.len() <= KEY_BYTES_MAX
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(text.into())).ok_or(KeyError)
    }

    /// The text without the key: endpoints have been seen to quote it when they refuse it.
    pub(crate) fn hide(&self, text: &str) -> String {
        let key = self.0.expose_secret();
        if key.len() < HIDDEN_BYTES_MIN {
            return text.to_owned();
        }
        text.replace(key, "[key]")
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[key]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_shown() {
        let key = Key::new(" sk-canary-123\n").expect("a key");
        assert_eq!(format!("{key:?} {key}"), "Key [key]");
        assert_eq!(key.hide("bad key sk-canary-123!"), "bad key [key]!");
        for text in ["", " ", "a\nb", "schlüssel", &"x".repeat(5000)] {
            assert_eq!(Key::new(text).err(), Some(KeyError), "{text:?}");
        }
    }
}
