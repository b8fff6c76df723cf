//! What a model is told of a workflow and its runs: compact, redacted, fenced, within a budget.
//!
//! Everything that comes from outside passes [`Redaction`] first and [`fence()`] last. Values are told as
//! shapes with samples, the graph as lines with stable ids, the catalogue as the entries that a search found.

mod catalogue;
mod fence;
mod graph;
mod redact;
mod shape;

pub use catalogue::{entries, entry};
pub use fence::{fence, plain};
pub use graph::graph;
pub use redact::Redaction;
pub use shape::shape;

/// About how many tokens a text is: a little more than most models count.
#[must_use]
pub fn tokens(text: &str) -> usize {
    (text.len() * 2).div_ceil(7)
}

/// The text up to about this many tokens, with a note of what was left out.
#[must_use]
pub fn cut(text: &str, tokens_max: usize) -> String {
    let bytes_max = tokens_max * 7 / 2;
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max.saturating_sub(40));
    format!("{}\n… ({} bytes left out)", &text[..end], text.len() - end)
}

#[cfg(test)]
pub(crate) mod tests;
