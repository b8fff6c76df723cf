//! Which edit between two versions broke a recorded run.
//!
//! Each version is judged by a dry replay of the run: it is good when the run comes to what it came to under the good
//! version. A version that cannot run, or asks what no recording answers, tells nothing and is passed over; unless the
//! bad version is of that kind itself.

use std::collections::HashMap;

use flowforge_ai::proposal::sentences;
use flowforge_engine::edit::Patch;
use flowforge_engine::{Address, RunId};
use flowforge_runtime::Runtime;
use flowforge_snapshots::NotedVersion;

use super::judge::{Judge, Judged, Outcome};
use super::past::{Past, document};
use super::search::{Search, Verdict};
use super::who::{By, by_author};
use crate::problem::HttpProblem;

/// What to look for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) run: RunId,
    pub(crate) good: Address,
    pub(crate) bad: Address,
}

/// What was found.
pub(crate) struct Found {
    /// The first version that is bad.
    pub(crate) version: NotedVersion,
    /// What it did to the last one that is good.
    pub(crate) patch: Patch,
    /// The same, one sentence an edit.
    pub(crate) sentences: Vec<String>,
    /// Who did it.
    pub(crate) by: Vec<By>,
    /// What was looked at, in that order.
    pub(crate) steps: Vec<Step>,
    /// Versions between the last good and the first bad one, which cannot be told apart.
    pub(crate) untold: Vec<NotedVersion>,
}

/// A version that was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) hash: Address,
    /// `good`, `bad` or `skipped`.
    pub(crate) verdict: &'static str,
    /// Why it is bad or was skipped.
    pub(crate) why: Option<String>,
}

/// The versions in question, and what is known of them.
struct Bisecting {
    judge: Judge,
    past: Past,
    /// What the run comes to under the good version.
    reference: Outcome,
    /// Whether the bad version cannot run at all: then that is what is looked for.
    bad_is_broken: bool,
    known: HashMap<Address, Judged>,
    steps: Vec<Step>,
}

/// Finds the edit.
pub(crate) async fn bisect(runtime: &Runtime, question: Question) -> Result<Found, HttpProblem> {
    let judge = Judge::of(runtime, question.run)?;
    let journal = runtime.journal();
    let run = journal.run(question.run)?;
    let id = run
        .ok_or_else(|| HttpProblem::no_run(question.run))?
        .workflow
        .id;
    let past = Past::of(journal, id.as_str())?;
    let range = ordered(&past, question)?;
    let mut bisecting = Bisecting::between(judge, past, question).await?;
    let first = *range.start();
    let mut search = Search::among(range.count());
    while let Some(at) = search.next() {
        let verdict = bisecting.look(first + at).await?;
        search.tell(at, verdict);
    }
    let (good, bad) = search.found();
    bisecting.found(runtime, first + good, first + bad)
}

/// The versions from the good one to the bad one.
fn ordered(
    past: &Past,
    question: Question,
) -> Result<std::ops::RangeInclusive<usize>, HttpProblem> {
    let range = past.between(question.good, question.bad)?;
    let ends = [*range.start(), *range.end()].map(|at| past.versions[at].saved.hash);
    if ends != [question.good, question.bad] || range.start() == range.end() {
        let detail = "the good version was saved after the bad one, or is the same";
        return Err(HttpProblem::invalid("wrong-order", detail)
            .with_hint("name an earlier version as good, and a later one as bad"));
    }
    Ok(range)
}

impl Bisecting {
    /// Looks at both ends.
    async fn between(judge: Judge, past: Past, question: Question) -> Result<Self, HttpProblem> {
        let good = judge.version(question.good).await?;
        let bad = judge.version(question.bad).await?;
        let reference = match &good {
            Judged::Came(outcome) => outcome.clone(),
            Judged::Unanswered(why) | Judged::Broken(why) => {
                let detail = format!("the run cannot be played under the good version: {why}");
                return Err(HttpProblem::invalid("cannot-judge", detail));
            }
        };
        if good == bad {
            let detail = "the run comes to the same under both versions";
            return Err(HttpProblem::invalid("nothing-broke", detail)
                .with_hint("name a version under which it comes out differently"));
        }
        let bad_is_broken = matches!(bad, Judged::Broken(_));
        let known = HashMap::from([(question.good, good), (question.bad, bad)]);
        let steps = Vec::new();
        let mut bisecting = Self {
            judge,
            past,
            reference,
            bad_is_broken,
            known,
            steps,
        };
        for (hash, verdict) in [(question.good, "good"), (question.bad, "bad")] {
            let why = bisecting.why(&bisecting.known[&hash]);
            bisecting.steps.push(Step { hash, verdict, why });
        }
        Ok(bisecting)
    }

    /// Judges a version.
    async fn look(&mut self, at: usize) -> Result<Verdict, HttpProblem> {
        let hash = self.past.versions[at].saved.hash;
        let judged = match self.known.get(&hash) {
            Some(judged) => judged.clone(),
            None => self.judge.version(hash).await?,
        };
        let verdict = self.verdict(&judged);
        let name = match verdict {
            Verdict::Good => "good",
            Verdict::Bad => "bad",
            Verdict::Skipped => "skipped",
        };
        let why = self.why(&judged);
        self.steps.push(Step {
            hash,
            verdict: name,
            why,
        });
        self.known.insert(hash, judged);
        Ok(verdict)
    }

    fn verdict(&self, judged: &Judged) -> Verdict {
        match judged {
            Judged::Came(outcome) if *outcome == self.reference => Verdict::Good,
            Judged::Came(_) => Verdict::Bad,
            Judged::Broken(_) if self.bad_is_broken => Verdict::Bad,
            Judged::Broken(_) | Judged::Unanswered(_) => Verdict::Skipped,
        }
    }

    /// Why a version is not good.
    fn why(&self, judged: &Judged) -> Option<String> {
        match judged {
            Judged::Came(outcome) if *outcome == self.reference => None,
            Judged::Came(outcome) if outcome.status == self.reference.status => {
                Some("the output differs".into())
            }
            Judged::Came(outcome) => {
                let (is, was) = (outcome.status, self.reference.status);
                Some(format!("it ends as {is:?} and not as {was:?}").to_lowercase())
            }
            Judged::Broken(why) | Judged::Unanswered(why) => Some(why.clone()),
        }
    }

    fn found(self, runtime: &Runtime, good: usize, bad: usize) -> Result<Found, HttpProblem> {
        let journal = runtime.journal();
        let hash_at = |at: usize| self.past.versions[at].saved.hash;
        let (before, after) = (
            document(journal, hash_at(good))?,
            document(journal, hash_at(bad))?,
        );
        let patch = Patch::diff(&before, &after);
        let touches = self.past.touches(journal, good + 1..=bad)?;
        Ok(Found {
            by: by_author(&touches, &patch),
            sentences: sentences(&patch, &before),
            version: self.past.versions[bad].clone(),
            untold: self.past.versions[good + 1..bad].to_vec(),
            steps: self.steps,
            patch,
        })
    }
}
