//! A run as one file: everything that is needed to look at it, compare it and fork it elsewhere.
//!
//! A fork is written with the events it shares, so the file stands alone. The file comes from anywhere, so it
//! is read like a stranger's: every hash is checked, every value decoded, nothing is reserved that the
//! bytes do not back, and an imported run is never resumed by itself.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use flowforge_engine::event::{Changes, Event, Recorded, WorkflowRef};
use flowforge_engine::value::{self, BlobSource};
use flowforge_engine::{Address, RunId, Seq, Workflow};
use redb::ReadTransaction;

use crate::append::{Document, Encoded, NewRun, facts};
use crate::blobs::{Blobs, NewBlob};
use crate::error::{ReadError, WriteError};
use crate::journal::Journal;
use crate::kept::{Kept, Root, add_roots};
use crate::pack::blob_of;
use crate::read::{document, events, row};
use crate::row::RunRow;
use crate::segment::{Checked, Segment, Segments};
use crate::stream::StoredBlobs;
use crate::tables;

/// What every file starts with.
const MAGIC: [u8; 16] = *b"FLOWFORGE-RUN\r\n\x1a";
/// The format of the files that this version writes, and the newest that it reads.
const BUNDLE_FORMAT: u32 = 1;
/// Largest value that is believed, by its encoded size in bytes.
const VALUE_BYTES_MAX: u64 = 1 << 30;
/// What the last part is called.
const END: u8 = 0;
const RUN: u8 = 1;
const BLOB: u8 = 2;
const DOCUMENT: u8 = 3;
const SEGMENT: u8 = 4;
/// A part's kind and length.
const PART_HEAD_BYTES: usize = 9;
const HASH_BYTES: usize = 32;

/// Why a run was not written to a file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file could not be written.
    #[error("the file could not be written: {0}")]
    Io(#[from] std::io::Error),
}

/// Why a file was not imported. Nothing of it is in the journal then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is something else.
    #[error("this is not an exported run")]
    NotARun,
    /// A newer version of FlowForge wrote it.
    #[error(
        "the file has format {found}, and this version reads formats up to {known}: use a newer FlowForge"
    )]
    Newer {
        /// Its format.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// It is broken, or made to deceive.
    #[error("the file is damaged: {0}; export it again")]
    Damaged(String),
    /// Another run has the same id.
    #[error("run {0} is in the journal already, with other events")]
    Conflict(RunId),
    /// The journal could not take it.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl From<ReadError> for ImportError {
    fn from(error: ReadError) -> Self {
        Self::Write(error.into())
    }
}

/// What an import did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The run.
    pub run: RunId,
    /// Whether it was not there before.
    pub is_new: bool,
}

impl Journal {
    /// Writes a run as one file, with the events that it shares with others.
    ///
    /// # Errors
    /// When there is no such run, something of it is damaged, or `out` fails.
    pub fn export(&self, run: RunId, out: &mut dyn Write) -> Result<(), ExportError> {
        let mut begun = false;
        self.store().read(|transaction| {
            if std::mem::replace(&mut begun, true) {
                // The disk failed half-way; what was written cannot be taken back.
                return Ok(Err(std::io::Error::other(
                    "the journal failed while it was read",
                )
                .into()));
            }
            let content = gather(transaction, run)?;
            Ok(write(transaction, &content, out))
        })?
    }

    /// Takes in a file that [`export`](Self::export) wrote. A run that is there already, event for event, is
    /// left as it is.
    ///
    /// # Errors
    /// When the file is no whole export, another run has its id, or storage fails.
    pub fn import(&self, bytes: &[u8]) -> Result<Imported, ImportError> {
        let file = Incoming::read(bytes)?;
        let run = file.row.run;
        if self.run(run)?.is_some() {
            let same = self.read_kept(run, Seq(0), None)? == file.events;
            return if same {
                Ok(Imported { run, is_new: false })
            } else {
                Err(ImportError::Conflict(run))
            };
        }
        self.write_encoded(file.encode()?)?;
        Ok(Imported { run, is_new: true })
    }
}

/// What an exported file holds, blobs by address only.
struct Content {
    row: RunRow,
    blobs: Vec<Address>,
    documents: Vec<(WorkflowRef, Kept)>,
    segments: Vec<Segment>,
}

