//! `flowforge search`.

use std::time::{Duration, Instant};

use flowforge_engine::RunId;
use flowforge_snapshots::search::{Page, Question, Search as Index, SearchError};
use serde_json::Value as Json;

use super::error::{CliError, Exit};
use super::output::{Output, items, json_of, table, word};
use super::remote::Remote;
use super::workspace::Workspace;

/// Longest time that a search spends on indexing what is new.
const CATCH_UP: Duration = Duration::from_secs(30);
/// How long a service is left alone before it is asked again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Find the frames in which a value flowed: words, "a phrase", or field:value.
#[derive(Debug, clap::Args)]
pub(crate) struct Search {
    /// What to look for.
    query: String,
    /// Only in this run.
    #[arg(long, value_name = "RUN")]
    run: Option<RunId>,
    /// Only in runs of this workflow.
    #[arg(long, value_name = "ID")]
    workflow: Option<String>,
    /// Only at this node.
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Most hits.
    #[arg(long, default_value_t = 20, value_parser = super::input::count)]
    limit: usize,
    /// Go on where a page ended.
    #[arg(long, value_name = "NEXT")]
    after: Option<String>,
}

impl Search {
    pub(crate) fn run(self, workspace: &Workspace, output: &Output) -> Result<Exit, CliError> {
        let journal = workspace.journal()?;
        let index = Index::open(&workspace.folder().join("search"))?;
        let started = Instant::now();
        let progress = index.catch_up(&journal, || started.elapsed() < CATCH_UP)?;
        let question = Question {
            text: &self.query,
            run: self.run,
            workflow: self.workflow.map(Into::into),
            node: self.node.map(Into::into),
            limit: self.limit,
            cursor: self.after.as_deref(),
        };
        let Page { hits, next, .. } = index.query(&journal, &question)?;
        tell(&json_of(&hits)?, next.as_deref(), progress.lag, output);
        Ok(Exit::Ok)
    }
}

impl Search {
    /// Asks the service, whose index keeps up by itself; waits for it as long as a search here would index.
    pub(crate) async fn through(self, remote: &Remote, output: &Output) -> Result<Exit, CliError> {
        let query: Vec<_> = [
            ("q", Some(self.query)),
            ("run", self.run.map(|run| run.to_string())),
            ("workflow", self.workflow),
            ("node", self.node),
            ("cursor", self.after),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let started = Instant::now();
        loop {
            let found = remote.pages("/search", &query, self.limit).await?;
            let lag = found.last["lag"].as_u64().unwrap_or(0);
            if lag == 0 || started.elapsed() > CATCH_UP {
                let next = found.last["next"].as_str();
                tell(&found.items.into(), next, lag, output);
                return Ok(Exit::Ok);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

fn tell(hits: &Json, next: Option<&str>, lag: u64, output: &Output) {
    if lag > 0 {
        output.note(&format!(
            "{lag} commits are not searched yet; ask again for them"
        ));
    }
    output.result(hits, text);
    if let Some(next) = next {
        output.note(&format!("more: --after {next}"));
    }
}

impl From<SearchError> for CliError {
    fn from(error: SearchError) -> Self {
        match error {
            SearchError::Syntax(_) | SearchError::Cursor(_) | SearchError::TooBroad => {
                Self::Usage(error.to_string())
            }
            other => Self::Search(other.to_string()),
        }
    }
}

fn text(hits: &Json) -> String {
    let hits = items(hits);
    if hits.is_empty() {
        return "nothing found".into();
    }
    let row = |hit: &Json| {
        [
            format!("{}@{}", word(&hit["run"]), hit["seq"]),
            word(&hit["node"]).to_owned(),
            role(word(&hit["role"])),
            found(&hit["snippet"]),
        ]
    };
    table(["where", "node", "as", "found"], hits.iter().map(row))
}

/// `effectRequest` becomes `effect request`.
fn role(role: &str) -> String {
    let mut words = String::new();
    for char in role.chars() {
        if char.is_uppercase() {
            words.push(' ');
        }
        words.extend(char.to_lowercase());
    }
    words
}

/// The field and the text around what was found.
fn found(snippet: &Json) -> String {
    let parts = items(&snippet["parts"]).iter();
    let text: String = parts.map(|part| word(&part["text"])).collect();
    match word(&snippet["path"]) {
        "" => text,
        path => format!("{path}: {text}"),
    }
}
