//! What a search gives back: frames in which a value flowed.

use flowforge_engine::event::Recorded;
use flowforge_engine::{Address, NodeId, RunId, Seq, Timestamp, WorkflowId};
use serde::Serialize;
use tantivy::columnar::StrColumn;
use tantivy::{Searcher, SegmentReader, Term};

use super::best::Candidate;
use super::feed::{Feed, FeedError};
use super::flowed::{Role, flowed};
use super::matches::Matches;
use super::schema::{Fields, NODE, ROLE, RUN, SEQ, SLOT, WORKFLOW};
use super::shelf::Trouble;
use super::snippet::{Snippet, Wanted};

/// A frame in which a value flowed that matches.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hit {
    /// The run. A search within a fork shows the frames it shares as its own.
    pub run: RunId,
    /// The run's workflow.
    pub workflow: WorkflowId,
    /// The frame, by the seq of the event that opened it; 0 for an input that a fork gave to a node.
    pub frame: Seq,
    /// The event that recorded the value.
    pub seq: Seq,
    /// The node.
    pub node: NodeId,
    /// What the value was to the frame.
    pub role: Role,
    /// The port it left by, for an output.
    pub port: Option<String>,
    /// The value's address. For an error, that of the record that is searched in its place.
    pub address: Address,
    /// When it was recorded.
    pub at: Timestamp,
    /// The part that matches.
    pub snippet: Snippet,
    /// How well it matches: 1 for the best there is, 0.5 for half its score. Scores that differ by
    /// less than a tenth count as equal.
    pub score: f32,
    /// How often this value flowed, here and elsewhere.
    pub times: u64,
}

/// Where an occurrence is recorded.
struct Recording {
    run: RunId,
    workflow: WorkflowId,
    node: NodeId,
    role: Role,
    seq: Seq,
    slot: usize,
}

/// Turns candidates into hits, reading each value from the feed.
pub(crate) struct Hits<'a, F> {
    pub(crate) feed: &'a F,
    pub(crate) searcher: &'a Searcher,
    pub(crate) fields: &'a Fields,
    pub(crate) matches: &'a Matches,
    pub(crate) wanted: Wanted,
    /// The run that was asked for: a fork shows what it shares as its own.
    pub(crate) run: Option<RunId>,
}

impl<F: Feed> Hits<'_, F> {
    /// The hit of a candidate; `None` when its event is gone or damaged since it was indexed.
    pub(crate) fn hit(&mut self, candidate: &Candidate) -> Result<Option<Hit>, Trouble> {
        let reader = self.searcher.segment_reader(candidate.document.segment_ord);
        let recording = recording(reader, candidate.document.doc_id)?;
        let times = self.times(candidate.value)?;
        match self.read(&recording, candidate, times) {
            Err(FeedError::Damaged(error)) => {
                tracing::warn!(run = %recording.run, seq = %recording.seq, %error, "a found value cannot be shown");
                Ok(None)
            }
            hit => Ok(hit?),
        }
    }

    fn read(
        &mut self,
        recording: &Recording,
        candidate: &Candidate,
        times: u64,
    ) -> Result<Option<Hit>, FeedError> {
        // A fork still has what it shares with a run that was removed.
        let run = self.run.unwrap_or(recording.run);
        let Some(recorded) = self.feed.event(run, recording.seq)? else {
            return Ok(None);
        };
        self.read_event(recording, &recorded, candidate, times)
    }

    fn read_event(
        &mut self,
        recording: &Recording,
        recorded: &Recorded<F::Kept>,
        candidate: &Candidate,
        times: u64,
    ) -> Result<Option<Hit>, FeedError> {
        let mut flowed = flowed(recorded);
        if recording.slot >= flowed.len() {
            return Ok(None);
        }
        let flowed = flowed.swap_remove(recording.slot);
        let value = flowed.content.value(self.feed)?;
        Ok(Some(Hit {
            run: self.run.unwrap_or(recording.run),
            workflow: recording.workflow.clone(),
            frame: flowed.frame,
            seq: recording.seq,
            node: recording.node.clone(),
            role: recording.role,
            port: flowed.port.map(str::to_owned),
            address: value.address(),
            at: recorded.at,
            snippet: self.wanted.snippet(&value),
            score: self.matches.score(candidate.tier),
            times,
        }))
    }

    /// How many occurrences a value has, those included that were removed lately.
    fn times(&self, value: u64) -> Result<u64, Trouble> {
        let term = Term::from_field_u64(self.fields.value, value);
        let documents = self.searcher.doc_freq(&term)?;
        Ok(documents.saturating_sub(1))
    }
}

fn recording(reader: &SegmentReader, document: u32) -> Result<Recording, Trouble> {
    let fast = reader.fast_fields();
    let number = |column: &str| -> Result<u64, Trouble> {
        fast.u64(column)?
            .first(document)
            .ok_or_else(|| incomplete(column))
    };
    Ok(Recording {
        run: run_id(reader, document)?.ok_or_else(|| incomplete(RUN))?,
        workflow: name(fast.str(WORKFLOW)?, document)?
            .ok_or_else(|| incomplete(WORKFLOW))?
            .into(),
        node: name(fast.str(NODE)?, document)?
            .ok_or_else(|| incomplete(NODE))?
            .into(),
        role: Role::from_code(number(ROLE)?).ok_or_else(|| incomplete(ROLE))?,
        seq: Seq(number(SEQ)?),
        slot: usize::try_from(number(SLOT)?).map_err(|_| incomplete(SLOT))?,
    })
}

fn incomplete(column: &str) -> Trouble {
    Trouble::Damaged(format!("an occurrence has no {column}"))
}

fn name(column: Option<StrColumn>, document: u32) -> Result<Option<String>, Trouble> {
    let Some(column) = column else {
        return Ok(None);
    };
    let Some(number) = column.ords().first(document) else {
        return Ok(None);
    };
    let mut name = String::new();
    Ok(column.ord_to_str(number, &mut name)?.then_some(name))
}

fn run_id(reader: &SegmentReader, document: u32) -> Result<Option<RunId>, Trouble> {
    let Some(column) = reader.fast_fields().bytes(RUN)? else {
        return Ok(None);
    };
    let Some(number) = column.ords().first(document) else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    column.ord_to_bytes(number, &mut bytes)?;
    Ok(to_run_id(&bytes))
}

/// The run whose id has these bytes.
pub(crate) fn to_run_id(bytes: &[u8]) -> Option<RunId> {
    let text = bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>();
    text.parse().ok()
}