fn plain(fields: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_allocvec(fields).expect("rows hold plain fields, and memory takes them")
}

fn gather(transaction: &ReadTransaction, run: RunId) -> Result<Content, ReadError> {
    let row = row(&transaction.open_table(tables::RUNS)?, run)?.filter(|row| !row.removed);
    let row = row.ok_or(ReadError::NoSuchRun(run))?;
    let events = events(transaction, row.clone(), Seq(0), None)?;
    let documents = documents(transaction, &row, &events)?;
    let mut roots = Vec::new();
    let segments = segments(run, &events, &mut roots)?;
    roots.extend(documents.iter().filter_map(|(_, kept)| kept.stored()));
    let blobs = closure(&StoredBlobs::open(transaction)?, roots)?;
    Ok(Content {
        row,
        blobs,
        documents,
        segments,
    })
}

fn segments(
    run: RunId,
    events: &[Recorded<Kept>],
    all_roots: &mut Vec<Address>,
) -> Result<Vec<Segment>, ReadError> {
    let mut segments = Segments::new(run);
    let mut roots: Vec<Root> = Vec::new();
    for event in events {
        roots.clear();
        add_roots(event.clone(), &mut roots);
        all_roots.extend(roots.iter().map(|root| root.address));
        segments
            .push(event, &roots)
            .map_err(|error| ReadError::damaged(format!("run {run}"), error.to_string()))?;
    }
    Ok(segments.finish())
}

/// Writes the file. Blobs are read one by one, so that only their addresses are held in memory.
fn write(
    transaction: &ReadTransaction,
    content: &Content,
    out: &mut dyn Write,
) -> Result<(), ExportError> {
    let mut file = Outgoing {
        out,
        hasher: blake3::Hasher::new(),
    };
    file.raw(&MAGIC)?;
    file.raw(&BUNDLE_FORMAT.to_le_bytes())?;
    file.part(RUN, &[&plain(&content.row)])?;
    let blobs = StoredBlobs::open(transaction).map_err(ReadError::from)?;
    for address in &content.blobs {
        file.part(BLOB, &[&address.0, &blob_row(&blobs, address)?])?;
    }
    for document in &content.documents {
        file.part(DOCUMENT, &[&plain(document)])?;
    }
    for segment in &content.segments {
        file.part(SEGMENT, &[&segment.first.0.to_le_bytes(), &segment.row])?;
    }
    file.end()
}

fn blob_row(blobs: &StoredBlobs, address: &Address) -> Result<Vec<u8>, ReadError> {
    let missing = || ReadError::damaged(format!("value {address}"), "it is missing");
    blobs.row(address)?.ok_or_else(missing)
}

/// The documents that a run refers to, and those that it was given as a sub-workflow.
fn documents(
    transaction: &ReadTransaction,
    row: &RunRow,
    events: &[Recorded<Kept>],
) -> Result<Vec<(WorkflowRef, Kept)>, ReadError> {
    let stored = transaction.open_table(tables::WORKFLOWS)?;
    let mut hashes = vec![row.workflow.hash];
    hashes.extend(events.iter().filter_map(|event| document_of(&event.event)));
    let mut seen = HashSet::new();
    hashes.retain(|hash| seen.insert(*hash));
    let mut found = Vec::new();
    for hash in hashes {
        found.extend(document(&stored, hash)?);
    }
    Ok(found)
}

/// The hash of the document that an event brings into the run.
fn document_of(event: &Event<Kept>) -> Option<Address> {
    match event {
        Event::RunStarted { workflow, .. }
        | Event::RunMended { workflow, .. }
        | Event::RunForked {
            changes:
                Changes {
                    workflow: Some(workflow),
                    ..
                },
            ..
        } => Some(workflow.hash),
        Event::EffectAnswered {
            outcome: Ok(Kept::Stored { address, .. }),
            ..
        } => Some(*address),
        Event::EffectAnswered {
            outcome: Ok(Kept::Inline(encoding)),
            ..
        } => value::decode_inline(encoding)
            .ok()
            .map(|value| value.address()),
        _ => None,
    }
}

