//! Decides where a call may go, before a name is looked up and before a packet is sent.
//!
//! The same parser reads the URL for the check and for the call, so there is no spelling of an address
//! that one of them understands and the other does not.

use std::net::IpAddr;

use url::{Host, Url};

use super::address::class_of;
use super::allow::AllowedHost;
use super::refusal::{Refusal, Target};

/// Longest host name that DNS knows, in bytes.
const HOST_BYTES_MAX: usize = 253;

/// Ports that speak something else than HTTP: those that browsers refuse (the Fetch standard's "bad
/// ports"), and common databases, queues and control ports.
const PORTS_REFUSED: &[u16] = &[
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101,
    102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427,
    445, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989,
    990, 993, 995, 1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 3659,
    4045, 4190, 5060, 5061, 5432, 5672, 6000, 6379, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6679,
    6697, 9042, 9092, 10080, 10250, 11211, 27017,
];

/// Endings of names that are never public: special-use names, and those given to private networks.
const PRIVATE_ENDINGS: &[&str] = &["localhost", "localdomain", "local", "internal", "home.arpa"];

/// On which ground a call may go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Every address that it connects to must be public.
    Public,
    /// The operator named the host; its address is not checked.
    Allowed,
}

/// The rules for where calls may go.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) allow: Vec<AllowedHost>,
    /// Refused besides the ports that nobody may call: those that this process listens on.
    pub(crate) own_ports: Vec<u16>,
}

impl Guard {
    /// Whether a call to `url` may go out. A name that passes must still resolve to public addresses only.
    pub(crate) fn check(&self, url: &Url) -> Result<Passage, Refusal> {
        let target = target(url)?;
        let passage = if self.allow.iter().any(|host| host.allows(url)) {
            Passage::Allowed
        } else {
            self.check_public(url, &target)?;
            Passage::Public
        };
        // A password in a URL would be kept in frames and shown to whoever reads the run.
        if url.username().is_empty() && url.password().is_none() {
            Ok(passage)
        } else {
            Err(Refusal::Userinfo)
        }
    }

    fn check_public(&self, url: &Url, target: &Target) -> Result<(), Refusal> {
        if let Some(class) = literal(url).and_then(class_of) {
            return Err(Refusal::Address {
                target: target.clone(),
                class,
            });
        }
        if url.domain().is_some_and(is_private_name) {
            return Err(Refusal::PrivateName {
                target: target.clone(),
            });
        }
        if PORTS_REFUSED.binary_search(&target.port).is_ok()
            || self.own_ports.contains(&target.port)
        {
            return Err(Refusal::Port {
                target: target.clone(),
            });
        }
        Ok(())
    }
}

/// The host and port of an http or https URL.
pub(crate) fn target(url: &Url) -> Result<Target, Refusal> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::Scheme {
            scheme: url.scheme().to_owned(),
        });
    }
    match (url.host_str(), url.port_or_known_default()) {
        (Some(host), Some(port)) if (1..=HOST_BYTES_MAX).contains(&host.len()) => Ok(Target {
            host: host.to_owned(),
            port,
        }),
        _ => Err(Refusal::Host),
    }
}

/// The host as an address, if it is written as one.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

fn is_private_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    PRIVATE_ENDINGS
        .iter()
        .any(|ending| match name.strip_suffix(ending) {
            Some(rest) => rest.is_empty() || rest.ends_with('.'),
            None => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allow: &[&str], url: &str) -> Result<Passage, Refusal> {
        let allow = allow.iter().map(|host| host.parse().expect(host)).collect();
        Guard {
            allow,
            own_ports: vec![7700],
        }
        .check(&Url::parse(url).expect(url))
    }

    #[test]
    fn public_urls_pass() {
        for url in [
            "http://example.com/",
            "https://example.com:8443/a",
            "http://8.8.8.8/",
            "https://[2606:4700::1]/",
        ] {
            assert_eq!(check(&[], url), Ok(Passage::Public), "{url}");
        }
    }

    #[test]
    fn private_names_are_refused_however_they_are_dotted() {
        for host in [
            "localhost",
            "LOCALHOST.",
            "foo.localhost",
            "localhost..",
            "printer.local",
            "router.home.arpa",
        ] {
            let found = check(&[], &format!("http://{host}/"));
            assert!(
                matches!(found, Err(Refusal::PrivateName { .. })),
                "{host}: {found:?}"
            );
        }
        assert!(matches!(
            check(&[], "http://metadata.google.internal./"),
            Err(Refusal::PrivateName { .. })
        ));
        assert_eq!(check(&[], "http://mylocalhost.com/"), Ok(Passage::Public));
        assert_eq!(check(&[], "http://notlocal/"), Ok(Passage::Public));
    }

    #[test]
    fn ports_of_other_protocols_and_our_own_are_refused() {
        assert!(PORTS_REFUSED.is_sorted(), "searched by halves");
        for port in [22, 25, 6379, 5432, 7700, 3306, 11211, 0] {
            let found = check(&[], &format!("http://example.com:{port}/"));
            assert!(
                matches!(found, Err(Refusal::Port { .. })),
                "{port}: {found:?}"
            );
        }
        assert_eq!(
            check(&["example.com:22"], "http://example.com:22/"),
            Ok(Passage::Allowed)
        );
        assert!(matches!(
            check(&["example.com:22"], "http://example.com:25/"),
            Err(Refusal::Port { .. })
        ));
    }

    #[test]
    fn an_allowed_host_passes_without_its_address_being_asked() {
        assert_eq!(
            check(&["127.0.0.1"], "http://127.0.0.1:6379/"),
            Ok(Passage::Allowed)
        );
        assert_eq!(
            check(&["localhost:8080"], "http://localhost:8080/"),
            Ok(Passage::Allowed)
        );
        assert!(check(&["localhost:8080"], "http://localhost:8081/").is_err());
        assert!(matches!(
            check(&["127.0.0.1"], "ftp://127.0.0.1/"),
            Err(Refusal::Scheme { .. })
        ));
    }

    #[test]
    fn user_names_and_overlong_hosts_are_refused() {
        assert_eq!(
            check(&[], "http://user:pass@example.com/"),
            Err(Refusal::Userinfo)
        );
        assert_eq!(
            check(&["example.com"], "http://user@example.com/"),
            Err(Refusal::Userinfo)
        );
        assert!(matches!(
            check(&[], "http://example.com@127.0.0.1/"),
            Err(Refusal::Address { .. })
        ));
        assert_eq!(
            check(&[], &format!("http://{}/", "a.".repeat(130))),
            Err(Refusal::Host)
        );
    }
}
