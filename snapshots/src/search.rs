//! Search over every value that flowed, and over the catalogue of node types.
//!
//! The index of values lies beside the journal and holds nothing that the journal does not: it can be
//! deleted at any time and is built again. Each distinct value is indexed once, by its address; what
//! happens a million times costs a few bytes each time. It is written in the background, by one thread
//! of low priority and bounded memory, so it lags behind; [`Page::lag`] says how far.
//!
//! Reading order: [`feed`] (what is read), `flowed` and `text` (which values, which words), `schema` and
//! `writing` (the documents), `shelf` (the index on disk), `ask`, `query`, `matches` and
//! `occurrences` (a question, answered), [`Indexer`] (the background), [`NodeIndex`] (the catalogue).

mod ask;
mod best;
mod feed;
mod flowed;
mod forget;
mod hit;
mod indexer;
mod journal;
mod matches;
mod nodes;
mod occurrences;
mod query;
mod recent;
mod schema;
mod shelf;
mod snippet;
mod text;
mod words;
mod writing;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use flowforge_engine::{NodeId, RunId, Seq, WorkflowId};
use serde::Serialize;

pub use ask::SyntaxError;
pub use best::OCCURRENCES_PER_VALUE_MAX;
pub use feed::{Fed, Feed, FeedError, Origin, Wake, Watching};
pub use flowed::Role;
pub use hit::Hit;
pub use indexer::Indexer;
pub use nodes::NodeIndex;
pub use snippet::{Part, Snippet};
pub use text::TEXT_BYTES_MAX;

use ask::Clause;
use hit::Hits;
use matches::Matches;
use occurrences::Scope;
use query::Queries;
use shelf::{Mark, Shelf, Trouble, guarded};
use snippet::Wanted;
use writing::Writing;

/// Most hits on one page.
pub const LIMIT_MAX: usize = 200;
/// Most hits that can be paged through; a narrower question finds what comes after them.
pub const DEPTH_MAX: usize = 10_000;
/// How many generations of forks a search within a run looks back.
const GENERATIONS_MAX: usize = 1000;
/// How many commits of the journal are read at a time.
const COMMITS_PER_READ: usize = 64;

/// Why the index could not be used. A damaged index is no reason: it is built anew.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The question cannot be read.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A phrase stands for too many words.
    #[error("too many words begin like this; write more of the last word")]
    TooBroad,
    /// The cursor is not one that a page gave.
    #[error("`{0}` is no cursor of an earlier page; start again without one")]
    Cursor(String),
    /// The journal gave no answer.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The index could not be read or written.
    #[error("the search index in {dir} could not be used: {reason}")]
    Storage {
        /// Its folder.
        dir: PathBuf,
        /// What went wrong.
        reason: String,
    },
}

/// How far the index is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// The last commit of the journal that was read.
    pub position: u64,
    /// How many positions of the journal it is behind.
    pub lag: u64,
    /// How many commits of the journal were read by this call.
    pub read: usize,
}

/// A question.
#[derive(Clone, Debug, Default)]
pub struct Question<'a> {
    /// What is looked for; empty for everything, newest first.
    pub text: &'a str,
    /// Only in this run; for a fork also in what it shares.
    pub run: Option<RunId>,
    /// Only in runs of this workflow.
    pub workflow: Option<WorkflowId>,
    /// Only at this node.
    pub node: Option<NodeId>,
    /// Most hits, at most [`LIMIT_MAX`].
    pub limit: usize,
    /// Where the page before this one ended.
    pub cursor: Option<&'a str>,
}

/// Some of the answer to a question.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// Best first, newer first when equally good.
    pub hits: Vec<Hit>,
    /// Where the next page begins; absent on the last.
    pub next: Option<String>,
    /// How many positions of the journal the index is behind.
    pub lag: u64,
}

/// The index of all values that flowed. Clones are the same index.
#[derive(Clone)]
pub struct Search {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    shelf: RwLock<Arc<Shelf>>,
    writing: Mutex<Writing>,
}

