//! What a redirect asks for, as browsers understand it (the Fetch standard, "HTTP-redirect fetch").
//!
//! Followed here and not by the HTTP library, so that each address is checked before it is called, and
//! nothing that was meant for one host is sent to another.

use flowforge_engine::{Failure, FailureKind};
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response, StatusCode};
use url::Url;

use super::refusal::Refusal;
use super::request::{Hop, IDEMPOTENCY_KEY};

/// What may go along to another host: it says how to read the message, and nothing about its sender.
/// The idempotency key is ours, not a secret, and the receiver needs it.
const HEADERS_FORWARDED: &[&str] = &[
    "accept",
    "accept-language",
    "content-language",
    "content-type",
    "user-agent",
    IDEMPOTENCY_KEY,
];

/// What describes a body that is no longer sent.
const BODY_HEADERS: &[&str] = &[
    "content-encoding",
    "content-language",
    "content-location",
    "content-type",
];

/// Where the response redirects to, if it does.
pub(crate) fn location(response: &Response) -> Option<&HeaderValue> {
    match response.status().as_u16() {
        301 | 302 | 303 | 307 | 308 => response.headers().get(header::LOCATION),
        _ => None,
    }
}

/// The request that a redirect asks for.
pub(crate) fn follow(
    mut hop: Hop,
    status: StatusCode,
    location: &HeaderValue,
) -> Result<Hop, Failure> {
    let url = next_url(&hop.url, location)?;
    if drops_body(status, &hop.method) {
        hop.method = Method::GET;
        hop.body = None;
        BODY_HEADERS
            .iter()
            .for_each(|name| drop(hop.headers.remove(*name)));
    }
    if !is_same_host(&hop.url, &url) {
        hop.headers = forwarded(&hop.headers);
    }
    hop.url = url;
    Ok(hop)
}

/// The failure of a call that was sent on and on.
pub(crate) fn too_many(redirects_max: u64) -> Failure {
    Failure::new(
        FailureKind::Limit,
        format!("more than {redirects_max} redirects"),
    )
    .with_hint("the other side may be redirecting in a circle")
}

fn next_url(base: &Url, location: &HeaderValue) -> Result<Url, Failure> {
    let nowhere = || {
        Failure::new(
            FailureKind::Connection,
            "redirected to a place that is not a URL",
        )
    };
    let text = std::str::from_utf8(location.as_bytes()).map_err(|_| nowhere())?;
    base.join(text)
        .map_err(|error| match Refusal::of_parse_error(error) {
            Some(refusal) => refusal.into_failure(true),
            None => nowhere(),
        })
}

/// Whether the method becomes GET: always after 303, and for POST by the habit of old browsers.
fn drops_body(status: StatusCode, method: &Method) -> bool {
    match status {
        StatusCode::SEE_OTHER => !matches!(*method, Method::GET | Method::HEAD),
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => *method == Method::POST,
        _ => false,
    }
}

/// Whether both name one host: the same name and port, and no step back from https to http.
fn is_same_host(from: &Url, to: &Url) -> bool {
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    let same_port = match (from.scheme(), to.scheme()) {
        ("http", "https") => ports == (Some(80), Some(443)) || ports.0 == ports.1,
        (one, other) => one == other && ports.0 == ports.1,
    };
    from.host() == to.host() && same_port
}

fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let is_kept = |name: &HeaderName| HEADERS_FORWARDED.contains(&name.as_str());
    let kept = headers.iter().filter(|(name, _)| is_kept(name));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(method: Method, url: &str) -> Hop {
        let names = [
            "authorization",
            "cookie",
            "x-api-key",
            "content-type",
            "accept",
            "idempotency-key",
        ];
        let headers =
            names.map(|name| (HeaderName::from_static(name), HeaderValue::from_static("v")));
        let url = Url::parse(url).expect(url);
        Hop {
            method,
            url,
            headers: headers.into_iter().collect(),
            body: Some(b"body".to_vec()),
        }
    }

    fn after(status: u16, method: Method, from: &str, to: &str) -> Hop {
        let status = StatusCode::from_u16(status).expect("status");
        follow(
            hop(method, from),
            status,
            &HeaderValue::from_str(to).expect(to),
        )
        .expect(to)
    }

    #[test]
    fn the_method_changes_as_in_browsers() {
        let cases = [
            (301, Method::POST, Method::GET),
            (302, Method::POST, Method::GET),
            (303, Method::POST, Method::GET),
            (303, Method::PUT, Method::GET),
            (303, Method::HEAD, Method::HEAD),
            (301, Method::PUT, Method::PUT),
            (302, Method::DELETE, Method::DELETE),
            (307, Method::POST, Method::POST),
            (308, Method::POST, Method::POST),
        ];
        for (status, before, expected) in cases {
            let next = after(status, before.clone(), "http://a.test/x", "/y");
            assert_eq!(next.method, expected, "{status} {before}");
            assert_eq!(
                next.body.is_some(),
                before == expected && before != Method::GET,
                "{status} {before}"
            );
            assert_eq!(
                next.headers.contains_key("content-type"),
                next.body.is_some(),
                "{status} {before}"
            );
        }
    }

    #[test]
    fn the_place_is_read_relative_to_the_url() {
        for (to, expected) in [
            ("/y", "http://a.test/y"),
            ("z?q", "http://a.test/x/z?q"),
            ("//b.test", "http://b.test/"),
        ] {
            assert_eq!(
                after(302, Method::GET, "http://a.test/x/", to).url.as_str(),
                expected
            );
        }
    }

    #[test]
    fn secrets_stay_with_their_host() {
        let stays = |from, to| {
            after(307, Method::POST, from, to)
                .headers
                .contains_key("authorization")
        };
        assert!(stays("http://a.test/", "/other"));
        assert!(stays("http://a.test/", "https://a.test/"));
        assert!(stays("https://a.test/", "https://a.test:443/x"));
        assert!(!stays("http://a.test/", "http://b.test/"));
        assert!(!stays("http://a.test/", "http://a.test:8080/"));
        assert!(!stays("http://a.test/", "http://www.a.test/"));
        assert!(!stays("https://a.test/", "http://a.test/"));
    }

    #[test]
    fn another_host_gets_only_what_says_how_to_read_the_message() {
        let next = after(307, Method::POST, "http://a.test/", "http://b.test/");
        let mut names: Vec<_> = next.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "content-type", "idempotency-key"]);
    }

    #[test]
    fn a_place_that_is_no_url_is_a_failure_that_does_not_quote_it() {
        let next = |bytes: &[u8]| {
            let location = HeaderValue::from_bytes(bytes).expect("header");
            follow(
                hop(Method::GET, "http://a.test/"),
                StatusCode::FOUND,
                &location,
            )
            .expect_err("no URL")
        };
        assert_eq!(next(b"http://\xff/").kind, FailureKind::Connection);
        assert_eq!(
            next(b"http://[::1%25lo]/").kind,
            FailureKind::BlockedAddress
        );
        let nowhere = next(b"http://CANARY:CANARY/");
        assert_eq!(nowhere.kind, FailureKind::Connection);
        assert!(!nowhere.message.contains("CANARY"), "{}", nowhere.message);
    }
}
