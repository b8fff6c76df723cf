//! The laws of DESIGN.md, held against the real journal, runtime and binary while things break.
//!
//! One program, because each test program links everything. Needs the binary: `cargo build --workspace --bins`.

mod ai_model;
mod ai_service;
mod cli;
mod collab;
mod crash;
mod disk;
mod either_way;
mod isolation;
mod kill;
mod model;
mod moments;
mod service;
