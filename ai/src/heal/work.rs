//! The order of healing: find the frame, gather what is known, try candidates within the limits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flowforge_engine::check::check;
use flowforge_engine::edit::Patch;
use flowforge_engine::event::Mode;
use flowforge_engine::frame::{ExecutionFrame, Status};
use flowforge_engine::workflow::Node;
use flowforge_engine::{Failure, FailureKind, RunId, Workflow};
use flowforge_snapshots::moment::FrameFilter;
use flowforge_snapshots::{Journal, RunFilter};

use super::ask::{Advice, ask, inputs};
use super::case::{Case, Good, scope_of};
use super::diagnosis::{Diagnosis, diagnose};
use super::group::{Group, alike, blamed};
use super::proof::{Claim, Next, Verdict, prove};
use super::rules::{Candidate, candidates};
use super::{Discarded, Fix, HealError, Healed, Healer, Progress, Tell, Wanted};
use crate::model::ModelError;
use crate::proposal::{Evidence, Origin, Receipt};

/// Most frames of one run that are read.
const FRAMES_MAX: usize = 500;
/// Most good frames that are taken from one run, so that many runs have a say.
const PER_RUN_MAX: usize = 4;

/// A model's fix may change the output of one good frame in so many.
const CHANGED_SHARE: usize = 10;

/// Everything known of one failure.
struct Scene {
    run: RunId,
    workflow: Workflow,
    frame: ExecutionFrame,
    failure: Failure,
    all: Vec<ExecutionFrame>,
    good: Vec<Good>,
    /// The failing frames of other runs of the group.
    alike: Vec<ExecutionFrame>,
    former: Option<Workflow>,
}

/// A candidate and how many failures in a row it mends.
struct Attempt {
    title: String,
    reason: String,
    patch: Patch,
    origin: Origin,
    live: Option<String>,
    steps: usize,
    receipts: Vec<Receipt>,
}

/// What came out so far.
#[derive(Default)]
struct Results {
    fixes: Vec<Fix>,
    needs_live_try: Vec<Fix>,
    tried: Vec<Discarded>,
}

