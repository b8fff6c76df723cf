//! The name that was probably meant: what "did you mean" stands on.

/// Longer names are not compared: nobody mistypes them by hand.
const NAME_CHARS_MAX: usize = 64;

/// The candidate that is most like `name`, when one is like enough to have been meant.
///
/// Case, `_` and `-` do not count, so `on_error` finds `onError`; a swap of two neighbours is one
/// mistake. The first of several equally near candidates is taken.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = letters(name)?;
    let allowed = match wanted.len() {
        0..=1 => 0,
        2..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= allowed + 3)
        .filter_map(|candidate| Some((mistakes(&wanted, &letters(candidate)?), candidate)))
        .filter(|(mistakes, _)| *mistakes <= allowed)
        .min_by_key(|(mistakes, _)| *mistakes)
        .map(|(_, candidate)| candidate)
}

/// "Did you mean `x`?" for the nearest candidate.
pub fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(name, candidates).map(|meant| format!("did you mean `{meant}`?"))
}

fn letters(name: &str) -> Option<Vec<char>> {
    if name.len() > NAME_CHARS_MAX * 4 {
        return None;
    }
    let letters: Vec<char> = name
        .chars()
        .filter(|c| !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect();
    (letters.len() <= NAME_CHARS_MAX).then_some(letters)
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
fn mistakes(a: &[char], b: &[char]) -> usize {
    let mut older: Vec<usize> = Vec::new();
    let mut old: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let substituted = old[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = substituted.min(old[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(older[j - 2] + 1);
            }
        }
        older = std::mem::replace(&mut old, row);
    }
    old[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_probably_meant() {
        let names = ["onError", "timeoutMs", "name", "id", "retry"];
        for (written, meant) in [
            ("on_error", Some("onError")),
            ("onErorr", Some("onError")),
            ("timeout-ms", Some("timeoutMs")),
            ("nmae", Some("name")),
            ("note", None),
            ("x", None),
            ("", None),
            ("position", None),
        ] {
            assert_eq!(nearest(written, names), meant, "{written}");
        }
    }

    #[test]
    fn very_long_names_are_not_compared() {
        let long = "x".repeat(1_000_000);
        assert_eq!(nearest(&long, [long.as_str()]), None);
    }
}
