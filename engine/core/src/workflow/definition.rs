//! Node types of a workspace: a script that was given a name, with the definition in the workflow that uses it.
//!
//! A node of the type `workspace.parse-price` is the script node that the workflow's own `nodeTypes` say it is. They
//! are written into the document when it is saved or made ready to run, so a recorded run holds what it executed:
//! replays, forks and old runs ask no registry, and a later version of the type changes nothing that was saved before.
//!
//! *Why not a field of [`Workflow`]?* Among the unknown fields, patches, undo and co-editing treat it as the value that
//! it is, and an older FlowForge keeps it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Node, Workflow};
use crate::edit::{DocumentField, Edit};
use crate::node_type::Catalogue;
use crate::value::{Address, Record, Value};

/// How the names of a workspace's node types begin.
pub const PREFIX: &str = "workspace.";
/// The field of a workflow that holds the definitions it uses.
pub const FIELD: &str = "nodeTypes";
/// The node type that runs them.
const SCRIPT: &str = "code.rhai";

/// What a node type of a workspace does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Definition {
    /// Counted from 1; a version never changes.
    pub version: u64,
    /// Its name for people.
    pub title: String,
    /// The script, as of `code.rhai`.
    pub code: String,
}

impl Definition {
    /// The content address of exactly this definition.
    #[must_use]
    pub fn hash(&self) -> Address {
        self.to_value().address()
    }

    /// As it stands in a workflow.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::from_json(&serde_json::json!(self))
    }

    /// A node that uses it, as the script node that it stands for.
    fn expand(self, node: &Node) -> Node {
        let mut script = node.clone();
        script.kind = SCRIPT.into();
        script.params.insert("code".into(), self.code.into());
        script
    }
}

impl Workflow {
    /// The definition of a node type of the workspace that this document holds.
    #[must_use]
    pub fn definition(&self, name: &str) -> Option<Definition> {
        let found = self.extra.get(FIELD)?.as_record()?.get(name)?;
        serde_json::from_value(found.to_json()).ok()
    }

    /// The same workflow in the words of the built-in catalogue: each node of a node type that it defines is the
    /// script node that it stands for. The positions of nodes stay.
    #[must_use]
    pub fn expanded(&self) -> Cow<'_, Self> {
        let expand = |node: &Node| Some(self.named(&node.kind)?.expand(node));
        let scripts: BTreeMap<usize, Node> = self
            .graph
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(at, node)| Some((at, expand(node)?)))
            .collect();
        if scripts.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut whole = self.clone();
        for (at, script) in scripts {
            whole.graph.nodes[at] = script;
        }
        Cow::Owned(whole)
    }

    /// The same workflow with every definition that it uses and does not hold, in the catalogue's version of today.
    #[must_use]
    pub fn sealed(self, catalogue: &Catalogue) -> Self {
        let Some(definitions) = self.missing(catalogue) else {
            return self;
        };
        let mut sealed = self;
        sealed.extra.insert(FIELD.into(), definitions);
        sealed
    }

    /// The edit that does what [`Workflow::sealed`] does, for a patch that says so.
    #[must_use]
    pub fn seal(&self, catalogue: &Catalogue) -> Option<Edit> {
        let definitions = self.missing(catalogue)?;
        let change = DocumentField::Extra(FIELD.into(), Some(definitions));
        Some(Edit::SetDocument { change })
    }

    /// All definitions, when one is used that is not held yet and that the catalogue has.
    fn missing(&self, catalogue: &Catalogue) -> Option<Value> {
        let found = self.graph.nodes.iter().filter_map(|node| {
            let is_new = node.kind.starts_with(PREFIX) && !self.holds(&node.kind);
            let spec = catalogue.get(&node.kind).filter(|_| is_new)?.spec();
            Some((node.kind.as_str(), spec.definition.as_ref()?.to_value()))
        });
        let new: BTreeMap<&str, Value> = found.collect();
        if new.is_empty() {
            return None;
        }
        let held = self.extra.get(FIELD).and_then(Value::as_record);
        let held = held.into_iter().flat_map(Record::iter);
        let held = held.map(|(name, value)| (&**name, value.clone()));
        Some(Value::Record(held.chain(new).collect()))
    }

    fn holds(&self, name: &str) -> bool {
        let held = self.extra.get(FIELD).and_then(Value::as_record);
        held.is_some_and(|held| held.get(name).is_some())
    }

    fn named(&self, kind: &str) -> Option<Definition> {
        kind.starts_with(PREFIX)
            .then(|| self.definition(kind))
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::check::check;
    use crate::edit::Patch;
    use crate::nodes::defined;
    use crate::workflow::file;

    fn catalogue(version: u64, code: &str) -> Catalogue {
        let definition = Definition {
            version,
            title: "Double".into(),
            code: code.into(),
        };
        let mut catalogue = Catalogue::built_in();
        catalogue.add(Arc::new(defined(
            "workspace.double",
            "Doubles.",
            "",
            &definition,
        )));
        catalogue
    }

    fn doubling() -> Workflow {
        let text = "id: w\ngraph:\n  nodes:\n    - { id: a, type: trigger.manual }\n    - { id: b, type: workspace.double }\n  edges:\n    - { source: a, target: b }";
        file::parse(text).unwrap()
    }

    #[test]
    fn what_was_saved_keeps_its_version() {
        let first = doubling().sealed(&catalogue(1, "input * 2"));
        let later = first.clone().sealed(&catalogue(2, "input + input"));
        assert_eq!(later, first);
        let expanded = later.expanded();
        assert_eq!(expanded.graph.nodes[1].kind, "code.rhai");
        assert_eq!(expanded.graph.nodes[1].params["code"], "input * 2".into());
        assert_eq!(check(&first, &Catalogue::built_in()), []);
    }

    #[test]
    fn a_sealing_patch_is_taken_back_whole() {
        let (catalogue, base) = (catalogue(1, "input * 2"), doubling());
        let patch = Patch {
            edits: base.seal(&catalogue).into_iter().collect(),
        };
        let (sealed, undo) = patch.apply(&base).unwrap();
        assert_eq!(sealed, base.clone().sealed(&catalogue));
        assert_eq!(sealed.seal(&catalogue), None);
        assert_eq!(undo.apply(&sealed).unwrap().0, base);
    }

    #[test]
    fn a_type_that_nobody_defines_is_a_problem_and_an_older_version_a_warning() {
        let codes = |workflow: &Workflow, catalogue: &Catalogue| -> Vec<String> {
            let problems = check(workflow, catalogue);
            problems
                .iter()
                .map(|problem| problem.code.to_string())
                .collect()
        };
        assert_eq!(codes(&doubling(), &Catalogue::built_in()), ["unknown-type"]);
        let old = doubling().sealed(&catalogue(1, "input * 2"));
        assert_eq!(codes(&old, &catalogue(2, "input + input")), ["older-type"]);
        let mut wrong = doubling();
        wrong.extra.insert(FIELD.into(), 1.into());
        assert_eq!(
            codes(&wrong, &Catalogue::built_in()),
            ["wrong-definition", "unknown-type"]
        );
    }
}
