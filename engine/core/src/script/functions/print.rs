//! Values of a script as text, bounded in depth and length.
//!
//! Rhai's own functions for lists and records recurse without a bound. These write the same text.

use std::fmt::Write;

use rhai::{Array, Dynamic, Engine, Map};

use super::super::engine::TEXT_BYTES_MAX;
use super::{Answer, fault, too_large};
use crate::value::DEPTH_MAX;

pub(super) fn register(engine: &mut Engine) {
    for name in ["print", "to_string", "debug", "to_debug"] {
        engine
            .register_fn(name, |list: &mut Array| {
                Writer::default().list(list).map(|writer| writer.text)
            })
            .register_fn(name, |record: &mut Map| {
                Writer::default().record(record).map(|writer| writer.text)
            });
    }
}

/// Appends a value as `print` shows it.
pub(super) fn display(value: &Dynamic, text: &mut String) -> Answer<()> {
    let mut writer = Writer {
        text: std::mem::take(text),
        depth: 0,
    };
    let result = if let Ok(string) = value.as_immutable_string_ref() {
        writer.text.push_str(&string);
        Ok(())
    } else if let Ok(character) = value.as_char() {
        writer.text.push(character);
        Ok(())
    } else if value.is_unit() {
        Ok(())
    } else {
        writer.value(value)
    };
    *text = writer.text;
    result
}

#[derive(Default)]
struct Writer {
    text: String,
    depth: u32,
}

impl Writer {
    fn value(&mut self, value: &Dynamic) -> Answer<()> {
        if let Ok(list) = value.as_array_ref() {
            self.items(&list)
        } else if let Ok(record) = value.as_map_ref() {
            self.fields(&record)
        } else {
            self.scalar(value)
        }
    }

    fn list(mut self, list: &[Dynamic]) -> Answer<Self> {
        self.items(list).map(|()| self)
    }

    fn record(mut self, record: &Map) -> Answer<Self> {
        self.fields(record).map(|()| self)
    }

    fn items(&mut self, list: &[Dynamic]) -> Answer<()> {
        self.enter()?;
        self.text.push('[');
        for (i, item) in list.iter().enumerate() {
            self.text.push_str(if i > 0 { ", " } else { "" });
            self.value(item)?;
        }
        self.text.push(']');
        self.leave()
    }

    fn fields(&mut self, record: &Map) -> Answer<()> {
        self.enter()?;
        self.text.push_str("#{");
        for (i, (name, value)) in record.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(self.text, "{comma}{name:?}: ").map_err(|error| fault(error.to_string()))?;
            self.value(value)?;
        }
        self.text.push('}');
        self.leave()
    }

    fn scalar(&mut self, value: &Dynamic) -> Answer<()> {
        if value.is_unit() {
            self.text.push_str("()");
        } else if let Ok(string) = value.as_immutable_string_ref() {
            write!(self.text, "{:?}", string.as_str()).map_err(|error| fault(error.to_string()))?;
        } else {
            write!(self.text, "{value}").map_err(|error| fault(error.to_string()))?;
        }
        if self.text.len() > TEXT_BYTES_MAX {
            Err(too_large("length of a printed text"))
        } else {
            Ok(())
        }
    }

    fn enter(&mut self) -> Answer<()> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(fault(format!(
                "a value nested deeper than {DEPTH_MAX} levels cannot be printed"
            )));
        }
        Ok(())
    }

    fn leave(&mut self) -> Answer<()> {
        self.depth -= 1;
        Ok(())
    }
}
