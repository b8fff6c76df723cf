//! A patch becomes a proposal: everything that a person is shown is computed here, from the patch and the graph.

use flowforge_engine::Timestamp;
use flowforge_engine::Workflow;
use flowforge_engine::check::check;
use flowforge_engine::edit::{Edit, EditError, Patch};
use flowforge_engine::node_type::Catalogue;
use flowforge_engine::problem::Problem;

use super::ground::ground;
use super::parts::parts;
use super::sentence::{Tense, sentence};
use super::summary::summary;
use super::{Origin, Proposal, State};

/// Longest title, in characters.
const TITLE_CHARS_MAX: usize = 60;

impl Proposal {
    /// A proposal for a patch of `base`.
    ///
    /// # Errors
    /// When the patch cannot be applied to `base`.
    pub fn make(
        base: &Workflow,
        mut patch: Patch,
        catalogue: &Catalogue,
        origin: Origin,
        reason: String,
        now: Timestamp,
        id: String,
    ) -> Result<Self, EditError> {
        let (mut result, _) = patch.apply(base)?;
        // What a new node of the workspace's own types runs is a part of the change that a person sees.
        if let Some(seal) = result.seal(catalogue) {
            result = result.sealed(catalogue);
            patch.edits.push(seal);
        }
        Ok(Self {
            id,
            workflow: base.id.clone(),
            base: base.hash(),
            hash: patch.hash(),
            title: title(base, &patch),
            reason,
            origin,
            summary: summary(&base.expanded(), &result.expanded(), &patch, catalogue),
            parts: parts(base, &patch),
            problems: check(&result, catalogue),
            ground: ground(base, &patch),
            mends: None,
            evidence: None,
            receipts: Vec::new(),
            chat: None,
            made: now,
            state: State::Open,
            patch,
        })
    }

    /// Whether the result could run.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        !self.problems.iter().any(Problem::is_error)
    }
}

/// `Add fetch, keep, send`, or the first change and how many more there are.
fn title(base: &Workflow, patch: &Patch) -> String {
    let added: Vec<&str> = patch
        .edits
        .iter()
        .filter_map(|edit| match edit {
            Edit::AddNode { node, .. } => Some(node.id.as_str()),
            _ => None,
        })
        .collect();
    let rest = patch
        .edits
        .iter()
        .filter(|edit| !matches!(edit, Edit::AddNode { .. } | Edit::Connect { .. }));
    if !added.is_empty() {
        return cut(&format!("Add {}", added.join(", ")));
    }
    let mut lines: Vec<String> = rest
        .map(|edit| sentence(edit, base, Tense::Order))
        .collect();
    if lines.is_empty() {
        lines.extend(
            patch
                .edits
                .iter()
                .map(|edit| sentence(edit, base, Tense::Order)),
        );
    }
    match lines.as_slice() {
        [] => "Change nothing".into(),
        [only] => cut(only),
        [first, rest @ ..] => cut(&format!("{first}, and {} more", rest.len())),
    }
}

fn cut(title: &str) -> String {
    if title.chars().count() <= TITLE_CHARS_MAX {
        return title.to_owned();
    }
    title
        .chars()
        .take(TITLE_CHARS_MAX - 1)
        .chain(std::iter::once('…'))
        .collect()
}
