//! Who may ask, and from where.
//!
//! There is one owner yet, and those whom the owner invites to edit or to look. A browser shows a session cookie, which
//! it got by a one-time link; everything else shows a token. Every route asks [`Person`], and nothing else, who is asking; so accounts and
//! roles can come later without touching a route.
//!
//! Reading order: `origin` (which hosts and pages may talk to this service at all), `person` (who is asking),
//! `secret` (what they show), `keys` (where hashes of it are kept), `local_path` (where a link may lead).

mod cookie;
mod keys;
mod local_path;
mod origin;
mod person;
mod secret;

pub(crate) use cookie::{SESSION_COOKIE, session_cookie, session_of};
pub(crate) use keys::{Access, AccessError, Right, TokenRow};
pub(crate) use local_path::LocalPath;
pub(crate) use origin::{Hosts, guard};
pub(crate) use person::{Person, require};
