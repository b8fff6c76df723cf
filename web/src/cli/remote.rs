//! The service that holds the data folder, when there is one: commands then go through it.

mod files;
mod following;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use flowforge_ai::code::reusable::Reusable;
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::{Problem, RunId};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde::Deserialize;
use serde_json::Value as Json;
use url::Url;

use super::error::CliError;
use crate::beacon::{self, Found};

/// Longest wait for an answer to whether anybody is there.
const HELLO_TIME_MAX: Duration = Duration::from_secs(3);
/// Most items on a page.
const PAGE_MAX: usize = 200;

/// A service that runs, and a way to ask it.
pub(crate) struct Remote {
    found: Found,
    client: Client,
}

/// What a list held.
#[derive(Default)]
pub(crate) struct Pages {
    pub(crate) items: Vec<Json>,
    /// The last page, without its items.
    pub(crate) last: Json,
}

/// A refusal, as far as a command needs it.
#[derive(Deserialize)]
struct Refusal {
    code: String,
    detail: String,
    hint: Option<String>,
    #[serde(default)]
    problems: Vec<Problem>,
}

impl Remote {
    /// The service of this data folder, if it answers. What a killed one left behind is passed over.
    pub(crate) async fn find(folder: &Path) -> Option<Self> {
        let found = beacon::find(folder)?;
        // It is on this machine: packing would only cost time.
        let client = Client::builder().no_proxy().no_gzip().no_deflate();
        let client = client.build().ok()?;
        let remote = Self { found, client };
        let hello = remote.request(Method::GET, "/session", &[]).ok()?;
        let answer = hello.timeout(HELLO_TIME_MAX).send().await.ok()?;
        answer.status().is_success().then_some(remote)
    }

    /// The service at this address, which this process has started itself.
    pub(crate) fn at(address: String, token: String) -> Result<Self, CliError> {
        let client = Client::builder().no_proxy().no_gzip().no_deflate();
        let client = client.build();
        let client = client.map_err(|error| CliError::Start(std::io::Error::other(error)))?;
        let pid = std::process::id();
        let found = Found {
            address,
            token,
            pid,
        };
        Ok(Self { found, client })
    }

    /// Asks for something.
    pub(crate) async fn get(&self, path: &str, query: &[(&str, String)]) -> Result<Json, CliError> {
        let request = self.request(Method::GET, path, query)?;
        self.json(request).await
    }

    /// Asks for a text.
    pub(crate) async fn text(&self, path: &str, accept: &str) -> Result<String, CliError> {
        let request = self.request(Method::GET, path, &[])?;
        let answer = self.answer(request.header("accept", accept)).await?;
        answer.text().await.map_err(|error| self.broken(&error))
    }

    /// Has something done.
    pub(crate) async fn post(
        &self,
        path: &str,
        query: &[(&str, String)],
        body: &Json,
    ) -> Result<Json, CliError> {
        let request = self.request(Method::POST, path, query)?;
        self.json(request.body(body.to_string())).await
    }

    /// Has something done, with one more header.
    pub(crate) async fn post_with(
        &self,
        path: &str,
        header: Option<(&str, String)>,
        body: String,
    ) -> Result<Json, CliError> {
        let mut request = self.request(Method::POST, path, &[])?.body(body);
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        self.json(request).await
    }

    /// The node types that the service knows: those that come with FlowForge, and those of its workspace.
    pub(crate) async fn catalogue(&self) -> Result<Catalogue, CliError> {
        let mut catalogue = Catalogue::built_in();
        for item in self.items("/node-types", &[], usize::MAX).await? {
            let kept: Reusable =
                serde_json::from_value(item).map_err(|error| CliError::Usage(error.to_string()))?;
            catalogue.add(Arc::new(kept.node_type()));
        }
        Ok(catalogue)
    }

    /// The items of a list, page after page, at most `limit`.
    pub(crate) async fn items(
        &self,
        path: &str,
        query: &[(&str, String)],
        limit: usize,
    ) -> Result<Vec<Json>, CliError> {
        Ok(self.pages(path, query, limit).await?.items)
    }

    /// The items of a list, page after page, at most `limit`, and what else the last page said.
    pub(crate) async fn pages(
        &self,
        path: &str,
        query: &[(&str, String)],
        limit: usize,
    ) -> Result<Pages, CliError> {
        let mut pages = Pages::default();
        let mut query = query.to_vec();
        while pages.items.len() < limit {
            let page = (limit - pages.items.len()).min(PAGE_MAX);
            let asked = [&query[..], &[("limit", page.to_string())]].concat();
            pages.last = self.get(path, &asked).await?;
            if let Json::Array(page) = pages.last["items"].take() {
                pages.items.extend(page);
            }
            let Some(next) = pages.last["next"].as_str() else {
                break;
            };
            query.retain(|(name, _)| *name != "cursor");
            query.push(("cursor", next.to_owned()));
        }
        Ok(pages)
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<RequestBuilder, CliError> {
        let url = format!("{}/api/v1{path}", self.found.address);
        let mut url = Url::parse(&url).map_err(|error| CliError::Usage(error.to_string()))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.client.request(method, url);
        Ok(request.bearer_auth(&self.found.token))
    }

    async fn json(&self, request: RequestBuilder) -> Result<Json, CliError> {
        let answer = self.answer(request).await?;
        let bytes = answer.bytes().await.map_err(|error| self.broken(&error))?;
        serde_json::from_slice(&bytes).map_err(|error| CliError::Usage(error.to_string()))
    }

    async fn answer(&self, request: RequestBuilder) -> Result<Response, CliError> {
        let answer = request.send().await.map_err(|error| self.broken(&error))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.map_err(|error| self.broken(&error))?;
        Err(match serde_json::from_slice::<Refusal>(&bytes) {
            Ok(refusal) => refusal.into_error(status),
            Err(_) => CliError::Refused {
                status,
                code: String::new(),
                message: format!("the service answered {status}"),
            },
        })
    }

    fn broken(&self, error: &reqwest::Error) -> CliError {
        CliError::Unreachable {
            address: self.found.address.clone(),
            reason: error.to_string(),
        }
    }
}

impl Refusal {
    fn into_error(self, status: u16) -> CliError {
        if self.code == "workflow-problems" {
            return CliError::Problems {
                name: String::new(),
                text: String::new(),
                problems: self
                    .problems
                    .into_iter()
                    .map(|problem| (problem, None))
                    .collect(),
            };
        }
        // What is not there is hinted at in routes, which is no help on a command line.
        let hint = self.hint.filter(|_| status != 404);
        let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        CliError::Refused {
            status,
            code: self.code,
            message: format!("{}{hint}", self.detail),
        }
    }
}

/// The path of a run, or of something of it.
pub(crate) fn of_run(run: RunId, what: &str) -> String {
    format!("/runs/{run}{what}")
}
