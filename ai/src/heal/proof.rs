//! Replays of a candidate: on the failing frame, on good frames of the same node, and as far downstream as the
//! recordings reach. What comes out decides what a candidate is, and nothing else does.

use std::collections::BTreeSet;
use std::time::Instant;

use flowforge_engine::edit::{Edit, Patch};
use flowforge_engine::frame::{ExecutionFrame, Output, Status};
use flowforge_engine::workflow::{ErrorHandling, OnError};
use flowforge_engine::{Failure, FailureKind, NodeId, Seq, Workflow};

use super::case::{Good, told};
use crate::lab::{Asked, Lab, LabError, Trial, Tried};
use crate::proposal::{ChangedOutput, Evidence};

/// Longest text of an output that is shown, in characters.
const SHOWN_CHARS_MAX: usize = 400;
/// Most outputs that are listed as changed.
const CHANGES_MAX: usize = 20;

/// A candidate to replay.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The workflow with the patch applied.
    pub workflow: &'a Workflow,
    /// The patch.
    pub patch: &'a Patch,
    /// The failing frame.
    pub failing: &'a ExecutionFrame,
    /// Frames of other runs that failed alike. One that is not mended is counted, and refutes nothing.
    pub alike: &'a [ExecutionFrame],
    /// Good frames of its node.
    pub good: &'a [Good],
}

/// What the replays make of a candidate.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It mends the failure and breaks nothing.
    Proven(Evidence),
    /// It asks the world for something that no recording answers.
    NeedsLive(Evidence),
    /// It is no fix.
    Refuted {
        /// Why.
        why: String,
        /// How far the failing run came with it: the next frame that fails, and all that were done anew.
        next: Option<Box<Next>>,
    },
}

/// A failure behind the one that was mended.
#[derive(Clone, Debug)]
pub struct Next {
    /// The frame that fails now.
    pub frame: ExecutionFrame,
    /// Why.
    pub failure: Failure,
    /// The frames of the trial.
    pub frames: Vec<ExecutionFrame>,
}

/// Replays a candidate until it is proven or refuted.
///
/// # Errors
/// When a trial cannot be made at all.
pub async fn prove(
    lab: &dyn Lab,
    claim: Claim<'_>,
    deadline: Instant,
) -> Result<Verdict, LabError> {
    let started = Instant::now();
    let mut evidence = Evidence::default();
    evidence.fixes.of = 1;
    let tried = replay(lab, claim, claim.failing, claim.failing.run).await?;
    match mended(&tried, &claim) {
        Mended::Yes => evidence.fixes.did = 1,
        Mended::Asks => {
            evidence.would_send = unrecorded(&tried);
            evidence.took_ms = took_ms(started);
            return Ok(Verdict::NeedsLive(evidence));
        }
        Mended::No { why, next } => return Ok(Verdict::Refuted { why, next }),
    }
    mend_others(lab, claim, deadline, &mut evidence).await?;
    let mut refuted = None;
    for good in claim.good {
        if Instant::now() >= deadline {
            refuted =
                Some("the time for replays was up before all good frames were replayed".into());
            break;
        }
        let tried = replay(lab, claim, &good.frame, good.run).await?;
        if let Some(why) = weigh(&mut evidence, &tried, good, &claim) {
            refuted = Some(why);
            break;
        }
    }
    evidence.took_ms = took_ms(started);
    Ok(match refuted {
        Some(why) => Verdict::Refuted { why, next: None },
        None if evidence.would_send.is_empty() => Verdict::Proven(evidence),
        None => Verdict::NeedsLive(evidence),
    })
}

/// Replays the other failures of the group, as far as the time reaches.
async fn mend_others(
    lab: &dyn Lab,
    claim: Claim<'_>,
    deadline: Instant,
    evidence: &mut Evidence,
) -> Result<(), LabError> {
    for failing in claim.alike {
        if Instant::now() >= deadline {
            break;
        }
        evidence.fixes.of += 1;
        let tried = replay(lab, claim, failing, failing.run).await?;
        if let Mended::Yes = mended(&tried, &Claim { failing, ..claim }) {
            evidence.fixes.did += 1;
        }
    }
    Ok(())
}

