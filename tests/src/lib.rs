//! What tests stand on: a server that counts, and the real binary.
//!
//! The tests themselves are in `tests/tests`, the cases as files in `tests/cases`. Nothing depends on
//! this crate. `./tests/run` runs everything.
//!
//! Reading order: [`case`] (a Markdown file that is a test) and [`play`] (a run in a scripted world),
//! [`building`] (sentences that become workflows), [`api`] (a Markdown file of requests to the real service),
//! [`crash`] (a run that dies at chance's moments) and its [`workflows`], [`lab`] (where fixes are tried), [`server`]
//! (the other side of HTTP effects), [`model_server`] (a language model that says what a script says), [`binary`] and
//! [`process`] (the real process).

pub mod api;
pub mod binary;
pub mod building;
pub mod case;
pub mod crash;
pub mod lab;
pub mod model_server;
pub mod peer;
pub mod play;
pub mod process;
pub mod server;
pub mod workflows;

pub use model_server::ModelServer;
pub use server::{Seen, TestServer};
