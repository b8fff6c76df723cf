//! `flowforge search`.

use std::time::{Duration, Instant};

use flowforge_engine::RunId;
use flowforge_snapshots::search::{Hit, Page, Question, Search as Index, SearchError, Snippet};

use super::error::{CliError, Exit};
use super::output::{Output, table};
use super::remote::{self, Remote};
use super::workspace::Workspace;

/// Longest time that a search spends on indexing what is new.
const CATCH_UP: Duration = Duration::from_secs(30);

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
    #[arg(long, default_value_t = 20)]
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
        if progress.lag > 0 {
            output.note(&format!(
                "{} commits are not searched yet; ask again for them",
                progress.lag
            ));
        }
        let question = Question {
            text: &self.query,
            run: self.run,
            workflow: self.workflow.map(Into::into),
            node: self.node.map(Into::into),
            limit: self.limit,
            cursor: self.after.as_deref(),
        };
        let Page { hits, next, .. } = index.query(&journal, &question)?;
        output.result(&hits, |hits| text(hits));
        if let Some(next) = next {
            output.note(&format!("more: --after {next}"));
        }
        Ok(Exit::Ok)
    }
}

impl Search {
    /// Asks the service, whose index keeps up by itself.
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
        let hits = remote.items("/search", &query, self.limit).await?;
        output.result(&hits, |hits| {
            remote::rows(
                hits,
                [
                    ("run", "/run"),
                    ("seq", "/seq"),
                    ("node", "/node"),
                    ("as", "/role"),
                    ("field", "/snippet/path"),
                    ("found", "/snippet/parts/0/text"),
                ],
            )
        });
        Ok(Exit::Ok)
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

fn text(hits: &[Hit]) -> String {
    if hits.is_empty() {
        return "nothing found".into();
    }
    let row = |hit: &Hit| {
        [
            format!("{}@{}", hit.run, hit.seq),
            hit.node.to_string(),
            format!("{:?}", hit.role).to_lowercase(),
            found(&hit.snippet),
        ]
    };
    table(["where", "node", "as", "found"], hits.iter().map(row))
}

/// The field and the text around what was found.
fn found(snippet: &Snippet) -> String {
    let text: String = snippet
        .parts
        .iter()
        .map(|part| part.text.as_str())
        .collect();
    if snippet.path.is_empty() {
        text
    } else {
        format!("{}: {text}", snippet.path)
    }
}