/// The blobs below `roots`, each once, children before those that refer to them.
fn closure(blobs: &StoredBlobs, roots: Vec<Address>) -> Result<Vec<Address>, ReadError> {
    let mut order = Vec::new();
    let mut seen = HashSet::new();
    let mut path: Vec<(Address, bool)> = roots.into_iter().map(|root| (root, false)).collect();
    while let Some((address, is_done)) = path.pop() {
        if is_done {
            order.push(address);
        } else if seen.insert(address) {
            path.push((address, true));
            let children = value::children(&blob_of(&blob_row(blobs, &address)?)?)?;
            path.extend(children.into_iter().map(|child| (child, false)));
        }
    }
    Ok(order)
}

/// Writes parts and hashes them.
struct Outgoing<'a> {
    out: &'a mut dyn Write,
    hasher: blake3::Hasher,
}

impl Outgoing<'_> {
    fn raw(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.hasher.update(bytes);
        Ok(self.out.write_all(bytes)?)
    }

    fn part(&mut self, kind: u8, pieces: &[&[u8]]) -> Result<(), ExportError> {
        let len: usize = pieces.iter().map(|piece| piece.len()).sum();
        self.raw(&[kind])?;
        self.raw(&(len as u64).to_le_bytes())?;
        pieces.iter().try_for_each(|piece| self.raw(piece))
    }

    fn end(&mut self) -> Result<(), ExportError> {
        self.raw(&[END])?;
        let hash = self.hasher.finalize();
        self.out.write_all(hash.as_bytes())?;
        Ok(self.out.flush()?)
    }
}

/// A file that is being read.
struct Incoming<'a> {
    row: RunRow,
    blobs: HashMap<Address, &'a [u8]>,
    /// The blobs in the file's order, with what each refers to.
    new: Vec<NewBlob>,
    documents: Vec<Document>,
    segments: Vec<Segment>,
    events: Vec<Recorded<Kept>>,
}

fn damaged(why: impl Into<String>) -> ImportError {
    ImportError::Damaged(why.into())
}

