//! What tests stand on: a server that counts, and the real binary.
//!
//! The tests themselves are in `tests/tests`, the cases as files in `tests/cases`. Nothing depends on
//! this crate. `./tests/run` runs everything.
//!
//! Reading order: [`server`] (the other side of HTTP effects), [`binary`] (the real process).

pub mod binary;
pub mod server;

pub use server::{Seen, TestServer};
