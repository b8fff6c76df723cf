//! Every spelling of an address that is not public, as a table. `{P}` is the port of a listener on the
//! loopback addresses that must not be reached.

use super::peer::{Answer, Peer};
use super::*;

/// Addresses, by the names of the rows they come from.
pub(super) const NOT_PUBLIC: &[(&str, &[&str])] = &[
    (
        "loopback in every spelling",
        &[
            "http://127.0.0.1:{P}/",
            "http://127.1:{P}/",
            "http://2130706433:{P}/",
            "http://0x7f000001:{P}/",
            "http://0x7F.1:{P}/",
            "http://017700000001:{P}/",
            "http://0177.0.0.1:{P}/",
            "http://0:{P}/",
            "http://0.0.0.0:{P}/",
            "http://127.0.0.1.:{P}/",
            "http://127.255.255.254:{P}/",
            "https://127.0.0.1:{P}/",
            "HTTP://127.0.0.1:{P}/",
            "  http://127.0.0.1:{P}/  ",
        ],
    ),
    (
        "IPv6 loopback and IPv4 inside IPv6",
        &[
            "http://[::1]:{P}/",
            "http://[0:0:0:0:0:0:0:1]:{P}/",
            "http://[::]:{P}/",
            "http://[::127.0.0.1]:{P}/",
            "http://[::ffff:127.0.0.1]:{P}/",
            "http://[::ffff:169.254.169.254]/",
            "http://[0:0:0:0:0:ffff:7f00:1]:{P}/",
            "http://[::ffff:0:127.0.0.1]:{P}/",
            "http://[::ffff:0.0.0.0]:{P}/",
            "http://[64:ff9b::7f00:1]:{P}/",
            "http://[64:ff9b::169.254.169.254]/",
            "http://[64:ff9b:1::7f00:1]:{P}/",
            "http://[2002:7f00:1::]:{P}/",
            "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]:{P}/",
            "http://[2a00::5efe:7f00:1]:{P}/",
        ],
    ),
    (
        "IPv6 that is not public",
        &[
            "http://[fe80::1]/",
            "http://[fe80::1%25eth0]/",
            "http://[fc00::1]/",
            "http://[fd00:ec2::254]/",
            "http://[fec0::1]/",
            "http://[ff02::1]/",
            "http://[100::1]/",
            "http://[2001:db8::1]/",
            "http://[4000::1]/",
        ],
    ),
    (
        "metadata services",
        &[
            "http://169.254.169.254/latest/meta-data/",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://169.254.43518/",
            "http://169.254.170.2/v2/credentials",
            "http://100.100.100.200/latest/meta-data/",
            "http://192.0.0.192/",
            "http://168.63.129.16/",
            "http://metadata.google.internal./",
            "http://metadata.google.internal/computeMetadata/v1/",
        ],
    ),
    (
        "private and special networks",
        &[
            "http://10.0.0.1/",
            "http://172.31.255.255/",
            "http://192.168.0.1/",
            "http://198.18.0.1/",
            "http://100.64.0.1/",
            "http://224.0.0.1/",
            "http://240.0.0.1/",
            "http://255.255.255.255/",
            "http://192.0.2.1/",
            "http://198.51.100.1/",
            "http://203.0.113.1/",
            "http://192.88.99.1/",
        ],
    ),
    (
        "letters that fold into an address or localhost",
        &[
            "http://①②⑦.⓪.⓪.①:{P}/",
            "http://127。0。0。1:{P}/",
            "http://１２７.0.0.1:{P}/",
            "http://127%2e0%2e0%2e1:{P}/",
            "http://%31%32%37.0.0.1:{P}/",
            "http://ⓛocalhost:{P}/",
            "http://loc\u{ad}alhost:{P}/",
            "http://ＬＯＣＡＬＨＯＳＴ:{P}/",
        ],
    ),
    (
        "user names, slashes and white space",
        &[
            "http://example.com@127.0.0.1:{P}/",
            "http://example.com:80@127.0.0.1:{P}/",
            "http://127.0.0.1:{P}#@example.com/",
            "http://127.0.0.1:{P}?@example.com/",
            "http://127.0.0.1:{P}\\@example.com/",
            "http:\\\\127.0.0.1:{P}/",
            "http:/127.0.0.1:{P}/",
            "http:127.0.0.1:{P}/",
            "http://\t127.0.0.1:{P}/",
            "ht\ntp://127.0.0.1:{P}/",
            "http:////127.0.0.1:{P}/",
        ],
    ),
    (
        "other schemes",
        &[
            "file:///etc/passwd",
            "gopher://127.0.0.1:6379/_INFO",
            "ftp://127.0.0.1/",
            "data:text/html,x",
            "unix:/var/run/docker.sock",
            "jar:http://example.com!/",
            "ws://example.com/",
            "javascript:alert(1)",
            "blob:http://example.com/x",
            "view-source:http://example.com/",
        ],
    ),
    (
        "names inside the machine",
        &[
            "http://localhost:{P}/",
            "http://localhost.:{P}/",
            "http://LocalHost:{P}/",
            "http://foo.localhost:{P}/",
            "http://localhost.localdomain:{P}/",
            "http://printer.local:{P}/",
        ],
    ),
    (
        "ports of other protocols",
        &[
            "http://8.8.8.8:22/",
            "http://example.com:25/",
            "http://example.com:6379/",
            "http://[2606:4700:4700::1111]:5432/",
        ],
    ),
];

