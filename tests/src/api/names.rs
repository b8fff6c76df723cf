//! Names for what differs from run to run, so that answers can be written down: `<run-1>`, `<hash-1>`, `<time>`, `<n>`.

use std::fmt::Write as _;

use serde_json::Value as JsonValue;

use super::service::Answer;

/// The names given so far, with what they stand for.
#[derive(Debug, Default)]
pub struct Names {
    given: Vec<(String, String)>,
}

/// Numbers under keys that end so are measured, and never the same twice.
const MEASURED: &[&str] = &[
    "Ms",
    "Bytes",
    "memoryUsage",
    "operations",
    "bytes",
    "lag",
    "score",
];

impl Names {
    /// The text with names replaced by what they stand for.
    pub(super) fn replaced(&self, text: &str) -> String {
        let replace = |text: String, (name, value): &(String, String)| text.replace(name, value);
        self.given.iter().fold(text.to_owned(), replace)
    }

    /// The answer as it is written in cases.
    pub(super) fn report(&mut self, answer: &Answer) -> String {
        let mut text = format!("{}\n", answer.status);
        for (name, value) in &answer.shown {
            let value = self.named(value);
            let _ = writeln!(text, "{name}: {value}");
        }
        text += &self.plain(&answer.body);
        text
    }

    /// A text with names for what differs; when it is JSON, also for what is measured.
    #[must_use]
    pub fn plain(&mut self, text: &str) -> String {
        match serde_json::from_str::<JsonValue>(text) {
            Ok(json) => format!("{:#}\n", self.named_json(json, "")),
            Err(_) => {
                let mut plain = String::new();
                self.lines(text, &mut plain);
                plain
            }
        }
    }

    /// A text that is not JSON; the data lines of an event stream are.
    fn lines(&mut self, body: &str, text: &mut String) {
        for line in body.lines() {
            let data = line.strip_prefix("data: ").or(line.strip_prefix("data:"));
            match data.and_then(|data| serde_json::from_str(data).ok()) {
                Some(json) => drop(writeln!(text, "data: {}", self.named_json(json, ""))),
                None => drop(writeln!(text, "{}", self.named(line).trim_end())),
            }
        }
    }

    fn named_json(&mut self, json: JsonValue, key: &str) -> JsonValue {
        match json {
            JsonValue::String(text) => JsonValue::String(self.named(&text)),
            JsonValue::Number(_) if MEASURED.iter().any(|end| key.ends_with(end)) => "<n>".into(),
            JsonValue::Array(items) => {
                let named = |item| self.named_json(item, key);
                JsonValue::Array(items.into_iter().map(named).collect())
            }
            JsonValue::Object(fields) => {
                let named = |(name, value): (String, JsonValue)| {
                    let value = self.named_json(value, &name);
                    (self.named(&name), value)
                };
                JsonValue::Object(fields.into_iter().map(named).collect())
            }
            other => other,
        }
    }

    /// The text with every id, hash and time in it replaced by a name.
    fn named(&mut self, text: &str) -> String {
        let mut named = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let at_start = named
                .chars()
                .last()
                .is_none_or(|last| !last.is_alphanumeric());
            let found = if at_start { volatile(rest) } else { None };
            let Some((kind, length)) = found else {
                named.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            };
            named += &self.name(kind, &rest[..length]);
            rest = &rest[length..];
        }
        named
    }

    fn name(&mut self, kind: &str, value: &str) -> String {
        if kind == "time" {
            return "<time>".into();
        }
        if let Some((name, _)) = self.given.iter().find(|(_, known)| known == value) {
            return name.clone();
        }
        let prefix = format!("<{kind}-");
        let number = self
            .given
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix));
        let name = format!("{prefix}{}>", number.count() + 1);
        self.given.push((name.clone(), value.to_owned()));
        name
    }
}

/// What kind of volatile text starts here, and how long it is.
fn volatile(text: &str) -> Option<(&'static str, usize)> {
    const UUID: &str = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    const LOCAL: &str = "127.0.0.1:";
    const TIME: &str = "dddd-dd-ddTdd:dd:dd";
    let hash = "h".repeat(64);
    if fits(text, &hash) {
        return Some(("hash", hash.len()));
    }
    if fits(text, UUID) {
        return Some(("run", UUID.len()));
    }
    if let Some(port) = text.strip_prefix(LOCAL) {
        let digits = port.bytes().take_while(u8::is_ascii_digit).count();
        return (digits > 0).then_some(("address", LOCAL.len() + digits));
    }
    if fits(text, TIME) {
        let fraction = text[TIME.len()..].find('Z')?;
        return Some(("time", TIME.len() + fraction + 1));
    }
    None
}

/// `h` stands for a hexadecimal digit, `d` for a decimal one, anything else for itself.
fn fits(text: &str, pattern: &str) -> bool {
    let fits_one = |(byte, pattern): (u8, u8)| match pattern {
        b'h' => byte.is_ascii_hexdigit(),
        b'd' => byte.is_ascii_digit(),
        other => byte == other,
    };
    text.len() >= pattern.len() && text.bytes().zip(pattern.bytes()).all(fits_one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_has_a_name_and_the_name_can_be_used() {
        let mut names = Names::default();
        let id = "01a1fdcb-86e3-71f2-aa39-7aacfd1bf5f9";
        assert_eq!(
            names.named(&format!("{id}/2 and {id}")),
            "<run-1>/2 and <run-1>"
        );
        assert_eq!(
            names.named("use 127.0.0.1:46171, or"),
            "use <address-1>, or"
        );
        assert_eq!(names.named("at 2026-11-21T11:08:56.420Z."), "at <time>.");
        assert_eq!(
            names.replaced("GET /runs/<run-1>"),
            format!("GET /runs/{id}")
        );
    }
}
