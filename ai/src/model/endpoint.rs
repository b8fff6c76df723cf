//! An OpenAI-compatible endpoint: asked in the manner that it understands, again when it fails in passing, and
//! never for longer, larger or oftener than it may be.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout};

use super::answer::Assembly;
use super::base_url::BaseUrl;
use super::door::{Bounds, Door, Met};
use super::key::Key;
use super::manner::{Manner, Way};
use super::retry::Retry;
use super::told::Spoken;
use super::trouble::Trouble;
use super::usage::both;
use super::{ChatAnswer, ChatModel, ChatRequest, Hear, ModelError, Task, Usage, wire};

/// Who calls, for OpenRouter's pages.
const REFERER: &str = "https://github.com/flowforge/flowforge";
const TITLE: &str = "FlowForge";
const WHOLE_MS_MAX: u64 = 300_000;
const IDLE_MS_MAX: u64 = 60_000;
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most models whose manner is remembered.
const MANNERS_MAX: usize = 256;

/// The models of the tasks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Models {
    /// For [`Task::Draft`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<String>,
    /// For [`Task::Code`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// For [`Task::Heal`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heal: Option<String>,
    /// For [`Task::Explain`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<String>,
    /// For [`Task::Node`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
}

impl Models {
    /// The model of a task.
    #[must_use]
    pub fn of(&self, task: Task) -> Option<&str> {
        let model = match task {
            Task::Draft => &self.draft,
            Task::Code => &self.code,
            Task::Heal => &self.heal,
            Task::Explain => &self.explain,
            Task::Node => &self.node,
        };
        model.as_deref()
    }
}

/// Which endpoint, and within what bounds.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    /// Where it is.
    pub base_url: BaseUrl,
    /// Its key, if it wants one.
    pub key: Option<Key>,
    /// The model of a task that has none of its own; the first that the endpoint lists when absent.
    pub model: Option<String>,
    /// The models of the tasks.
    pub models: Models,
    /// When to try again.
    pub retry: Retry,
    /// The longest time of a call with all its attempts, in milliseconds.
    pub whole_ms_max: u64,
    /// The longest silence, in milliseconds, before the first byte and between bytes.
    pub idle_ms_max: u64,
    /// The largest answer, in bytes as they are sent.
    pub answer_bytes_max: usize,
}

impl EndpointConfig {
    /// An endpoint with the usual bounds. One on this machine may take longer: without a graphics card it
    /// reads a long prompt for minutes before it says its first word.
    #[must_use]
    pub fn new(base_url: BaseUrl, key: Option<Key>) -> Self {
        let slowness = if base_url.is_local() { 4 } else { 1 };
        Self {
            base_url,
            key,
            model: None,
            models: Models::default(),
            retry: Retry::default(),
            whole_ms_max: slowness * WHOLE_MS_MAX,
            idle_ms_max: slowness * IDLE_MS_MAX,
            answer_bytes_max: ANSWER_BYTES_MAX,
        }
    }
}

/// A model behind an OpenAI-compatible endpoint.
#[derive(Debug)]
pub struct Endpoint {
    config: EndpointConfig,
    client: reqwest::Client,
    manners: Mutex<HashMap<String, Manner>>,
    first: OnceCell<String>,
}

impl Endpoint {
    /// Calls go through this client, which the caller has given its own rules about addresses and redirects.
    #[must_use]
    pub fn new(config: EndpointConfig, client: reqwest::Client) -> Self {
        Self {
            config,
            client,
            manners: Mutex::default(),
            first: OnceCell::new(),
        }
    }

    /// Where it is and what bounds it.
    #[must_use]
    pub fn config(&self) -> &EndpointConfig {
        &self.config
    }

    /// The model that a request is sent to.
    ///
    /// # Errors
    /// When none is named anywhere and the endpoint does not list one.
    pub async fn model_of(&self, request: &ChatRequest) -> Result<String, ModelError> {
        let named = request
            .model
            .as_deref()
            .or_else(|| self.config.models.of(request.task))
            .or(self.config.model.as_deref());
        match named {
            Some(name) => Ok(name.to_owned()),
            None => self
                .first
                .get_or_try_init(|| self.first_listed())
                .await
                .cloned(),
        }
    }