pub(super) fn spelled(url: &str, peer: &Peer) -> String {
    url.replace("{P}", &peer.port().to_string())
}

#[tokio::test]
async fn no_spelling_of_an_address_that_is_not_public_is_connected_to() {
    let peer = Peer::always(Answer::ok()).await;
    let outbound = outbound(&[]);
    for (row, urls) in NOT_PUBLIC {
        for url in *urls {
            let request =
                json!({"url": spelled(url, &peer), "headers": {"Authorization": "CANARY"}});
            let failure = failure(
                call(&outbound, request).await,
                FailureKind::BlockedAddress,
                url,
            );
            assert!(
                failure.message.starts_with("blocked: "),
                "{row}, {url}: {}",
                failure.message
            );
        }
    }
    assert_eq!(peer.connections(), 0);
}

#[tokio::test]
async fn the_listener_of_these_tests_can_be_reached_when_it_is_allowed() {
    let peer = Peer::always(Answer::ok()).await;
    let outbound = outbound(&["127.0.0.1", "localhost"]);
    for url in [
        "http://127.1:{P}/",
        "http://0x7f000001:{P}/",
        "http://localhost:{P}/",
    ] {
        assert_eq!(
            field(&get(&outbound, &spelled(url, &peer)).await, "status"),
            json!(200),
            "{url}"
        );
    }
    assert_eq!(peer.requests().len(), 3);
}

#[tokio::test]
async fn a_refusal_says_why_and_how_to_allow_it_and_nothing_of_the_target() {
    let peer = Peer::always(Answer::raw(b"220 banner of a mail server\r\n")).await;
    let closed = { Peer::always(Answer::ok()).await.port() };
    let refusal = async |port: u16| {
        let url = format!("http://127.0.0.1:{port}/?token=CANARY");
        let failure = failure(
            get(&outbound(&[]), &url).await,
            FailureKind::BlockedAddress,
            &url,
        );
        let hint = failure.hint.expect("a hint");
        assert!(
            hint.contains(&format!("--allow-host 127.0.0.1:{port}")),
            "{hint}"
        );
        failure.message.replace(&port.to_string(), "PORT")
    };
    let message = refusal(peer.port()).await;
    assert_eq!(
        message,
        "blocked: 127.0.0.1:PORT is a loopback address, and calls go to public addresses only"
    );
    assert_eq!(message, refusal(closed).await);
}

#[tokio::test]
async fn the_hint_of_a_refusal_is_what_allows_it() {
    let peer = Peer::always(Answer::ok()).await;
    for url in [
        "http://127.0.0.1:{P}/",
        "http://localhost:{P}/",
        "http://[::ffff:127.0.0.1]:{P}/",
    ] {
        let url = spelled(url, &peer);
        let hint = failure(
            get(&outbound(&[]), &url).await,
            FailureKind::BlockedAddress,
            &url,
        )
        .hint
        .expect("a hint");
        let host = hint.split_once("--allow-host ").expect("an option").1;
        assert_eq!(
            field(&get(&outbound(&[host]), &url).await, "status"),
            json!(200),
            "{url} with {host}"
        );
    }
}

#[tokio::test]
async fn a_password_in_a_url_is_refused_also_for_an_allowed_host() {
    let peer = Peer::always(Answer::ok()).await;
    let url = format!("http://CANARY:CANARY@127.0.0.1:{}/", peer.port());
    failure(
        get(&outbound(&["127.0.0.1"]), &url).await,
        FailureKind::InvalidParameter,
        "user name",
    );
    assert_eq!(peer.connections(), 0);
}

#[tokio::test]
async fn a_client_for_a_library_goes_where_a_call_may_go() {
    let peer = Peer::always(Answer::ok()).await;
    let url = Url::parse(&peer.url("/v1")).expect("a URL");
    let refused = Outbound::new(OutboundConfig::default()).client_for(&url);
    assert_eq!(
        refused.expect_err("refused").kind,
        FailureKind::BlockedAddress
    );
    let client = Outbound::new(config(&["127.0.0.1"])).client_for(&url);
    let answer = client.expect("allowed").get(url).send().await;
    assert!(answer.expect("an answer").status().is_success());
}
