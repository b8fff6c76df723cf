//! Lists, page by page.

use serde::Serialize;
use utoipa::ToSchema;

/// How many there are on a page when nobody says.
const LIMIT_DEFAULT: usize = 50;
/// Most on a page.
const LIMIT_MAX: usize = 200;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// What is on it.
    pub(crate) items: Vec<T>,
    /// What to ask for as `cursor` next; null on the last page.
    pub(crate) next: Option<String>,
}

/// A limit as it counts.
pub(crate) fn limit_of(limit: Option<usize>) -> usize {
    limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX)
}