    async fn first_listed(&self) -> Result<String, ModelError> {
        let first = self.models().await?.into_iter().next();
        first.map(|entry| entry.id).ok_or_else(|| {
            ModelError::BadAnswer(
                "the endpoint lists no model; name one in the settings".to_owned(),
            )
        })
    }

    async fn ask(&self, request: &ChatRequest, hear: Hear<'_>) -> Result<ChatAnswer, ModelError> {
        let model = self.model_of(request).await?;
        let mut manner = self.manner(&model);
        let mut earlier = Usage::default();
        let mut attempts = 0;
        loop {
            let mut heard = false;
            let mut hear_and_note = |piece: &str| {
                heard = true;
                hear(piece);
            };
            let asked = self.once(request, &model, manner, &mut hear_and_note);
            let finished = asked.await.and_then(|assembly| {
                let used = both(earlier, assembly.usage(request));
                let finished = assembly.finish(request, &model, manner);
                earlier = used;
                finished
            });
            let trouble = match finished {
                Ok(answer) => {
                    return Ok(ChatAnswer {
                        usage: earlier,
                        ..answer
                    });
                }
                Err(trouble) => trouble,
            };
            // Each step leaves out one thing more, so there are few of them, and they are no attempts.
            if let Some(next) = manner.after(&trouble, request) {
                manner = next;
                self.remember(&model, next);
            } else {
                attempts += 1;
                self.wait(trouble, attempts, heard).await?;
            }
        }
    }

    /// Waits for the next attempt, or says why there is none. Words that were heard cannot be unsaid, so an
    /// answer that broke off after its first word is not asked for again.
    async fn wait(&self, trouble: Trouble, attempts: u32, heard: bool) -> Result<(), ModelError> {
        let trouble = trouble.fit_to_show(self.config.key.as_ref());
        let asked_ms = match &trouble {
            Trouble::Status { retry_after_ms, .. } => *retry_after_ms,
            _ => None,
        };
        let again = trouble.is_passing() && !heard;
        let wait_ms = again
            .then(|| self.config.retry.wait_ms(attempts, asked_ms, chance()))
            .flatten();
        let Some(ms) = wait_ms else {
            return Err(trouble.told(attempts));
        };
        tracing::debug!(%trouble, attempts, ms, "a model is asked again");
        sleep(Duration::from_millis(ms)).await;
        Ok(())
    }

    async fn once(
        &self,
        request: &ChatRequest,
        model: &str,
        manner: Manner,
        hear: Hear<'_>,
    ) -> Result<Assembly, Trouble> {
        let met = Met::default();
        let client = self.door(&met, true);
        let body = wire::body(request, model, manner, self.config.base_url.is_openrouter());
        let chat = client.chat();
        let mut events = chat
            .create_stream_byot::<Json, Json>(body)
            .await
            .map_err(trouble)?;
        let mut assembly = Assembly::default();
        let mut spoken =
            (manner.tools == Way::Told && !request.tools.is_empty()).then(Spoken::default);
        while let Some(event) = events.next().await {
            let Ok(event) = event else { break };
            let words = assembly.take(&event)?;
            let words = spoken
                .as_mut()
                .map_or(words.clone(), |spoken| spoken.hear(&words));
            if !words.is_empty() {
                hear(&words);
            }
        }
        match met.take_trouble() {
            Some(trouble) => Err(trouble),
            None if met.is_done() || assembly.is_finished() => Ok(assembly),
            None => Err(Trouble::Bad("it stopped half way".to_owned())),
        }
    }

