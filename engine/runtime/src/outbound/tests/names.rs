//! Names that lead where they should not. Lookups are scripted: no name server is asked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::dns::Resolve;

use super::super::guard::Passage;
use super::super::resolver::{Looking, Lookup, NotPublic, Resolver};
use super::peer::{Answer, Peer};
use super::*;

/// Answers the nth question for a name with addresses.
pub(super) struct Script {
    answer: fn(name: &str, nth: usize) -> &'static [&'static str],
    asked: AtomicUsize,
}

impl Script {
    pub(super) fn new(answer: fn(&str, usize) -> &'static [&'static str]) -> Arc<Self> {
        Arc::new(Self {
            answer,
            asked: AtomicUsize::new(0),
        })
    }
}

impl Lookup for Script {
    fn lookup(&self, name: &str) -> Looking {
        let addresses = (self.answer)(name, self.asked.fetch_add(1, Ordering::SeqCst));
        let found: Vec<SocketAddr> = addresses
            .iter()
            .map(|address| SocketAddr::new(address.parse().expect(address), 0))
            .collect();
        let unknown = found.is_empty();
        Box::pin(async move {
            if unknown {
                Err(std::io::Error::other("NXDOMAIN"))
            } else {
                Ok(found)
            }
        })
    }
}

#[tokio::test]
async fn a_name_with_any_address_that_is_not_public_is_refused() {
    let peer = Peer::always(Answer::ok()).await;
    let script = Script::new(|name, _| match name {
        "127.0.0.1.nip.test" => &["127.0.0.1"],
        "both.test" => &["93.184.216.34", "127.0.0.1"],
        "both6.test" => &["2606:4700::1", "::1"],
        "mapped.test" => &["::ffff:127.0.0.1"],
        "metadata.test" => &["169.254.169.254"],
        "intern" => &["10.1.2.3"],
        "zero.test" => &["0.0.0.0"],
        _ => &[],
    });
    let outbound = Outbound::with_lookup(config(&[]), script);
    for name in [
        "127.0.0.1.nip.test",
        "both.test",
        "both6.test",
        "mapped.test",
        "metadata.test",
        "intern",
        "zero.test",
    ] {
        let url = format!("http://{name}:{}/?token=CANARY", peer.port());
        let failure = failure(
            get(&outbound, &url).await,
            FailureKind::BlockedAddress,
            name,
        );
        assert!(
            failure
                .hint
                .expect("a hint")
                .ends_with(&format!("--allow-host {name}:{}", peer.port()))
        );
    }
    assert_eq!(peer.connections(), 0);
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_connected_to() {
    let script = Script::new(|_, nth| {
        if nth % 2 == 0 {
            &["93.184.216.34"]
        } else {
            &["127.0.0.1"]
        }
    });
    let resolver = Resolver::new(script.clone(), Passage::Public);
    for tries in 1..=100 {
        match resolver
            .resolve("rebind.test".parse().expect("a name"))
            .await
        {
            Ok(mut addresses) => assert!(addresses.all(|address| !address.ip().is_loopback())),
            Err(error) => assert!(error.downcast_ref::<NotPublic>().is_some(), "{error}"),
        }
        assert_eq!(
            script.asked.load(Ordering::SeqCst),
            tries,
            "one question per connection"
        );
    }
}

#[tokio::test]
async fn a_name_that_changes_to_a_private_address_is_not_followed_there() {
    let peer = Peer::always(Answer::ok()).await;
    let script = Script::new(|_, _| &["127.0.0.1"]);
    let outbound = Outbound::with_lookup(config(&[]), script.clone());
    for tries in 1..=100 {
        let url = format!("http://rebind.test:{}/", peer.port());
        failure(
            get(&outbound, &url).await,
            FailureKind::BlockedAddress,
            &url,
        );
        assert_eq!(script.asked.load(Ordering::SeqCst), tries);
    }
    assert_eq!(peer.connections(), 0);
}

#[tokio::test]
async fn an_allowed_name_may_lead_anywhere_and_only_on_its_port() {
    let (peer, other) = (
        Peer::always(Answer::ok()).await,
        Peer::always(Answer::ok()).await,
    );
    let script = Script::new(|_, _| &["127.0.0.1"]);
    let outbound =
        Outbound::with_lookup(config(&[&format!("intern.test:{}", peer.port())]), script);
    let url = |port: u16| format!("http://intern.test:{port}/");
    assert_eq!(
        field(&get(&outbound, &url(peer.port())).await, "status"),
        json!(200)
    );
    failure(
        get(&outbound, &url(other.port())).await,
        FailureKind::BlockedAddress,
        "another port",
    );
    assert_eq!((peer.requests().len(), other.connections()), (1, 0));
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_a_connection_failure() {
    let outbound = Outbound::with_lookup(config(&[]), Script::new(|_, _| &[]));
    let failure = failure(
        get(&outbound, "http://nobody.test/?CANARY").await,
        FailureKind::Connection,
        "unknown",
    );
    assert_eq!(failure.message, "the name of nobody.test:80 was not found");
}

#[tokio::test]
async fn the_operating_system_is_asked_in_the_end() {
    let peer = Peer::always(Answer::ok()).await;
    let outbound = outbound(&["localhost"]);
    let url = format!("http://localhost:{}/", peer.port());
    assert_eq!(field(&get(&outbound, &url).await, "status"), json!(200));
}
