//! Nothing where a list was: an empty list stands for it.
//!
//! Why not a number or a text? Nobody can tell whether a missing price is 0 or a mistake, so no rule says so.

use flowforge_engine::Value;

use super::mismatch::Mismatch;
use super::shapes::Remedy;
use crate::heal::paths::Key;
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
    // Something else came with it: then the list is elsewhere, not empty.
    let is_replaced = is_missing(mismatch) && has_new_fields(mismatch);
    if is_replaced
        || mismatch.now != Shape::Null
        || mismatch.is_opened
        || !(was_list || is_used_as_list)
    {
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

/// Whether the field is not even null.
fn is_missing(mismatch: &Mismatch) -> bool {
    let Some(Key::Field(name)) = mismatch.way.keys.last() else {
        return false;
    };
    mismatch
        .parents
        .iter()
        .any(|parent| parent.get(name).is_none())
}

/// Whether what holds it has fields that no good run had.
fn has_new_fields(mismatch: &Mismatch) -> bool {
    let is_known = |name: &str| {
        mismatch
            .good_parents
            .iter()
            .any(|parent| parent.get(name).is_some())
    };
    let records = mismatch.parents.iter().filter_map(Value::as_record);
    records
        .into_iter()
        .any(|record| record.keys().any(|name| !is_known(name)))
}
