//! Putting what the feed gives into the index.
//!
//! One thread writes, with a bounded memory. Everything that it must know is in the index itself: after
//! a crash the index stands at its last commit, the mark in that commit says where to go on, a value is
//! new when its address is not in the index, and an event when its run has none as late. So nothing is
//! missing and nothing is there twice.

use std::collections::HashMap;
use std::sync::Arc;

use flowforge_engine::event::{Event, Recorded};
use flowforge_engine::{Address, NodeId, RunId, Seq};
use tantivy::columnar::Column;
use tantivy::fastfield::AliveBitSet;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, IndexWriter, InvertedIndexReader, TERMINATED, TantivyDocument, Term};

use super::feed::{Fed, Feed, FeedError, Origin};
use super::flowed::{At, Content, Flowed, flowed};
use super::recent::Recent;
use super::schema::{Fields, ROLE_NONE, SEQ, VALUE};
use super::shelf::{Mark, Shelf, Trouble};
use super::text;

/// Memory in which the search library gathers documents before it writes them out, in bytes.
const WRITER_BYTES: usize = 20_000_000;
/// Text that may wait to be committed, in bytes. It bounds what is queued for the writing thread.
const PENDING_TEXT_BYTES_MAX: usize = 8 << 20;
/// Documents that may wait to be committed.
const PENDING_DOCUMENTS_MAX: usize = 400_000;
/// Of how many values, frames and runs the answers are remembered (each up to twice that).
const RECENT_VALUES: usize = 32 * 1024;
const RECENT_FRAMES: usize = 8 * 1024;
const RECENT_RUNS: usize = 1024;
/// Segments with more deleted documents than this are written anew.
const DELETED_RATIO_MAX: f32 = 0.3;

/// The first half of an address: enough to tell values apart, half as much to keep.
type Key = [u8; 16];

/// The number of a value that has nothing to search for, and is not indexed.
const UNSEARCHABLE: u64 = 0;

/// What the one who writes must know.
pub(crate) struct Writing {
    writer: Option<IndexWriter>,
    /// How far the documents that were added have come.
    pub(crate) mark: Mark,
    /// How far the last commit had come.
    committed: Mark,
    pending_documents: usize,
    pending_text_bytes: usize,
    /// Values that were added after the last commit.
    fresh: HashMap<Key, u64>,
    /// The last event of each run that was added after the last commit.
    fresh_lasts: HashMap<RunId, Seq>,
    values: Recent<Key, u64>,
    lasts: Recent<RunId, Seq>,
    frames: Recent<(RunId, Seq), NodeId>,
    origins: Recent<RunId, Origin>,
    known: Option<Known>,
}

impl Writing {
    pub(crate) fn new(mark: Mark) -> Self {
        Self {
            writer: None,
            committed: mark.clone(),
            mark,
            pending_documents: 0,
            pending_text_bytes: 0,
            fresh: HashMap::new(),
            fresh_lasts: HashMap::new(),
            values: Recent::new(RECENT_VALUES),
            lasts: Recent::new(RECENT_RUNS),
            frames: Recent::new(RECENT_FRAMES),
            origins: Recent::new(RECENT_RUNS),
            known: None,
        }
    }

    /// Whether documents wait to be committed.
    pub(crate) fn has_pending(&self) -> bool {
        self.pending_documents > 0
    }

    /// Whether so much waits that it must be committed before more is added.
    pub(crate) fn is_full(&self) -> bool {
        self.pending_text_bytes >= PENDING_TEXT_BYTES_MAX
            || self.pending_documents >= PENDING_DOCUMENTS_MAX
    }

    /// Adds the documents of one commit of the journal.
    pub(crate) fn add<F: Feed>(
        &mut self,
        shelf: &Shelf,
        feed: &F,
        fed: &Fed<F::Kept>,
    ) -> Result<(), Trouble> {
        if let Some(origin) = self.origin(feed, fed.run)? {
            let mut last = self.last(shelf, fed.run)?;
            for recorded in fed.events.iter().filter(|recorded| recorded.seq > last) {
                self.add_event(shelf, feed, fed.run, &origin, recorded)?;
            }
            last = fed
                .events
                .last()
                .map_or(last, |recorded| recorded.seq.max(last));
            self.fresh_lasts.insert(fed.run, last);
        }
        self.mark.position = fed.position;
        Ok(())
    }

    /// The last event of a run that is in the index.
    fn last(&mut self, shelf: &Shelf, run: RunId) -> Result<Seq, Trouble> {
        if let Some(last) = self
            .fresh_lasts
            .get(&run)
            .copied()
            .or_else(|| self.lasts.get(&run))
        {
            return Ok(last);
        }
        let last = self.known(shelf)?.last(run)?;
        self.lasts.put(run, last);
        Ok(last)
    }

