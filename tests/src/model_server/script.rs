//! What the scripted model says, and how it fails. `tests/models/README.md` describes the file for people.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A script.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Script {
    /// The models that are listed; the first is the one that answers.
    pub models: Vec<String>,
    /// The key that each call must bring; any, or none, when absent.
    pub key: Option<String>,
    /// What becomes of the field `tools`.
    pub tools: Field,
    /// What becomes of the field `response_format`.
    pub response_format: Field,
    /// Whether it answers in one piece also when asked for a stream.
    pub plain: bool,
    /// Whether it tells the tokens and the cost.
    pub tells_usage: bool,
    /// How fast it speaks, for turns that do not say.
    pub pace: Pace,
    /// What it says.
    pub turns: Vec<Turn>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            models: vec!["scripted".to_owned()],
            key: None,
            tools: Field::Understood,
            response_format: Field::Understood,
            plain: false,
            tells_usage: true,
            pace: Pace::default(),
            turns: Vec::new(),
        }
    }
}

/// What a server does with a field of the call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Field {
    /// It does what the field asks for.
    #[default]
    Understood,
    /// It answers 400 and names the field.
    Refused,
    /// It behaves as if the field were not there.
    Ignored,
}

/// How fast an answer comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Pace {
    /// Before anything is sent, in milliseconds.
    pub first_ms: u64,
    /// Between pieces of a stream, in milliseconds.
    pub piece_ms: u64,
}

/// One answer, and when it is given.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Turn {
    /// Text in the person's last message; any when absent.
    pub when: Option<String>,
    /// The tool whose answer is the last message.
    pub after: Option<String>,
    /// Text anywhere in the conversation.
    pub seen: Option<String>,
    /// Whether it may be given again and again, instead of once.
    pub always: bool,
    /// The words.
    pub say: Option<Words>,
    /// A value as the words.
    pub json: Option<Json>,
    /// The tools that it calls.
    pub calls: Vec<Call>,
    /// Why it ended, when not for the usual reason.
    pub finish: Option<String>,
    /// How fast it comes.
    pub pace: Option<Pace>,
    /// What it used.
    pub usage: Option<Used>,
    /// A status that is no success, instead of an answer.
    pub status: Option<u16>,
    /// The header `Retry-After` of that status.
    pub retry_after: Option<String>,
    /// The words of that status.
    pub message: Option<String>,
    /// How the answer goes wrong.
    pub fault: Option<Fault>,
    /// An answer of so many letters.
    pub bytes: Option<usize>,
}

/// The words of an answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// Sent word by word.
    Text(String),
    /// Sent piece by piece.
    Pieces(Vec<String>),
}

/// A call of a tool.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Call {
    /// Which tool.
    pub tool: String,
    /// Its arguments; a text is sent as it is, also when it is no JSON.
    #[serde(default)]
    pub arguments: Json,
}

/// What an answer used.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Used {
    /// Tokens of the request.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// In US dollars.
    #[serde(default)]
    pub cost_usd: Option<f64>,
}

/// How an answer goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fault {
    /// Its JSON ends in the middle, and the answer with it.
    HalfJson,
    /// JSON that fits no schema, or arguments that fit no tool.
    WrongSchema,
    /// No words and no calls.
    Empty,
    /// A web page.
    Html,
    /// Nothing is ever sent.
    Hang,
    /// Half of it is sent, and then nothing.
    HangMidway,
    /// The connection breaks in the middle.
    Cut,
}

/// Why a script cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The file cannot be read.
    #[error("the script cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is not a script.
    #[error("not a script: {0}")]
    Malformed(String),
    /// It uses a name that was not given.
    #[error("the script needs a value for `{0}`; give it with --set {0}=VALUE")]
    Unset(String),
}

impl Script {
    /// A script of these turns.
    #[must_use]
    pub fn of(turns: Vec<Turn>) -> Self {
        Self {
            turns,
            ..Self::default()
        }
    }

    /// Reads a script in YAML or JSON, after each `${name}` was replaced by its value.
    ///
    /// # Errors
    /// When it is no script, or a name has no value.
    pub fn parse(text: &str, values: &BTreeMap<String, String>) -> Result<Self, ScriptError> {
        let text = fill(text, values)?;
        serde_saphyr::from_str(&text).map_err(|error| ScriptError::Malformed(error.to_string()))
    }

    /// Reads a script from a file.
    ///
    /// # Errors
    /// As [`Script::parse`], and when the file cannot be read.
    pub fn read(path: &Path, values: &BTreeMap<String, String>) -> Result<Self, ScriptError> {
        Self::parse(&std::fs::read_to_string(path)?, values)
    }
}

impl Turn {
    /// Words.
    #[must_use]
    pub fn say(text: &str) -> Self {
        Self {
            say: Some(Words::Text(text.to_owned())),
            ..Self::default()
        }
    }

    /// A value.
    #[must_use]
    pub fn json(value: Json) -> Self {
        Self {
            json: Some(value),
            ..Self::default()
        }
    }

    /// A call of one tool.
    #[must_use]
    pub fn call(tool: &str, arguments: Json) -> Self {
        let tool = tool.to_owned();
        Self {
            calls: vec![Call { tool, arguments }],
            ..Self::default()
        }
    }

    /// A status that is no success.
    #[must_use]
    pub fn status(status: u16, message: &str) -> Self {
        Self {
            status: Some(status),
            message: Some(message.to_owned()),
            ..Self::default()
        }
    }

    /// An answer that goes wrong.
    #[must_use]
    pub fn fault(fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::say("These words do not arrive as they should.")
        }
    }

    /// Only when the person's last message has this text.
    #[must_use]
    pub fn when(self, text: &str) -> Self {
        Self {
            when: Some(text.to_owned()),
            ..self
        }
    }

    /// Only when the last message is this tool's answer.
    #[must_use]
    pub fn after(self, tool: &str) -> Self {
        Self {
            after: Some(tool.to_owned()),
            ..self
        }
    }

    /// Again and again.
    #[must_use]
    pub fn always(self) -> Self {
        Self {
            always: true,
            ..self
        }
    }

    /// The pieces in which its words are sent.
    pub(super) fn pieces(&self) -> Vec<String> {
        match (&self.say, &self.json) {
            (Some(Words::Pieces(pieces)), _) => pieces.clone(),
            (Some(Words::Text(text)), _) => cut(text),
            (None, Some(value)) => cut(&value.to_string()),
            (None, None) => Vec::new(),
        }
    }
}

fn cut(text: &str) -> Vec<String> {
    text.split_inclusive(' ').map(str::to_owned).collect()
}

fn fill(text: &str, values: &BTreeMap<String, String>) -> Result<String, ScriptError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        let value = values.get(name);
        filled += before;
        filled += value.ok_or_else(|| ScriptError::Unset(name.to_owned()))?;
        rest = after;
    }
    Ok(filled + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_mistakes_are_named() {
        let read = |text: &str| {
            let values = BTreeMap::from([("port".to_owned(), "4000".to_owned())]);
            Script::parse(text, &values).map_err(|error| error.to_string())
        };
        let script = read("turns: [{ say: \"at ${port}, {{ input }}\" }]").expect("a script");
        assert_eq!(
            script.turns[0].pieces(),
            ["at ", "4000, ", "{{ ", "input ", "}}"]
        );
        assert_eq!(
            read("turns: [{ say: \"${host}\" }]").expect_err("unset"),
            "the script needs a value for `host`; give it with --set host=VALUE"
        );
        assert!(
            read("turns: [{ says: hello }]")
                .expect_err("a typo")
                .contains("says")
        );
    }
}
