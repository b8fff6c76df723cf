//! Script errors with an exact cause: a name that nobody knows, and one very like it that is known.

use flowforge_engine::FailureKind;
use flowforge_engine::edit::Patch;
use flowforge_engine::script::FUNCTIONS;
use flowforge_engine::workflow::nearest;

use super::{Candidate, Found};
use crate::heal::case::Case;
use crate::heal::paths::{calls, names};
use crate::heal::sources::{Replacement, Source, sources};

/// Functions of Rhai's own that scripts commonly call.
const OF_RHAI: [&str; 66] = [
    "abs",
    "all",
    "bits",
    "ceiling",
    "chop",
    "clear",
    "contains",
    "cos",
    "dedup",
    "drain",
    "ends_with",
    "extract",
    "fill_with",
    "filter",
    "find",
    "find_map",
    "floor",
    "get",
    "index_of",
    "insert",
    "int",
    "is_empty",
    "is_nan",
    "keys",
    "len",
    "log",
    "make_lower",
    "make_upper",
    "map",
    "max",
    "min",
    "mixin",
    "pad",
    "parse_float",
    "parse_int",
    "pop",
    "print",
    "push",
    "range",
    "reduce",
    "reduce_rev",
    "remove",
    "replace",
    "retain",
    "reverse",
    "round",
    "shift",
    "some",
    "sort",
    "splice",
    "split",
    "split_rev",
    "sqrt",
    "starts_with",
    "sub_string",
    "to_array",
    "to_float",
    "to_int",
    "to_lower",
    "to_string",
    "to_upper",
    "trim",
    "truncate",
    "type_of",
    "values",
    "append",
];
/// Names that every source knows.
const ROOTS: [&str; 6] = ["input", "nodes", "item", "index", "run", "vars"];

/// The nearest known name in the place of one that is not.
pub(super) fn rule(case: &Case<'_>) -> Found {
    let mut found = Found::default();
    if case.failure.kind != FailureKind::Script {
        return found;
    }
    let message = &case.failure.message;
    let quoted = message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("there is no function `") {
        let name = quoted.split('(').next().unwrap_or_default();
        found.candidates.extend(function(case, name));
    } else if message.ends_with("is not defined") {
        found.candidates.extend(variable(case, quoted));
    }
    found
}

fn function(case: &Case<'_>, wrong: &str) -> Option<Candidate> {
    let sources = sources(case.node);
    let own: Vec<String> = sources.iter().flat_map(declared).collect();
    let documented = FUNCTIONS.iter().map(|function| function.name);
    let known = documented
        .chain(OF_RHAI)
        .chain(own.iter().map(String::as_str));
    let known: Vec<&str> = known.filter(|name| *name != wrong).collect();
    // A function that is there was called on something it does not take: the name is right.
    if FUNCTIONS.iter().any(|function| function.name == wrong) || OF_RHAI.contains(&wrong) {
        return None;
    }
    let right = nearest(wrong, known)?;
    replaced(case, &sources, wrong, right, calls, "function")
}

fn variable(case: &Case<'_>, wrong: &str) -> Option<Candidate> {
    let sources = sources(case.node);
    let own: Vec<String> = sources.iter().flat_map(declared).collect();
    let known = own.iter().map(String::as_str).chain(ROOTS);
    let right = nearest(wrong, known.filter(|name| *name != wrong))?;
    replaced(case, &sources, wrong, right, names, "variable")
}

fn replaced(
    case: &Case<'_>,
    sources: &[Source],
    wrong: &str,
    right: &str,
    find: impl Fn(&str) -> Vec<(String, std::ops::Range<usize>)>,
    what: &str,
) -> Option<Candidate> {
    let edits = sources.iter().filter_map(|source| {
        let places = source.parts().flat_map(|(start, text)| {
            let found = find(text).into_iter().filter(|(name, _)| name == wrong);
            found
                .map(|(_, span)| Replacement {
                    span: span.start + start..span.end + start,
                    text: right.to_owned(),
                })
                .collect::<Vec<_>>()
        });
        source.replaced(places.collect())
    });
    let patch = Patch::from(edits.collect::<Vec<_>>());
    (!patch.is_empty()).then(|| Candidate {
        title: format!("write `{right}` for `{wrong}`"),
        reason: format!(
            "There is no {what} `{wrong}`; `{right}` is the nearest that `{}` can use.",
            case.node.id
        ),
        patch,
        rule: "misspelt-name",
        live: None,
    })
}

/// The names that a source declares itself.
fn declared(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (_, text) in source.parts() {
        let names = names(text);
        for pair in names.windows(2) {
            if matches!(pair[0].0.as_str(), "let" | "const" | "fn" | "for") {
                found.push(pair[1].0.clone());
            }
        }
    }
    found
}
