//! From matched values to their best occurrences, within a filter.
//!
//! There are three ways to go through occurrences, and the cheapest is taken: those of the few values
//! that match, those of the run, workflow or node that is asked for, or all, newest first.

use flowforge_engine::{NodeId, RunId, Seq, WorkflowId};
use tantivy::columnar::Column;
use tantivy::schema::IndexRecordOption;
use tantivy::{
    DocAddress, DocId, DocSet, Searcher, SegmentOrdinal, SegmentReader, TERMINATED, Term,
};

use super::best::{Best, Candidate};
use super::matches::{Matches, is_alive};
use super::schema::{Fields, NODE, ORDER, ROLE, ROLE_NONE, RUN, SEQ, VALUE, WORKFLOW};
use super::shelf::Trouble;

/// Which occurrences are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// The run and those it was forked from, each with the last event that counts.
    pub(crate) runs: Option<Vec<(RunId, Seq)>>,
    pub(crate) workflow: Option<WorkflowId>,
    pub(crate) node: Option<NodeId>,
    /// Only occurrences that were recorded before this many others.
    pub(crate) before: u64,
}

/// The best occurrences of what matches, best first, at most `room`.
pub(crate) fn best(
    searcher: &Searcher,
    fields: &Fields,
    matches: &Matches,
    scope: &Scope,
    room: usize,
) -> Result<Vec<Candidate>, Trouble> {
    let mut segments = Vec::new();
    for (reader, ordinal) in searcher.segment_readers().iter().zip(0..) {
        segments.push(Segment::open(reader, ordinal, scope)?);
    }
    segments.sort_by_key(|segment| std::cmp::Reverse(segment.order.max_value()));
    let mut best = Best::new(room);
    for segment in segments.iter().filter(|segment| !segment.is_outside) {
        if best.wants(matches.best(), segment.order.max_value()) {
            segment.visit(fields, matches, scope, &mut best)?;
        }
    }
    Ok(best.into_sorted())
}

/// What is needed of a segment to judge its occurrences.
struct Segment<'a> {
    reader: &'a SegmentReader,
    ordinal: SegmentOrdinal,
    value: Column<u64>,
    role: Column<u64>,
    order: Column<u64>,
    seq: Option<Column<u64>>,
    /// The runs that are wanted, by their number in this segment.
    runs: Option<NamedRuns>,
    workflow: Option<Named<u64>>,
    node: Option<Named<u64>>,
    /// Whether a name that is asked for does not occur in it.
    is_outside: bool,
}

/// The runs that are wanted, each with the last event that counts.
type NamedRuns = Named<Vec<(u64, Seq)>>;

/// A column of names, and which of its numbers are wanted.
struct Named<T> {
    column: Column<u64>,
    wanted: T,
}

impl<'a> Segment<'a> {
    fn open(
        reader: &'a SegmentReader,
        ordinal: SegmentOrdinal,
        scope: &Scope,
    ) -> Result<Self, Trouble> {
        let fast = reader.fast_fields();
        let mut is_outside = false;
        let mut name = |column: &str, name: Option<&str>| -> Result<Option<Named<u64>>, Trouble> {
            let Some(name) = name else { return Ok(None) };
            let found = wanted_name(reader, column, name)?;
            is_outside |= found.is_none();
            Ok(found)
        };
        let workflow = name(WORKFLOW, scope.workflow.as_ref().map(AsRef::as_ref))?;
        let node = name(NODE, scope.node.as_ref().map(AsRef::as_ref))?;
        let runs = scope
            .runs
            .as_deref()
            .map(|runs| wanted_runs(reader, runs))
            .transpose()?;
        is_outside |= runs
            .as_ref()
            .is_some_and(|runs| runs.as_ref().is_none_or(|runs| runs.wanted.is_empty()));
        Ok(Self {
            reader,
            ordinal,
            value: fast.u64(VALUE)?,
            role: fast.u64(ROLE)?,
            order: fast.u64(ORDER)?,
            seq: fast.column_opt(SEQ)?,
            runs: runs.flatten(),
            workflow,
            node,
            is_outside,
        })
    }

    fn visit(
        &self,
        fields: &Fields,
        matches: &Matches,
        scope: &Scope,
        best: &mut Best,
    ) -> Result<(), Trouble> {
        match self.candidates(fields, matches, scope)? {
            Some(documents) => documents
                .into_iter()
                .rev()
                .for_each(|document| self.judge(document, matches, scope, best)),
            None => (0..self.reader.max_doc())
                .rev()
                .for_each(|document| self.judge(document, matches, scope, best)),
        }
        Ok(())
    }

