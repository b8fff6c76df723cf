//! A conversation with a model, and the effect that carries it on.

use crate::effect::{Effect, EffectKind};
use crate::failure::Failure;
use crate::nodes::params::Params;
use crate::nodes::schema::Property;
use crate::value::{Record, Text, Value};

use super::reply::Reply;
use super::shape::Shape;

/// Tokens of an answer when a node names no `maxTokens`.
const TOKENS_MAX_DEFAULT: i64 = 4_096;

/// What was said so far.
pub(super) struct Talk {
    model: Option<Value>,
    max_tokens: i64,
    shape: Option<Value>,
    tools: Vec<Value>,
    messages: Vec<Value>,
}

/// The parameters that every node which asks a model has.
pub(super) fn properties() -> [Property; 4] {
    [
        Property::long_text(
            "system",
            "Rules",
            "What the model should know before: its role, its manner, what it must not do. When left \
                out, it is told nothing.",
        )
        .such_as(serde_json::json!("You answer in one sentence.")),
        Property::record("shape", "Shape of the answer", SHAPE)
            .such_as(serde_json::json!({ "type": "object", "required": ["mood"] })),
        Property::text(
            "model",
            "Model",
            "Which model, by the endpoint's name for it. When left out, the one from the settings.",
        )
        .filled(),
        Property::int(
            "maxTokens",
            "Longest answer",
            "Most tokens of one answer.",
            1..=200_000,
        )
        .or(serde_json::json!(TOKENS_MAX_DEFAULT)),
    ]
}

const SHAPE: &str = "A JSON Schema (draft 2020-12) that the answer must fit; the output is then the value \
    itself. When left out, the output is the answer's text.";

impl Talk {
    /// A conversation that begins with the node's rules and these words.
    pub(super) fn begin(
        params: &Params<'_>,
        shape: Option<&Shape>,
        words: &str,
    ) -> Result<Self, Failure> {
        let model = params.given("model").map(|model| model.text());
        let mut talk = Self {
            model: model.transpose()?.map(Value::from),
            max_tokens: params.int("maxTokens")?,
            shape: shape.map(|shape| shape.json.clone()),
            tools: Vec::new(),
            messages: Vec::new(),
        };
        if let Some(system) = params.given("system") {
            talk.say("system", &system.text()?);
        }
        talk.say("user", words);
        Ok(talk)
    }

    /// Adds a message.
    pub(super) fn say(&mut self, role: &str, text: &str) {
        let message = Record::from_iter([("role", Value::from(role)), ("text", text.into())]);
        self.messages.push(message.into());
    }

    /// Adds what the model said, and what is wrong with it.
    pub(super) fn complain(&mut self, reply: &Reply, complaint: &str) {
        self.heard(reply);
        let words = match self.shape {
            Some(_) => format!(
                "That answer cannot be used: {complaint}. Answer again, with nothing but the JSON."
            ),
            None => format!("That answer cannot be used: {complaint}. Answer again."),
        };
        self.say("user", &words);
    }

    /// Adds what the model said.
    pub(super) fn heard(&mut self, reply: &Reply) {
        let calls = Some(("calls", reply.calls.clone())).filter(|(_, calls)| !calls.is_null());
        let fields = [
            ("role", Value::from("assistant")),
            ("text", reply.text.clone().into()),
        ];
        let message: Record = fields.into_iter().chain(calls).collect();
        self.messages.push(message.into());
    }

    /// Adds what a tool answered.
    pub(super) fn tell(&mut self, call: &Value, text: Text) {
        let fields = [
            ("role", Value::from("tool")),
            ("call", call.clone()),
            ("text", text.into()),
        ];
        self.messages.push(Record::from_iter(fields).into());
    }

    /// Offers a tool.
    pub(super) fn offer(&mut self, tool: Value) {
        self.tools.push(tool);
    }

    /// The question that comes next. A model does nothing but answer, so it may be asked again when nobody
    /// knows whether it was: that costs tokens, and nothing else.
    pub(super) fn question(&self) -> Effect {
        let list = |items: &[Value]| (!items.is_empty()).then(|| Value::from(items.to_vec()));
        let fields = [
            ("model", self.model.clone()),
            ("messages", list(&self.messages)),
            ("tools", list(&self.tools)),
            ("shape", self.shape.clone()),
            ("maxTokens", Some(self.max_tokens.into())),
        ];
        let given = fields.into_iter();
        let request: Record = given
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        Effect {
            kind: EffectKind::Model,
            request: request.into(),
            idempotent: true,
        }
    }
}
