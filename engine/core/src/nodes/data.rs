//! Values into other values.

pub(super) mod aggregate;
pub(super) mod json_parse;
pub(super) mod json_stringify;
pub(super) mod limit;
pub(super) mod merge;
pub(super) mod pick;
pub(super) mod set;
pub(super) mod sort;
pub(super) mod template;
