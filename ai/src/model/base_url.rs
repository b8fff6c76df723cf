//! Where an endpoint is: a URL that `/chat/completions` is appended to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::{Origin, Url};

/// The endpoint that is used when only a key is given.
pub const OPENROUTER: &str = "https://openrouter.ai/api/v1";

/// The base URL of an OpenAI-compatible endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl(Url);

/// Why a text is no base URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// It is not a URL.
    #[error("the base URL cannot be read: {0}")]
    Malformed(#[from] url::ParseError),
    /// It has parts that a base URL must not have.
    #[error("the base URL must be http or https, without user, password, query and fragment")]
    Parts,
}

impl BaseUrl {
    /// OpenRouter's.
    #[must_use]
    pub fn openrouter() -> Self {
        OPENROUTER.parse().expect("a URL of our own")
    }

    /// Whether it is OpenRouter, which wants to know who calls, and tells what a call cost.
    #[must_use]
    pub fn is_openrouter(&self) -> bool {
        self.0.host_str() == Some("openrouter.ai")
    }

    /// Scheme, host and port: a key belongs to one of these.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.0.origin()
    }

    /// Whether it is on this very machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self.0.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }

    /// Without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim())?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        plain.then_some(Self(url)).ok_or(BaseUrlError::Parts)
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = BaseUrlError;

    fn try_from(text: String) -> Result<Self, BaseUrlError> {
        text.parse()
    }
}

impl From<BaseUrl> for String {
    fn from(url: BaseUrl) -> Self {
        url.as_str().to_owned()
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_plain_and_ends_without_a_slash() {
        let url: BaseUrl = "http://127.0.0.1:11434/v1/".parse().expect("a URL");
        assert_eq!(url.as_str(), "http://127.0.0.1:11434/v1");
        assert!(url.is_local() && !url.is_openrouter());
        assert!(BaseUrl::openrouter().is_openrouter() && !BaseUrl::openrouter().is_local());
        for text in [
            "file:///etc/passwd",
            "http://user:word@host/v1",
            "http://host/v1?key=1",
            "http://host/#a",
        ] {
            assert_eq!(text.parse::<BaseUrl>(), Err(BaseUrlError::Parts), "{text}");
        }
        assert!("openrouter.ai".parse::<BaseUrl>().is_err());
    }
}