impl<'a> Incoming<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, ImportError> {
        let mut rest = body(bytes)?;
        let (kind, fields) = part(&mut rest)?.ok_or_else(|| damaged("it is empty"))?;
        if kind != RUN {
            return Err(damaged("it does not begin with the run"));
        }
        let row = postcard::from_bytes(fields).map_err(|_| damaged("the run does not decode"))?;
        let mut file = Self {
            row,
            blobs: HashMap::new(),
            new: Vec::new(),
            documents: Vec::new(),
            segments: Vec::new(),
            events: Vec::new(),
        };
        while let Some((kind, fields)) = part(&mut rest)? {
            match kind {
                BLOB => file.blob(fields)?,
                DOCUMENT => file.document(fields)?,
                SEGMENT => file.segment(fields)?,
                _ => return Err(damaged("it has a part of an unknown kind")),
            }
        }
        file.whole()
    }

    fn blob(&mut self, fields: &'a [u8]) -> Result<(), ImportError> {
        let (address, row) = fields
            .split_first_chunk::<32>()
            .ok_or_else(|| damaged("a value is cut off"))?;
        let address = Address(*address);
        let bytes = blob_of(row).map_err(|error| damaged(error.to_string()))?;
        if Address::of(&bytes) != address {
            return Err(damaged(format!(
                "value {address} does not match its address"
            )));
        }
        let mut children = value::children(&bytes).map_err(|error| damaged(error.to_string()))?;
        children.sort_unstable();
        children.dedup();
        if let Some(missing) = children
            .iter()
            .find(|child| !self.blobs.contains_key(child))
        {
            return Err(damaged(format!("value {missing} is missing")));
        }
        if self.blobs.insert(address, row).is_none() {
            self.new.push(NewBlob {
                address,
                row: row.to_vec(),
                children,
            });
        }
        Ok(())
    }

    fn document(&mut self, fields: &[u8]) -> Result<(), ImportError> {
        let (workflow, kept): (WorkflowRef, Kept) =
            postcard::from_bytes(fields).map_err(|_| damaged("a workflow does not decode"))?;
        let value = self.value(&kept)?;
        let read: Workflow = Workflow::from_value(&value)
            .map_err(|error| damaged(format!("workflow {}: {error}", workflow.id)))?;
        if value.address() != workflow.hash
            || read.id != workflow.id
            || read.version != workflow.version
        {
            return Err(damaged(format!(
                "workflow {} is not what it is called",
                workflow.id
            )));
        }
        self.documents.push(Document { workflow, kept });
        Ok(())
    }

    fn segment(&mut self, fields: &[u8]) -> Result<(), ImportError> {
        let (first, row) = fields
            .split_first_chunk::<8>()
            .ok_or_else(|| damaged("a segment is cut off"))?;
        let first = Seq(u64::from_le_bytes(*first));
        if first.0 != self.events.len() as u64 + 1 {
            return Err(damaged("its events have gaps"));
        }
        let key = tables::at(self.row.run, first);
        let checked = Checked::new(&key, row).map_err(|error| damaged(error.to_string()))?;
        let events = checked
            .events()
            .map_err(|error| damaged(error.to_string()))?;
        let (roots, logical_bytes) = checked
            .roots()
            .map_err(|error| damaged(error.to_string()))?;
        self.segments.push(Segment {
            first,
            count: checked.count(),
            roots,
            logical_bytes,
            row: row.to_vec(),
        });
        self.events.extend(events);
        Ok(())
    }

    /// Checks what only the whole file can show.
    fn whole(self) -> Result<Self, ImportError> {
        let starts = matches!(
            self.events.first().map(|event| &event.event),
            Some(Event::RunStarted { .. })
        );
        if !starts || self.row.last_seq.0 != self.events.len() as u64 {
            return Err(damaged("its events are not a whole run"));
        }
        let mut seen = HashSet::new();
        for event in &self.events {
            let checked: Result<Recorded<()>, ImportError> =
                event.clone().try_map(&mut |kept: Kept| {
                    if kept.stored().is_none_or(|address| seen.insert(address)) {
                        self.value(&kept)?;
                    }
                    Ok(())
                });
            checked?;
        }
        Ok(self)
    }

    fn value(&self, kept: &Kept) -> Result<flowforge_engine::Value, ImportError> {
        let value = match kept {
            Kept::Inline(encoding) => value::decode_inline(encoding),
            Kept::Stored { address, .. } => value::decode_at_most(address, self, VALUE_BYTES_MAX),
        };
        let value = value.map_err(|error| damaged(error.to_string()))?;
        if value.size_bytes() != kept.size_bytes() {
            return Err(damaged("a value is not as large as it says"));
        }
        Ok(value)
    }

    fn encode(self) -> Result<Encoded, ImportError> {
        let events: Vec<Recorded<Kept>> = self.events;
        let new = NewRun {
            workflow: self.row.workflow,
            mode: self.row.mode,
            fork_of: None,
            // A key is a promise to the caller who gave it, and that was elsewhere.
            key: None,
        };
        Ok(Encoded {
            run: self.row.run,
            new: Some(new),
            segments: self.segments,
            documents: self.documents,
            blobs: Blobs {
                new: self.new,
                ..Blobs::default()
            },
            facts: facts(self.row.status, &events),
            imported: true,
        })
    }
}

impl BlobSource for Incoming<'_> {
    fn get(&self, address: &Address) -> Result<Option<Vec<u8>>, String> {
        Ok(self
            .blobs
            .get(address)
            .map(|row| blob_of(row).unwrap_or_default()))
    }
}

/// The parts of a file whose head and hash are right.
fn body(bytes: &[u8]) -> Result<&[u8], ImportError> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(ImportError::NotARun)?;
    let (format, rest) = rest.split_first_chunk::<4>().ok_or(ImportError::NotARun)?;
    let found = u32::from_le_bytes(*format);
    if found > BUNDLE_FORMAT {
        return Err(ImportError::Newer {
            found,
            known: BUNDLE_FORMAT,
        });
    }
    let split = bytes
        .len()
        .checked_sub(HASH_BYTES)
        .filter(|split| *split >= bytes.len() - rest.len());
    let (hashed, hash) = bytes.split_at(split.ok_or_else(|| damaged("it is cut off"))?);
    if blake3::hash(hashed).as_bytes() != hash {
        return Err(damaged("it does not match its hash"));
    }
    Ok(&rest[..rest.len() - HASH_BYTES])
}

