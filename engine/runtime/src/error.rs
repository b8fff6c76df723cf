//! Why the runtime could not serve a caller. A failed node is never one of these: it is a frame.

use flowforge_engine::{Problem, RunId, Seq};
use flowforge_snapshots::{ReadError, WriteError};

/// Why the runtime could not serve a caller.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The workflow has errors; all problems are listed.
    #[error("the workflow has {} and cannot run", errors(.0))]
    Problems(Vec<Problem>),
    /// There is no such run.
    #[error("there is no run {0}")]
    NoRun(RunId),
    /// There is no such moment of the run.
    #[error("run {run} has no event {seq}; its last is {last}")]
    NoMoment {
        /// The run.
        run: RunId,
        /// What was asked for.
        seq: Seq,
        /// What there is.
        last: Seq,
    },
    /// The run has ended at that moment, so a fork would have nothing to do.
    #[error("run {run} has already ended at event {seq}; fork at {before} or earlier")]
    Ended {
        /// The run.
        run: RunId,
        /// What was asked for.
        seq: Seq,
        /// The last moment at which something was left to do.
        before: Seq,
    },
    /// The run has ended, so nothing can be handed to it.
    #[error("run {0} has already ended")]
    Over(RunId),
    /// A fork is to change a node that has no part in what is left.
    #[error(
        "`{node}` has already finished at event {seq}; fork at {before} or earlier to do it anew"
    )]
    AlreadyDone {
        /// The node.
        node: String,
        /// What was asked for.
        seq: Seq,
        /// The event before the node opened.
        before: Seq,
    },
    /// A fork is to answer a question that was answered in the past it shares.
    #[error(
        "question {ordinal} of `{node}` has been answered at event {seq}; fork at {before} or earlier to answer it"
    )]
    AlreadyAnswered {
        /// The node.
        node: String,
        /// Which of its effects, counted from 0.
        ordinal: u32,
        /// What was asked for.
        seq: Seq,
        /// The event before the answer.
        before: Seq,
    },
    /// A change names something that is not in the workflow.
    #[error("the workflow has no node `{0}`")]
    NoNode(String),
    /// Nothing in the run waits for what was sent.
    #[error("nothing in run {0} waits for that")]
    NothingWaits(RunId),
    /// The run is being worked on by this process already.
    #[error("run {0} is already running")]
    Busy(RunId),
    /// The runtime is stopping and takes no runs.
    #[error("the service is stopping and takes no new runs")]
    Stopping,
    /// A mend is to change a node that is in the middle of its work.
    #[error(
        "`{node}` is at work in run {run}, and the change would reach into it; wait until it has ended"
    )]
    AtWork {
        /// The run.
        run: RunId,
        /// The node.
        node: String,
    },
    /// The frame belongs to a workflow that the run calls, which has a document of its own.
    #[error("`{node}` belongs to a workflow that run {run} calls; mend that one, and try again")]
    Called {
        /// The run.
        run: RunId,
        /// The node.
        node: String,
    },
    /// There is no frame that failed there.
    #[error("run {run} has no frame {frame} that failed")]
    NoFailure {
        /// The run.
        run: RunId,
        /// What was asked for.
        frame: Seq,
    },
    /// Going on from the failure would do again what was done after it.
    #[error(
        "after frame {frame} failed, run {run} went on and asked the world through `{node}`; going on from the failure would ask again"
    )]
    WouldRepeat {
        /// The run.
        run: RunId,
        /// The frame.
        frame: Seq,
        /// The first node that would ask again.
        node: String,
    },
    /// A workflow document in the journal cannot be read.
    #[error("the workflow of run {run} cannot be read: {reason}")]
    Workflow {
        /// The run.
        run: RunId,
        /// Why.
        reason: String,
    },
    /// The journal could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The journal could not be written; the run can be resumed later.
    #[error(transparent)]
    Write(#[from] WriteError),
}

fn errors(problems: &[Problem]) -> String {
    let count = problems
        .iter()
        .filter(|problem| problem.severity == flowforge_engine::Severity::Error)
        .count();
    if count == 1 {
        "1 error".into()
    } else {
        format!("{count} errors")
    }
}
