//! A sentence becomes clauses: cut at commas, at `then`, and at an `and` that a verb follows.

/// Words that begin a clause after `and` or a comma. Some of them only so that what follows is asked about by itself.
const VERBS: &[&str] = &[
    "get", "fetch", "read", "load", "call", "post", "send", "keep", "filter", "drop", "exclude",
    "remove", "delete", "sort", "sum", "average", "count", "set", "add", "log", "print", "rename",
    "wait", "take", "limit", "pick", "select", "ask", "approve", "merge", "notify", "store",
    "save", "write", "make", "change", "disable", "retry", "run", "turn",
];
/// Other words that begin one.
const OTHERS: &[&str] = &[
    "and",
    "then",
    "also",
    "if",
    "when",
    "for",
    "finally",
    "please",
    "else",
    "otherwise",
    "every",
    "daily",
    "hourly",
    "weekly",
];

/// The clauses of a text, in order, as words: quoted texts are one word each.
pub(super) fn split(text: &str) -> Vec<Vec<String>> {
    let (mut clauses, mut words) = (Vec::new(), Vec::new());
    let tokens = tokens(text);
    for (at, (word, ends)) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map(|(next, _)| next.to_lowercase());
        let next = next.as_deref().unwrap_or_default();
        let is_joint = match word.to_lowercase().as_str() {
            "then" => true,
            "and" | "also" | "please" | "finally" if words.is_empty() => true,
            "and" => is_verb(next) || matches!(next, "then" | "also"),
            _ => false,
        };
        if !is_joint {
            words.push(word.clone());
        }
        // A comma inside a list ("id, name and total") is no end.
        let is_end = *ends && (next.is_empty() || is_verb(next) || OTHERS.contains(&next));
        if is_joint || is_end || at + 1 == tokens.len() {
            clauses.push(std::mem::take(&mut words));
        }
    }
    clauses.retain(|clause| !clause.is_empty());
    clauses
}

pub(super) fn is_verb(word: &str) -> bool {
    VERBS.contains(&word)
}

pub(super) fn lower(words: &[String]) -> Vec<String> {
    words.iter().map(|word| word.to_lowercase()).collect()
}

/// Words, and whether punctuation ended them.
fn tokens(text: &str) -> Vec<(String, bool)> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let space = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let quoted = rest[first.len_utf8()..].find(first);
        let length = match (first, quoted) {
            ('"' | '\'' | '`', Some(end)) => end + 2,
            _ => space,
        };
        let after = rest[length..].trim_start_matches([',', ';', '.']);
        let bare = rest[..length].trim_end_matches([',', ';', '.', '!', '?']);
        let ends = bare.len() < rest.len() - after.len();
        if !bare.is_empty() {
            tokens.push((bare.to_owned(), ends));
        }
        rest = after.trim_start();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = split(text).iter().map(|clause| clause.join(" ")).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn commas_and_verbs_cut_but_lists_and_addresses_stay() {
        check(
            "every hour get http://127.0.0.1:80/orders, keep those over 100, and post them to http://127.0.0.1:80/alerts",
            &[
                "every hour get http://127.0.0.1:80/orders",
                "keep those over 100",
                "post them to http://127.0.0.1:80/alerts",
            ],
        );
        check(
            "pick id, name and total. Then log it",
            &["pick id name and total", "log it"],
        );
        check(
            "Every day, get x and then sort by price",
            &["Every day", "get x", "sort by price"],
        );
        check(
            r#"set note to "a, b" and log it"#,
            &[r#"set note to "a, b""#, "log it"],
        );
        check(
            "post it, otherwise log it",
            &["post it", "otherwise log it"],
        );
    }
}
