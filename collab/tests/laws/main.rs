//! What holds for every document: mapping, merging, and what both languages agree on. A failure prints its seed.

mod chance;
mod convergence;
mod edits;
mod mapping;
mod peer;
mod rooms;
mod shared;
mod workflow;
