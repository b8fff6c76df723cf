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

/// In a child: calls an allowed host on this machine, and says what came of it by a panic, the one
/// thing of a test that its parent can read.
async fn act_as_child() {
    if let Ok(url) = env::var(CHILD_URL) {
        let allow = config(&["good.test", "evil.test", "127.0.0.1"]);
        let outbound = Outbound::with_lookup(allow, Script::new(|_, _| &["127.0.0.1"]));
        panic!("{:?}", get(&outbound, &url).await);
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