    /// The documents among which those that are wanted are, in ascending order; `None` for all.
    fn candidates(
        &self,
        fields: &Fields,
        matches: &Matches,
        scope: &Scope,
    ) -> Result<Option<Vec<DocId>>, Trouble> {
        if let Some(few) = matches.few() {
            let terms = few
                .iter()
                .map(|value| Term::from_field_u64(fields.value, *value));
            return self.documents(terms).map(Some);
        }
        if let Some(runs) = &scope.runs {
            let terms = runs
                .iter()
                .map(|(run, _)| Term::from_field_bytes(fields.run, run.0.as_bytes()));
            return self.documents(terms).map(Some);
        }
        let node = scope
            .node
            .iter()
            .map(|node| Term::from_field_text(fields.node, node.as_str()));
        let workflow = scope
            .workflow
            .iter()
            .map(|id| Term::from_field_text(fields.workflow, id.as_str()));
        let mut term = node.chain(workflow).take(1).peekable();
        if term.peek().is_none() {
            Ok(None)
        } else {
            self.documents(term).map(Some)
        }
    }

    fn documents(&self, terms: impl Iterator<Item = Term>) -> Result<Vec<DocId>, Trouble> {
        let mut documents = Vec::new();
        for term in terms {
            each_document(self.reader, &term, |document| {
                documents.push(document);
                true
            })?;
        }
        documents.sort_unstable();
        Ok(documents)
    }

    #[inline]
    fn judge(&self, document: DocId, matches: &Matches, scope: &Scope, best: &mut Best) {
        let value = self.value.values.get_val(document);
        let tier = matches.tier(value);
        if tier == 0 || self.role.values.get_val(document) == ROLE_NONE {
            return;
        }
        let order = self.order.values.get_val(document);
        if order < scope.before && best.wants(tier, order) && self.is_wanted(document) {
            best.add(Candidate {
                tier,
                order,
                document: DocAddress::new(self.ordinal, document),
                value,
            });
        }
    }

    fn is_wanted(&self, document: DocId) -> bool {
        let is_named = |named: &Option<Named<u64>>| {
            named
                .as_ref()
                .is_none_or(|named| named.column.first(document) == Some(named.wanted))
        };
        is_alive(self.reader, document)
            && is_named(&self.workflow)
            && is_named(&self.node)
            && self.is_in_runs(document)
    }

    fn is_in_runs(&self, document: DocId) -> bool {
        let Some(runs) = &self.runs else { return true };
        let run = runs.column.first(document);
        let seq = self.seq.as_ref().and_then(|seq| seq.first(document));
        runs.wanted
            .iter()
            .any(|(wanted, up_to)| run == Some(*wanted) && seq.is_some_and(|seq| seq <= up_to.0))
    }
}

fn wanted_name(
    reader: &SegmentReader,
    column: &str,
    name: &str,
) -> Result<Option<Named<u64>>, Trouble> {
    let Some(names) = reader.fast_fields().str(column)? else {
        return Ok(None);
    };
    let wanted = names.dictionary().term_ord(name)?;
    Ok(wanted.map(|wanted| Named {
        column: names.ords().clone(),
        wanted,
    }))
}

fn wanted_runs(
    reader: &SegmentReader,
    runs: &[(RunId, Seq)],
) -> Result<Option<NamedRuns>, Trouble> {
    let Some(ids) = reader.fast_fields().bytes(RUN)? else {
        return Ok(None);
    };
    let mut wanted = Vec::new();
    for (run, up_to) in runs {
        if let Some(number) = ids.dictionary().term_ord(run.0.as_bytes())? {
            wanted.push((number, *up_to));
        }
    }
    Ok(Some(Named {
        column: ids.ords().clone(),
        wanted,
    }))
}

/// Visits the documents of a term, also removed ones, until `visit` says no.
pub(crate) fn each_document(
    reader: &SegmentReader,
    term: &Term,
    mut visit: impl FnMut(DocId) -> bool,
) -> Result<(), Trouble> {
    let index = reader.inverted_index(term.field())?;
    let Some(mut postings) = index.read_postings(term, IndexRecordOption::Basic)? else {
        return Ok(());
    };
    while postings.doc() != TERMINATED && visit(postings.doc()) {
        postings.advance();
    }
    Ok(())
}
