//! What the environment of the process may and may not change. Each test starts its own executable
//! again with the environment in question, and the child makes the call.

use std::env;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, crypto::aws_lc_rs};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;

use super::names::Script;
use super::peer::{Answer, Peer, read, send};
use super::*;

/// The URL that a child should call.
const CHILD_URL: &str = "FLOWFORGE_TEST_CHILD_URL";

/// The time limit of a child's call.
const TIMEOUT_MS: u64 = 1500;

/// In a child: calls an allowed host on this machine, and says what came of it by a panic, the one
/// thing of a test that its parent can read.
async fn act_as_child() {
    if let Ok(url) = env::var(CHILD_URL) {
        let allow = config(&["good.test", "evil.test", "127.0.0.1"]);
        let outbound = Outbound::with_lookup(allow, Script::new(|_, _| &["127.0.0.1"]));
        let (start, request) = (Instant::now(), json!({"url": url, "timeoutMs": TIMEOUT_MS}));
        let outcome = call(&outbound, request).await;
        assert!(
            start.elapsed() < Duration::from_millis(TIMEOUT_MS + 1000),
            "late: {outcome:?}"
        );
        panic!("{outcome:?}");
    }
}

/// What a child of this executable, which runs one test of this file, says of its call.
async fn said_by_child(test: &str, url: &str, environment: &[(&str, &str)]) -> String {
    let mut command = Command::new(env::current_exe().expect("this executable"));
    command.args(["--exact", &format!("outbound::tests::environment::{test}")]);
    command
        .env_remove("SSL_CERT_DIR")
        .env(CHILD_URL, url)
        .envs(environment.iter().copied());
    let output = command.output().await.expect("started");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn a_proxy_in_the_environment_is_not_used() {
    act_as_child().await;
    let (proxy, peer) = (
        Peer::always(Answer::ok()).await,
        Peer::always(Answer::ok()).await,
    );
    let through = proxy.url("");
    let names = [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ];
    let environment = names.map(|name| (name, &*through));
    let said = said_by_child(
        "a_proxy_in_the_environment_is_not_used",
        &peer.url("/"),
        &environment,
    )
    .await;
    assert!(said.contains("Ok("), "{said}");
    assert_eq!((peer.requests().len(), proxy.connections()), (1, 0));
}

#[tokio::test]
async fn a_certificate_must_be_trusted_valid_and_for_this_host() {
    act_as_child().await;
    const TRUSTED: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/outbound/fixtures/authority.pem"
    );
    const OTHER: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src/outbound/fixtures/expired.pem"
    );
    const NONE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let (good, expired) = (
        TlsPeer::start("good.pem").await,
        TlsPeer::start("expired.pem").await,
    );
    let cases = [
        (good.url("good.test"), TRUSTED, "Ok("),
        (
            good.url("evil.test"),
            TRUSTED,
            "certificate not valid for name",
        ),
        (expired.url("good.test"), TRUSTED, "certificate expired"),
        (good.url("good.test"), OTHER, "UnknownIssuer"),
        (good.url("good.test"), NONE, "UnknownIssuer"),
    ];
    for (url, authorities, expected) in cases {
        let test = "a_certificate_must_be_trusted_valid_and_for_this_host";
        let said = said_by_child(test, &url, &[("SSL_CERT_FILE", authorities)]).await;
        assert!(said.contains(expected), "{expected}: {said}");
        assert!(!said.contains("Err(") || !said.contains("CANARY"), "{said}");
    }
}

#[tokio::test]
async fn http_works_where_no_certificates_are_installed() {
    act_as_child().await;
    let peer = Peer::always(Answer::ok()).await;
    let test = "http_works_where_no_certificates_are_installed";
    let said = said_by_child(test, &peer.url("/"), &[("SSL_CERT_FILE", "/dev/null")]).await;
    assert!(said.contains("Ok("), "{said}");
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn floods_of_http2_frames_end_the_call() {
    act_as_child().await;
    const STREAM: u32 = 1;
    let headers = frame(1, 0, STREAM, b"\x88"); // status 200, and more headers to come
    let cases = [
        ("resets", frame(3, 0, STREAM, &8_u32.to_be_bytes())),
        (
            "continuations",
            [headers, frame(9, 0, STREAM, b"\x00\x01a\x01b").repeat(2000)].concat(),
        ),
        ("settings", frame(4, 0, 0, b"")),
        ("pings", frame(6, 0, 0, b"12345678")),
        (
            "empty data",
            [
                frame(1, 4, STREAM, b"\x88"),
                frame(0, 0, STREAM, b"").repeat(2000),
            ]
            .concat(),
        ),
    ];
    for (case, frames) in cases {
        let peer = TlsPeer::http2(frames).await;
        let authority = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/outbound/fixtures/authority.pem"
        );
        let environment = [("SSL_CERT_FILE", authority)];
        let said = said_by_child(
            "floods_of_http2_frames_end_the_call",
            &peer.url("good.test"),
            &environment,
        )
        .await;
        assert!(said.contains("Err(Failure"), "{case}: {said}");
        assert!(
            !said.contains("late: ") && !said.contains("CANARY"),
            "{case}: {said}"
        );
    }
}

/// A frame of HTTP/2 (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A server that speaks TLS with a certificate from the fixtures.
struct TlsPeer {
    port: u16,
    serving: tokio::task::JoinHandle<()>,
}

impl TlsPeer {
    async fn start(certificate: &str) -> Self {
        Self::serve(tls(certificate), None).await
    }

    /// Speaks HTTP/2 and sends these frames without end.
    async fn http2(frames: Vec<u8>) -> Self {
        let mut tls = tls("good.pem");
        tls.alpn_protocols = vec![b"h2".to_vec()];
        let many = frames.repeat(1 + 20_000 / frames.len());
        let greeting = Answer::raw(&frame(4, 0, 0, b""));
        Self::serve(
            tls,
            Some(
                Answer {
                    start: [greeting.start, frames].concat(),
                    ..Answer::default()
                }
                .endless(&many),
            ),
        )
        .await
    }

    async fn serve(tls: ServerConfig, flood: Option<Answer>) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let serving = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, flood) = (acceptor.clone(), flood.clone());
                tokio::spawn(async move { converse(acceptor.accept(socket).await?, flood).await });
            }
        });
        Self { port, serving }
    }

    fn url(&self, host: &str) -> String {
        format!("https://{host}:{}/?token=CANARY", self.port)
    }
}

impl Drop for TlsPeer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn converse(
    mut socket: impl AsyncRead + AsyncWrite + Unpin,
    flood: Option<Answer>,
) -> io::Result<()> {
    if let Some(flood) = flood {
        return send(&mut socket, &flood).await;
    }
    read(&mut socket).await;
    send(&mut socket, &Answer::ok()).await?;
    socket.shutdown().await
}

fn tls(certificate: &str) -> ServerConfig {
    let path = |name: &str| {
        format!(
            "{}/src/outbound/fixtures/{name}",
            env!("CARGO_MANIFEST_DIR")
        )
    };
    let certificate = CertificateDer::from_pem_file(path(certificate)).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(path("server.key.pem")).expect("a key");
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider speaks them")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("they belong together")
}
