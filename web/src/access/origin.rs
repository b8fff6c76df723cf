//! Which hosts this service answers to, and which pages may ask it.
//!
//! A browser on this machine reads pages of strangers. Such a page may send requests here, under a name of
//! its own that resolves to this address (so the `Host` is checked) or under this service's name (so the
//! `Origin`, and what the browser says of the page, are checked).

use std::net::SocketAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::cookie::session_of;
use crate::problem::HttpProblem;
use crate::service::AppState;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The names of this service.
#[derive(Clone, Debug)]
pub(crate) struct Hosts {
    /// `host:port`, lower case.
    authorities: Vec<String>,
    /// `scheme://host:port`, lower case.
    origins: Vec<String>,
}

impl Hosts {
    /// The address it listens on, this machine by its usual names, and the public URL.
    pub(crate) fn new(listen: SocketAddr, public_url: Option<&Uri>) -> Self {
        let port = listen.port();
        let mut authorities = vec![listen.to_string()];
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            authorities.push(format!("{host}:{port}"));
            if port == 80 {
                authorities.push(host.to_owned());
            }
        }
        let mut origins: Vec<_> = authorities
            .iter()
            .map(|authority| format!("http://{authority}"))
            .collect();
        if let Some((scheme, authority)) =
            public_url.and_then(|url| Some((url.scheme_str()?, url.authority()?)))
        {
            let authority = authority.as_str().to_ascii_lowercase();
            origins.push(format!("{scheme}://{authority}"));
            authorities.push(authority);
        }
        Self {
            authorities,
            origins,
        }
    }

    fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), HttpProblem> {
        self.check_host(uri, headers)?;
        self.check_origin(headers)?;
        check_site(method, uri, headers)
    }

    fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), HttpProblem> {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok());
        let is_known = |host: &str| self.authorities.contains(&host.to_ascii_lowercase());
        let target_fits = uri
            .authority()
            .is_none_or(|target| is_known(target.as_str()));
        if host.is_some_and(is_known) && hosts.next().is_none() && target_fits {
            return Ok(());
        }
        let detail = format!(
            "this service does not answer to the host `{}`",
            host.unwrap_or("")
        );
        Err(forbidden("wrong-host", detail).with_hint(format!(
            "use {}, or start it with --public-url",
            self.authorities[0]
        )))
    }

    fn check_origin(&self, headers: &HeaderMap) -> Result<(), HttpProblem> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let is_known = |origin: &HeaderValue| {
            let origin = origin.to_str().map(str::to_ascii_lowercase);
            origin.is_ok_and(|origin| self.origins.contains(&origin))
        };
        if origins.all(is_known) {
            return Ok(());
        }
        Err(wrong_origin())
    }
}

/// A page of another site may link here, but not ask the API; and what changes something, and is allowed
/// by a cookie, must say that it comes from this site.
fn check_site(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), HttpProblem> {
    let site = headers.get(FETCH_SITE).map(HeaderValue::as_bytes);
    let is_ours = site.is_none_or(|site| site == b"same-origin" || site == b"none");
    let is_page = matches!(*method, Method::GET | Method::HEAD) && !is_api(uri);
    if !is_ours && !is_page {
        return Err(wrong_origin());
    }
    let says_nothing = site.is_none() && !headers.contains_key(header::ORIGIN);
    // Who sends a token is judged by it alone, and no page can make a browser send one.
    let by_session = session_of(headers).is_some() && !headers.contains_key(header::AUTHORIZATION);
    if says_nothing && !method.is_safe() && by_session {
        return Err(wrong_origin().with_hint("send Origin, or use a token instead of a session"));
    }
    Ok(())
}

/// Whether it is a route for programs, not a page or a file of the editor.
fn is_api(uri: &Uri) -> bool {
    let path = uri.path();
    [
        "/api/v1",
        "/collab",
        "/execute",
        "/metrics",
        "/capabilities",
    ]
    .iter()
    .any(|prefix| path.starts_with(prefix))
}

fn wrong_origin() -> HttpProblem {
    forbidden("wrong-origin", "a page of another site may not ask this")
}

fn forbidden(code: &'static str, detail: impl Into<String>) -> HttpProblem {
    HttpProblem::new(StatusCode::FORBIDDEN, code, detail)
}

/// Lets through what comes by a known host from a known page.
pub(crate) async fn guard(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method(), request.uri());
    match app.hosts().check(method, uri, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        let public = Uri::from_static("https://flows.example.org");
        Hosts::new("127.0.0.1:7700".parse().unwrap(), Some(&public))
    }

    fn asked(method: &Method, path: &str, headers: &[(&str, &str)]) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        hosts().check(method, &path.parse().unwrap(), &map).is_ok()
    }

    #[test]
    fn only_known_hosts_are_answered() {
        let host = |host: &str| asked(&Method::GET, "/", &[("host", host)]);
        for known in [
            "127.0.0.1:7700",
            "LOCALHOST:7700",
            "[::1]:7700",
            "flows.example.org",
        ] {
            assert!(host(known), "{known}");
        }
        for unknown in [
            "127.0.0.1",
            "127.0.0.1:7701",
            "evil.test",
            "localhost:7700.evil.test",
            "",
        ] {
            assert!(!host(unknown), "{unknown}");
        }
        assert!(!asked(&Method::GET, "/", &[]));
        assert!(!asked(
            &Method::GET,
            "http://evil.test/",
            &[("host", "localhost:7700")]
        ));
        let twice = [("host", "localhost:7700"), ("host", "evil.test")];
        assert!(!asked(&Method::GET, "/", &twice));
    }

    #[test]
    fn only_own_pages_may_ask() {
        let from = |method: &Method, path: &str, more: &[(&str, &str)]| {
            asked(
                method,
                path,
                &[&[("host", "localhost:7700")], more].concat(),
            )
        };
        let api = "/api/v1/runs";
        assert!(from(
            &Method::POST,
            api,
            &[("origin", "http://localhost:7700")]
        ));
        assert!(from(
            &Method::POST,
            api,
            &[("origin", "https://flows.example.org")]
        ));
        for origin in [
            "https://evil.test",
            "null",
            "http://localhost:7700.evil.test",
            "http://localhost:7701",
        ] {
            assert!(!from(&Method::GET, api, &[("origin", origin)]), "{origin}");
        }
        assert!(!from(&Method::GET, api, &[("sec-fetch-site", "same-site")]));
        assert!(from(
            &Method::GET,
            "/runs/1",
            &[("sec-fetch-site", "cross-site")]
        ));
    }

    #[test]
    fn a_cookie_alone_changes_nothing() {
        let cookie = ("cookie", "flowforge_session=x");
        let host = ("host", "localhost:7700");
        let api = "/api/v1/runs";
        assert!(!asked(&Method::POST, api, &[host, cookie]));
        assert!(asked(&Method::GET, api, &[host, cookie]));
        assert!(asked(
            &Method::POST,
            api,
            &[host, cookie, ("sec-fetch-site", "same-origin")]
        ));
    }
}
