//! Paths into parameters, as JSON pointers (RFC 6901): `/fields/total`, `/rows/0`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::EditProblem;
use crate::id::NodeId;
use crate::value::{DEPTH_MAX, List, Record, Value};
use crate::workflow::nearest;

/// A path below `params` that names at least the parameter.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pointer(Vec<String>);

impl Pointer {
    /// The parameter itself.
    pub fn param(name: impl Into<String>) -> Self {
        Self(vec![name.into()])
    }

    /// The path to a part of what this names.
    #[must_use]
    pub fn join(&self, part: impl Into<String>) -> Self {
        let mut parts = self.0.clone();
        parts.push(part.into());
        Self(parts)
    }

    /// The parts of the path, unescaped; the first is the name of the parameter.
    #[must_use]
    pub fn parts(&self) -> &[String] {
        &self.0
    }

    /// The path to what holds this; the parameter itself when this names one.
    pub(super) fn holder(&self) -> Self {
        Self(self.0[..self.0.len().max(2) - 1].to_vec())
    }
}

impl std::str::FromStr for Pointer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix('/') else {
            return Err(format!(
                "expected a path that begins with `/`, like `/url`, found `{text}`"
            ));
        };
        let parts: Vec<String> = path
            .split('/')
            .map(|part| part.replace("~1", "/").replace("~0", "~"))
            .collect();
        if parts.len() > DEPTH_MAX as usize {
            return Err(format!(
                "expected a path of at most {DEPTH_MAX} parts, found {}",
                parts.len()
            ));
        }
        Ok(Self(parts))
    }
}

impl TryFrom<String> for Pointer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Pointer> for String {
    fn from(pointer: Pointer) -> Self {
        pointer.to_string()
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(&self.0))
    }
}

fn written(parts: &[String]) -> String {
    parts
        .iter()
        .map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1")))
        .collect()
}

/// A change at the end of a path, on its way there.
pub(super) struct Change<'c> {
    pub(super) node: &'c NodeId,
    pub(super) pointer: &'c Pointer,
    /// The new value; `None` takes it away.
    pub(super) value: Option<&'c Value>,
}

impl Change<'_> {
    /// Makes the change; what the parameter was before, which takes it back.
    pub(super) fn apply(
        &self,
        params: &mut BTreeMap<String, Value>,
    ) -> Result<Option<Value>, EditProblem> {
        let name = &self.pointer.0[0];
        let old = params.get(name).cloned();
        let new = match (&old, self.pointer.0.len()) {
            (None, 1) if self.value.is_some() => self.value.cloned(),
            (None, _) => return Err(self.missing(1, params.keys().map(String::as_str))),
            (Some(_), 1) => self.value.cloned(),
            (Some(old), _) => Some(self.inside(old, 1)?),
        };
        match new {
            Some(new) if new.depth() > DEPTH_MAX => return Err(self.too_deep()),
            Some(new) => params.insert(name.clone(), new),
            None => params.remove(name),
        };
        Ok(old)
    }

    /// `holder`, which the first `depth` parts lead to, with the change in it.
    fn inside(&self, holder: &Value, depth: usize) -> Result<Value, EditProblem> {
        match holder {
            Value::Record(record) => self.inside_record(record, depth).map(Value::from),
            Value::List(list) => self.inside_list(list, depth).map(Value::from),
            _ => Err(EditProblem::NoParts {
                node: self.node.clone(),
                pointer: written(&self.pointer.0[..depth]),
                found: holder.kind(),
            }),
        }
    }

    fn inside_record(&self, record: &Record, depth: usize) -> Result<Record, EditProblem> {
        let key = &self.pointer.0[depth];
        let is_end = depth + 1 == self.pointer.0.len();
        match (record.get(key), self.value) {
            (_, Some(value)) if is_end => Ok(record.with(key, value.clone())),
            (Some(_), None) if is_end => Ok(record.without(key)),
            (Some(part), _) => Ok(record.with(key, self.inside(part, depth + 1)?)),
            (None, _) => Err(self.missing(depth + 1, record.keys())),
        }
    }

    fn inside_list(&self, list: &List, depth: usize) -> Result<List, EditProblem> {
        let at = self.position(list, depth)?;
        let is_end = depth + 1 == self.pointer.0.len();
        let mut items = list.to_vec();
        match (items.get(at), self.value) {
            (Some(_), Some(value)) if is_end => items[at] = value.clone(),
            (None, Some(value)) if is_end => items.push(value.clone()),
            (Some(_), None) if is_end => drop(items.remove(at)),
            (Some(part), _) => items[at] = self.inside(part, depth + 1)?,
            (None, _) => return Err(self.no_item(list, depth)),
        }
        Ok(items.into())
    }

    /// The position that the part of the path names; that after the last item is one.
    fn position(&self, list: &List, depth: usize) -> Result<usize, EditProblem> {
        let part = &self.pointer.0[depth];
        let at = if part == "-" {
            Some(list.len())
        } else {
            index(part)
        };
        at.filter(|at| *at <= list.len())
            .ok_or_else(|| self.no_item(list, depth))
    }

    fn no_item(&self, list: &List, depth: usize) -> EditProblem {
        EditProblem::NoItem {
            node: self.node.clone(),
            pointer: written(&self.pointer.0[..depth]),
            len: list.len(),
            found: self.pointer.0[depth].clone(),
        }
    }

    fn missing<'k>(&self, depth: usize, there: impl Iterator<Item = &'k str>) -> EditProblem {
        EditProblem::NoParam {
            node: self.node.clone(),
            pointer: written(&self.pointer.0[..depth]),
            meant: nearest(&self.pointer.0[depth - 1], there).map(str::to_owned),
        }
    }

    fn too_deep(&self) -> EditProblem {
        EditProblem::TooDeep {
            node: self.node.clone(),
            pointer: self.pointer.to_string(),
        }
    }
}

/// The position that a part of a path names, in its only spelling.
fn index(part: &str) -> Option<usize> {
    part.parse()
        .ok()
        .filter(|at: &usize| at.to_string() == part)
}

/// The value at the end of a path.
pub(super) fn find<'p>(
    params: &'p BTreeMap<String, Value>,
    pointer: &Pointer,
) -> Option<&'p Value> {
    let (name, parts) = pointer.0.split_first()?;
    parts
        .iter()
        .try_fold(params.get(name)?, |value, part| match value {
            Value::Record(record) => record.get(part),
            Value::List(list) => list.get(index(part)?),
            _ => None,
        })
}
