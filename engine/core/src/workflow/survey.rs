//! A first look at a JSON file: how deep it goes, how many values it holds, and whether a record names
//! a field twice.
//!
//! serde_json lets the last of two equal fields win without a word, and builds as many values as a
//! file has. This look builds nothing but the names of the records it is inside of.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Looks at a JSON text.
///
/// # Errors
/// When it is not JSON, holds more or deeper values than it may, or names a field twice.
pub(super) fn survey(text: &str, bounds: Bounds) -> Result<(), serde_json::Error> {
    let left = Cell::new(bounds.values_max);
    let mut json = serde_json::Deserializer::from_str(text);
    Look {
        left: &left,
        deeper: bounds.depth_max,
    }
    .deserialize(&mut json)?;
    json.end()
}

/// What a file may hold.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) values_max: usize,
    pub(super) depth_max: usize,
}

#[derive(Clone, Copy)]
struct Look<'a> {
    /// How many more values there may be.
    left: &'a Cell<usize>,
    /// How much deeper it may go.
    deeper: usize,
}

impl Look<'_> {
    fn count<E: Error>(self) -> Result<(), E> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(E::custom("too many values")),
        }
    }

    fn inside<E: Error>(self) -> Result<Self, E> {
        let deeper = self.deeper.checked_sub(1);
        let deeper = deeper.ok_or_else(|| E::custom("recursion limit exceeded"))?;
        Ok(Self { deeper, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

macro_rules! scalars {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<(), E> {
            Ok(())
        })*
    };
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    scalars!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        while items.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let inside = self.inside()?;
        let mut names = HashSet::new();
        while let Some(name) = fields.next_key::<String>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            names.insert(name);
            fields.next_value_seed(inside)?;
        }
        Ok(())
    }
}
