//! Redirects: each hop is checked anew, and secrets stay behind.

use super::names::Script;
use super::peer::{Answer, Peer};
use super::places::{NOT_PUBLIC, spelled};
use super::*;

/// The status and place that a request such as `GET /301/http://...` asks to be sent to.
fn asked(request: &str) -> Answer {
    let path = request.split(' ').nth(1).expect("a path");
    let number: usize = path[1..4].parse().expect("a status and an index");
    let (status, place) = ([301, 302, 303, 307, 308][number % 5], number / 5);
    let place = NOT_PUBLIC
        .iter()
        .flat_map(|(_, urls)| *urls)
        .nth(place)
        .expect("a place");
    Answer::redirect(
        status,
        &place.replace("{P}", path.rsplit('/').next().expect("a port")),
    )
}

#[tokio::test]
async fn no_status_leads_from_an_allowed_host_to_one_that_is_not_public() {
    let inner = Peer::always(Answer::ok()).await;
    let outer = Peer::start(asked).await;
    let outbound = outbound(&[&outer.address.to_string()]);
    let places: Vec<_> = NOT_PUBLIC.iter().flat_map(|(_, urls)| *urls).collect();
    for (number, place) in (0..places.len() * 5).map(|number| (number, places[number / 5])) {
        if !is_absolute(place) {
            continue;
        }
        let url = outer.url(&format!("/{number:03}/{}", inner.port()));
        let request = json!({"method": "POST", "url": url, "headers": {"Authorization": "CANARY"}, "body": "x"});
        let case = format!("{number}: {}", spelled(place, &inner));
        let failure = failure(
            call(&outbound, request).await,
            FailureKind::BlockedAddress,
            &case,
        );
        assert!(
            failure.message.starts_with("blocked after a redirect: "),
            "{case}: {}",
            failure.message
        );
    }
    assert_eq!(inner.connections(), 0);
}

/// Whether a place leaves the host it was sent from, and can stand in a header.
fn is_absolute(place: &str) -> bool {
    !place.contains(['\n', '\t']) && !place.starts_with("http:/1") && !place.starts_with("http:1")
}

#[tokio::test]
async fn five_redirects_are_followed_and_a_sixth_is_not() {
    let next = |request: &str| {
        let hop: u32 = request
            .split(['/', ' '])
            .nth(2)
            .expect("a number")
            .parse()
            .expect("a number");
        if hop == 0 {
            Answer::whole("200 OK", b"there")
        } else {
            Answer::redirect(302, &format!("/{}", hop - 1))
        }
    };
    let peer = Peer::start(next).await;
    let outbound = outbound(&["127.0.0.1"]);
    let outcome = get(&outbound, &peer.url("/5")).await;
    assert_eq!(
        (field(&outcome, "body"), field(&outcome, "url")),
        (json!("there"), json!(peer.url("/0")))
    );
    let before = peer.requests().len();
    failure(
        get(&outbound, &peer.url("/11")).await,
        FailureKind::Limit,
        "eleven",
    );
    assert_eq!(peer.requests().len() - before, 6);
    let outcome = call(
        &outbound,
        json!({"url": peer.url("/11"), "redirectsMax": 11}),
    )
    .await;
    assert_eq!(field(&outcome, "body"), json!("there"));
}

#[tokio::test]
async fn a_circle_ends() {
    let peer = Peer::always(Answer::redirect(307, "/again")).await;
    failure(
        get(&outbound(&["127.0.0.1"]), &peer.url("/")).await,
        FailureKind::Limit,
        "a circle",
    );
    assert_eq!(peer.requests().len(), 6);
}

#[tokio::test]
async fn a_redirect_is_an_outcome_when_none_is_to_be_followed() {
    let peer = Peer::always(Answer::redirect(302, "http://10.0.0.1/")).await;
    let outcome = call(
        &outbound(&["127.0.0.1"]),
        json!({"url": peer.url("/"), "redirectsMax": 0}),
    )
    .await;
    assert_eq!(field(&outcome, "status"), json!(302));
    assert_eq!(
        field(&outcome, "headers")["location"],
        json!("http://10.0.0.1/")
    );
}

#[tokio::test]
async fn a_redirect_without_a_place_is_an_outcome() {
    let peer = Peer::always(Answer::whole("302 Found", b"where?")).await;
    assert_eq!(
        field(
            &get(&outbound(&["127.0.0.1"]), &peer.url("/")).await,
            "status"
        ),
        json!(302)
    );
}

#[tokio::test]
async fn secrets_are_not_sent_to_another_host() {
    for status in [301, 302, 303, 307, 308] {
        let other = Peer::always(Answer::ok()).await;
        let place = format!("http://b.test:{}/", other.port());
        let first = Peer::always(Answer::redirect(status, &place)).await;
        let outbound = Outbound::with_lookup(
            config(&["a.test", "b.test"]),
            Script::new(|_, _| &["127.0.0.1"]),
        );
        let request = json!({
            "method": "POST", "url": format!("http://a.test:{}/?key=CANARY", first.port()), "body": "payload",
            "headers": {"Authorization": "Bearer CANARY", "Cookie": "id=CANARY", "X-Api-Key": "CANARY", "Content-Type": "text/x"},
            "idempotencyKey": "run/frame/0",
        });
        assert_eq!(field(&call(&outbound, request).await, "status"), json!(200));
        assert_eq!(first.requests()[0].matches("CANARY").count(), 4);
        let sent = other.requests().remove(0);
        assert!(!sent.contains("CANARY"), "{status}: {sent}");
        assert!(
            sent.contains("idempotency-key: run/frame/0"),
            "{status}: {sent}"
        );
        assert_eq!(
            sent.starts_with("POST / ") && sent.ends_with("payload"),
            status >= 307,
            "{status}: {sent}"
        );
        assert_eq!(
            sent.contains("content-type"),
            status >= 307,
            "{status}: {sent}"
        );
    }
}

#[tokio::test]
async fn secrets_go_along_on_the_same_host() {
    let peer = Peer::start(|request| {
        if request.contains("/a ") {
            Answer::redirect(307, "/b")
        } else {
            Answer::ok()
        }
    })
    .await;
    let request = json!({"method": "PUT", "url": peer.url("/a"), "body": "x", "headers": {"Authorization": "secret"}});
    assert_eq!(
        field(&call(&outbound(&["127.0.0.1"]), request).await, "status"),
        json!(200)
    );
    assert!(
        peer.requests()
            .iter()
            .all(|request| request.contains("authorization: secret") && request.ends_with('x'))
    );
}
