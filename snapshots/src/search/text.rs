//! The text of a value: every field name and every scalar, within a bound.
//!
//! Paths are written from the inside out, `email.customer`. A person who searches `email:ann` or
//! `customer.email:ann` seldom knows what is around it, and with the innermost name first every such
//! question is a search by prefix.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use flowforge_engine::Value;

/// Most text that is indexed of one value, in bytes; what comes after it cannot be found.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Longest path that is indexed, in bytes; the outermost names are left out.
const PATH_BYTES_MAX: usize = 256;

/// Begins a path and its leaves in indexed text.
pub(crate) const GROUP: char = '\u{1e}';
/// Begins a leaf in indexed text.
pub(crate) const LEAF: char = '\u{1f}';
/// Stands between a word and its path in a term.
pub(crate) const JOINT: char = '\0';

/// Visits field names (with no text) and scalars (with their text), in order, until `visit` breaks
/// off or [`TEXT_BYTES_MAX`] is used up. True when the bound cut something off.
pub(crate) fn leaves(
    value: &Value,
    visit: &mut dyn FnMut(&str, Option<&str>) -> ControlFlow<()>,
) -> bool {
    let mut walk = Walk {
        left: TEXT_BYTES_MAX,
        cut: false,
        visit,
    };
    let _ = walk.value("", value);
    walk.cut
}

struct Walk<'a> {
    left: usize,
    cut: bool,
    visit: &'a mut dyn FnMut(&str, Option<&str>) -> ControlFlow<()>,
}

impl Walk<'_> {
    fn value(&mut self, path: &str, value: &Value) -> ControlFlow<()> {
        match value {
            Value::Null | Value::Bytes(_) => ControlFlow::Continue(()),
            Value::Bool(bool) => self.text(path, if *bool { "true" } else { "false" }),
            Value::Int(int) => self.text(path, &int.to_string()),
            Value::Float(float) => self.text(path, &printed(*float)),
            Value::Text(text) => self.text(path, text),
            Value::List(items) => items.iter().try_for_each(|item| self.value(path, item)),
            Value::Record(fields) => fields
                .iter()
                .try_for_each(|(key, value)| self.field(path, key, value)),
        }
    }

    fn field(&mut self, path: &str, key: &str, value: &Value) -> ControlFlow<()> {
        self.spend(key.len())?;
        let path = inward(key, path);
        (self.visit)(&path, None)?;
        self.value(&path, value)
    }

    fn text(&mut self, path: &str, text: &str) -> ControlFlow<()> {
        let fits = text.floor_char_boundary(self.left);
        if fits > 0 {
            (self.visit)(path, Some(&text[..fits]))?;
        }
        self.spend(text.len())
    }

    fn spend(&mut self, bytes: usize) -> ControlFlow<()> {
        match self.left.checked_sub(bytes + 1) {
            Some(left) => {
                self.left = left;
                ControlFlow::Continue(())
            }
            None => {
                self.cut = true;
                ControlFlow::Break(())
            }
        }
    }
}

/// A float as it is printed in JSON: people search for what they see. The float 13 is `13.0`, two words of
/// which the first finds it too.
fn printed(float: f64) -> String {
    serde_json::Number::from_f64(float)
        .map_or_else(|| float.to_string(), |number| number.to_string())
}

/// The path of `key` inside `path`, from the inside out, at most [`PATH_BYTES_MAX`] long.
fn inward(key: &str, path: &str) -> String {
    let mut inner = turned(&key[..key.floor_char_boundary(PATH_BYTES_MAX)]);
    if !path.is_empty() {
        inner.push('.');
        inner.push_str(path);
        inner.truncate(inner.floor_char_boundary(PATH_BYTES_MAX));
    }
    inner
}

/// `customer.email` as `email.customer`, and the other way round.
pub(crate) fn turned(path: &str) -> String {
    if !path.contains('.') {
        return path.to_owned();
    }
    path.rsplit('.').collect::<Vec<_>>().join(".")
}

/// The text of a value as it is indexed: each path once, with all of its leaves. Empty when there is
/// nothing to search for.
pub(crate) fn flatten(value: &Value) -> String {
    let mut groups: BTreeMap<String, String> = BTreeMap::new();
    leaves(value, &mut |path, text| {
        if !groups.contains_key(path) {
            groups.insert(path.to_owned(), String::new());
        }
        if let (Some(group), Some(text)) = (groups.get_mut(path), text) {
            group.push(LEAF);
            push_clean(group, text);
        }
        ControlFlow::Continue(())
    });
    groups
        .iter()
        .fold(String::new(), |mut flat, (path, leaves)| {
            flat.push(GROUP);
            push_clean(&mut flat, path);
            flat.push_str(leaves);
            flat
        })
}

/// The marks of the indexed text must not come from the text itself; in leaves they become spaces.
fn push_clean(out: &mut String, text: &str) {
    if text.contains([GROUP, LEAF, JOINT]) {
        out.push_str(&text.replace([GROUP, LEAF, JOINT], " "));
    } else {
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(json: &str) -> String {
        flatten(&Value::parse_json(json).expect("JSON"))
            .replace(GROUP, "|")
            .replace(LEAF, "=")
    }

    #[test]
    fn each_path_stands_once_from_the_inside_out() {
        let text = flat(r#"{"orders":[{"id":7,"paid":true},{"id":8.5,"paid":false}],"note":null}"#);
        assert_eq!(text, "|id.orders=7=8.5|note|orders|paid.orders=true=false");
    }

    #[test]
    fn a_float_is_written_as_it_is_printed() {
        let text = |float| flatten(&Value::Float(float)).replace([GROUP, LEAF], "");
        assert_eq!([13.0, 57.5, -0.5].map(text), ["13.0", "57.5", "-0.5"]);
        for float in [13.0, -0.0, 1e15, 1e21, 1e-7, 0.1] {
            assert_eq!(text(float), Value::Float(float).to_json().to_string());
        }
        assert_eq!(text(f64::INFINITY), "inf");
    }

    #[test]
    fn a_scalar_has_no_path_and_nothing_has_no_text() {
        assert_eq!(flat("\"hello\""), "|=hello");
        assert_eq!(flat("null"), "");
        assert_eq!(flat("[[],{}]"), "");
    }

    #[test]
    fn a_dotted_name_reads_like_nested_names() {
        assert_eq!(flat(r#"{"a.b":{"c":1}}"#), "|b.a|c.b.a=1");
    }

    #[test]
    fn marks_in_the_text_become_spaces() {
        assert_eq!(flat(r#"{"k":"a\u001eb\u001fc\u0000d"}"#), "|k=a b c d");
    }

    #[test]
    fn text_is_cut_at_the_bound_and_says_so() {
        let long = Value::from("é".repeat(TEXT_BYTES_MAX));
        let mut seen = 0;
        let cut = leaves(&long, &mut |_, text| {
            seen += text.map_or(0, str::len);
            ControlFlow::Continue(())
        });
        assert_eq!((seen, cut), (TEXT_BYTES_MAX, true));
        assert!(!leaves(&Value::from("short"), &mut |_, _| {
            ControlFlow::Continue(())
        }));
    }

    #[test]
    fn long_paths_keep_their_innermost_names() {
        let key = "k".repeat(200);
        let text = flat(&format!(r#"{{"{key}":{{"{key}":{{"leaf":1}}}}}}"#));
        assert!(text.contains(&format!("|leaf.{key}.k")), "{text}");
        assert!(
            text.split('|')
                .all(|group| group.len() <= PATH_BYTES_MAX + 2),
            "{text}"
        );
    }
}
