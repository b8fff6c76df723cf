//! Text that several people write in: only what differs is replaced, so that other hands' cursors stay where they are.

use yrs::{GetString, OffsetKind, Text, TextRef, TransactionMut};

/// The one splice that turns one text into another. No character is cut in two.
#[derive(Debug, PartialEq, Eq)]
struct Splice<'t> {
    /// What both begin with.
    same: &'t str,
    /// What goes.
    removed: &'t str,
    /// What comes in its place.
    inserted: &'t str,
}

fn splice<'t>(before: &'t str, after: &'t str) -> Splice<'t> {
    let pairs = before.char_indices().zip(after.chars());
    let start = pairs
        .take_while(|((_, a), b)| a == b)
        .map(|((at, a), _)| at + a.len_utf8())
        .last()
        .unwrap_or(0);
    let (same, before) = before.split_at(start);
    let after = &after[start..];
    let end: usize = before
        .chars()
        .rev()
        .zip(after.chars().rev())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum();
    Splice {
        same,
        removed: &before[..before.len() - end],
        inserted: &after[..after.len() - end],
    }
}

/// Makes a shared text say something else.
pub(super) fn rewrite(txn: &mut TransactionMut<'_>, text: &TextRef, after: &str) {
    let before = text.get_string(txn);
    let kind = txn.doc().offset_kind();
    let units = |part: &str| match kind {
        OffsetKind::Utf16 => part.encode_utf16().count(),
        OffsetKind::Bytes => part.len(),
    };
    let Ok(len) = u32::try_from(units(&before)) else {
        return;
    };
    if len != text.len(txn) {
        // It holds things that are no text, so that positions in it are not those of what it says.
        text.remove_range(txn, 0, text.len(txn));
        text.insert(txn, 0, after);
        return;
    }
    let Splice {
        same,
        removed,
        inserted,
    } = splice(&before, after);
    // Neither is longer than the text, whose length fits.
    let at = u32::try_from(units(same)).unwrap_or(len);
    let gone = u32::try_from(units(removed)).unwrap_or(0);
    if gone > 0 {
        text.remove_range(txn, at, gone);
    }
    if !inserted.is_empty() {
        text.insert(txn, at, inserted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_splice_is_the_smallest_and_cuts_no_character() {
        let check = |before, after, expected: (&str, &str, &str)| {
            let Splice {
                same,
                removed,
                inserted,
            } = splice(before, after);
            assert_eq!((same, removed, inserted), expected);
        };
        check("let a = 1;", "let a = 12;", ("let a = 1", "", "2"));
        check("aaa", "aa", ("aa", "a", ""));
        check("x😀y", "x😁y", ("x", "😀", "😁"));
        check("", "é", ("", "", "é"));
        check("same", "same", ("same", "", ""));
    }
}
