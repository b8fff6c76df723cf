//! Values that are not as they are in good runs, made what they were where they are read.
//!
//! One answer may have changed in several ways at once (a list renamed, and a field in its items). So what is
//! found is put right in a copy of what the node saw, and the next is looked for in that.

use flowforge_engine::Value;
use flowforge_engine::edit::Patch;

use super::mismatch::{Mismatch, mismatch, with};
use super::{Candidate, Found, convert, guard, moved, renamed, wrapped};
use crate::heal::Discarded;
use crate::heal::case::Case;
use crate::heal::paths::{Access, Key, Way};
use crate::heal::rewrite::{How, Rewrite, everywhere};
use crate::heal::sources::{Source, sources};

/// Most values that one candidate puts right.
const REWRITES_MAX: usize = 12;

/// One way to put a value right.
#[derive(Clone, Debug)]
pub(crate) struct Remedy {
    pub(crate) how: How,
    pub(crate) rule: &'static str,
    pub(crate) title: String,
    pub(crate) reason: String,
}

type Rule = fn(&Mismatch) -> Result<Option<Remedy>, String>;

/// In the order in which they are asked: an empty list is the last resort.
const RULES: [Rule; 5] = [
    renamed::options,
    moved::options,
    convert::options,
    wrapped::options,
    guard::options,
];

/// One candidate that puts right everything that can be.
pub(super) fn rule(case: &Case<'_>) -> Found {
    let accesses: Vec<Access> = sources(case.node)
        .iter()
        .flat_map(Source::accesses)
        .collect();
    let mut found = Found::default();
    let mut scope = case.scope.clone();
    let (mut rewrites, mut chosen): (Vec<Rewrite>, Vec<Remedy>) = (Vec::new(), Vec::new());
    let mut looked: Vec<(Way, &'static str)> = Vec::new();
    while rewrites.len() < REWRITES_MAX {
        let Some((mismatch, option)) = next(&accesses, &scope, case, &looked, &mut found) else {
            break;
        };
        looked.push((mismatch.way.clone(), option.rule));
        scope = put_right(&scope, &mismatch.way, &option.how);
        rewrites.push(Rewrite {
            way: mismatch.way,
            how: option.how.clone(),
        });
        chosen.push(option);
    }
    let Some(first) = chosen.first() else {
        return found;
    };
    let title = match chosen.len() {
        1 => first.title.clone(),
        more => format!("{}, and {} more", first.title, more - 1),
    };
    match everywhere(case.workflow, case.node, &rewrites) {
        Ok(edits) => found.candidates.push(Candidate {
            title,
            reason: chosen
                .iter()
                .map(|option| sentence(&option.reason))
                .collect::<Vec<_>>()
                .join(" "),
            patch: Patch::from(edits),
            rule: first.rule,
            live: None,
        }),
        Err(stuck) => found.given_up.push(Discarded {
            title,
            why: stuck.to_string(),
        }),
    }
    found
}

/// The first value that is not as it was and can be put right, the shallowest first.
fn next(
    accesses: &[Access],
    scope: &Value,
    case: &Case<'_>,
    looked: &[(Way, &'static str)],
    found: &mut Found,
) -> Option<(Mismatch, Remedy)> {
    let deepest = accesses
        .iter()
        .map(|access| access.base.keys.len() + access.steps.len())
        .max()?;
    for depth in 0..=deepest {
        for access in accesses {
            let Some(at) = depth.checked_sub(access.base.keys.len()) else {
                continue;
            };
            if at > access.steps.len() || (at == 0 && !access.base.keys.is_empty()) {
                continue;
            }
            let Some(mismatch) = mismatch(access, at, scope, &case.good) else {
                continue;
            };
            for rule in RULES {
                match rule(&mismatch) {
                    Ok(Some(option)) if !looked.contains(&(mismatch.way.clone(), option.rule)) => {
                        return Some((mismatch, option));
                    }
                    Ok(_) => {}
                    Err(why) => give_up(found, &mismatch, why),
                }
            }
        }
    }
    None
}

fn give_up(found: &mut Found, mismatch: &Mismatch, why: String) {
    let discarded = Discarded {
        title: format!("read `{}` otherwise", shown(&mismatch.way)),
        why,
    };
    if !found.given_up.contains(&discarded) {
        found.given_up.push(discarded);
    }
}

/// What the node sees once this is put right.
fn put_right(scope: &Value, way: &Way, how: &How) -> Value {
    with(scope, way, &|parent, value| {
        let value = || value.cloned().unwrap_or_default();
        let inside = |from: &Value, path: &[String]| {
            let found = path.iter().try_fold(from, |value, name| value.get(name));
            found.cloned().unwrap_or_default()
        };
        match how {
            How::Renamed(name) | How::Named(name) => {
                parent.get(name).cloned().unwrap_or_else(value)
            }
            How::Moved(path) => inside(parent, path),
            How::Integer | How::Number => as_number(value()),
            How::Text => match value() {
                text @ Value::Text(_) => text,
                other => Value::from(other.to_json().to_string()),
            },
            How::Json => match &value() {
                Value::Text(text) => serde_json::from_str(text)
                    .map(|json| Value::from_json(&json))
                    .unwrap_or_default(),
                other => other.clone(),
            },
            How::Unwrapped(path) => inside(&value(), path),
            How::First => value()
                .as_list()
                .and_then(|items| items.first().cloned())
                .unwrap_or_default(),
            How::Listed => Value::from(vec![value()]),
            How::OrEmpty => Value::from(Vec::<Value>::new()),
        }
    })
}

fn as_number(value: Value) -> Value {
    let Value::Text(text) = &value else {
        return value;
    };
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(whole), _) => Value::from(whole),
        (_, Ok(number)) => Value::from(number),
        _ => value,
    }
}

/// A way as a person writes it: `input.orders[].price`.
pub(crate) fn shown(way: &Way) -> String {
    let mut text = way.root.clone();
    for key in &way.keys {
        match key {
            Key::Field(name) => text.push_str(&crate::heal::rewrite::step(name)),
            Key::At(at) => text.push_str(&format!("[{at}]")),
            Key::Item => text.push_str("[]"),
        }
    }
    text
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
