//! Characters that a reader cannot see, or that make text read in another order than it stands.

use flowforge_engine::Value;

/// Whether a character is drawn as nothing, changes the reading direction, or steers a terminal.
pub(crate) fn is_hidden(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    invisible || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// The text with everything hidden written out: `a\u{200b}b`.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\r' => shown.push_str("\\r"),
            c if is_hidden(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

/// Whether a text in the value, or the name of a field, has hidden characters.
pub(super) fn hides(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.chars().any(is_hidden),
        Value::List(list) => list.iter().any(hides),
        Value::Record(record) => record
            .iter()
            .any(|(key, value)| key.chars().any(is_hidden) || hides(value)),
        _ => false,
    }
}