fn took_ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Goes on from the moment the frame opened. When edges changed, from the moment before: what it gets may
/// be something else.
async fn replay(
    lab: &dyn Lab,
    claim: Claim<'_>,
    frame: &ExecutionFrame,
    run: flowforge_engine::RunId,
) -> Result<Tried, LabError> {
    let rewires = claim.patch.edits.iter().any(is_wiring);
    let trial = Trial {
        run,
        seq: if rewires {
            Seq(frame.opened_seq.0 - 1)
        } else {
            frame.opened_seq
        },
        workflow: claim.workflow.clone(),
        inputs: Vec::new(),
    };
    if rewires {
        lab.try_again(trial).await
    } else {
        lab.try_frame(trial).await
    }
}

fn is_wiring(edit: &Edit) -> bool {
    matches!(
        edit,
        Edit::Connect { .. }
            | Edit::Disconnect { .. }
            | Edit::RemoveNode { .. }
            | Edit::SetGraph { .. }
            | Edit::AddNode { .. }
    )
}

enum Mended {
    Yes,
    Asks,
    No {
        why: String,
        next: Option<Box<Next>>,
    },
}

fn mended(tried: &Tried, claim: &Claim<'_>) -> Mended {
    let failing = claim.failing;
    let no = |why: String| Mended::No { why, next: None };
    let Some(own) = latest(tried, failing) else {
        return no(format!("`{}` did not run again", failing.node_id));
    };
    match own.status {
        Status::Completed => {}
        Status::Interrupted if is_unrecorded(own) => return Mended::Asks,
        Status::Failed => return failed_again(own, tried, failing),
        other => {
            return no(format!(
                "`{}` was {other:?} at the end of the replay",
                own.node_id
            ));
        }
    }
    let changed = changed_nodes(claim.patch);
    if tried
        .asked
        .iter()
        .any(|asked| !asked.recorded && changed.contains(&asked.node_id))
    {
        return Mended::Asks;
    }
    let broken = tried.frames.iter().find(|frame| {
        frame.status == Status::Failed
            && !is_retried(frame, tried)
            && !is_handled(claim.workflow, &frame.node_id)
    });
    match broken {
        None => Mended::Yes,
        Some(frame) => behind(frame, tried),
    }
}

fn failed_again(own: &ExecutionFrame, tried: &Tried, failing: &ExecutionFrame) -> Mended {
    let failure = own.error.clone();
    let message = failure
        .as_ref()
        .map(|failure| failure.message.clone())
        .unwrap_or_default();
    let is_new = failing
        .error
        .as_ref()
        .is_none_or(|before| before.message != message);
    let why = if is_new {
        format!("`{}` fails in another way: {message}", own.node_id)
    } else {
        format!("`{}` fails as before: {message}", own.node_id)
    };
    let next = failure.filter(|_| is_new).map(|failure| {
        Box::new(Next {
            frame: own.clone(),
            failure,
            frames: tried.frames.clone(),
        })
    });
    Mended::No { why, next }
}

fn behind(frame: &ExecutionFrame, tried: &Tried) -> Mended {
    let failure = frame.error.clone();
    let message = failure
        .as_ref()
        .map(|failure| failure.message.clone())
        .unwrap_or_default();
    Mended::No {
        why: format!("then `{}` fails: {message}", frame.node_id),
        next: failure.map(|failure| {
            Box::new(Next {
                frame: frame.clone(),
                failure,
                frames: tried.frames.clone(),
            })
        }),
    }
}

/// Takes a replay of a good frame into the evidence; gives why it refutes the candidate, if it does.
fn weigh(evidence: &mut Evidence, tried: &Tried, good: &Good, claim: &Claim<'_>) -> Option<String> {
    evidence.keeps.of += 1;
    let node = &good.frame.node_id;
    let place = || told(good.run, good.frame.opened_seq);
    let Some(own) = latest(tried, &good.frame) else {
        return Some(format!(
            "`{node}` did not run in {}, which is good",
            place()
        ));
    };
    match own.status {
        Status::Completed => {}
        Status::Interrupted if is_unrecorded(own) => {
            note_sent(evidence, tried);
            return None;
        }
        _ => {
            let message = own
                .error
                .as_ref()
                .map(|error| error.message.as_str())
                .unwrap_or_default();
            return Some(format!("it breaks {}, which is good: {message}", place()));
        }
    }
    let changed_asks = changed_nodes(claim.patch);
    if tried
        .asked
        .iter()
        .any(|asked| !asked.recorded && changed_asks.contains(&asked.node_id))
    {
        note_sent(evidence, tried);
    }
    if own.output == good.frame.output {
        evidence.keeps.did += 1;
    } else {
        note_change(evidence, good, &good.frame, own);
    }
    downstream(evidence, tried, good, claim)
}

