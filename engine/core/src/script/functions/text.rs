//! What Rhai's own text functions lack.

use rhai::{Array, Dynamic, Engine};

use super::super::engine::TEXT_BYTES_MAX;
use super::print::display;
use super::{Answer, too_large};

pub(super) fn register(engine: &mut Engine) {
    engine.register_fn("join", |list: &mut Array, separator: &str| {
        join(list, separator)
    });
}

fn join(list: &[Dynamic], separator: &str) -> Answer<String> {
    let mut joined = String::new();
    for (i, item) in list.iter().enumerate() {
        if i > 0 {
            joined.push_str(separator);
        }
        display(item, &mut joined)?;
        if joined.len() > TEXT_BYTES_MAX {
            return Err(too_large("length of the joined text"));
        }
    }
    Ok(joined)
}
