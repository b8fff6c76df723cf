//! Turns the bytes of a response into a value, by what its sender says they are.

use flowforge_engine::value::{JsonError, Value};
use flowforge_engine::{Failure, FailureKind, Place};

use super::request::ResponseAs;

/// What a `content-type` header says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ContentType {
    /// Type and subtype in lower case; empty when there is none.
    essence: String,
    /// The charset in lower case.
    charset: Option<String>,
}

impl ContentType {
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        let charset = parts
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.eq_ignore_ascii_case("charset"));
        Self {
            essence,
            charset: charset.map(|(_, value)| value.trim_matches('"').to_ascii_lowercase()),
        }
    }

    fn is_json(&self) -> bool {
        matches!(self.essence.as_str(), "application/json" | "text/json")
            || self.essence.ends_with("+json")
    }

    fn is_text(&self) -> bool {
        const TEXTS: &[&str] = &[
            "application/ecmascript",
            "application/graphql",
            "application/javascript",
            "application/jsonl",
            "application/sql",
            "application/toml",
            "application/x-ndjson",
            "application/x-www-form-urlencoded",
            "application/x-yaml",
            "application/xml",
            "application/yaml",
        ];
        let essence = self.essence.as_str();
        essence.starts_with("text/")
            || essence.ends_with("+xml")
            || essence.ends_with("+yaml")
            || TEXTS.binary_search(&essence).is_ok()
    }
}

/// The value of a response's body.
///
/// No bytes are null, unless bytes were asked for. In `auto`, JSON becomes the value that it stands
/// for, text becomes text, and the rest bytes; without a content type, valid UTF-8 counts as text.
///
/// Only a success must be the JSON that was asked for: an error page in place of it is given as text,
/// because its status says more than a complaint about its first character.
///
/// # Errors
/// `InvalidInput` with line and column when a success should be JSON and is not.
pub(crate) fn decode(
    bytes: Vec<u8>,
    kind: &ContentType,
    wanted: ResponseAs,
    success: bool,
) -> Result<Value, Failure> {
    match wanted {
        ResponseAs::Bytes => return Ok(Value::Bytes(bytes.into())),
        _ if bytes.is_empty() => return Ok(Value::Null),
        ResponseAs::Text => return Ok(text(&bytes, kind)),
        ResponseAs::Json => {}
        ResponseAs::Auto if kind.is_json() => {}
        ResponseAs::Auto => return Ok(plain(bytes, kind)),
    }
    json(&bytes, kind).or_else(|failure| {
        if success {
            Err(failure)
        } else {
            Ok(plain(bytes, kind))
        }
    })
}

/// Text or bytes.
fn plain(bytes: Vec<u8>, kind: &ContentType) -> Value {
    let undeclared_text = kind.essence.is_empty() && std::str::from_utf8(&bytes).is_ok();
    if kind.is_text() || kind.is_json() || undeclared_text {
        text(&bytes, kind)
    } else {
        Value::Bytes(bytes.into())
    }
}

fn text(bytes: &[u8], kind: &ContentType) -> Value {
    match kind.charset.as_deref() {
        Some("iso-8859-1" | "latin1" | "windows-1252" | "cp1252") => windows_1252(bytes).into(),
        _ => Value::from(&*String::from_utf8_lossy(without_bom(bytes))),
    }
}

fn json(bytes: &[u8], kind: &ContentType) -> Result<Value, Failure> {
    let decoded = text(bytes, kind);
    let decoded = decoded.as_str().unwrap_or_default();
    Value::parse_json(decoded).map_err(|error| not_json(&error, decoded))
}

fn not_json(error: &JsonError, text: &str) -> Failure {
    let line = text
        .lines()
        .nth(error.line.saturating_sub(1))
        .unwrap_or_default();
    let before = &line[..line.floor_char_boundary(error.column)];
    let place = Place {
        line: u32::try_from(error.line).ok(),
        column: u32::try_from(before.chars().count()).ok(),
        ..Place::default()
    };
    Failure::new(
        FailureKind::InvalidInput,
        format!("the response should be JSON: {error}"),
    )
    .with_hint("with responseAs: text the response is given as it is")
    .with_place(place)
}

fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// What the web means by latin-1: windows-1252, which fills the control characters 0x80 to 0x9f.
fn windows_1252(bytes: &[u8]) -> String {
    const UPPER: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    let decode = |byte: &u8| match byte {
        0x80..=0x9f => UPPER[usize::from(byte - 0x80)],
        other => char::from(*other),
    };
    bytes.iter().map(decode).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(bytes: &[u8], content_type: &str, wanted: ResponseAs) -> Value {
        decode(
            bytes.to_vec(),
            &ContentType::parse(content_type),
            wanted,
            true,
        )
        .expect(content_type)
    }

    fn auto(bytes: &[u8], content_type: &str) -> Value {
        read(bytes, content_type, ResponseAs::Auto)
    }

    #[test]
    fn json_types_become_the_value_they_stand_for() {
        let types = [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "text/json",
            "application/problem+json",
            " application/json ",
        ];
        for content_type in types {
            assert_eq!(
                auto(b"\xef\xbb\xbf{\"a\": [1, 2.5]}", content_type),
                Value::from_json(&json!({"a": [1, 2.5]}))
            );
        }
        assert_eq!(auto("\"é\"".as_bytes(), "application/json"), "é".into());
        assert_eq!(
            auto(b"\"\xe9\"", "application/json; charset=iso-8859-1"),
            "é".into()
        );
    }

    #[test]
    fn text_types_become_text_in_their_charset() {
        assert_eq!(auto("né".as_bytes(), "text/plain"), "né".into());
        assert_eq!(
            auto("né".as_bytes(), "text/html; charset=\"utf-8\""),
            "né".into()
        );
        assert_eq!(
            auto(b"n\xe9\x80", "text/plain; Charset=ISO-8859-1"),
            "né€".into()
        );
        assert_eq!(auto(b"a\xffb", "text/csv"), "a\u{fffd}b".into());
        for content_type in [
            "application/xml",
            "image/svg+xml",
            "application/x-ndjson",
            "application/yaml",
        ] {
            assert_eq!(auto(b"x", content_type), "x".into(), "{content_type}");
        }
    }

    #[test]
    fn the_rest_becomes_bytes() {
        for content_type in [
            "image/png",
            "application/octet-stream",
            "application/jsonx",
            "nonsense",
        ] {
            assert_eq!(
                auto(b"\xffx", content_type),
                Value::Bytes(b"\xffx".to_vec().into()),
                "{content_type}"
            );
        }
        assert_eq!(auto(b"x", ""), "x".into());
        assert_eq!(auto(b"\xff", ""), Value::Bytes(b"\xff".to_vec().into()));
    }

    #[test]
    fn what_was_asked_for_counts_more_than_the_content_type() {
        assert_eq!(
            read(b"[1]", "text/plain", ResponseAs::Json),
            Value::from_json(&json!([1]))
        );
        assert_eq!(
            read(b"[1]", "application/json", ResponseAs::Text),
            "[1]".into()
        );
        assert_eq!(
            read(b"[1]", "application/json", ResponseAs::Bytes),
            Value::Bytes(b"[1]".to_vec().into())
        );
    }

    #[test]
    fn nothing_is_null() {
        for wanted in [ResponseAs::Auto, ResponseAs::Json, ResponseAs::Text] {
            assert_eq!(read(b"", "application/json", wanted), Value::Null);
        }
        assert_eq!(
            read(b"", "application/json", ResponseAs::Bytes),
            Value::Bytes(Vec::new().into())
        );
    }

    #[test]
    fn broken_json_is_a_failure_with_its_place() {
        let kind = ContentType::parse("application/json");
        let fails =
            |text: &str| decode(text.into(), &kind, ResponseAs::Auto, true).expect_err(text);
        let failure = fails("{\"a\": 1,\n \"é\": CANARY}");
        let place = failure.place.expect("place");
        assert_eq!(
            (failure.kind, place.line, place.column),
            (FailureKind::InvalidInput, Some(2), Some(7))
        );
        assert!(!failure.message.contains("CANARY"), "{}", failure.message);
        for text in [
            "[".repeat(100_000),
            "1e999".to_owned(),
            "\"\\ud800\"".to_owned(),
            "{".to_owned(),
        ] {
            assert_eq!(fails(&text).kind, FailureKind::InvalidInput);
        }
    }

    #[test]
    fn an_error_page_in_place_of_json_is_text() {
        for (content_type, wanted) in [
            ("text/html", ResponseAs::Json),
            ("application/json", ResponseAs::Auto),
        ] {
            let kind = ContentType::parse(content_type);
            let value =
                decode(b"<h1>Bad gateway</h1>".to_vec(), &kind, wanted, false).expect("kept");
            assert_eq!(value, "<h1>Bad gateway</h1>".into());
        }
    }
}
