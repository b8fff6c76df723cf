//! Code that people and models write.

pub(super) mod rhai;
