//! Changes of nodes that are there: remove, rename, disable, retry, set a parameter.

use flowforge_engine::edit::{Edit, NodeField, Pointer};
use flowforge_engine::workflow::{Edge, Node, Retry, nearest};
use flowforge_engine::{NodeId, Value};

use super::build::Building;
use super::step::Step;
use super::{Fill, Planned, Stop, ask};

/// Words before the name of a node that say nothing.
const ARTICLES: [&str; 10] = [
    "the", "a", "an", "my", "this", "that", "node", "step", "nodes", "steps",
];

impl Building<'_> {
    pub(super) fn refine(&mut self, step: Step) -> Planned<()> {
        match step {
            Step::Remove { who } => {
                let node = self.find(&who)?;
                self.remove(&node)
            }
            Step::Rename { who, to } => {
                let node = self.find(&who)?;
                self.field(&node, NodeField::Name(Some(to)))
            }
            Step::Disable { who, disabled } => {
                let node = self.find(&who)?;
                self.field(&node, NodeField::Disabled(disabled))
            }
            Step::Retry { who, times } => {
                let node = self.find(&who)?;
                let retry = Retry {
                    max_attempts: u32::try_from(times).unwrap_or(3),
                    ..Retry::default()
                };
                self.field(&node, NodeField::Retry(Some(retry)))
            }
            Step::Param { who, name, value } => self.param(&who, &name, value),
            other => Err(Stop::Cannot(format!("{other:?} is no change of a node"))),
        }
    }

    fn field(&mut self, node: &NodeId, change: NodeField) -> Planned<()> {
        self.edit(Edit::SetField {
            node: node.clone(),
            change,
        })
    }

    /// Takes a node away and leads what came in to where it went out.
    fn remove(&mut self, node: &NodeId) -> Planned<()> {
        let edges = &self.working.graph.edges;
        let into: Vec<Edge> = edges
            .iter()
            .filter(|edge| edge.target == *node)
            .cloned()
            .collect();
        let out: Vec<Edge> = edges
            .iter()
            .filter(|edge| edge.source == *node && edge.source_port != "error")
            .cloned()
            .collect();
        let body = self
            .working
            .graph
            .nodes
            .iter()
            .filter(|inner| inner.parent.as_ref() == Some(node));
        let body: Vec<NodeId> = body.map(|inner| inner.id.clone()).collect();
        for inner in body {
            self.edit(Edit::RemoveNode { node: inner })?;
        }
        self.edit(Edit::RemoveNode { node: node.clone() })?;
        for from in &into {
            for to in &out {
                let edge = Edge {
                    source: from.source.clone(),
                    source_port: from.source_port.clone(),
                    ..to.clone()
                };
                self.edit(Edit::Connect { edge, at: None })?;
            }
        }
        Ok(())
    }

    fn param(&mut self, who: &str, name: &str, value: Value) -> Planned<()> {
        let id = self.find(who)?;
        let node = self.working.graph.node(id.as_str());
        let kind = node.map(|node| node.kind.clone()).unwrap_or_default();
        if name.eq_ignore_ascii_case("name") {
            return self.field(&id, NodeField::Name(value.as_str().map(str::to_owned)));
        }
        let schema = self
            .catalogue
            .get(&kind)
            .map(|node_type| node_type.spec().params.clone());
        let known: Vec<String> = schema
            .as_ref()
            .and_then(|schema| schema["properties"].as_object())
            .map(|properties| properties.keys().cloned().collect())
            .unwrap_or_default();
        let Some(meant) = nearest(name, known.iter().map(String::as_str)) else {
            return ask(
                format!("`{id}` has no parameter `{name}`. Which one?"),
                known,
                Fill::Instead,
            );
        };
        self.edit(Edit::SetParam {
            node: id,
            pointer: Pointer::param(meant),
            value,
        })
    }

    /// The node that some words name: by id, by label, by type, by what it does.
    pub(super) fn find(&self, words: &str) -> Planned<NodeId> {
        let plain = plain(words);
        let nodes = &self.working.graph.nodes;
        let ways: [&dyn Fn(&Node) -> bool; 4] = [
            &|node| node.id.as_str().eq_ignore_ascii_case(&plain) || node.id.as_str() == words,
            &|node| {
                node.name
                    .as_deref()
                    .is_some_and(|name| name.eq_ignore_ascii_case(&plain))
            },
            &|node| node.kind == plain || self.is_called(node, &plain),
            &|node| said_of(node, &plain),
        ];
        for way in ways {
            let found: Vec<&Node> = nodes.iter().filter(|node| way(node)).collect();
            match found.as_slice() {
                [] => {}
                [one] => return Ok(one.id.clone()),
                _ => {
                    return ask(
                        format!("Which `{plain}` do you mean?"),
                        found.iter().map(|node| node.id.to_string()),
                        Fill::Who,
                    );
                }
            }
        }
        let meant = nearest(&plain, nodes.iter().map(|node| node.id.as_str()));
        let choices = meant.map_or_else(
            || nodes.iter().map(|node| node.id.to_string()).collect(),
            |meant| vec![meant.to_owned()],
        );
        ask(format!("Which node is `{plain}`?"), choices, Fill::Who)
    }

    /// Whether the node's type is called so by people: `filter`, `request`.
    fn is_called(&self, node: &Node, plain: &str) -> bool {
        let Some(node_type) = self.catalogue.get(&node.kind) else {
            return false;
        };
        let spec = node_type.spec();
        let last = spec.name.rsplit('.').next().unwrap_or(spec.name);
        spec.title.eq_ignore_ascii_case(plain) || last == plain || spec.words.contains(&plain)
    }
}

/// Whether a node's id or label has the words, or the usual other words for them.
fn said_of(node: &Node, plain: &str) -> bool {
    let label = node.name.as_deref().unwrap_or_default().to_lowercase();
    let has = |word: &str| {
        label.split(' ').any(|part| part == word)
            || node.id.as_str().split('-').any(|part| part == word)
    };
    let alike: &[&str] = match plain {
        "filter" => &["keep", "drop"],
        "schedule" | "timer" => &["every", "schedule"],
        "delay" | "pause" => &["wait"],
        _ => &[],
    };
    plain.split(' ').all(&has) || alike.iter().any(|word| has(word))
}

fn plain(words: &str) -> String {
    let kept: Vec<String> = words
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'', '`', '.', ',']).to_lowercase())
        .filter(|word| !ARTICLES.contains(&word.as_str()))
        .collect();
    kept.join(" ")
}
