//! Search over the catalogue of node types, in memory.
//!
//! A person types what the thing should do, half a word, or a word with a slip in it. A word counts
//! most where a node type is named, less where it is described; as it is written more than as the
//! beginning of a word, and with a slip only when nobody has it as it is written.

use std::sync::Arc;

use flowforge_engine::node_type::{Catalogue, NodeSpec, NodeType};
use tantivy::collector::{Count, TopDocs};
use tantivy::directory::RamDirectory;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, Query,
    RegexQuery, TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{
    DocAddress, Index, ReloadPolicy, Searcher, SingleSegmentIndexWriter, TantivyDocument,
    TantivyError, Term,
};

use super::words;

/// Memory while the index is built, in bytes; the search library wants no less.
const WRITER_BYTES: usize = 15_000_000;
/// Where a word can stand, and what it counts there.
const PLACES: [(&str, f32); 5] = [
    ("name", 8.0),
    ("title", 8.0),
    ("words", 6.0),
    ("summary", 2.0),
    ("docs", 1.0),
];
/// What the beginning of a word counts, and a word with a slip in it.
const PREFIX: f32 = 0.6;
const SLIP: f32 = 0.4;
/// Shorter words are not searched with slips: they would find everything.
const SLIP_CHARS_MIN: usize = 3;

/// All node types of a catalogue, to be searched.
pub struct NodeIndex {
    types: Vec<Arc<dyn NodeType>>,
    searcher: Searcher,
    places: Vec<(Field, f32)>,
}

impl NodeIndex {
    /// Indexes a catalogue.
    ///
    /// # Panics
    /// When the search library cannot write into memory.
    #[must_use]
    pub fn new(catalogue: &Catalogue) -> Self {
        Self::over(catalogue.iter().map(Arc::clone).collect())
    }

    fn over(types: Vec<Arc<dyn NodeType>>) -> Self {
        let (searcher, places) = build(&types).expect("an index in memory meets no disk");
        Self {
            types,
            searcher,
            places,
        }
    }

    /// At most `limit` node types that fit `query`, best first, with how well they fit. All by name
    /// when the query is empty.
    #[must_use]
    pub fn find(&self, query: &str, limit: usize) -> Vec<(f32, Arc<dyn NodeType>)> {
        let words = words::split(&mut words::words(), query);
        if words.is_empty() {
            return self
                .types
                .iter()
                .take(limit)
                .map(|node_type| (1.0, Arc::clone(node_type)))
                .collect();
        }
        let clauses: Vec<Box<dyn Query>> = words.iter().map(|word| self.word(&word.text)).collect();
        let strict = self.top(&clauses, Occur::Must);
        let mut found = if strict.is_empty() {
            self.top(&clauses, Occur::Should)
        } else {
            strict
        };
        found.truncate(limit);
        found
    }

    fn top(&self, clauses: &[Box<dyn Query>], occur: Occur) -> Vec<(f32, Arc<dyn NodeType>)> {
        let query = BooleanQuery::new(
            clauses
                .iter()
                .map(|clause| (occur, clause.box_clone()))
                .collect(),
        );
        let collector = TopDocs::with_limit(self.types.len().max(1)).order_by_score();
        let mut found = self
            .searcher
            .search(&query, &collector)
            .expect("an index in memory meets no disk");
        found.sort_by(|(a, at), (b, other)| b.total_cmp(a).then(at.doc_id.cmp(&other.doc_id)));
        found
            .into_iter()
            .map(|(score, DocAddress { doc_id, .. })| {
                (score, Arc::clone(&self.types[doc_id as usize]))
            })
            .collect()
    }

    /// The word as it is written or as a beginning; with a slip when that finds nothing.
    fn word(&self, word: &str) -> Box<dyn Query> {
        let written = self.everywhere(|field| {
            let prefix = RegexQuery::from_pattern(&format!("{word}.*"), field)
                .expect("letters and digits are a pattern");
            vec![
                (
                    1.0,
                    Box::new(TermQuery::new(
                        Term::from_field_text(field, word),
                        IndexRecordOption::Basic,
                    )),
                ),
                (PREFIX, Box::new(prefix)),
            ]
        });
        let count = self
            .searcher
            .search(&written, &Count)
            .expect("an index in memory meets no disk");
        if count > 0 || word.chars().count() < SLIP_CHARS_MIN {
            return written;
        }
        self.everywhere(|field| {
            let term = Term::from_field_text(field, word);
            vec![
                (SLIP, Box::new(FuzzyTermQuery::new(term.clone(), 1, true))),
                (
                    SLIP * PREFIX,
                    Box::new(FuzzyTermQuery::new_prefix(term, 1, true)),
                ),
            ]
        })
    }

