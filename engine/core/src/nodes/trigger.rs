//! What starts a run.

mod input_schema;
pub(super) mod manual;
pub(super) mod schedule;
