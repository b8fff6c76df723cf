//! Nothing where a list was: an empty list stands for it.
//!
//! Why not a number or a text? Nobody can tell whether a missing price is 0 or a mistake, so no rule says so.

use super::mismatch::Mismatch;
use super::shapes::Remedy;
use crate::heal::rewrite::How;
use crate::heal::shape::Shape;

/// Functions that only lists have, for when no good run tells what was there.
const OF_LISTS: [&str; 10] = [
    "map", "filter", "reduce", "sort_by", "join", "sum", "flatten", "unique", "chunks", "for_each",
];

/// An empty list for null, where a list is read.
pub(super) fn options(mismatch: &Mismatch) -> Result<Option<Remedy>, String> {
    let was_list = matches!(mismatch.good, Some(Shape::List(_)));
    let is_used_as_list = mismatch.good.is_none()
        && mismatch
            .call
            .as_deref()
            .is_some_and(|call| OF_LISTS.contains(&call));
    if mismatch.now != Shape::Null || mismatch.is_opened || !(was_list || is_used_as_list) {
        return Ok(None);
    }
    let name = super::shapes::shown(&mismatch.way);
    Ok(Some(Remedy {
        how: How::OrEmpty,
        rule: "missing-guard",
        title: format!("take an empty list when `{name}` is missing"),
        reason: format!("`{name}` is a list in good runs, and there is none here"),
    }))
}