    fn add_event<F: Feed>(
        &mut self,
        shelf: &Shelf,
        feed: &F,
        run: RunId,
        origin: &Origin,
        recorded: &Recorded<F::Kept>,
    ) -> Result<(), Trouble> {
        if let Event::FrameOpened { node, .. } = &recorded.event {
            self.frames.put((run, recorded.seq), node.clone());
        }
        for (slot, flowed) in flowed(recorded).iter().enumerate() {
            let Some(node) = self.node(feed, run, flowed)? else {
                continue;
            };
            let value = match self.number(shelf, feed, &flowed.content) {
                Err(Trouble::Feed(FeedError::Damaged(error))) => {
                    tracing::warn!(%run, seq = %recorded.seq, %error, "a value cannot be searched");
                    continue;
                }
                number => number?,
            };
            if value != UNSEARCHABLE {
                let mut document = self.document(&shelf.fields, value, flowed.role.code());
                document.add_bytes(shelf.fields.run, run.0.as_bytes());
                document.add_text(shelf.fields.workflow, origin.workflow.as_str());
                document.add_text(shelf.fields.node, node.as_str());
                document.add_u64(shelf.fields.seq, recorded.seq.0);
                document.add_u64(shelf.fields.slot, slot as u64);
                self.write(shelf, document)?;
                self.mark.occurrences += 1;
            }
        }
        Ok(())
    }

    /// What documents of both kinds have.
    fn document(&self, fields: &Fields, value: u64, role: u64) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_u64(fields.value, value);
        document.add_u64(fields.role, role);
        document.add_u64(fields.order, self.mark.occurrences);
        document
    }

    fn write(&mut self, shelf: &Shelf, document: TantivyDocument) -> Result<(), Trouble> {
        self.writer(shelf)?.add_document(document)?;
        self.pending_documents += 1;
        Ok(())
    }

    /// The number of a value; it is indexed when it is met for the first time.
    fn number<F: Feed>(
        &mut self,
        shelf: &Shelf,
        feed: &F,
        content: &Content<'_, F::Kept>,
    ) -> Result<u64, Trouble> {
        let key = key(&content.identity(feed)?);
        if let Some(number) = self
            .values
            .get(&key)
            .or_else(|| self.fresh.get(&key).copied())
        {
            return Ok(number);
        }
        let number = match self.known(shelf)?.number(&key)? {
            Some(number) => number,
            None => self.add_value(shelf, key, &text::flatten(&content.value(feed)?))?,
        };
        self.values.put(key, number);
        Ok(number)
    }

    fn add_value(&mut self, shelf: &Shelf, key: Key, text: &str) -> Result<u64, Trouble> {
        if text.is_empty() {
            return Ok(UNSEARCHABLE);
        }
        self.mark.values += 1;
        let number = self.mark.values;
        let mut document = self.document(&shelf.fields, number, ROLE_NONE);
        document.add_text(shelf.fields.words, text);
        document.add_text(shelf.fields.paths, text);
        document.add_bytes(shelf.fields.address, &key);
        self.write(shelf, document)?;
        self.pending_text_bytes += text.len();
        self.fresh.insert(key, number);
        Ok(number)
    }

    /// The node of a value; `None` when the event that opened its frame is gone.
    fn node<F: Feed>(
        &mut self,
        feed: &F,
        run: RunId,
        flowed: &Flowed<'_, F::Kept>,
    ) -> Result<Option<NodeId>, FeedError> {
        if let At::Node(node) = flowed.at {
            return Ok(Some(node.clone()));
        }
        if let Some(node) = self.frames.get(&(run, flowed.frame)) {
            return Ok(Some(node));
        }
        let opened = feed.event(run, flowed.frame)?;
        let Some(Recorded {
            event: Event::FrameOpened { node, .. },
            ..
        }) = opened
        else {
            return Ok(None);
        };
        self.frames.put((run, flowed.frame), node.clone());
        Ok(Some(node))
    }

    fn origin<F: Feed>(&mut self, feed: &F, run: RunId) -> Result<Option<Origin>, FeedError> {
        if let Some(origin) = self.origins.get(&run) {
            return Ok(Some(origin));
        }
        let origin = feed.origin(run)?;
        if let Some(origin) = &origin {
            self.origins.put(run, origin.clone());
        }
        Ok(origin)
    }

    /// The writer, opened when it is first needed: it keeps threads and memory.
    pub(crate) fn writer(&mut self, shelf: &Shelf) -> Result<&mut IndexWriter, Trouble> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => open_writer(shelf)?,
        };
        Ok(self.writer.insert(writer))
    }

    fn known(&mut self, shelf: &Shelf) -> Result<&Known, Trouble> {
        let known = match self.known.take() {
            Some(known) => known,
            None => Known::open(shelf)?,
        };
        Ok(self.known.insert(known))
    }

    /// Makes what was added durable, together with how far it has come, and visible to queries.
    pub(crate) fn commit(&mut self, shelf: &Shelf) -> Result<(), Trouble> {
        if self.has_pending() {
            self.publish(shelf)?;
        }
        Ok(())
    }

    /// Commits also when there is nothing but removals.
    pub(crate) fn publish(&mut self, shelf: &Shelf) -> Result<(), Trouble> {
        let payload = self.mark.to_payload();
        let mut prepared = self.writer(shelf)?.prepare_commit()?;
        prepared.set_payload(&payload);
        prepared.commit()?;
        shelf.reader.reload()?;
        self.committed = self.mark.clone();
        for (run, last) in self.fresh_lasts.drain() {
            self.lasts.put(run, last);
        }
        self.settle();
        Ok(())
    }

    /// Takes back what was added after the last commit.
    pub(crate) fn take_back(&mut self) {
        self.writer = None;
        self.mark = self.committed.clone();
        self.values.clear();
        self.lasts.clear();
        self.settle();
    }

    fn settle(&mut self) {
        self.fresh = HashMap::new();
        self.fresh_lasts = HashMap::new();
        self.known = None;
        self.pending_documents = 0;
        self.pending_text_bytes = 0;
    }

    /// Forgets which values are known; needed after values were removed.
    pub(crate) fn forget_known(&mut self) {
        self.values.clear();
        self.lasts.clear();
        self.origins.clear();
        self.known = None;
    }

    /// Gives threads and memory back, after segments that are being merged are merged.
    pub(crate) fn rest(&mut self, shelf: &Shelf) -> Result<(), Trouble> {
        self.values.clear();
        self.lasts.clear();
        self.frames.clear();
        self.origins.clear();
        self.known = None;
        if let Some(writer) = self.writer.take() {
            writer.wait_merging_threads()?;
            shelf.reader.reload()?;
        }
        Ok(())
    }
}

