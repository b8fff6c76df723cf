//! The models that an endpoint offers, and whether one of them answers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::time::{Instant, timeout};

use super::door::Met;
use super::endpoint::{Endpoint, trouble};
use super::manner::Manner;
use super::trouble::Trouble;
use super::usage::dollars;
use super::{ChatModel, ChatRequest, Message, ModelError, Task};

/// Most models that are listed.
const MODELS_MAX: usize = 2_000;
/// Tokens of a test's answer: enough for models that think before they speak.
const TEST_TOKENS_MAX: u32 = 64;

/// A model that an endpoint offers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelEntry {
    /// As a call names it.
    pub id: String,
    /// As people name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Tokens that fit into a conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u64>,
    /// US dollars for a million tokens of the request, where the endpoint tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_usd: Option<f64>,
    /// US dollars for a million tokens of the answer, where the endpoint tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_usd: Option<f64>,
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tested {
    /// Whether the model answered.
    pub ok: bool,
    /// Which one.
    pub model: String,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Endpoint {
    /// The models that the endpoint lists, in its order. What the list tells about fields that a model does
    /// not understand is remembered.
    ///
    /// # Errors
    /// As [`ChatModel::complete`]; a list is asked for once.
    pub async fn models(&self) -> Result<Vec<ModelEntry>, ModelError> {
        let client = self.door(&Met::default(), false);
        let models = client.models();
        let whole_ms = self.config().whole_ms_max;
        let listed = timeout(Duration::from_millis(whole_ms), models.list_byot::<Json>()).await;
        let listed = listed.map_err(|_| ModelError::Timeout(whole_ms.div_ceil(1000)))?;
        let shown = |trouble: Trouble| trouble.fit_to_show(self.config().key.as_ref()).told(1);
        let list = listed.map_err(|error| shown(trouble(error)))?;
        let entries = entries(&list).ok_or_else(|| {
            ModelError::BadAnswer("it is not a list of models; is the base URL right?".to_owned())
        })?;
        for (entry, parameters) in &entries {
            if let Some(parameters) = parameters {
                self.learn(&entry.id, parameters);
            }
        }
        Ok(entries.into_iter().map(|(entry, _)| entry).collect())
    }

    fn learn(&self, model: &str, parameters: &[String]) {
        let manner = Manner::listed(parameters);
        if manner != Manner::default() {
            self.remember(model, manner);
        }
    }

    /// Asks a model for one word.
    pub async fn test(&self, model: Option<String>) -> Tested {
        let text = "Answer with the word: ready".to_owned();
        let request = ChatRequest {
            task: Task::Explain,
            model,
            messages: vec![Message::User { text }],
            tools: Vec::new(),
            shape: None,
            max_tokens: TEST_TOKENS_MAX,
        };
        let began = Instant::now();
        let answered = self.complete(&request, &mut |_| {}).await;
        let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let named = self.model_of(&request).await.unwrap_or_default();
        match answered {
            Ok(answer) => Tested {
                ok: true,
                model: answer.model,
                ms,
                message: None,
            },
            Err(error) => Tested {
                ok: false,
                model: named,
                ms,
                message: Some(error.to_string()),
            },
        }
    }
}

type Listed = (ModelEntry, Option<Vec<String>>);

/// The entries of `{"data": [..]}`, `{"models": [..]}` or a plain list.
fn entries(list: &Json) -> Option<Vec<Listed>> {
    let fields = ["data", "models"]
        .into_iter()
        .find_map(|name| list.get(name));
    let items = fields.unwrap_or(list).as_array()?;
    Some(items.iter().filter_map(entry).take(MODELS_MAX).collect())
}

fn entry(item: &Json) -> Option<Listed> {
    let text = |name| item.get(name).and_then(Json::as_str);
    let id = text("id").or_else(|| text("model"))?;
    let price = |pointer| Some(item.pointer(pointer).and_then(dollars)? * 1_000_000.0);
    let entry = ModelEntry {
        id: id.to_owned(),
        name: text("name").filter(|name| *name != id).map(str::to_owned),
        context_tokens: item.get("context_length").and_then(Json::as_u64),
        prompt_usd: price("/pricing/prompt"),
        completion_usd: price("/pricing/completion"),
    };
    let parameters = item.get("supported_parameters").and_then(Json::as_array);
    let parameters = parameters.map(|names| {
        let names = names.iter().filter_map(Json::as_str);
        names.map(str::to_owned).collect()
    });
    Some((entry, parameters))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_of_the_known_servers_are_read() {
        let ids = |list: Json| {
            let entries = entries(&list)?;
            Some(
                entries
                    .into_iter()
                    .map(|(entry, _)| entry.id)
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            ids(json!({"data": [{"id": "a"}, {"object": "x"}]})),
            Some(vec!["a".into()])
        );
        assert_eq!(
            ids(json!({"models": [{"model": "b", "name": "b"}]})),
            Some(vec!["b".into()])
        );
        assert_eq!(ids(json!([{"id": "c"}])), Some(vec!["c".into()]));
        assert_eq!(ids(json!({"detail": "not here"})), None);
        let openrouter = json!({"data": [{
            "id": "a/b", "name": "A: B", "context_length": 8192,
            "pricing": {"prompt": "0.000003", "completion": "0.000015"},
            "supported_parameters": ["max_tokens"],
        }]});
        let (entry, parameters) = entries(&openrouter).expect("a list").remove(0);
        assert_eq!(
            (
                entry.name.as_deref(),
                entry.context_tokens,
                entry.prompt_usd
            ),
            (Some("A: B"), Some(8192), Some(3.0))
        );
        assert_eq!(parameters, Some(vec!["max_tokens".to_owned()]));
    }
}