pub(super) async fn heal(
    healer: &Healer<'_>,
    wanted: Wanted,
    tell: Tell<'_>,
) -> Result<Healed, HealError> {
    let started = Instant::now();
    let deadline = started + Duration::from_millis(wanted.limits.time_ms_max);
    let scene = gather(healer, &wanted)?;
    let diagnosis = diagnose(&scene.frame, &scene.failure, scene.good.len());
    let mut results = Results::default();
    if !diagnosis.policy && scene.frame.status == Status::Failed {
        let mut search = Search {
            healer,
            scene: &scene,
            wanted,
            deadline,
            results: &mut results,
            done: 0,
        };
        search.by_rules(tell).await?;
        search.by_model(&diagnosis, tell).await?;
    }
    results
        .fixes
        .sort_by_key(|fix| std::cmp::Reverse(rank(&fix.evidence)));
    let exhausted = results.fixes.is_empty() && results.needs_live_try.is_empty();
    Ok(Healed {
        run: scene.run,
        frame: scene.frame.opened_seq,
        node_id: scene.frame.node_id.clone(),
        workflow: reference(&scene.workflow),
        group: Group::of(&scene.frame, &scene.failure),
        diagnosis,
        fixes: results.fixes,
        needs_live_try: results.needs_live_try,
        tried: results.tried,
        exhausted,
        took_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}

fn reference(workflow: &Workflow) -> flowforge_engine::event::WorkflowRef {
    flowforge_engine::event::WorkflowRef {
        id: workflow.id.clone(),
        version: workflow.version,
        hash: workflow.hash(),
    }
}

/// More good frames kept, fewer outputs changed, more of what follows as it was.
fn rank(evidence: &Evidence) -> (u32, u32, std::cmp::Reverse<usize>, u32) {
    (
        evidence.fixes.did,
        evidence.keeps.did,
        std::cmp::Reverse(evidence.changes.len()),
        evidence.downstream.did,
    )
}

fn gather(healer: &Healer<'_>, wanted: &Wanted) -> Result<Scene, HealError> {
    let run = wanted.run;
    let journal = healer.journal;
    journal.run(run)?.ok_or(HealError::NoRun(run))?;
    let none = || HealError::NoFailure {
        run,
        frame: wanted.frame,
    };
    let frame = match wanted.frame {
        Some(opened) => journal.frame(run, opened)?,
        None => blamed(journal, run)?,
    };
    let frame = frame.ok_or_else(none)?;
    let failure = frame.error.clone().ok_or_else(none)?;
    if failure.kind == FailureKind::Inner
        && let Some(inner) = blamed(journal, run)?
        && inner.path.0.starts_with(&frame.path.0)
        && inner.path != frame.path
    {
        let wanted = Wanted {
            frame: Some(inner.opened_seq),
            ..*wanted
        };
        return gather(healer, &wanted);
    }
    let workflow = journal
        .workflow(frame.workflow_version)?
        .ok_or(HealError::NoWorkflow(run))?;
    let executed = journal.snapshot_kept(run, None)?.workflow.hash;
    if executed != frame.workflow_version {
        return Err(HealError::Called {
            run,
            node: frame.node_id,
        });
    }
    let all = journal
        .frames(run, &FrameFilter::default(), None, FRAMES_MAX)?
        .frames;
    let good = good_frames(healer, wanted, &workflow, &frame)?;
    let former = good.first().map(|good| good.frame.workflow_version);
    let former = match former.filter(|hash| *hash != frame.workflow_version) {
        Some(hash) => journal.workflow(hash)?,
        None => None,
    };
    let alike = alike_frames(journal, wanted, &workflow, &frame, &failure)?;
    Ok(Scene {
        run,
        workflow,
        frame,
        failure,
        all,
        good,
        alike,
        former,
    })
}

/// The failing frames of other runs that failed alike, the latest runs first.
fn alike_frames(
    journal: &Journal,
    wanted: &Wanted,
    workflow: &Workflow,
    frame: &ExecutionFrame,
    failure: &Failure,
) -> Result<Vec<ExecutionFrame>, HealError> {
    let group = Group::of(frame, failure);
    let runs = alike(journal, &workflow.id, &group, wanted.run)?;
    let latest = runs.into_iter().rev().take(wanted.limits.alike_max);
    let frames = latest.map(|run| Ok(blamed(journal, run)?));
    let frames: Result<Vec<Option<ExecutionFrame>>, HealError> = frames.collect();
    Ok(frames?.into_iter().flatten().collect())
}

/// Good frames of the node in past runs of the workflow, the newest runs first: those that computed the same,
/// others only when there are none.
fn good_frames(
    healer: &Healer<'_>,
    wanted: &Wanted,
    workflow: &Workflow,
    failing: &ExecutionFrame,
) -> Result<Vec<Good>, HealError> {
    let filter = RunFilter {
        workflow: Some(workflow.id.clone()),
        mode: Some(Mode::Live),
        ..RunFilter::default()
    };
    let rows = healer
        .journal
        .runs(&filter, None, wanted.limits.runs_max)?
        .rows;
    let (mut same, mut other) = (Vec::new(), Vec::new());
    for row in rows {
        if same.len() >= wanted.limits.good_frames_max {
            break;
        }
        for good in good_of(healer, row.run, failing)? {
            if good.same_code {
                &mut same
            } else {
                &mut other
            }
            .push(good);
        }
    }
    let mut good = if same.is_empty() { other } else { same };
    good.truncate(wanted.limits.good_frames_max);
    Ok(good)
}

fn good_of(
    healer: &Healer<'_>,
    run: RunId,
    failing: &ExecutionFrame,
) -> Result<Vec<Good>, HealError> {
    let filter = FrameFilter {
        node: Some(failing.node_id.clone()),
        status: Some(Status::Completed),
        ..FrameFilter::default()
    };
    let frames = healer
        .journal
        .frames(run, &filter, None, PER_RUN_MAX)?
        .frames;
    if frames.is_empty() {
        return Ok(Vec::new());
    }
    let all = healer
        .journal
        .frames(run, &FrameFilter::default(), None, FRAMES_MAX)?;
    let all = Arc::new(all.frames);
    let good = frames.into_iter().map(|frame| Good {
        run,
        same_code: frame.code_hash == failing.code_hash,
        frame,
        all: Arc::clone(&all),
    });
    Ok(good.collect())
}

/// The search for fixes of one failure.
struct Search<'a, 'h> {
    healer: &'a Healer<'h>,
    scene: &'a Scene,
    wanted: Wanted,
    deadline: Instant,
    results: &'a mut Results,
    done: usize,
}

impl Search<'_, '_> {
    async fn by_rules(&mut self, tell: Tell<'_>) -> Result<(), HealError> {
        let mut queue: VecDeque<Attempt> = self.first_candidates().into();
        while let Some(attempt) = queue.pop_front() {
            if self.done >= self.wanted.limits.candidates_max || Instant::now() >= self.deadline {
                self.discard(
                    &attempt.title,
                    "it was not tried: the limit of candidates or time was reached",
                );
                continue;
            }
            tell(Progress {
                done: self.done,
                of: self.done + queue.len() + 1,
                what: attempt.title.clone(),
            });
            self.done += 1;
            queue.extend(self.attempt(attempt).await?);
        }
        Ok(())
    }

    /// Asks the model, when there is one and the rules proved nothing; what fails its proof is told to it.
    async fn by_model(&mut self, diagnosis: &Diagnosis, tell: Tell<'_>) -> Result<(), HealError> {
        let Some(adviser) = self.healer.model else {
            return Ok(());
        };
        let scene = self.scene;
        let Some(node) = scene.workflow.graph.node(scene.frame.node_id.as_str()) else {
            return Ok(());
        };
        for _ in 0..self.wanted.limits.model_calls_max {
            if !self.results.fixes.is_empty() || Instant::now() >= self.deadline {
                break;
            }
            tell(Progress {
                done: self.done,
                of: self.done + 1,
                what: "asking the model".into(),
            });
            let case = self.case(
                &scene.workflow,
                node,
                &scene.frame,
                &scene.failure,
                &scene.all,
            );
            let inputs = inputs(&case, diagnosis, &self.told());
            let read = (scene.run, scene.frame.opened_seq);
            match ask(&adviser, &inputs, node, read).await {
                Ok((advice, refused)) => {
                    for why in refused {
                        self.discard("a change by the model", &why);
                    }
                    self.try_advice(advice).await?;
                }
                Err(ModelError::BadAnswer(why)) => {
                    self.discard(
                        "an answer of the model",
                        &format!("it could not be used: {why}"),
                    );
                }
                Err(error) => {
                    self.discard("asking the model", &error.to_string());
                    break;
                }
            }
        }
        Ok(())
    }

    async fn try_advice(&mut self, advice: Vec<Advice>) -> Result<(), HealError> {
        for advice in advice {
            if self.done >= self.wanted.limits.candidates_max {
                self.discard(
                    &advice.reason,
                    "it was not tried: the limit of candidates was reached",
                );
                continue;
            }
            self.done += 1;
            self.attempt(Attempt {
                title: format!("change `{}` as the model says", self.scene.frame.node_id),
                reason: advice.reason,
                patch: advice.patch,
                origin: Origin::Model {
                    model: advice.receipt.model.clone(),
                },
                live: None,
                // What fails behind it is told to the model, not to the rules.
                steps: self.wanted.limits.steps_max,
                receipts: vec![advice.receipt],
            })
            .await?;
        }
        Ok(())
    }

    /// What was tried in vain, a line each.
    fn told(&self) -> String {
        let lines = self
            .results
            .tried
            .iter()
            .map(|tried| format!("{}: {}", tried.title, tried.why));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn first_candidates(&mut self) -> Vec<Attempt> {
        let scene = self.scene;
        let Some(node) = scene.workflow.graph.node(scene.frame.node_id.as_str()) else {
            return Vec::new();
        };
        let case = self.case(
            &scene.workflow,
            node,
            &scene.frame,
            &scene.failure,
            &scene.all,
        );
        let found = candidates(&case);
        self.results.tried.extend(found.given_up);
        found.candidates.into_iter().map(first).collect()
    }

    fn case<'c>(
        &'c self,
        workflow: &'c Workflow,
        node: &'c Node,
        frame: &'c ExecutionFrame,
        failure: &'c Failure,
        all: &'c [ExecutionFrame],
    ) -> Case<'c> {
        let scene = self.scene;
        let good = scene.good.iter().filter_map(|good| {
            let same = good.all.iter().find(|other| {
                other.node_id == frame.node_id
                    && other.status == Status::Completed
                    && has_depth(other, frame)
            });
            let frame = if good.frame.node_id == frame.node_id {
                &good.frame
            } else {
                same?
            };
            Some(scope_of(workflow, frame, &good.all))
        });
        Case {
            workflow,
            catalogue: self.healer.catalogue,
            node,
            frame,
            failure,
            scope: scope_of(workflow, frame, all),
            good: good.collect(),
            former: scene.former.as_ref(),
        }
    }

    /// Tries one candidate, and gives those that mend what fails behind it.
    async fn attempt(&mut self, attempt: Attempt) -> Result<Vec<Attempt>, HealError> {
        let Ok((workflow, _)) = attempt.patch.apply(&self.scene.workflow) else {
            self.discard(&attempt.title, "the patch does not fit the workflow");
            return Ok(Vec::new());
        };
        if let Some(problem) = check(&workflow, self.healer.catalogue)
            .into_iter()
            .find(flowforge_engine::Problem::is_error)
        {
            let why = format!("the workflow would not run: {}", problem.message);
            self.discard(&attempt.title, &why);
            return Ok(Vec::new());
        }
        let claim = Claim {
            workflow: &workflow,
            patch: &attempt.patch,
            failing: &self.scene.frame,
            alike: &self.scene.alike,
            good: &self.scene.good,
        };
        let verdict = prove(self.healer.lab, claim, self.deadline).await?;
        Ok(self.judge(attempt, &workflow, verdict))
    }

    fn judge(&mut self, attempt: Attempt, workflow: &Workflow, verdict: Verdict) -> Vec<Attempt> {
        match verdict {
            Verdict::Proven(evidence) => {
                let changed = self.wrongly_changed(&evidence);
                // A model's change may be meant to change a few outputs: a person sees which.
                let allowed = match attempt.origin {
                    Origin::Rule { .. } => 0,
                    _ => self.scene.good.len() / CHANGED_SHARE,
                };
                if changed <= allowed {
                    self.results.fixes.push(attempt.into_fix(evidence));
                } else {
                    self.discard(
                        &attempt.title,
                        &format!("it changes {changed} outputs of good runs"),
                    );
                }
            }
            Verdict::NeedsLive(evidence) => {
                self.results.needs_live_try.push(attempt.into_fix(evidence));
            }
            Verdict::Refuted { why, next } => return self.refuted(attempt, workflow, &why, next),
        }
        Vec::new()
    }

    /// A rule puts right what it was told is wrong; it has no business to change what good runs gave.
    fn wrongly_changed(&self, evidence: &Evidence) -> usize {
        let is_same_code = self.scene.good.iter().all(|good| good.same_code);
        if is_same_code {
            evidence.changes.len()
        } else {
            0
        }
    }

    fn refuted(
        &mut self,
        attempt: Attempt,
        workflow: &Workflow,
        why: &str,
        next: Option<Box<Next>>,
    ) -> Vec<Attempt> {
        if let Some(sentence) = attempt.live.clone() {
            let mut fix = attempt.into_fix(Evidence::default());
            fix.evidence.fixes.of = 1;
            fix.reason = format!("{} This needs a live try: {sentence}.", fix.reason);
            self.results.needs_live_try.push(fix);
            return Vec::new();
        }
        let further = match next {
            Some(next) if attempt.steps < self.wanted.limits.steps_max => {
                self.further(&attempt, workflow, &next)
            }
            _ => Vec::new(),
        };
        if further.is_empty() {
            self.discard(&attempt.title, why);
        }
        further
    }

    /// Candidates for what fails behind a candidate, each with what the candidate does.
    fn further(&mut self, attempt: &Attempt, workflow: &Workflow, next: &Next) -> Vec<Attempt> {
        let Some(node) = workflow.graph.node(next.frame.node_id.as_str()) else {
            return Vec::new();
        };
        if diagnose(&next.frame, &next.failure, 0).policy {
            return Vec::new();
        }
        let mut all = self.scene.all.clone();
        all.extend(next.frames.iter().cloned());
        let case = self.case(workflow, node, &next.frame, &next.failure, &all);
        let found = candidates(&case);
        self.results.tried.extend(found.given_up);
        let provable = found
            .candidates
            .into_iter()
            .filter(|candidate| candidate.live.is_none());
        provable.map(|candidate| attempt.and(&candidate)).collect()
    }

    fn discard(&mut self, title: &str, why: &str) {
        self.results.tried.push(Discarded {
            title: title.to_owned(),
            why: why.to_owned(),
        });
    }
}

/// Whether two frames are inside of the same loops, whatever the iteration.
fn has_depth(a: &ExecutionFrame, b: &ExecutionFrame) -> bool {
    a.path.0.len() == b.path.0.len()
}

fn first(candidate: Candidate) -> Attempt {
    Attempt {
        title: candidate.title,
        reason: candidate.reason,
        patch: candidate.patch,
        origin: Origin::Rule {
            name: candidate.rule.to_owned(),
        },
        live: candidate.live,
        steps: 1,
        receipts: Vec::new(),
    }
}

impl Attempt {
    fn and(&self, next: &Candidate) -> Self {
        Self {
            title: format!("{}; {}", self.title, next.title),
            reason: format!("{} {}", self.reason, next.reason),
            patch: self.patch.compose(&next.patch),
            origin: self.origin.clone(),
            live: None,
            steps: self.steps + 1,
            receipts: self.receipts.clone(),
        }
    }

    fn into_fix(self, evidence: Evidence) -> Fix {
        Fix {
            title: self.title,
            reason: self.reason,
            patch: self.patch,
            origin: self.origin,
            evidence,
            receipts: self.receipts,
        }
    }
}
