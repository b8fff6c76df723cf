//! What goes out and what comes back, when all is well.

use std::sync::Arc;

use flowforge_engine::value::Record;

use super::peer::{Answer, Peer};
use super::*;

#[tokio::test]
async fn a_request_is_sent_as_it_was_asked_for() {
    let peer = Peer::always(Answer::ok()).await;
    let request = json!({
        "method": "PATCH", "url": peer.url("/a/b?q=1#part"), "body": "{\"n\":1}",
        "headers": {"X-One": "1", "Content-Type": "application/json"}, "idempotencyKey": "run/7/0",
    });
    assert_eq!(
        field(&call(&outbound(&["127.0.0.1"]), request).await, "status"),
        json!(200)
    );
    let sent = peer.requests().remove(0);
    assert!(sent.starts_with("PATCH /a/b?q=1 HTTP/1.1\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\n{\"n\":1}"), "{sent}");
    let agent = concat!("user-agent: flowforge/", env!("CARGO_PKG_VERSION"), "\r\n");
    for header in [
        "x-one: 1\r\n",
        "content-type: application/json\r\n",
        "idempotency-key: run/7/0\r\n",
        agent,
    ] {
        assert!(sent.contains(header), "{header} in {sent}");
    }
    assert!(sent.contains("accept-encoding: gzip,deflate\r\n"), "{sent}");
}

#[tokio::test]
async fn bytes_are_sent_as_they_are() {
    let peer = Peer::always(Answer::ok()).await;
    let fields = [
        ("method", Value::from("POST")),
        ("url", peer.url("/").into()),
        ("body", Value::Bytes(b"\x00\x01bytes".to_vec().into())),
    ];
    let outcome = outbound(&["127.0.0.1"])
        .call(&Value::Record(fields.into_iter().collect::<Record>()))
        .await;
    assert_eq!(field(&outcome, "status"), json!(200));
    assert!(peer.requests()[0].ends_with("\x00\x01bytes"));
}

#[tokio::test]
async fn every_status_is_an_outcome() {
    let status = |request: &str| Answer::whole(&request[5..8], b"page");
    let peer = Peer::start(status).await;
    let outbound = outbound(&["127.0.0.1"]);
    for status in [200, 201, 299, 400, 401, 404, 429, 500, 503, 599] {
        let outcome = get(&outbound, &peer.url(&format!("/{status}"))).await;
        assert_eq!(
            (field(&outcome, "status"), field(&outcome, "body")),
            (json!(status), json!("page"))
        );
    }
}

#[tokio::test]
async fn the_outcome_holds_status_headers_body_and_final_url() {
    let head = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nX-Twice: a\r\nx-twice: b\r\n\
        Set-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\nset-cookie: b=2\r\nX-Odd: n\xe9\r\ncontent-length: 7\r\n\r\n{\"a\":1}";
    let peer = Peer::always(Answer::raw(head)).await;
    let outcome = get(&outbound(&["127.0.0.1"]), &peer.url("/x?y")).await;
    let headers = json!({
        "content-type": "application/json", "content-length": "7", "x-twice": "a, b", "x-odd": "n\u{fffd}",
        "set-cookie": "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT\nb=2",
    });
    let expected =
        json!({"status": 201, "headers": headers, "body": {"a": 1}, "url": peer.url("/x?y")});
    assert_eq!(outcome.expect("answered").to_json(), expected);
}

#[tokio::test]
async fn a_head_request_has_no_body_whatever_length_is_announced() {
    let peer = Peer::always(Answer::raw(
        b"HTTP/1.1 200 OK\r\ncontent-length: 9000000000000000000\r\n\r\n",
    ))
    .await;
    let outcome = call(
        &outbound(&["127.0.0.1"]),
        json!({"method": "HEAD", "url": peer.url("/")}),
    )
    .await;
    assert_eq!(field(&outcome, "body"), json!(null));
}

#[tokio::test]
async fn a_compressed_body_is_unpacked() {
    // printf '{"a":1}' | gzip -n
    const PACKED: &[u8] =
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\x56\x4a\x54\xb2\x32\xac\x05\0\xaf\xac\x1b\x56\x07\0\0\0";
    let answer = Answer::whole(
        "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip",
        PACKED,
    );
    let peer = Peer::always(answer).await;
    assert_eq!(
        field(
            &get(&outbound(&["127.0.0.1"]), &peer.url("/")).await,
            "body"
        ),
        json!({"a": 1})
    );
}

#[tokio::test]
async fn a_large_body_is_decoded_too() {
    let numbers: Vec<u32> = (0..100_000).collect();
    let text = serde_json::to_string(&numbers).expect("JSON");
    let peer = Peer::always(Answer::whole(
        "200 OK\r\ncontent-type: application/json",
        text.as_bytes(),
    ))
    .await;
    assert_eq!(
        field(
            &get(&outbound(&["127.0.0.1"]), &peer.url("/")).await,
            "body"
        ),
        json!(numbers)
    );
}

#[tokio::test]
async fn broken_json_is_a_failure_with_its_place() {
    let peer = Peer::always(Answer::whole(
        "200 OK\r\ncontent-type: application/json",
        b"{\n  CANARY",
    ))
    .await;
    let failure = failure(
        get(&outbound(&["127.0.0.1"]), &peer.url("/")).await,
        FailureKind::InvalidInput,
        "broken",
    );
    assert_eq!(failure.place.and_then(|place| place.line), Some(2));
}

#[tokio::test]
async fn connections_are_used_again() {
    let peer = Peer::always(Answer::ok()).await;
    let outbound = outbound(&["127.0.0.1"]);
    for _ in 0..5 {
        get(&outbound, &peer.url("/")).await.expect("answered");
    }
    assert_eq!((peer.connections(), peer.requests().len()), (1, 5));
}

#[tokio::test]
async fn no_more_calls_are_performed_at_once_than_configured() {
    let peer = Peer::always(Answer::ok()).await;
    let outbound = Arc::new(Outbound::new(OutboundConfig {
        calls_max: 1,
        ..config(&["127.0.0.1"])
    }));
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let (outbound, url) = (outbound.clone(), peer.url("/"));
            tokio::spawn(async move { get(&outbound, &url).await.expect("answered") })
        })
        .collect();
    for call in calls {
        call.await.expect("called");
    }
    assert_eq!(
        (peer.connections(), peer.requests().len()),
        (1, 8),
        "one after the other on one connection"
    );
}
