//! What starts a run.

pub(super) mod manual;
