//! The editor: files that the build put into this binary, or the folder they are built into.
//!
//! A build without them serves one plain page that says what is missing.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::problem::HttpProblem;

/// A file of the editor.
struct Asset {
    /// Its path below the editor's root, without a slash at the beginning.
    path: &'static str,
    /// Its bytes, compressed.
    gzip: &'static [u8],
    /// Its content's hash.
    etag: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// What is shown when the editor is not there.
const MISSING: &str = include_str!("assets/missing.html");
/// The page of the editor.
const INDEX: &str = "index.html";
/// The first steps of pages that go on with an id.
const PAGES: [&str; 2] = ["workflows", "runs"];
/// The first steps of paths that are routes.
const ROUTES: [&str; 8] = [
    "api",
    "execute",
    "metrics",
    "capabilities",
    "health",
    "livez",
    "readyz",
    "demo",
];
/// Files under this folder have their content's hash in their name, and never change.
const HASHED: &str = "assets/";

/// A file of the editor, or its page for every other path: the editor has pages of its own.
pub(crate) async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let path = if path.is_empty() { INDEX } else { path };
    if let Some(response) = file(path, &headers) {
        return response;
    }
    if path != INDEX && !is_page(uri.path()) {
        let detail = format!("there is nothing at {}", uri.path());
        return HttpProblem::not_found("no-such-page", detail).into_response();
    }
    file(INDEX, &headers).unwrap_or_else(|| page(MISSING))
}

/// Whether the editor may have a page there: those of workflows and runs, whatever their ids are; any other has no
/// extension, and nothing that could be taken for a route, however it is written.
fn is_page(path: &str) -> bool {
    let mut steps = path.trim_start_matches('/').split('/');
    let first = steps.next().unwrap_or_default();
    let is_route = ROUTES.iter().any(|route| first.eq_ignore_ascii_case(route));
    let is_plain = !path.contains(['.', '%']) && !path.contains("//");
    PAGES.contains(&first) || (is_plain && !is_route)
}

fn page(html: &'static str) -> Response {
    let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
    ([kind, (header::CACHE_CONTROL, "no-cache")], html).into_response()
}

#[cfg(not(debug_assertions))]
fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let asset = ASSETS.iter().find(|asset| asset.path == path)?;
    Some(asset.response(headers))
}

/// A development build shows what was built last, from disk.
#[cfg(debug_assertions)]
fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    if let Some(asset) = ASSETS.iter().find(|asset| asset.path == path) {
        return Some(asset.response(headers));
    }
    if path
        .split('/')
        .any(|step| step.starts_with('.') || step.contains('\\'))
    {
        return None;
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("editor/dist");
    let bytes = std::fs::read(folder.join(path)).ok()?;
    Some(whole(path, bytes, "no-cache"))
}

#[cfg(debug_assertions)]
fn whole(path: &str, bytes: Vec<u8>, cache: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind(path)),
        (header::CACHE_CONTROL, cache),
    ];
    (headers, bytes).into_response()
}

impl Asset {
    fn response(&self, asked: &HeaderMap) -> Response {
        let is_known = asked
            .get(header::IF_NONE_MATCH)
            .is_some_and(|tags| tags.to_str().is_ok_and(|tags| tags.contains(self.etag)));
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else if accepts_gzip(asked) {
            let coding = (header::CONTENT_ENCODING, "gzip");
            ([coding], self.gzip).into_response()
        } else {
            self.plain()
        };
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(kind(self.path)),
        );
        headers.insert(header::ETAG, HeaderValue::from_static(self.etag));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static(self.cache()),
        );
        response
    }

    fn plain(&self) -> Response {
        use std::io::Read;
        let mut bytes = Vec::new();
        match flate2::read::GzDecoder::new(self.gzip).read_to_end(&mut bytes) {
            Ok(_) => bytes.into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }

    fn cache(&self) -> &'static str {
        if self.path.starts_with(HASHED) {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        }
    }
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::ACCEPT_ENCODING).iter();
    codings.any(|codings| {
        codings
            .to_str()
            .is_ok_and(|codings| codings.contains("gzip"))
    })
}

fn kind(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
