//! Placeholder while the first build of the dependencies runs.

pub mod outbound;
pub mod sandbox;
