//! The two kinds of documents in the index.
//!
//! *One per distinct value:* its words, its words by path, and its address. *One per occurrence:* run,
//! workflow, node and role, and where to read the value: the event's seq and the place in it. Both
//! carry the value's number, which joins them. Numbers are given in order, so they pack into a few
//! bits and matches are joined by looking into a table. No text is stored: what is shown is read from
//! the journal, which checks it.

use tantivy::schema::{
    BytesOptions, Field, IndexRecordOption, NumericOptions, Schema, SchemaBuilder,
    TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{Index, IndexSettings};

use super::words;

/// Changes whenever an index of an earlier build must not be used: other documents, other words.
pub(crate) const FORMAT: u32 = 2;

pub(crate) const VALUE: &str = "value";
pub(crate) const ROLE: &str = "role";
pub(crate) const ORDER: &str = "order";
pub(crate) const RUN: &str = "run";
pub(crate) const WORKFLOW: &str = "workflow";
pub(crate) const NODE: &str = "node";
pub(crate) const SEQ: &str = "seq";
pub(crate) const SLOT: &str = "slot";

/// The role of a document that is a value.
pub(crate) const ROLE_NONE: u64 = 0;

/// The fields of both kinds of documents.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    /// Of a value: its words, in order.
    pub(crate) words: Field,
    /// Of a value: its words, each joined to its path.
    pub(crate) paths: Field,
    /// Of a value: the first half of its address.
    pub(crate) address: Field,
    /// Of both: the value's number, from 1.
    pub(crate) value: Field,
    /// Of both: [`ROLE_NONE`] for a value, else the role's code.
    pub(crate) role: Field,
    /// Of both: how many occurrences there were before it, so that newer is larger.
    pub(crate) order: Field,
    /// Of an occurrence: the run it was recorded in.
    pub(crate) run: Field,
    /// Of an occurrence: the run's workflow.
    pub(crate) workflow: Field,
    /// Of an occurrence: the node.
    pub(crate) node: Field,
    /// Of an occurrence: the event.
    pub(crate) seq: Field,
    /// Of an occurrence: which value of the event.
    pub(crate) slot: Field,
}

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let fast = NumericOptions::default().set_fast();
    let fields = Fields {
        words: builder.add_text_field(
            "words",
            text("words", IndexRecordOption::WithFreqsAndPositions, true),
        ),
        paths: builder.add_text_field(
            "paths",
            text("paths", IndexRecordOption::WithFreqsAndPositions, false),
        ),
        address: builder.add_bytes_field("address", BytesOptions::default().set_indexed()),
        value: builder.add_u64_field(VALUE, fast.clone().set_indexed()),
        role: builder.add_u64_field(ROLE, fast.clone()),
        order: builder.add_u64_field(ORDER, fast.clone()),
        run: builder.add_bytes_field(RUN, BytesOptions::default().set_indexed().set_fast()),
        workflow: name(&mut builder, WORKFLOW),
        node: name(&mut builder, NODE),
        seq: builder.add_u64_field(SEQ, fast.clone()),
        slot: builder.add_u64_field(SLOT, fast),
    };
    (builder.build(), fields)
}

fn text(tokenizer: &str, record: IndexRecordOption, fieldnorms: bool) -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer(tokenizer)
        .set_index_option(record);
    TextOptions::default().set_indexing_options(indexing.set_fieldnorms(fieldnorms))
}

fn name(builder: &mut SchemaBuilder, name: &str) -> Field {
    builder.add_text_field(
        name,
        text("raw", IndexRecordOption::Basic, false).set_fast("raw"),
    )
}

/// Gives an opened index our words.
pub(crate) fn register(index: &Index) {
    let tokenizers: &TokenizerManager = index.tokenizers();
    tokenizers.register("words", words::words());
    tokenizers.register("paths", words::paths());
}

/// Nothing is stored, so nothing is compressed and no thread is kept for it.
pub(crate) fn settings() -> IndexSettings {
    IndexSettings {
        docstore_compression: tantivy::store::Compressor::None,
        docstore_compress_dedicated_thread: false,
        ..IndexSettings::default()
    }
}
