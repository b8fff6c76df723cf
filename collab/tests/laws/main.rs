//! What holds for every document: mapping, merging, and what both languages agree on. A failure prints its seed.

mod chance;
mod mapping;
mod workflow;
