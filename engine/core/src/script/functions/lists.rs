//! What workflows do with lists all day: add up, group, sort by a field, take apart.

use std::cmp::Ordering;
use std::collections::HashSet;

use rhai::{Array, Dynamic, Engine, FnPtr, Map, NativeCallContext};

use super::super::convert::kind_of;
use super::json::value_of;
use super::print::display;
use super::{Answer, fault};

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("sum", |list: &mut Array| sum(list))
        .register_fn("flatten", |list: &mut Array| flatten(list))
        .register_fn("chunks", |list: &mut Array, size: i64| chunks(list, size))
        .register_fn("unique", |list: &mut Array| unique(list))
        .register_fn(
            "group_by",
            |ctx: NativeCallContext, list: &mut Array, key: FnPtr| {
                group_by(list, &by_function(&ctx, &key))
            },
        )
        .register_fn("group_by", |list: &mut Array, field: &str| {
            group_by(list, &by_field(field))
        })
        .register_fn(
            "sort_by",
            |ctx: NativeCallContext, list: &mut Array, key: FnPtr| {
                sort_by(list, &by_function(&ctx, &key))
            },
        )
        .register_fn("sort_by", |list: &mut Array, field: &str| {
            sort_by(list, &by_field(field))
        });
}

/// Tells the key of an item.
type Key<'a> = dyn Fn(&Dynamic) -> Answer<Dynamic> + 'a;

fn by_function<'a>(
    ctx: &'a NativeCallContext,
    key: &'a FnPtr,
) -> impl Fn(&Dynamic) -> Answer<Dynamic> + 'a {
    move |item| key.call_within_context(ctx, (item.clone(),))
}

fn by_field(field: &str) -> impl Fn(&Dynamic) -> Answer<Dynamic> {
    move |item| match item.as_map_ref() {
        Ok(record) => Ok(record.get(field).cloned().unwrap_or_default()),
        Err(_) => Err(fault(format!(
            "expected records with a field `{field}`, found {}",
            kind_of(item)
        ))),
    }
}

fn sum(list: &[Dynamic]) -> Answer<Dynamic> {
    let mut total = 0i64;
    for (i, item) in list.iter().enumerate() {
        let Ok(int) = item.as_int() else {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a sum that holds a float is a float, as with `+`"
            )]
            return sum_floats(&list[i..], total as f64);
        };
        let sum = total.checked_add(int);
        total = sum.ok_or_else(|| fault("sum: the sum is too large for an integer"))?;
    }
    Ok(total.into())
}

fn sum_floats(list: &[Dynamic], start: f64) -> Answer<Dynamic> {
    list.iter()
        .try_fold(start, |total, item| Ok(total + number(item)?))
        .map(Dynamic::from)
}

fn number(item: &Dynamic) -> Answer<f64> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a sum that holds a float is a float, as with `+`"
    )]
    let int = item.as_int().map(|int| int as f64);
    int.or_else(|_| item.as_float())
        .map_err(|_| fault(format!("sum: expected numbers, found {}", kind_of(item))))
}

fn flatten(list: &[Dynamic]) -> Array {
    let mut flat = Array::new();
    for item in list {
        match item.as_array_ref() {
            Ok(items) => flat.extend(items.iter().cloned()),
            Err(_) => flat.push(item.clone()),
        }
    }
    flat
}

fn chunks(list: &[Dynamic], size: i64) -> Answer<Array> {
    let size = usize::try_from(size).ok().filter(|&size| size > 0);
    let size = size.ok_or_else(|| fault("chunks: the size must be at least 1"))?;
    Ok(list
        .chunks(size)
        .map(|chunk| Dynamic::from_array(chunk.to_vec()))
        .collect())
}

fn unique(list: &[Dynamic]) -> Answer<Array> {
    let mut seen = HashSet::new();
    let mut kept = Array::new();
    for item in list {
        if seen.insert(value_of(item, "unique")?.address()) {
            kept.push(item.clone());
        }
    }
    Ok(kept)
}

fn group_by(list: &[Dynamic], key: &Key) -> Answer<Map> {
    let mut groups = Map::new();
    for item in list {
        let mut name = String::new();
        display(&key(item)?, &mut name)?;
        let group = groups
            .entry(name.into())
            .or_insert_with(|| Dynamic::from_array(Array::new()));
        if let Ok(mut group) = group.as_array_mut() {
            group.push(item.clone());
        }
    }
    Ok(groups)
}

fn sort_by(list: &[Dynamic], key: &Key) -> Answer<Array> {
    let mut keyed = list
        .iter()
        .map(|item| Ok((SortKey::of(&key(item)?)?, item)))
        .collect::<Answer<Vec<_>>>()?;
    keyed.sort_by(|(a, _), (b, _)| a.order(b));
    Ok(keyed.into_iter().map(|(_, item)| item.clone()).collect())
}

/// What can be sorted by, in the order of its kinds.
enum SortKey {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl SortKey {
    fn of(key: &Dynamic) -> Answer<Self> {
        if key.is_unit() {
            Ok(Self::Null)
        } else if let Ok(bool) = key.as_bool() {
            Ok(Self::Bool(bool))
        } else if let Ok(int) = key.as_int() {
            Ok(Self::Int(int))
        } else if let Ok(float) = key.as_float() {
            Ok(Self::Float(float))
        } else if key.is_string() || key.is_char() {
            let mut text = String::new();
            display(key, &mut text).map(|()| Self::Text(text))
        } else {
            Err(fault(format!("sort_by: cannot sort by {}", kind_of(key))))
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Int(_) | Self::Float(_) => 2,
            Self::Text(_) => 3,
        }
    }

    /// A total order: numbers by their size, NaN after all of them.
    #[expect(
        clippy::cast_precision_loss,
        reason = "only where an integer meets a float, as with `<`"
    )]
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Int(a), Self::Float(b)) => (*a as f64).total_cmp(b),
            (Self::Float(a), Self::Int(b)) => a.total_cmp(&(*b as f64)),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}
