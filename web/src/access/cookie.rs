//! The session cookie.

use axum::http::{HeaderMap, HeaderValue, header};

use super::secret::Secret;

/// The cookie's name.
pub(crate) const SESSION_COOKIE: &str = "flowforge_session";
/// A session that nobody used for so long is over, in seconds.
pub(crate) const SESSION_SECS_MAX: u64 = 30 * 24 * 60 * 60;

/// The header that gives a browser its session.
pub(crate) fn session_cookie(secret: &Secret, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let text = format!(
        "{SESSION_COOKIE}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={SESSION_SECS_MAX}{secure}",
        secret.text()
    );
    HeaderValue::from_str(&text).expect("a secret is letters, digits, `-` and `_`")
}

/// The session that a request shows.
pub(crate) fn session_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter();
    cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .find_map(|cookie| {
            cookie
                .trim()
                .strip_prefix(SESSION_COOKIE)?
                .strip_prefix('=')
        })
}
