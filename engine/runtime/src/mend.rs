//! A failed run goes on with a changed workflow, from the frame that failed; what is done stays done.
//!
//! A run that waits (`onError: pause`, or an effect in doubt) goes on as the same run. One that has ended
//! cannot be reopened, since its last event is its last: it goes on as a live fork that shares everything up
//! to the moment before the frame ended.

use std::collections::BTreeSet;

use flowforge_engine::effect::Effect;
use flowforge_engine::event::{Ending, Event, Recorded};
use flowforge_engine::frame::code_hash;
use flowforge_engine::machine::Run;
use flowforge_engine::{FrameId, NodeId, RunId, Seq, Workflow};

use crate::error::RuntimeError;
use crate::fork::Fork;
use crate::load::History;
use crate::runtime::{RunHandle, Runtime};

/// How a mended run goes on.
#[derive(Debug)]
pub struct Mended {
    /// The run that goes on.
    pub handle: RunHandle,
    /// Whether it is the run that failed, and not a fork of it.
    pub same_run: bool,
}

impl Runtime {
    /// Goes on with `workflow` from the frame that failed, the last one that did when none is named. Other
    /// frames of the same node that wait are attempted again with it.
    ///
    /// Checks come first: nothing is recorded unless the run goes on.
    ///
    /// # Errors
    /// When there is no such run or failure, the run is being worked on, the workflow has errors, it
    /// changes a node that is in the middle of its work, or going on would ask the world again for what was done
    /// after the failure.
    pub fn mend(
        &self,
        run: RunId,
        workflow: Workflow,
        frame: Option<FrameId>,
    ) -> Result<Mended, RuntimeError> {
        if self.is_driving(run) {
            return Err(RuntimeError::Busy(run));
        }
        let history = History::read(self.journal(), &self.catalogue(), run)?;
        let folded = history.fold(run, &self.catalogue(), history.last());
        let frames = held_with(&folded, frame);
        if frames.is_empty() {
            let handle = self.fork_mended(run, workflow, frame, &history)?;
            return Ok(Mended {
                handle,
                same_run: false,
            });
        }
        let (plan, _warnings) = self.prepare(workflow)?;
        check_reach(&folded, plan.workflow(), frames[0])?;
        let handle = self.resume_mended(&history, folded, &plan, &frames)?;
        Ok(Mended {
            handle,
            same_run: true,
        })
    }

    fn fork_mended(
        &self,
        run: RunId,
        workflow: Workflow,
        frame: Option<FrameId>,
        history: &History,
    ) -> Result<RunHandle, RuntimeError> {
        let (frame, closed) = failure(&history.events, frame).ok_or(RuntimeError::NoFailure {
            run,
            frame: frame.unwrap_or_default(),
        })?;
        let seq = Seq(closed.0 - 1);
        let at_failure = history.fold(run, &self.catalogue(), seq);
        if let Some(node) = asked_after(&at_failure, &history.events, seq, frame) {
            return Err(RuntimeError::WouldRepeat {
                run,
                frame,
                node: node.to_string(),
            });
        }
        self.fork(&Fork {
            run,
            seq,
            params: Vec::new(),
            inputs: Vec::new(),
            answers: Vec::new(),
            workflow: Some(workflow),
            mode: at_failure.mode(),
        })
    }
}

/// The held frames to attempt: the named one or the last, and those of the same node.
fn held_with(run: &Run, frame: Option<FrameId>) -> Vec<FrameId> {
    let held = run.held();
    let named = match frame {
        Some(frame) => held.iter().find(|(held, ..)| *held == frame),
        None => held.last(),
    };
    let Some((named, node, ..)) = named else {
        return Vec::new();
    };
    let others = held
        .iter()
        .filter(|(held, at, ..)| at == node && held != named);
    let others = others.map(|(held, ..)| *held);
    std::iter::once(*named).chain(others).collect()
}

/// A change to a node that is in the middle of its work would mix what it was asked with what it is now.
fn check_reach(run: &Run, new: &Workflow, frame: FrameId) -> Result<(), RuntimeError> {
    let id = run.id();
    if !run.is_own(frame) {
        let held = run.held().into_iter().find(|(held, ..)| *held == frame);
        let node = held.map_or_else(String::new, |(_, node, ..)| node.to_string());
        return Err(RuntimeError::Called { run: id, node });
    }
    let changed = changed_nodes(run.plan().workflow(), new);
    match run
        .at_work()
        .into_iter()
        .find(|node| changed.contains(node))
    {
        Some(node) => Err(RuntimeError::AtWork {
            run: id,
            node: node.to_string(),
        }),
        None => Ok(()),
    }
}

/// The nodes that compute something else in `new`, or are no longer there.
fn changed_nodes(old: &Workflow, new: &Workflow) -> BTreeSet<NodeId> {
    let is_changed = |node: &&flowforge_engine::workflow::Node| {
        new.graph
            .node(node.id.as_str())
            .is_none_or(|other| code_hash(other) != code_hash(node))
    };
    let changed = old.graph.nodes.iter().filter(is_changed);
    changed.map(|node| node.id.clone()).collect()
}

/// The failure to go on from, and the event that closed its frame. Of a loop that failed because of a frame
/// inside, the frame inside is meant: going on from the loop's own end would begin its iteration anew.
fn failure(events: &[Recorded], wanted: Option<FrameId>) -> Option<(FrameId, Seq)> {
    let failed = events
        .iter()
        .rev()
        .filter_map(|recorded| match &recorded.event {
            Event::FrameClosed {
                frame,
                ending: Ending::Failed { error, .. },
                ..
            } => Some((*frame, recorded.seq, error.kind)),
            _ => None,
        });
    let mut failed = failed.filter(|(frame, _, kind)| match wanted {
        Some(wanted) => *frame == wanted,
        None => *kind != flowforge_engine::FailureKind::Inner,
    });
    failed.next().map(|(frame, seq, _)| (frame, seq))
}

/// The first node that asked the world after `seq` for something that others can notice, other than the
/// frame itself.
fn asked_after(at_failure: &Run, events: &[Recorded], seq: Seq, failed: FrameId) -> Option<NodeId> {
    let in_flight = at_failure
        .outstanding()
        .into_iter()
        .find(|asked| asked.frame != failed && must_not_repeat(&asked.effect));
    if let Some(asked) = in_flight {
        return at_failure.place_of(asked.frame).map(|(node, ..)| node);
    }
    let later = events.iter().filter(|recorded| recorded.seq > seq);
    let asked = later.filter_map(|recorded| match &recorded.event {
        Event::EffectRequested { frame, effect, .. } if must_not_repeat(effect) => Some(*frame),
        _ => None,
    });
    let node_of = |frame: FrameId| {
        events.iter().find_map(|recorded| match &recorded.event {
            Event::FrameOpened { node, .. } if recorded.seq == frame => Some(node.clone()),
            _ => None,
        })
    };
    { asked }.next().and_then(node_of)
}

/// An idempotency key names the run, so in a fork it is another and protects from nothing.
fn must_not_repeat(effect: &Effect) -> bool {
    let has_key = || {
        let request = effect.request.as_record();
        request.is_some_and(|request| request.get("idempotencyKey").is_some())
    };
    effect.kind.is_visible() && (!effect.idempotent || has_key())
}
