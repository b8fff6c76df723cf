//! Changes of nodes that are there: which node is meant, and taking it away.

use flowforge_engine::NodeId;
use flowforge_engine::edit::Edit;
use flowforge_engine::workflow::{Edge, Node};

use super::build::Building;
use super::{Planned, ask};

/// Words before the name of a node that say nothing.
const ARTICLES: &[&str] = &["the", "a", "an", "my", "this", "that", "node", "step"];

impl Building<'_> {
    /// Takes a node away and leads what came in to where it went out.
    pub(super) fn remove(&mut self, node: &NodeId) -> Planned<()> {
        let edges = self.working.graph.edges.clone();
        let into = edges.iter().filter(|edge| edge.target == *node);
        let out = edges
            .iter()
            .filter(|edge| edge.source == *node && edge.source_port != "error");
        self.edit(Edit::RemoveNode { node: node.clone() })?;
        for from in into {
            for to in out.clone() {
                let (target, target_port) = (to.target.clone(), to.target_port.clone());
                let edge = Edge {
                    target,
                    target_port,
                    ..from.clone()
                };
                self.edit(Edit::Connect { edge, at: None })?;
            }
        }
        Ok(())
    }

    /// The node that some words name: by id, by label, by type, by what it does.
    pub(super) fn find(&self, words: &str) -> Planned<NodeId> {
        let plain = plain(words);
        let nodes = &self.working.graph.nodes;
        let label = |node: &Node| node.name.clone().unwrap_or_default().to_lowercase();
        // A reply to "which one?" stands behind the words that were not clear.
        let last = plain.rsplit(' ').next().unwrap_or_default();
        let ways: [&dyn Fn(&Node) -> bool; 4] = [
            &|node| node.id.as_str().to_lowercase() == plain || label(node) == plain,
            &|node| self.is_called(node, &plain),
            &|node| label(node).split(' ').any(|word| word == plain),
            &|node| node.id.as_str() == last,
        ];
        for way in ways {
            let found: Vec<&Node> = nodes.iter().filter(|node| way(node)).collect();
            match found.as_slice() {
                [] => {}
                [one] => return Ok(one.id.clone()),
                _ => {
                    let ids = found.iter().map(|node| node.id.to_string());
                    return ask(format!("Which `{plain}` do you mean?"), ids);
                }
            }
        }
        let all = nodes.iter().map(|node| node.id.to_string());
        ask(format!("Which step is `{plain}`?"), all)
    }

    /// Whether the node's type is called so by people: `filter`, `request`.
    fn is_called(&self, node: &Node, plain: &str) -> bool {
        let is_filter = plain == "filter" && node.id.as_str().starts_with("keep");
        let found = self.catalogue.get(&node.kind);
        is_filter
            || found.is_some_and(|node_type| {
                let spec = node_type.spec();
                spec.name.ends_with(&format!(".{plain}")) || spec.title.to_lowercase() == plain
            })
    }
}

fn plain(words: &str) -> String {
    let words = words
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'', '`']).to_lowercase());
    let kept: Vec<String> = words
        .filter(|word| !ARTICLES.contains(&word.as_str()))
        .collect();
    kept.join(" ")
}