fn key(address: &Address) -> Key {
    *address.0.first_chunk().expect("an address has 32 bytes")
}

fn open_writer(shelf: &Shelf) -> Result<IndexWriter, Trouble> {
    let options = IndexWriterOptions::builder()
        .memory_budget_per_thread(WRITER_BYTES)
        .num_worker_threads(1)
        .num_merge_threads(1)
        .build();
    let writer = shelf.index.writer_with_options(options)?;
    let mut policy = LogMergePolicy::default();
    policy.set_del_docs_ratio_before_merge(DELETED_RATIO_MAX);
    writer.set_merge_policy(Box::new(policy));
    Ok(writer)
}

/// What was in the last commit: the numbers of values by their address, the last event of each run.
struct Known {
    segments: Vec<KnownSegment>,
    fields: Fields,
}

struct KnownSegment {
    addresses: Arc<InvertedIndexReader>,
    runs: Arc<InvertedIndexReader>,
    numbers: Column<u64>,
    seqs: Option<Column<u64>>,
    alive: Option<AliveBitSet>,
}

impl Known {
    fn open(shelf: &Shelf) -> Result<Self, Trouble> {
        let searcher = shelf.reader.searcher();
        let segments = searcher.segment_readers().iter().map(|segment| {
            Ok(KnownSegment {
                addresses: segment.inverted_index(shelf.fields.address)?,
                runs: segment.inverted_index(shelf.fields.run)?,
                numbers: segment.fast_fields().u64(VALUE)?,
                seqs: segment.fast_fields().column_opt(SEQ)?,
                alive: segment.alive_bitset().cloned(),
            })
        });
        Ok(Self {
            segments: segments.collect::<Result<_, Trouble>>()?,
            fields: shelf.fields,
        })
    }

    fn number(&self, key: &Key) -> Result<Option<u64>, Trouble> {
        let term = Term::from_field_bytes(self.fields.address, key);
        for segment in &self.segments {
            let mut number = None;
            segment.each(&segment.addresses, &term, |document| {
                number = segment.numbers.first(document);
            })?;
            if number.is_some() {
                return Ok(number);
            }
        }
        Ok(None)
    }

    /// The last event of a run of which a value is there; 0 when there is none.
    fn last(&self, run: RunId) -> Result<Seq, Trouble> {
        let term = Term::from_field_bytes(self.fields.run, run.0.as_bytes());
        let mut last = 0;
        for segment in &self.segments {
            segment.each(&segment.runs, &term, |document| {
                let seq = segment.seqs.as_ref().and_then(|seqs| seqs.first(document));
                last = seq.unwrap_or(0).max(last);
            })?;
        }
        Ok(Seq(last))
    }
}

impl KnownSegment {
    /// Visits the documents of a term that were not removed.
    fn each(
        &self,
        index: &InvertedIndexReader,
        term: &Term,
        mut visit: impl FnMut(DocId),
    ) -> Result<(), Trouble> {
        let Some(mut postings) = index.read_postings(term, IndexRecordOption::Basic)? else {
            return Ok(());
        };
        while postings.doc() != TERMINATED {
            let document = postings.doc();
            if self
                .alive
                .as_ref()
                .is_none_or(|alive| alive.is_alive(document))
            {
                visit(document);
            }
            postings.advance();
        }
        Ok(())
    }
}