    /// async-openai's client for one exchange.
    pub(crate) fn door(&self, met: &Met, events: bool) -> Client<Head> {
        let door = Door {
            client: self.client.clone(),
            bounds: Bounds {
                idle_ms: self.config.idle_ms_max,
                bytes_max: self.config.answer_bytes_max,
                events,
            },
            met: met.clone(),
        };
        Client::build(self.client.clone(), Head::new(&self.config)).with_http_service(door)
    }

    fn manners(&self) -> MutexGuard<'_, HashMap<String, Manner>> {
        self.manners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn manner(&self, model: &str) -> Manner {
        self.manners().get(model).copied().unwrap_or_default()
    }

    pub(crate) fn remember(&self, model: &str, manner: Manner) {
        let mut manners = self.manners();
        if manners.len() >= MANNERS_MAX && !manners.contains_key(model) {
            manners.clear();
        }
        manners.insert(model.to_owned(), manner);
    }
}

impl ChatModel for Endpoint {
    fn complete<'a>(
        &'a self,
        request: &'a ChatRequest,
        hear: Hear<'a>,
    ) -> BoxFuture<'a, Result<ChatAnswer, ModelError>> {
        let whole = Duration::from_millis(self.config.whole_ms_max);
        async move {
            match timeout(whole, self.ask(request, hear)).await {
                Ok(answered) => answered,
                Err(_) => Err(ModelError::Timeout(self.config.whole_ms_max.div_ceil(1000))),
            }
        }
        .boxed()
    }
}

/// What went wrong, out of async-openai's wrapping.
pub(crate) fn trouble(error: OpenAIError) -> Trouble {
    match error {
        OpenAIError::Boxed(error) => match error.downcast::<Trouble>() {
            Ok(trouble) => *trouble,
            Err(other) => Trouble::Connection(other.to_string()),
        },
        OpenAIError::Reqwest(error) => Trouble::Connection(error.without_url().to_string()),
        _ => Trouble::Bad("it could not be read".to_owned()),
    }
}

/// Chance for the wait between attempts; any number will do when the system has none.
fn chance() -> u64 {
    getrandom::u64().unwrap_or_default()
}

/// The head of each call. Not async-openai's own, which takes a key from the environment and shows it in `Debug` of
/// its headers.
#[derive(Clone)]
pub(crate) struct Head {
    base: String,
    key: SecretString,
    headers: HeaderMap,
}

impl Head {
    fn new(config: &EndpointConfig) -> Self {
        let mut headers = HeaderMap::new();
        let key = config.key.as_ref().map(Key::secret);
        if let Some(key) = key {
            let value = HeaderValue::try_from(format!("Bearer {}", key.expose_secret()));
            let mut value = value.expect("a key is graphic ASCII");
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        if config.base_url.is_openrouter() {
            headers.insert("http-referer", HeaderValue::from_static(REFERER));
            headers.insert("x-title", HeaderValue::from_static(TITLE));
        }
        Self {
            base: config.base_url.as_str().to_owned(),
            key: key.cloned().unwrap_or_default(),
            headers,
        }
    }
}

impl Config for Head {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openrouter_hears_who_calls_and_no_head_shows_its_key() {
        let key = || Some(Key::new("sk-canary-9").expect("a key"));
        let openrouter = Head::new(&EndpointConfig::new(BaseUrl::openrouter(), key()));
        let headers = openrouter.headers();
        assert_eq!(headers["authorization"], "Bearer sk-canary-9");
        assert_eq!(
            [&headers["http-referer"], &headers["x-title"]],
            [REFERER, TITLE]
        );
        assert!(!format!("{headers:?}").contains("canary"));
        let local = "http://localhost:1/v1".parse().expect("a URL");
        assert!(
            Head::new(&EndpointConfig::new(local, None))
                .headers()
                .is_empty()
        );
    }

    #[test]
    fn a_model_is_chosen_by_task() {
        let models = Models {
            code: Some("coder".into()),
            ..Models::default()
        };
        let of = |task| models.of(task);
        assert_eq!((of(Task::Code), of(Task::Draft)), (Some("coder"), None));
    }
}