    /// The best of what `ways` finds in any place. Scores are constant: among two dozen documents, how
    /// rare a word is tells nothing.
    fn everywhere(&self, ways: impl Fn(Field) -> Vec<(f32, Box<dyn Query>)>) -> Box<dyn Query> {
        let mut queries: Vec<Box<dyn Query>> = Vec::new();
        for (field, boost) in &self.places {
            for (part, query) in ways(*field) {
                queries.push(Box::new(BoostQuery::new(
                    Box::new(ConstScoreQuery::new(query, 1.0)),
                    boost * part,
                )));
            }
        }
        Box::new(DisjunctionMaxQuery::with_tie_breaker(queries, 0.1))
    }
}

fn build(types: &[Arc<dyn NodeType>]) -> Result<(Searcher, Vec<(Field, f32)>), TantivyError> {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("words")
        .set_index_option(IndexRecordOption::Basic);
    let options = TextOptions::default().set_indexing_options(indexing.set_fieldnorms(false));
    let places: Vec<_> = PLACES
        .iter()
        .map(|(name, boost)| (schema.add_text_field(name, options.clone()), *boost))
        .collect();
    let tokenizers = TokenizerManager::default();
    tokenizers.register("words", words::words());
    let builder = Index::builder()
        .schema(schema.build())
        .settings(super::schema::settings())
        .tokenizers(tokenizers);
    let mut writer: SingleSegmentIndexWriter =
        builder.single_segment_index_writer(RamDirectory::create(), WRITER_BYTES)?;
    for node_type in types {
        writer.add_document(document(node_type.spec(), &places))?;
    }
    let index = writer.finalize()?;
    let reader = index
        .reader_builder()
        .reload_policy(ReloadPolicy::Manual)
        .try_into()?;
    Ok((reader.searcher(), places))
}

/// The texts of a node type, in the order of [`PLACES`].
fn document(spec: &NodeSpec, places: &[(Field, f32)]) -> TantivyDocument {
    let words = spec.words.join(" ");
    let texts = [spec.name, spec.title, &words, spec.summary, spec.docs];
    let mut document = TantivyDocument::default();
    for ((field, _), text) in places.iter().zip(texts) {
        document.add_text(*field, text.replace('_', " "));
    }
    document
}

#[cfg(test)]
mod tests {
    use flowforge_engine::failure::Failure;
    use flowforge_engine::node_type::{Activation, Answer, Role};

    use super::*;

    struct Sample(NodeSpec);

    impl NodeType for Sample {
        fn spec(&self) -> &NodeSpec {
            &self.0
        }

        fn evaluate(&self, activation: &dyn Activation) -> Result<Answer, Failure> {
            Ok(Answer::out(activation.input().clone()))
        }
    }

    fn sample(
        name: &'static str,
        title: &'static str,
        words: &'static [&'static str],
        docs: &'static str,
    ) -> Arc<dyn NodeType> {
        Arc::new(Sample(NodeSpec {
            name,
            title,
            summary: docs,
            docs,
            icon: "",
            words,
            role: Role::Action,
            inputs: Vec::new(),
            outputs: Vec::new(),
            params: serde_json::Value::Null,
            lazy: &[],
            code: &[],
            examples: Vec::new(),
            definition: None,
            errors: &[],
        }))
    }

    /// The names that `query` finds, best first.
    fn find(query: &str) -> Vec<&'static str> {
        let types = vec![
            sample(
                "data.sort",
                "Sort",
                &["order"],
                "Puts a list in order. A loop is not needed.",
            ),
            sample(
                "flow.for_each",
                "For each",
                &["loop", "map"],
                "Runs its body once for each item.",
            ),
            sample(
                "flow.if",
                "If",
                &["condition", "branch"],
                "Goes one of two ways.",
            ),
            sample(
                "flow.while",
                "While",
                &["loop", "repeat"],
                "Runs its body while something holds.",
            ),
            sample(
                "http.request",
                "HTTP request",
                &["fetch", "url", "api", "webhook"],
                "Calls a server.",
            ),
        ];
        NodeIndex::over(types)
            .find(query, 3)
            .iter()
            .map(|(_, node_type)| node_type.spec().name)
            .collect()
    }

    #[test]
    fn names_come_before_words_and_words_before_docs() {
        assert_eq!(find("http")[0], "http.request");
        let loops = find("loop");
        assert!(
            loops[..2].contains(&"flow.for_each") && loops[..2].contains(&"flow.while"),
            "{loops:?}"
        );
    }

    #[test]
    fn half_a_word_and_a_word_with_a_slip_find_it() {
        assert_eq!(find("cond")[0], "flow.if");
        assert_eq!(find("htp request")[0], "http.request");
        assert_eq!(find("reqeust")[0], "http.request");
        assert_eq!(find("whlie")[0], "flow.while");
        assert_eq!(find("for_each")[0], "flow.for_each");
    }

    #[test]
    fn all_words_count_but_one_is_better_than_nothing() {
        assert_eq!(find("sort list")[0], "data.sort");
        assert_eq!(find("webhook nonsensical")[0], "http.request");
        assert!(find("nonsensical").is_empty());
    }

    #[test]
    fn an_empty_query_lists_by_name() {
        let all = find("  ");
        assert_eq!(all.len(), 3);
        assert!(all.is_sorted(), "{all:?}");
    }
}
