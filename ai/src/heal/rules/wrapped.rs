//! The same thing in another wrapping: a list inside a record, a record alone in a list.

use flowforge_engine::Value;

use super::mismatch::Mismatch;
use super::shapes::Remedy;
use crate::heal::rewrite::How;
use crate::heal::shape::{Shape, nearness, shape};

/// How near the shape inside must be to the one in good runs.
const NEAR: f64 = 0.6;
/// How deep it is looked for.
const DEPTH_MAX: usize = 2;

/// The way out of the wrapping, if there is exactly one.
pub(super) fn options(mismatch: &Mismatch) -> Result<Option<Remedy>, String> {
    let (Some(good), Some(value)) = (&mismatch.good, mismatch.values.first()) else {
        return Ok(None);
    };
    let name = super::shapes::shown(&mismatch.way);
    match (good, value) {
        (Shape::List(_), Value::Record(_)) => out_of_record(good, value, &name),
        (Shape::Record(_), Value::List(items)) => {
            let [only] = &items.to_vec()[..] else {
                return Err(format!(
                    "`{name}` is a list of {} now, and which item is meant is not said",
                    items.len()
                ));
            };
            let is_near = nearness(good, &shape(only)) >= NEAR;
            Ok(is_near.then(|| Remedy {
                how: How::First,
                rule: "changed-shape",
                title: format!("take the only item of `{name}`"),
                reason: format!(
                    "`{name}` is a record in good runs, and a list with one such record here"
                ),
            }))
        }
        _ => Ok(None),
    }
}

fn out_of_record(good: &Shape, value: &Value, name: &str) -> Result<Option<Remedy>, String> {
    let mut places = Vec::new();
    look(value, good, &mut Vec::new(), &mut places);
    match places.as_slice() {
        [] if matches!(good, Shape::List(Some(item)) if nearness(item, &shape(value)) >= NEAR) => {
            Ok(Some(Remedy {
                how: How::Listed,
                rule: "changed-shape",
                title: format!("make a list of the record `{name}`"),
                reason: format!(
                    "`{name}` is a list in good runs, and one such item without a list here"
                ),
            }))
        }
        [] => Ok(None),
        [path] => {
            let inside = path.join(".");
            Ok(Some(Remedy {
                how: How::Unwrapped(path.clone()),
                rule: "changed-shape",
                title: format!("take the list `{inside}` out of `{name}`"),
                reason: format!(
                    "`{name}` is a list in good runs, and a record that holds such a list in `{inside}` here"
                ),
            }))
        }
        [first, second, ..] => Err(format!(
            "`{name}` is a record now, and both `{}` and `{}` could be the list",
            first.join("."),
            second.join(".")
        )),
    }
}

fn look(value: &Value, good: &Shape, path: &mut Vec<String>, places: &mut Vec<Vec<String>>) {
    let Some(fields) = value.as_record().filter(|_| path.len() < DEPTH_MAX) else {
        return;
    };
    for (field, inner) in fields.iter() {
        path.push(field.to_string());
        if inner.as_list().is_some() && nearness(good, &shape(inner)) >= NEAR {
            places.push(path.clone());
        }
        look(inner, good, path, places);
        path.pop();
    }
}