impl Search {
    /// Opens the index in this folder, or begins one. A damaged or outdated index is built anew.
    ///
    /// # Errors
    /// When the folder cannot be read or made.
    pub fn open(dir: &Path) -> Result<Self, SearchError> {
        let (shelf, mark) =
            shelf::open_or_rebuild(dir).map_err(|trouble| to_error(dir, trouble))?;
        let inner = Inner {
            dir: dir.to_owned(),
            shelf: RwLock::new(Arc::new(shelf)),
            writing: Mutex::new(Writing::new(mark)),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Reads at most `commits_max` commits of the journal into the index. They can be found after
    /// [`commit`](Self::commit), which this calls itself when much has gathered.
    ///
    /// # Errors
    /// When the journal or the disk gave trouble; nothing is lost by it.
    pub fn index_some<F: Feed>(
        &self,
        feed: &F,
        commits_max: usize,
    ) -> Result<Progress, SearchError> {
        let read = self.write(|shelf, writing| {
            let end = feed.position()?;
            let mut read = 0;
            while read < commits_max {
                let limit = COMMITS_PER_READ.min(commits_max - read);
                let fed = feed.feed(writing.mark.position, limit)?;
                for fed in &fed {
                    writing.add(shelf, feed, fed)?;
                    if writing.is_full() {
                        writing.commit(shelf)?;
                    }
                }
                read += fed.len();
                if fed.len() < limit {
                    // Positions at the end may stand for nothing any more.
                    writing.mark.position = writing.mark.position.max(end);
                    break;
                }
            }
            Ok(read)
        })?;
        self.progress(feed, read.unwrap_or(0))
    }

    /// Makes what was read so far durable and lets it be found.
    ///
    /// # Errors
    /// When the disk gave trouble; what was read is read again.
    pub fn commit(&self) -> Result<(), SearchError> {
        self.write(|shelf, writing| writing.commit(shelf))
            .map(|_| ())
    }

    /// Gives memory and threads back until there is more to index.
    ///
    /// # Errors
    /// When the disk gave trouble.
    pub fn rest(&self) -> Result<(), SearchError> {
        self.write(|shelf, writing| {
            writing.commit(shelf)?;
            writing.rest(shelf)
        })
        .map(|_| ())
    }

    /// Indexes what is missing for as long as `go_on` says, and lets it be found. `go_on` is asked
    /// after each step of at least one commit, so that there is progress in any case.
    ///
    /// # Errors
    /// When the journal or the disk gave trouble.
    pub fn catch_up<F: Feed>(
        &self,
        feed: &F,
        mut go_on: impl FnMut() -> bool,
    ) -> Result<Progress, SearchError> {
        let mut read = 0;
        loop {
            let progress = self.index_some(feed, COMMITS_PER_READ)?;
            read += progress.read;
            if progress.read == 0 || progress.lag == 0 || !go_on() {
                break;
            }
        }
        self.rest()?;
        self.progress(feed, read)
    }

    /// How far the index is behind the journal, in positions.
    ///
    /// # Errors
    /// When the journal could not be read.
    pub fn lag<F: Feed>(&self, feed: &F) -> Result<u64, SearchError> {
        Ok(self.progress(feed, 0)?.lag)
    }

    fn progress<F: Feed>(&self, feed: &F, read: usize) -> Result<Progress, SearchError> {
        let position = self.writing().mark.position;
        Ok(Progress {
            position,
            lag: feed.position()?.saturating_sub(position),
            read,
        })
    }

    /// Bytes of the index on disk.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        let entries = std::fs::read_dir(&self.inner.dir)
            .into_iter()
            .flatten()
            .flatten();
        entries
            .filter_map(|entry| entry.metadata().ok())
            .map(|metadata| metadata.len())
            .sum()
    }

    /// Answers a question.
    ///
    /// # Errors
    /// When the question cannot be read, or the journal could not.
    pub fn query<F: Feed>(&self, feed: &F, question: &Question<'_>) -> Result<Page, SearchError> {
        let clause = ask::parse(question.text)?;
        let cursor = question.cursor.map(Cursor::read).transpose()?;
        let shelf = self.shelf();
        let page = match guarded(|| answer(&shelf, feed, question, &clause, cursor)) {
            Err(Trouble::Damaged(why)) => {
                self.renew(&shelf, &why)?;
                Page::default()
            }
            page => page.map_err(|trouble| self.error(trouble))?,
        };
        Ok(Page {
            lag: self.lag(feed)?,
            ..page
        })
    }

    fn shelf(&self) -> Arc<Shelf> {
        Arc::clone(
            &self
                .inner
                .shelf
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.inner
            .writing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` as the only one who writes. After trouble the index stands at its last commit; after
    /// damage it is empty, and the answer is `None`.
    fn write<T>(
        &self,
        work: impl FnOnce(&Shelf, &mut Writing) -> Result<T, Trouble>,
    ) -> Result<Option<T>, SearchError> {
        let mut writing = self.writing();
        let shelf = self.shelf();
        match guarded(|| work(&shelf, &mut writing)) {
            Ok(done) => Ok(Some(done)),
            Err(Trouble::Damaged(why)) => {
                self.replace(&mut writing, &why)?;
                Ok(None)
            }
            Err(trouble) => {
                writing.take_back();
                Err(self.error(trouble))
            }
        }
    }

    /// Builds the index anew, unless somebody already did since `seen` was taken.
    fn renew(&self, seen: &Arc<Shelf>, why: &str) -> Result<(), SearchError> {
        let mut writing = self.writing();
        if Arc::ptr_eq(seen, &self.shelf()) {
            self.replace(&mut writing, why)
        } else {
            Ok(())
        }
    }

    fn replace(&self, writing: &mut Writing, why: &str) -> Result<(), SearchError> {
        *writing = Writing::new(Mark::default());
        let (shelf, mark) =
            shelf::rebuild(&self.inner.dir, why).map_err(|trouble| self.error(trouble))?;
        *self
            .inner
            .shelf
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(shelf);
        *writing = Writing::new(mark);
        Ok(())
    }

    fn error(&self, trouble: Trouble) -> SearchError {
        to_error(&self.inner.dir, trouble)
    }
}

fn to_error(dir: &Path, trouble: Trouble) -> SearchError {
    match trouble {
        Trouble::Feed(error) => SearchError::Feed(error),
        Trouble::TooBroad => SearchError::TooBroad,
        Trouble::Damaged(reason) | Trouble::Storage(reason) => SearchError::Storage {
            dir: dir.to_owned(),
            reason,
        },
    }
}

/// Where a page ended. What was indexed after the first page is left out of the later ones, so that
/// nothing moves while somebody turns pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    skip: usize,
    before: u64,
}

impl Cursor {
    fn read(text: &str) -> Result<Self, SearchError> {
        let read = || {
            let (skip, before) = text.split_once('.')?;
            Some(Self {
                skip: skip.parse().ok()?,
                before: before.parse().ok()?,
            })
        };
        read()
            .filter(|cursor| cursor.skip <= DEPTH_MAX)
            .ok_or_else(|| SearchError::Cursor(text.to_owned()))
    }

    fn write(self) -> String {
        format!("{}.{}", self.skip, self.before)
    }
}

fn answer<F: Feed>(
    shelf: &Shelf,
    feed: &F,
    question: &Question<'_>,
    clause: &Clause,
    cursor: Option<Cursor>,
) -> Result<Page, Trouble> {
    let searcher = shelf.reader.searcher();
    let cursor = match cursor {
        Some(cursor) => cursor,
        None => Cursor {
            skip: 0,
            before: newest(&searcher)?,
        },
    };
    let queries = Queries {
        searcher: &searcher,
        fields: &shelf.fields,
    };
    let matches = match clause {
        Clause::All => Matches::everything(),
        clause => Matches::collect(&searcher, queries.of(clause)?.as_ref())?,
    };
    let scope = Scope {
        runs: question.run.map(|run| lineage(feed, run)).transpose()?,
        workflow: question.workflow.clone(),
        node: question.node.clone(),
        before: cursor.before,
    };
    let end = (cursor.skip + question.limit.clamp(1, LIMIT_MAX)).min(DEPTH_MAX);
    let candidates = occurrences::best(&searcher, &shelf.fields, &matches, &scope, end + 1)?;
    let mut hits = Hits {
        feed,
        searcher: &searcher,
        fields: &shelf.fields,
        matches: &matches,
        wanted: Wanted::new(&clause.wanted()),
        run: question.run,
    };
    let shown = candidates.iter().take(end).skip(cursor.skip);
    let found = shown
        .filter_map(|candidate| hits.hit(candidate).transpose())
        .collect::<Result<_, _>>()?;
    let next = (candidates.len() > end && end < DEPTH_MAX).then(|| {
        Cursor {
            skip: end,
            ..cursor
        }
        .write()
    });
    Ok(Page {
        hits: found,
        next,
        lag: 0,
    })
}

/// One more than the newest occurrence's number.
fn newest(searcher: &tantivy::Searcher) -> Result<u64, Trouble> {
    let mut newest = 0;
    for segment in searcher.segment_readers() {
        newest = newest.max(segment.fast_fields().u64(schema::ORDER)?.max_value() + 1);
    }
    Ok(newest)
}

/// The run and those it was forked from, each with the last event that the run shares.
fn lineage<F: Feed>(feed: &F, run: RunId) -> Result<Vec<(RunId, Seq)>, FeedError> {
    let mut lineage = vec![(run, Seq(u64::MAX))];
    while let Some(&(run, up_to)) = lineage.last() {
        match feed.origin(run)?.and_then(|origin| origin.parent) {
            Some((parent, at)) if lineage.len() < GENERATIONS_MAX => {
                lineage.push((parent, at.min(up_to)));
            }
            _ => break,
        }
    }
    Ok(lineage)
}
