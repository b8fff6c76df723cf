//! A field is elsewhere below the same value: `total` is now `summary.total`.

use flowforge_engine::Value;

use super::mismatch::Mismatch;
use super::shapes::Remedy;
use crate::heal::paths::Key;
use crate::heal::rewrite::How;
use crate::heal::shape::{nearness, shape};

/// How deep a field is looked for.
const DEPTH_MAX: usize = 3;
/// How near its shape must be.
const NEAR: f64 = 0.6;

/// The one place where the field is now, if there is exactly one.
pub(super) fn options(mismatch: &Mismatch) -> Result<Option<Remedy>, String> {
    let Some(Key::Field(name)) = mismatch.way.keys.last() else {
        return Ok(None);
    };
    let Some(first) = mismatch.parents.first() else {
        return Ok(None);
    };
    if first.get(name).is_some() || first.as_record().is_none() {
        return Ok(None);
    }
    let mut places = Vec::new();
    look(first, name, &mut Vec::new(), &mut places);
    let fits = |path: &Vec<String>| {
        let found = mismatch.parents.iter().map(|parent| at(parent, path));
        let good = mismatch.good.as_ref();
        found.into_iter().all(|value| {
            value.is_some_and(|value| {
                !value.is_null() && good.is_none_or(|good| nearness(good, &shape(value)) >= NEAR)
            })
        })
    };
    places.retain(fits);
    match places.as_slice() {
        [] => Ok(None),
        [path] => {
            let shown = path.join(".");
            Ok(Some(Remedy {
                how: How::Moved(path.clone()),
                rule: "moved-field",
                title: format!("read `{shown}` where `{name}` was"),
                reason: format!("the field `{name}` is no longer there, and is now in `{shown}`"),
            }))
        }
        [first, second, ..] => Err(format!(
            "`{name}` is now in `{}` and in `{}`",
            first.join("."),
            second.join(".")
        )),
    }
}

fn look(value: &Value, name: &str, path: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    let Some(fields) = value.as_record().filter(|_| path.len() < DEPTH_MAX) else {
        return;
    };
    for (field, inner) in fields.iter() {
        path.push(field.to_string());
        if &**field == name && path.len() > 1 {
            places.push(path.clone());
        }
        look(inner, name, path, places);
        path.pop();
    }
}

fn at<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, name| value.get(name))
}
