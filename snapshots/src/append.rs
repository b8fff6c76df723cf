//! What a caller hands to the journal, and its encoding, which happens on the caller's thread.

use flowforge_engine::event::{Ending, Event, Mode, Recorded, WorkflowRef};
use flowforge_engine::frame::Status;
use flowforge_engine::{RunId, Seq, Timestamp, Workflow};

use crate::blobs::{Blobs, Gather, gather};
use crate::error::WriteError;
use crate::kept::{Kept, keep_event};
use crate::recent::Recent;
use crate::row::ForkOf;
use crate::segment::{Segment, Segments};

/// Events of one run that become durable together, or not at all.
#[derive(Clone, Debug)]
pub struct Append {
    /// The run.
    pub run: RunId,
    /// There when these are the run's first events.
    pub new: Option<NewRun>,
    /// The events, in seq order, following on the last one without a gap.
    pub events: Vec<Recorded>,
    /// Documents that these events are the first to refer to. Those that are there already cost little.
    pub workflows: Vec<Workflow>,
    /// Where the run is after these events.
    pub status: Status,
}

/// What is said once about a run.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    /// What it executes; for a fork, after its changes.
    pub workflow: WorkflowRef,
    /// Live or dry.
    pub mode: Mode,
    /// Where it was forked, if it was. Its events go on from there.
    pub fork_of: Option<ForkOf>,
    /// The caller's key, under which the run is found again.
    pub key: Option<String>,
}

/// An [`Append`] as the writer takes it.
pub(crate) struct Encoded {
    pub(crate) run: RunId,
    pub(crate) new: Option<NewRun>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) documents: Vec<Document>,
    pub(crate) blobs: Blobs,
    pub(crate) facts: Facts,
    /// Whether it came from a file.
    pub(crate) imported: bool,
}

/// What the events say about the run's row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) status: Status,
    pub(crate) events: u64,
    pub(crate) first: Option<(Seq, Timestamp)>,
    pub(crate) last_at: Option<Timestamp>,
    pub(crate) frames: u64,
    pub(crate) failed_frames: u64,
}

/// A workflow document on its way into the journal.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) workflow: WorkflowRef,
    pub(crate) kept: Kept,
}

impl Append {
    /// Encodes it, leaving out what is known to be stored.
    pub(crate) fn encode(self, recent: &Recent) -> Result<Encoded, WriteError> {
        let Self {
            run,
            new,
            events,
            workflows,
            status,
        } = self;
        let facts = facts(status, &events);
        let (result, blobs) = gather(recent, |gather| {
            let documents: Vec<Document> = workflows
                .iter()
                .map(|workflow| Document::keep(workflow, gather))
                .collect();
            (documents, segments(run, events, gather))
        });
        let (documents, segments) = (result.0, result.1?);
        Ok(Encoded {
            run,
            new,
            segments,
            documents,
            blobs,
            facts,
            imported: false,
        })
    }
}

impl Encoded {
    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        let segments: usize = self.segments.iter().map(|segment| segment.row.len()).sum();
        segments + self.blobs.bytes() + size_of::<Self>()
    }
}

impl Document {
    /// Keeps a document.
    pub(crate) fn keep(workflow: &Workflow, gather: &mut Gather) -> Self {
        let value = workflow.to_value();
        let kept = gather.keep(&value);
        let hash = value.address();
        Self {
            workflow: WorkflowRef {
                id: workflow.id.clone(),
                version: workflow.version,
                hash,
            },
            kept,
        }
    }
}

fn segments(
    run: RunId,
    events: Vec<Recorded>,
    gather: &mut Gather,
) -> Result<Vec<Segment>, WriteError> {
    let mut segments = Segments::new(run);
    let mut roots = Vec::new();
    for event in events {
        roots.clear();
        segments.push(&keep_event(event, gather, &mut roots), &roots)?;
    }
    Ok(segments.finish())
}

/// What events say about their run's row.
pub(crate) fn facts<V>(status: Status, events: &[Recorded<V>]) -> Facts {
    let mut facts = Facts {
        status,
        events: events.len() as u64,
        first: events.first().map(|event| (event.seq, event.at)),
        last_at: events.last().map(|event| event.at),
        frames: 0,
        failed_frames: 0,
    };
    for recorded in events {
        match &recorded.event {
            Event::FrameOpened { .. } => facts.frames += 1,
            Event::FrameClosed {
                ending: Ending::Failed { .. },
                ..
            } => facts.failed_frames += 1,
            _ => {}
        }
    }
    facts
}