/// Compares the frames behind a good frame with what was recorded of them.
fn downstream(
    evidence: &mut Evidence,
    tried: &Tried,
    good: &Good,
    claim: &Claim<'_>,
) -> Option<String> {
    for frame in &tried.frames {
        if same_place(frame, &good.frame) {
            continue;
        }
        let recorded = good.all.iter().find(|other| {
            same_place(other, frame)
                && other.attempt == frame.attempt
                && other.opened_seq > good.frame.opened_seq
        });
        let Some(recorded) = recorded.filter(|recorded| recorded.status == Status::Completed)
        else {
            continue;
        };
        match frame.status {
            Status::Completed => {
                evidence.downstream.of += 1;
                if frame.output == recorded.output {
                    evidence.downstream.did += 1;
                } else {
                    note_change(evidence, good, recorded, frame);
                }
            }
            Status::Failed if !is_handled(claim.workflow, &frame.node_id) => {
                evidence.downstream.of += 1;
                let message = frame
                    .error
                    .as_ref()
                    .map(|error| error.message.as_str())
                    .unwrap_or_default();
                return Some(format!(
                    "it breaks `{}` behind {}: {message}",
                    frame.node_id,
                    told(good.run, good.frame.opened_seq)
                ));
            }
            _ => {}
        }
    }
    None
}

fn note_sent(evidence: &mut Evidence, tried: &Tried) {
    for asked in unrecorded(tried) {
        if evidence.would_send.len() < CHANGES_MAX && !evidence.would_send.contains(&asked) {
            evidence.would_send.push(asked);
        }
    }
}

fn note_change(
    evidence: &mut Evidence,
    good: &Good,
    recorded: &ExecutionFrame,
    replayed: &ExecutionFrame,
) {
    if evidence.changes.len() < CHANGES_MAX {
        evidence.changes.push(ChangedOutput {
            run: good.run,
            frame: recorded.opened_seq,
            node_id: recorded.node_id.clone(),
            recorded: shown(recorded.output.as_ref()),
            replayed: shown(replayed.output.as_ref()),
        });
    }
}

fn shown(output: Option<&Output>) -> String {
    let Some(output) = output else {
        return String::new();
    };
    let text = output.to_value().to_json().to_string();
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn unrecorded(tried: &Tried) -> Vec<Asked> {
    tried
        .asked
        .iter()
        .filter(|asked| !asked.recorded)
        .cloned()
        .collect()
}

fn is_unrecorded(frame: &ExecutionFrame) -> bool {
    frame
        .error
        .as_ref()
        .is_some_and(|error| error.kind == FailureKind::Unrecorded)
}

/// The last attempt of the same node at the same place.
fn latest<'t>(tried: &'t Tried, frame: &ExecutionFrame) -> Option<&'t ExecutionFrame> {
    tried.frames.iter().rfind(|other| same_place(other, frame))
}

fn same_place(a: &ExecutionFrame, b: &ExecutionFrame) -> bool {
    a.node_id == b.node_id && a.path == b.path
}

fn is_retried(frame: &ExecutionFrame, tried: &Tried) -> bool {
    tried
        .frames
        .iter()
        .any(|other| same_place(other, frame) && other.attempt > frame.attempt)
}

/// Whether the workflow itself says what follows when this node fails.
fn is_handled(workflow: &Workflow, node: &NodeId) -> bool {
    let on_error = workflow
        .graph
        .node(node.as_str())
        .and_then(|node| node.on_error);
    match on_error {
        Some(on_error) => matches!(on_error, OnError::Continue | OnError::Port),
        None => workflow.config.error_handling == ErrorHandling::Continue,
    }
}

/// The nodes whose own work a patch changes.
fn changed_nodes(patch: &Patch) -> BTreeSet<NodeId> {
    let node = |edit: &Edit| match edit {
        Edit::SetParam { node, .. }
        | Edit::RemoveParam { node, .. }
        | Edit::SetField { node, .. } => Some(node.clone()),
        Edit::AddNode { node, .. } => Some(node.id.clone()),
        _ => None,
    };
    patch.edits.iter().filter_map(node).collect()
}
