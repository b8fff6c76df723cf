//! Why a call may not go out, in words that help its author and tell an attacker nothing.
//!
//! A refusal is decided without touching the target, so its text cannot say whether a port is open or
//! who answers there.

use std::fmt;

use flowforge_engine::{Failure, FailureKind};
use url::ParseError;

use super::address::Class;

/// The host and port of a call; an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Why a call may not go out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("calls use http or https, not {scheme}")]
    Scheme { scheme: String },
    #[error("{target} is {class}, and calls go to public addresses only")]
    Address { target: Target, class: Class },
    #[error("{target} is a name inside a private network, and calls go to public addresses only")]
    PrivateName { target: Target },
    #[error("the name of {target} leads to {class}, and calls go to public addresses only")]
    Resolved { target: Target, class: Class },
    #[error("port {} is not one that HTTP is served on", .target.port)]
    Port { target: Target },
    #[error("the host is not a valid IP address")]
    Literal,
    #[error("a URL must not carry a user name or password")]
    Userinfo,
    #[error("a URL needs a host of at most 253 characters")]
    Host,
}

impl Refusal {
    /// The refusal of a host that looks like an IP address and is none. Failing closed: what we cannot
    /// read as an address, another reader might.
    pub(crate) fn of_parse_error(error: ParseError) -> Option<Self> {
        matches!(
            error,
            ParseError::InvalidIpv4Address | ParseError::InvalidIpv6Address
        )
        .then_some(Self::Literal)
    }

    /// The failure of a call that was refused, in its own URL or in one that it was redirected to.
    pub(crate) fn into_failure(self, redirected: bool) -> Failure {
        let start = if redirected {
            "blocked after a redirect"
        } else {
            "blocked"
        };
        let failure = Failure::new(self.kind(), format!("{start}: {self}"));
        match self.hint() {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }

    fn kind(&self) -> FailureKind {
        match self {
            Self::Userinfo | Self::Host => FailureKind::InvalidParameter,
            _ => FailureKind::BlockedAddress,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Scheme { .. } => {
                Some("write the URL with http:// or https:// in front".to_owned())
            }
            Self::Address { target, .. }
            | Self::PrivateName { target }
            | Self::Resolved { target, .. }
            | Self::Port { target } => Some(format!(
                "if the call is meant, allow it with --allow-host {target}"
            )),
            Self::Userinfo => {
                Some("send the header Authorization instead: a URL is kept and shown".to_owned())
            }
            Self::Literal | Self::Host => None,
        }
    }
}
