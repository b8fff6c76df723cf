//! Hostile and broken servers: a call ends within its bounds, whatever the other side does.

use std::time::{Duration, Instant};

use super::peer::{Answer, Peer};
use super::*;

/// A call to a server that answers so, within 100,000 bytes. It must end within its time limit, and
/// long before that unless time is what it runs out of.
async fn fails(answer: Answer, kind: FailureKind, case: &str) -> Failure {
    let peer = Peer::always(answer).await;
    let timeout_ms = if kind == FailureKind::Timeout {
        300
    } else {
        20_000
    };
    let request = json!({
        "url": peer.url("/?token=CANARY"), "headers": {"Authorization": "CANARY"},
        "bytesMax": 100_000, "timeoutMs": timeout_ms,
    });
    let start = Instant::now();
    let failure = failure(call(&outbound(&["127.0.0.1"]), request).await, kind, case);
    assert!(
        start.elapsed() < Duration::from_millis(timeout_ms + 1000),
        "{case} took {:?}",
        start.elapsed()
    );
    failure
}

#[tokio::test]
async fn a_body_above_the_bound_is_not_read_on() {
    let endless = Answer::raw(b"HTTP/1.1 200 OK\r\n\r\n").endless(&[b'x'; 65_536]);
    let failure = fails(endless, FailureKind::Limit, "endless body").await;
    assert!(
        failure.message.ends_with("is larger than 100000 bytes"),
        "{}",
        failure.message
    );
    for length in ["100001", "10000000000", "9000000000000000000"] {
        let announced =
            Answer::raw(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\nx").as_bytes());
        fails(announced, FailureKind::Limit, length).await;
    }
    let chunked = Answer::raw(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        .endless(&b"4\r\nxxxx\r\n".repeat(1000));
    fails(chunked, FailureKind::Limit, "endless chunks").await;
}

#[tokio::test]
async fn a_body_of_exactly_the_bound_is_read() {
    let peer = Peer::always(Answer::whole(
        "200 OK\r\ncontent-type: text/plain",
        &[b'x'; 1000],
    ))
    .await;
    let request = |max: u64| json!({"url": peer.url("/"), "bytesMax": max});
    let outbound = outbound(&["127.0.0.1"]);
    assert_eq!(
        field(&call(&outbound, request(1000)).await, "body")
            .as_str()
            .map(str::len),
        Some(1000)
    );
    failure(
        call(&outbound, request(999)).await,
        FailureKind::Limit,
        "one more",
    );
}

#[tokio::test]
async fn a_compressed_bomb_stops_at_the_bound() {
    for (encoding, start) in [
        ("gzip", &b"\x1f\x8b\x08\x00\0\0\0\0\x00\xff"[..]),
        ("deflate", &b"\x78\x9c"[..]),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\n\r\n");
        let (first, more) = zeros();
        let bomb =
            Answer::raw(&[head.as_bytes(), start, &first].concat()).endless(&more.repeat(1000));
        let failure = fails(bomb, FailureKind::Limit, encoding).await;
        assert!(
            failure.message.contains("larger than"),
            "{encoding}: {}",
            failure.message
        );
    }
}

/// The start of a deflate stream of zeros, and 13 bytes that each time mean 2,064 zeros more.
fn zeros() -> (Vec<u8>, Vec<u8>) {
    let start = "01000110000"; // not the last block, fixed codes, the byte 0
    let matched = "1100010100000"; // 258 bytes more, as the one before
    (
        packed(&format!("{start}{matched}")),
        packed(&matched.repeat(8)),
    )
}

/// Bits in the order of a deflate stream: the first bit is the lowest of its byte.
fn packed(bits: &str) -> Vec<u8> {
    let byte = |bits: &[u8]| {
        bits.iter()
            .rev()
            .fold(0, |byte, bit| byte << 1 | (bit - b'0'))
    };
    bits.as_bytes().chunks(8).map(byte).collect()
}

#[tokio::test]
async fn too_many_or_too_large_headers_are_refused() {
    let many: String = (0..5000).map(|n| format!("x-{n}: v\r\n")).collect();
    let head = |headers: &str| {
        Answer::raw(format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{headers}\r\n").as_bytes())
    };
    fails(head(&many), FailureKind::Limit, "5,000 headers").await;
    fails(
        head(&format!("x: {}\r\n", "v".repeat(70_000))),
        FailureKind::Limit,
        "a large header",
    )
    .await;
    fails(
        head(&format!("x: {}\r\n", "v".repeat(2_000_000))),
        FailureKind::Limit,
        "a larger header",
    )
    .await;
    fails(
        Answer::raw(b"HTTP/1.1 200 OK\r\n").endless(b"x: v\r\n"),
        FailureKind::Limit,
        "endless headers",
    )
    .await;
}

#[tokio::test]
async fn a_slow_server_is_given_up() {
    let slow = |start: &[u8], again: &[u8]| Answer {
        pause: Duration::from_millis(20),
        ..Answer::raw(start).endless(again)
    };
    fails(
        slow(b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        FailureKind::Timeout,
        "slow body",
    )
    .await;
    fails(
        slow(b"HTTP/1.1 200 OK\r\n", b"x"),
        FailureKind::Timeout,
        "slow headers",
    )
    .await;
    fails(
        slow(b"HTTP/1.1 200 OK\r\nx: ", b""),
        FailureKind::Timeout,
        "silent in a header",
    )
    .await;
    let silent = fails(Answer::default(), FailureKind::Timeout, "silent").await;
    assert_eq!(
        silent.message,
        "no complete response from 127.0.0.1 within 300 ms"
    );
}

#[tokio::test]
async fn interim_responses_without_end_are_given_up() {
    let interim =
        Answer::default().endless(&b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(50));
    fails(interim, FailureKind::Timeout, "1xx").await;
}

#[tokio::test]
async fn what_is_not_http_is_a_connection_failure_that_quotes_nothing() {
    for text in [
        "220 CANARY smtp ready\r\n",
        "-ERR CANARY\r\n",
        "HTTP/1.1 CANARY\r\n\r\n",
        "\0\0\0\0CANARY\r\n\r\n",
    ] {
        fails(Answer::raw(text.as_bytes()), FailureKind::Connection, text).await;
    }
    let both = b"HTTP/1.1 200 OK\r\ncontent-length: CANARY\r\n\r\n";
    fails(
        Answer::raw(both),
        FailureKind::Connection,
        "a length that is no number",
    )
    .await;
}

#[tokio::test]
async fn a_response_that_breaks_off_is_a_connection_failure() {
    let hang_up = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let url = format!(
        "http://{}/?token=CANARY",
        listener.local_addr().expect("bound")
    );
    let serving = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a caller");
        peer::read(&mut socket).await;
        tokio::io::AsyncWriteExt::write_all(&mut socket, hang_up)
            .await
            .expect("sent");
    });
    let failure = failure(
        get(&outbound(&["127.0.0.1"]), &url).await,
        FailureKind::Connection,
        "half",
    );
    assert!(failure.message.contains("broke off"), "{}", failure.message);
    serving.await.expect("served");
}

#[tokio::test]
async fn a_closed_port_is_a_connection_failure_that_names_it() {
    let port = { Peer::always(Answer::ok()).await.port() };
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let closed = listener.local_addr().expect("bound");
    drop(listener);
    assert_ne!(port, 0);
    let url = format!("http://{closed}/?token=CANARY");
    let failure = failure(
        get(&outbound(&["127.0.0.1"]), &url).await,
        FailureKind::Connection,
        "closed",
    );
    assert!(
        failure
            .message
            .starts_with(&format!("could not connect to {closed}: ")),
        "{}",
        failure.message
    );
}

#[tokio::test]
async fn compressed_bytes_that_are_none_are_a_connection_failure() {
    let answer = Answer::whole("200 OK\r\ncontent-encoding: gzip", b"CANARY, not gzip");
    fails(answer, FailureKind::Connection, "not gzip").await;
}
