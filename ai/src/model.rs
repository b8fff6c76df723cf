//! What is asked of a language model, and what it answers.
//!
//! Reading order: [`ChatModel`] (all that the rest of this crate knows of models), [`endpoint`] (one that is
//! reached over HTTP), [`cassette`] (one that was recorded), [`settings`] (which one to use), [`budget`] (what it
//! may cost).

mod answer;
pub mod base_url;
pub mod budget;
pub mod cassette;
mod door;
pub mod endpoint;
pub mod key;
pub mod list;
pub mod local;
mod manner;
pub mod retry;
pub mod settings;
mod told;
mod trouble;
pub mod usage;
mod wire;

pub use base_url::BaseUrl;
pub use budget::{Account, Entry, Ledger, Limits, Metered};
pub use cassette::{Cassette, Exchange, Recording};
pub use endpoint::{Endpoint, EndpointConfig, Models};
pub use key::Key;
pub use settings::{AiTable, Place, Settings, Sources};

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What a call is for; models are chosen by task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Task {
    /// Chat that builds or edits a workflow.
    Draft,
    /// Node code.
    Code,
    /// Diagnoses and fixes.
    Heal,
    /// Explanations, names and summaries.
    Explain,
    /// An `ai.*` node of a workflow.
    Node,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "camelCase")]
pub enum Message {
    /// The rules of the task.
    System {
        /// The words.
        text: String,
    },
    /// The person, and the data that belongs to the request.
    User {
        /// The words.
        text: String,
    },
    /// The model.
    Assistant {
        /// The words.
        text: String,
        /// The tools that it wants to be called.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<ToolCall>,
    },
    /// What a tool answered.
    Tool {
        /// Which call.
        call: String,
        /// The answer.
        text: String,
    },
}

/// A tool that the model wants to be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolCall {
    /// Its name in this conversation.
    pub id: String,
    /// Which tool.
    pub name: String,
    /// The arguments, as the model wrote them; not yet known to be JSON.
    pub arguments: String,
}

/// A tool that the model may ask for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does.
    pub about: String,
    /// JSON Schema of its arguments.
    pub arguments: Json,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatRequest {
    /// What it is for.
    pub task: Task,
    /// The model; the task's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The conversation.
    pub messages: Vec<Message>,
    /// The tools that may be asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolSpec>,
    /// JSON Schema that the answer must fit, when it must be JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Json>,
    /// Most tokens of the answer.
    pub max_tokens: u32,
}

/// What a call used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens of the request.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// In US dollars, where the endpoint tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_usd: Option<f64>,
    /// Whether the tokens were estimated from the length of the texts, because the endpoint did not tell.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatAnswer {
    /// The words, or the JSON that was asked for.
    pub text: String,
    /// The tools that it wants to be called.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// The model that answered, as it names itself.
    pub model: String,
    /// What it used.
    pub usage: Usage,
    /// Whether the answer was cut at `max_tokens`.
    #[serde(default)]
    pub cut: bool,
}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ModelError {
    /// No endpoint is configured.
    #[error(
        "no model is configured; set OPENROUTER_API_KEY, or FLOWFORGE_AI_BASE_URL for a server of your own"
    )]
    NoModel,
    /// The endpoint refused the key or the model.
    #[error("the model's endpoint refused the call ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What it said, cut.
        message: String,
    },
    /// The endpoint failed, after retries.
    #[error("the model's endpoint failed after {attempts} attempts: {message}")]
    Unavailable {
        /// How often it was tried.
        attempts: u32,
        /// The last reason.
        message: String,
    },
    /// The answer was not what was asked for.
    #[error("the model's answer could not be used: {0}")]
    BadAnswer(String),
    /// The answer took too long.
    #[error("the model did not answer within {0} s")]
    Timeout(u64),
    /// A spending limit is reached.
    #[error("the spending limit is reached: {0}")]
    Limit(String),
    /// A recording was asked for what it does not hold.
    #[error("no answer is recorded for this request: {0}")]
    NotRecorded(String),
    /// The person stopped it.
    #[error("stopped")]
    Stopped,
}

/// Hears an answer while it arrives.
pub type Hear<'a> = &'a mut (dyn FnMut(&str) + Send);

/// Something that answers.
pub trait ChatModel: Send + Sync {
    /// Asks, and tells each piece of text as it arrives. Dropping the future stops the call.
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
        hear: Hear<'a>,
    ) -> BoxFuture<'a, Result<ChatAnswer, ModelError>>;
}

impl<M: ChatModel + ?Sized> ChatModel for Arc<M> {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
        hear: Hear<'a>,
    ) -> BoxFuture<'a, Result<ChatAnswer, ModelError>> {
        (**self).complete(request, hear)
    }
}
