//! What starts a run.

pub(super) mod manual;
pub(super) mod schedule;
