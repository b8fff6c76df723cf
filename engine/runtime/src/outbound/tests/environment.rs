//! What the environment of the process may and may not change. Each test starts its own executable
//! again with the environment in question, and the child makes the call.

use std::env;
use std::io;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, crypto::aws_lc_rs};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio_rustls::TlsAcceptor;

use super::names::Script;
use super::peer::{Answer, Peer, read};
use super::*;

/// The URL that a child should call.
const CHILD_URL: &str = "FLOWFORGE_TEST_CHILD_URL";

/// In a child, the outcome of its call to an allowed `*.test` host on this machine.
async fn child() -> Option<Outcome> {
    let url = env::var(CHILD_URL).ok()?;
    let allow = config(&["good.test", "evil.test", "127.0.0.1"]);
    Some(
        get(
            &Outbound::with_lookup(allow, Script::new(|_, _| &["127.0.0.1"])),
            &url,
        )
        .await,
    )
}

/// Runs one test of this executable again with this environment, and whether it passed.
async fn passes_in_child(test: &str, url: &str, environment: &[(&str, &str)]) -> bool {
    let name = format!("outbound::tests::environment::{test}");
    let mut command = Command::new(env::current_exe().expect("this executable"));
    command
        .args(["--exact", &name])
        .env(CHILD_URL, url)
        .envs(environment.iter().copied());
    let output = command.output().await.expect("started");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("1 passed") || !output.status.success(),
        "{name} exists"
    );
    output.status.success()
}

#[tokio::test]
async fn a_proxy_in_the_environment_is_not_used() {
    if let Some(outcome) = child().await {
        assert_eq!(field(&outcome, "status"), json!(200));
        return;
    }
    let (proxy, peer) = (
        Peer::always(Answer::whole("502 Proxy", b"")).await,
        Peer::always(Answer::ok()).await,
    );
    let through = proxy.url("");
    let environment = [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ]
    .map(|name| (name, &*through));
    assert!(
        passes_in_child(
            "a_proxy_in_the_environment_is_not_used",
            &peer.url("/"),
            &environment
        )
        .await
    );
    assert_eq!((peer.requests().len(), proxy.connections()), (1, 0));
}

#[tokio::test]
async fn a_certificate_must_be_trusted_valid_and_for_this_host() {
    if let Some(outcome) = child().await {
        assert_eq!(field(&outcome, "status"), json!(200));
        return;
    }
    let trusted = [(
        "SSL_CERT_FILE",
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/src/outbound/fixtures/authority.pem"
        ),
    )];
    let good = TlsPeer::start("good.pem").await;
    let expired = TlsPeer::start("expired.pem").await;
    let passes = async |url: String, environment: &[(&str, &str)]| {
        passes_in_child(
            "a_certificate_must_be_trusted_valid_and_for_this_host",
            &url,
            environment,
        )
        .await
    };
    assert!(
        passes(good.url("good.test"), &trusted).await,
        "trusted, valid and for this host"
    );
    assert!(
        !passes(good.url("evil.test"), &trusted).await,
        "for another host"
    );
    assert!(!passes(expired.url("good.test"), &trusted).await, "expired");
    assert!(
        !passes(good.url("good.test"), &[("SSL_CERT_FILE", "/nowhere")]).await,
        "not trusted"
    );
}

#[tokio::test]
async fn a_refused_certificate_is_a_connection_failure_that_says_so() {
    let peer = TlsPeer::start("good.pem").await;
    let outbound =
        Outbound::with_lookup(config(&["good.test"]), Script::new(|_, _| &["127.0.0.1"]));
    let failure = failure(
        get(&outbound, &peer.url("good.test")).await,
        FailureKind::Connection,
        "not trusted",
    );
    assert!(
        failure.message.contains("certificate"),
        "{}",
        failure.message
    );
}

/// A server that speaks TLS with a certificate from the fixtures.
struct TlsPeer {
    port: u16,
    serving: tokio::task::JoinHandle<()>,
}

impl TlsPeer {
    async fn start(certificate: &str) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(tls(certificate)));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let serving = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let mut socket = acceptor.accept(socket).await?;
                    read(&mut socket).await;
                    socket.write_all(&Answer::ok().start).await?;
                    socket.shutdown().await?;
                    Ok::<_, io::Error>(())
                });
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
