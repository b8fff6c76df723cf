//! Secrets are taken out before anything else sees a value.
//!
//! A value is secret by the name it stands under, by a mark in the workflow (`redact: [field, ...]`), by what it
//! looks like, or because the same text was secret elsewhere: a server that echoes a token under another name gives nothing away.

use std::collections::BTreeSet;

use flowforge_engine::value::Record;
use flowforge_engine::{Value, Workflow};

/// What stands in a secret's place.
pub(crate) const REDACTED: &str = "[redacted]";

/// Parts of names that secrets stand under, without `-` and `_`.
const NAMES: [&str; 14] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "authorization",
    "cookie",
    "credential",
    "session",
    "signature",
    "bearer",
];
/// How keys of well-known services begin.
const PREFIXES: [&str; 14] = [
    "sk-",
    "pk_live",
    "sk_live",
    "rk_live",
    "ghp_",
    "gho_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "AIza",
    "eyJ",
    "-----BEGIN",
];
/// Shorter texts are not looked for elsewhere: they would be found everywhere.
const LEARNED_CHARS_MIN: usize = 6;
/// Most secrets that are remembered.
const LEARNED_MAX: usize = 1_000;

/// What is known to be secret.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    marked: BTreeSet<String>,
    learned: BTreeSet<String>,
}

impl Redaction {
    /// What a workflow marks, and what stands in it under a secret name.
    #[must_use]
    pub fn new(workflow: &Workflow) -> Self {
        let marks = |value: Option<&Value>| -> Vec<String> {
            let list = value
                .and_then(Value::as_list)
                .into_iter()
                .flat_map(|list| list.iter());
            list.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let mut redaction = Self::default();
        redaction.marked.extend(marks(workflow.extra.get("redact")));
        for node in &workflow.graph.nodes {
            redaction.marked.extend(marks(node.extra.get("redact")));
        }
        redaction.learn(&workflow.to_value());
        redaction
    }

    /// Remembers what stands under a secret name in this value.
    pub fn learn(&mut self, value: &Value) {
        match value {
            Value::List(list) => list.iter().for_each(|item| self.learn(item)),
            Value::Record(record) => {
                for (name, value) in record {
                    if self.is_secret_name(name) {
                        self.remember(value);
                    } else {
                        self.learn(value);
                    }
                }
            }
            _ => {}
        }
    }

    fn remember(&mut self, value: &Value) {
        match value {
            // An expression is how a secret is fetched, not the secret.
            Value::Text(text) if !text.contains("{{") => {
                for word in text.split([' ', ',', ';']).chain([&**text]) {
                    let word = word.strip_prefix("Bearer ").unwrap_or(word);
                    if word.chars().count() >= LEARNED_CHARS_MIN
                        && word != "Bearer"
                        && self.learned.len() < LEARNED_MAX
                    {
                        self.learned.insert(word.to_owned());
                    }
                }
            }
            Value::List(list) => list.iter().for_each(|item| self.remember(item)),
            Value::Record(record) => record.values().for_each(|value| self.remember(value)),
            _ => {}
        }
    }

    fn is_secret_name(&self, name: &str) -> bool {
        let plain: String = name
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        let counts =
            ["tokens", "maxtokens", "prompttokens", "completiontokens"].contains(&plain.as_str());
        self.marked.contains(name) || (!counts && NAMES.iter().any(|secret| plain.contains(secret)))
    }

    /// The value without secrets.
    #[must_use]
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::Text(text) => self.text(text).into(),
            Value::List(list) => Value::List(list.iter().map(|item| self.value(item)).collect()),
            Value::Record(record) => record
                .iter()
                .map(|(name, value)| {
                    let shown = if self.is_secret_name(name) {
                        self.hidden(value)
                    } else {
                        self.value(value)
                    };
                    (&**name, shown)
                })
                .collect::<Record>()
                .into(),
            other => other.clone(),
        }
    }

    /// What stands for a secret: an expression stays, since it says where the secret comes from.
    fn hidden(&self, value: &Value) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Text(text) if text.trim().starts_with("{{") && text.trim().ends_with("}}") => {
                self.text(text).into()
            }
            _ => REDACTED.into(),
        }
    }

    /// The text without secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut shown = text.to_owned();
        for secret in self.learned.iter().rev() {
            if shown.contains(secret.as_str()) {
                shown = shown.replace(secret.as_str(), REDACTED);
            }
        }
        if shown.contains("://") {
            shown = without_userinfo(&shown);
        }
        if shown.contains("-----BEGIN") {
            return REDACTED.into();
        }
        let is_edge = |c: char| c.is_whitespace() || "\"'`,;()<>{}[]=&?:/".contains(c);
        let words: Vec<&str> = shown
            .split(is_edge)
            .filter(|word| looks_secret(word))
            .collect();
        let mut hidden = shown.clone();
        for word in words {
            hidden = hidden.replace(word, REDACTED);
        }
        hidden
    }
}

/// Whether a word looks like a key: a known beginning, or long and of many kinds of characters.
fn looks_secret(word: &str) -> bool {
    let known = PREFIXES.iter().any(|prefix| word.starts_with(prefix)) && word.len() >= 16;
    let kinds = [
        word.chars().any(|c| c.is_ascii_uppercase()),
        word.chars().any(|c| c.is_ascii_lowercase()),
        word.chars().any(|c| c.is_ascii_digit()),
    ];
    let is_key = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-.+".contains(c));
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let all_kinds = kinds.iter().all(|kind| *kind) && digits >= 3;
    known || (word.len() >= 28 && is_key && all_kinds)
}

/// `https://user:password@host` without what stands before the `@`.
fn without_userinfo(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = after
            .find(|c: char| c == '/' || c.is_whitespace() || c == '"')
            .unwrap_or(after.len());
        rest = match after[..end].rfind('@') {
            Some(sign) => {
                shown.push_str(REDACTED);
                &after[sign..]
            }
            None => after,
        };
    }
    shown + rest
}