/// The next part; nothing at the end.
fn part<'a>(rest: &mut &'a [u8]) -> Result<Option<(u8, &'a [u8])>, ImportError> {
    let cut_off = || damaged("a part is cut off");
    if **rest == [END] {
        return Ok(None);
    }
    let (head, body) = rest
        .split_first_chunk::<PART_HEAD_BYTES>()
        .ok_or_else(cut_off)?;
    let len = u64::from_le_bytes(head[1..].try_into().expect("nine bytes less one"));
    let (fields, left) = usize::try_from(len)
        .ok()
        .and_then(|len| body.split_at_checked(len))
        .ok_or_else(cut_off)?;
    *rest = left;
    Ok(Some((head[0], fields)))
}

#[cfg(test)]
mod tests {
    use flowforge_engine::frame::Status;
    use proptest::prelude::*;

    use super::*;
    use crate::fixtures::{assert_sound, fork, journal, more, run, start, text, wide, workflow};

    fn exported() -> (Vec<u8>, Vec<Recorded>) {
        let journal = journal();
        journal
            .append_wait(start(1, &[wide(1, 5), text(2, 2000)], Status::Running))
            .unwrap();
        journal
            .append_wait(fork(2, 1, 3, &[wide(2, 5), text(3, 20)], Status::Running))
            .unwrap();
        let mut bytes = Vec::new();
        journal.export(run(2), &mut bytes).unwrap();
        (bytes, journal.read(run(2), Seq(0), None).unwrap())
    }

    /// The file with other bytes and a right hash.
    fn forged(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes.truncate(bytes.len() - HASH_BYTES);
        let hash = blake3::hash(&bytes);
        bytes.extend_from_slice(hash.as_bytes());
        bytes
    }

    #[test]
    fn a_fork_comes_through_whole_and_is_not_resumed() {
        let (bytes, events) = exported();
        let journal = journal();
        assert_eq!(
            journal.import(&bytes).unwrap(),
            Imported {
                run: run(2),
                is_new: true
            }
        );
        assert_eq!(journal.read(run(2), Seq(0), None).unwrap(), events);
        let row = journal.run(run(2)).unwrap().unwrap();
        assert_eq!(
            (row.status, row.fork_of, row.frames),
            (Status::Running, None, 3)
        );
        assert_eq!(journal.unfinished().unwrap(), []);
        assert_eq!(
            journal.workflow(row.workflow.hash).unwrap(),
            Some(workflow("flow", 1))
        );
        assert_sound(&journal);
    }

    #[test]
    fn importing_again_changes_nothing_and_another_run_of_that_id_stays() {
        let (bytes, _) = exported();
        let journal = journal();
        journal.import(&bytes).unwrap();
        assert_eq!(
            journal.import(&bytes).unwrap(),
            Imported {
                run: run(2),
                is_new: false
            }
        );
        journal
            .append_wait(more(2, 8, &[text(1, 1)], Status::Completed))
            .unwrap();
        assert!(
            matches!(journal.import(&bytes), Err(ImportError::Conflict(found)) if found == run(2))
        );
        assert_sound(&journal);
    }

    #[test]
    fn other_files_are_told_apart() {
        let journal = journal();
        let (bytes, _) = exported();
        assert!(matches!(journal.import(b""), Err(ImportError::NotARun)));
        assert!(matches!(
            journal.import(b"{\"id\": \"flow\"}"),
            Err(ImportError::NotARun)
        ));
        let mut newer = bytes.clone();
        newer[16] = 9;
        assert!(matches!(
            journal.import(&newer),
            Err(ImportError::Newer { found: 9, known: 1 })
        ));
        assert!(matches!(
            journal.import(&bytes[..bytes.len() - 1]),
            Err(ImportError::Damaged(_))
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn forged_files_are_refused_or_harmless(at in 20_usize.., byte: u8, cut: bool) {
            let journal = journal();
            let (mut bytes, events) = exported();
            let at = at % (bytes.len() - HASH_BYTES);
            if cut { bytes.drain(at..bytes.len() - HASH_BYTES); } else { bytes[at] = byte; }
            match journal.import(&forged(bytes)) {
                Ok(Imported { run, .. }) => {
                    let found = journal.read(run, Seq(0), None).unwrap();
                    prop_assert_eq!(found.len(), events.len());
                }
                Err(error) => prop_assert!(matches!(
                    error,
                    ImportError::Damaged(_) | ImportError::Newer { .. } | ImportError::NotARun
                ), "{}", error),
            }
            assert_sound(&journal);
        }
    }
}
