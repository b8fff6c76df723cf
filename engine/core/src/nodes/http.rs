//! HTTP: the node that calls, and the request it makes, which scripts make in the same way.

mod call;
pub(super) mod request;
mod url;

pub(super) use url::encode;

pub use call::{BYTES_MAX_DEFAULT, REDIRECTS_MAX_DEFAULT, TIMEOUT_MS_DEFAULT, effect};
