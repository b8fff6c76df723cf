//! Hosts that the operator allows by name, although they may not be public.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// A host, and perhaps one port of it, that calls may go to whatever its address is.
///
/// Written `HOST[:PORT]`: `localhost:8080`, `10.0.0.5`, `[::1]:8080`. Without a port all ports are
/// allowed. A name is matched as it stands in the URL: allowing `127.0.0.1` does not allow `localhost`,
/// because whoever answers for a name could point it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    host: Host,
    port: Option<u16>,
}

/// Why a text is not an [`AllowedHost`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AllowedHostError {
    /// There is something else around the host.
    #[error("expected HOST[:PORT] such as localhost:8080, found {0:?}")]
    Shape(String),
    /// The part before the port is not a host.
    #[error("{0:?} is not a host name or IP address")]
    Host(String),
    /// The part after the colon is not a port.
    #[error("{0:?} is not a port from 1 to 65535")]
    Port(String),
}

impl AllowedHost {
    /// Whether calls to this URL are allowed by it.
    pub(crate) fn allows(&self, url: &Url) -> bool {
        let host = url.host().map(|host| without_dot(&host.to_owned()));
        host.as_ref() == Some(&self.host)
            && self
                .port
                .is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

impl FromStr for AllowedHost {
    type Err = AllowedHostError;

    fn from_str(text: &str) -> Result<Self, AllowedHostError> {
        let text = text.trim();
        if text.is_empty() || text.contains(['/', '@', '?', '#', '\\', '*', ' ', ',']) {
            return Err(AllowedHostError::Shape(text.to_owned()));
        }
        let (host, port) = split_port(text);
        Ok(Self {
            host: parse_host(host)?,
            port: port.map(parse_port).transpose()?,
        })
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => write!(f, "{}", self.host),
        }
    }
}

/// The text before and after the colon of the port. An IPv6 address without brackets has no port.
fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => (host, Some(port)),
        _ => (text, None),
    }
}

fn parse_host(text: &str) -> Result<Host, AllowedHostError> {
    let bracketed = if text.contains(':') && !text.starts_with('[') {
        &format!("[{text}]")
    } else {
        text
    };
    let host = Host::parse(bracketed).map_err(|_| AllowedHostError::Host(text.to_owned()))?;
    Ok(without_dot(&host))
}

fn parse_port(text: &str) -> Result<u16, AllowedHostError> {
    text.parse()
        .ok()
        .filter(|port| *port != 0)
        .ok_or_else(|| AllowedHostError::Port(text.to_owned()))
}

/// The host without the dot that ends a fully qualified name.
fn without_dot(host: &Host) -> Host {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').unwrap_or(name).to_owned()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allowed: &str, url: &str, expected: bool) {
        let host: AllowedHost = allowed.parse().expect(allowed);
        assert_eq!(
            host.allows(&Url::parse(url).expect(url)),
            expected,
            "{allowed} for {url}"
        );
    }

    #[test]
    fn a_host_without_a_port_allows_every_port_of_it() {
        check("127.0.0.1", "http://127.0.0.1/", true);
        check("127.0.0.1", "https://127.1:8443/", true);
        check("intern.example", "http://INTERN.example.:9/", true);
        check("intern.example.", "http://intern.example/", true);
        check("::1", "http://[::1]:8080/", true);
        check("[::1]", "http://[0:0::1]/", true);
    }

    #[test]
    fn a_host_with_a_port_allows_that_port() {
        check("127.0.0.1:8080", "http://127.0.0.1:8080/", true);
        check("127.0.0.1:8080", "http://127.0.0.1:8081/", false);
        check("127.0.0.1:80", "http://127.0.0.1/", true);
        check("127.0.0.1:80", "https://127.0.0.1/", false);
        check("[::1]:8080", "http://[::1]:8080/", true);
        check("[::1]:8080", "http://[::1]/", false);
    }

    #[test]
    fn another_host_is_not_allowed() {
        check("127.0.0.1", "http://localhost/", false);
        check("127.0.0.1", "http://127.0.0.2/", false);
        check("127.0.0.1", "http://[::ffff:127.0.0.1]/", false);
        check("intern.example", "http://a.intern.example/", false);
        check("intern.example", "http://intern.example.evil.test/", false);
        check("intern.example", "http://evilintern.example/", false);
    }

    #[test]
    fn what_is_not_a_host_is_refused_with_a_reason() {
        let fails = |text: &str| text.parse::<AllowedHost>().expect_err(text);
        for text in [
            "",
            " ",
            "http://localhost:80",
            "user@host",
            "*.example.com",
            "a b",
            "10.0.0.0/8",
        ] {
            assert_eq!(fails(text), AllowedHostError::Shape(text.trim().to_owned()));
        }
        for port in ["0", "65536", "x", "-1", ""] {
            assert_eq!(
                fails(&format!("host:{port}")),
                AllowedHostError::Port(port.to_owned())
            );
        }
        for host in ["[::1", "a:b:c", "1.2.3.4.5", "a%b", "[fe80::1%25eth0]"] {
            assert_eq!(fails(host), AllowedHostError::Host(host.to_owned()));
        }
    }

    #[test]
    fn it_prints_as_it_is_written() {
        for text in ["localhost:8080", "10.0.0.5", "[::1]:8080", "[::1]"] {
            assert_eq!(text.parse::<AllowedHost>().expect(text).to_string(), text);
        }
    }
}
