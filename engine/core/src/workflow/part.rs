//! Parts of a workflow that run alone: everything up to a node, or one node on an input that is held for it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Edge, Extra, Node, Workflow};
use crate::id::NodeId;

/// The node type that hands a run's input on.
const TRIGGER: &str = "trigger.manual";
/// The node type that gives a field of its input.
const CODE: &str = "code.rhai";

impl Workflow {
    /// The node, everything that leads to it, and what these need: the loops around them and, of each loop, its
    /// body. `None` when there is no such node.
    #[must_use]
    pub fn until(&self, node: &str) -> Option<Self> {
        let node = &self.graph.node(node)?.id;
        let mut keep = BTreeSet::from([node.clone()]);
        loop {
            let before = keep.len();
            self.add_sources(&mut keep);
            self.add_families(&mut keep);
            if keep.len() == before {
                return Some(self.part(|id| keep.contains(id)));
            }
        }
    }

    /// The node alone (a loop with its body), after a trigger that hands it the run's input. What led to it is
    /// still there by its id, as far as the node sees: a single source is the trigger, and of several each hands on
    /// its field of the input. A trigger stays as it is. `None` when there is no such node.
    #[must_use]
    pub fn only(&self, node: &str) -> Option<Self> {
        let found = self.graph.node(node)?;
        let id = found.id.clone();
        let is_trigger = found.kind.starts_with("trigger.");
        let mut keep = BTreeSet::from([id.clone()]);
        while self.add_bodies(&mut keep) {}
        let mut part = self.part(|id| keep.contains(id));
        let edges = &mut part.graph.edges;
        edges.retain(|edge| edge.source != id && edge.target != id);
        for node in part.graph.nodes.iter_mut().filter(|node| node.id == id) {
            node.parent = None;
            // Who runs a node alone wants to see what it does.
            node.pinned = None;
        }
        if !is_trigger {
            part.feed(&id, &self.sources_of(&id));
        }
        Some(part)
    }

    /// What has an edge to something that is kept.
    fn add_sources(&self, keep: &mut BTreeSet<NodeId>) {
        for edge in &self.graph.edges {
            if keep.contains(&edge.target) {
                keep.insert(edge.source.clone());
            }
        }
    }

    /// The loops around what is kept, and the bodies of loops that are kept.
    fn add_families(&self, keep: &mut BTreeSet<NodeId>) {
        for node in &self.graph.nodes {
            if keep.contains(&node.id)
                && let Some(parent) = &node.parent
            {
                keep.insert(parent.clone());
            }
        }
        self.add_bodies(keep);
    }

    /// The bodies of loops that are kept; tells whether there were more.
    fn add_bodies(&self, keep: &mut BTreeSet<NodeId>) -> bool {
        let before = keep.len();
        for node in &self.graph.nodes {
            let is_inside = |parent: &NodeId| keep.contains(parent);
            if node.parent.as_ref().is_some_and(is_inside) {
                keep.insert(node.id.clone());
            }
        }
        keep.len() > before
    }

    /// The same workflow with some of its nodes, and the edges between them.
    fn part(&self, keep: impl Fn(&NodeId) -> bool) -> Self {
        let mut part = self.clone();
        part.graph.nodes.retain(|node| keep(&node.id));
        part.graph
            .edges
            .retain(|edge| keep(&edge.source) && keep(&edge.target));
        part
    }

    /// The nodes from which edges enter a node, each once.
    fn sources_of(&self, node: &NodeId) -> BTreeSet<NodeId> {
        let edges = self.graph.edges.iter();
        let entering = edges.filter(|edge| edge.target == *node);
        entering.map(|edge| edge.source.clone()).collect()
    }

    /// Puts a trigger before a node, in the place of what led to it.
    fn feed(&mut self, node: &NodeId, sources: &BTreeSet<NodeId>) {
        if let [source] = Vec::from_iter(sources)[..] {
            self.graph.nodes.insert(0, placed(source, TRIGGER));
            self.graph.edges.push(edge(source, node));
            return;
        }
        let trigger = self.fresh_id(sources);
        self.graph.nodes.insert(0, placed(&trigger, TRIGGER));
        for source in sources {
            let mut stub = placed(source, CODE);
            let code = format!("input[{:?}]", source.as_str());
            stub.params.insert("code".into(), code.into());
            self.graph.nodes.push(stub);
            self.graph.edges.push(edge(&trigger, source));
            self.graph.edges.push(edge(source, node));
        }
        if sources.is_empty() {
            self.graph.edges.push(edge(&trigger, node));
        }
    }

    /// `held-input`, or the first of `held-input-2`, `held-input-3` ... that is free.
    fn fresh_id(&self, taken: &BTreeSet<NodeId>) -> NodeId {
        let numbered = (2..).map(|number: u64| format!("held-input-{number}"));
        std::iter::once("held-input".to_owned())
            .chain(numbered)
            .find(|id| self.graph.node(id).is_none() && !taken.contains(id.as_str()))
            .expect("there are more numbers than nodes")
            .into()
    }
}

fn placed(id: &NodeId, kind: &str) -> Node {
    Node {
        id: id.clone(),
        kind: kind.into(),
        name: None,
        params: BTreeMap::new(),
        parent: None,
        disabled: false,
        retry: None,
        timeout_ms: None,
        on_error: None,
        memo: None,
        pinned: None,
        extra: Extra::new(),
    }
}

fn edge(source: &NodeId, target: &NodeId) -> Edge {
    Edge {
        source: source.clone(),
        source_port: "out".into(),
        target: target.clone(),
        target_port: "in".into(),
        extra: Extra::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::check;
    use crate::node_type::Catalogue;
    use crate::workflow::file;

    use super::*;

    const SHOP: &str = r#"
id: shop
graph:
  nodes:
    - { id: start, type: trigger.manual }
    - { id: left, type: data.set, params: { fields: { a: 1 } } }
    - { id: right, type: data.set, params: { fields: { b: 2 } } }
    - { id: merge, type: data.merge }
    - { id: each, type: flow.for_each, params: { items: "{{ [1, 2] }}" } }
    - { id: inner, type: data.set, parent: each, params: { fields: { twice: "{{ item * 2 }}" } } }
    - { id: after, type: data.set, params: { fields: { c: 3 } } }
  edges:
    - { source: start, target: left }
    - { source: start, target: right }
    - { source: left, target: merge }
    - { source: right, target: merge }
    - { source: merge, target: each }
    - { source: each, target: after }
"#;

    fn ids(part: &Workflow) -> Vec<&str> {
        let mut ids: Vec<_> = part
            .graph
            .nodes
            .iter()
            .map(|node| node.id.as_str())
            .collect();
        ids.sort_unstable();
        ids
    }

    fn whole(part: Option<Workflow>) -> Workflow {
        let part = part.unwrap();
        let problems = check(&part, &Catalogue::built_in());
        assert!(
            problems.iter().all(|problem| !problem.is_error()),
            "{problems:?}"
        );
        part
    }

    #[test]
    fn until_keeps_what_leads_to_the_node() {
        let shop = file::parse(SHOP).unwrap();
        assert_eq!(
            ids(&whole(shop.until("merge"))),
            ["left", "merge", "right", "start"]
        );
        assert_eq!(
            ids(&whole(shop.until("inner"))),
            ["each", "inner", "left", "merge", "right", "start"]
        );
        assert_eq!(ids(&whole(shop.until("start"))), ["start"]);
        assert!(shop.until("nobody").is_none());
    }

    #[test]
    fn only_feeds_the_node_from_a_trigger() {
        let shop = file::parse(SHOP).unwrap();
        let left = whole(shop.only("left"));
        assert_eq!(ids(&left), ["left", "start"]);
        assert_eq!(left.graph.node("start").unwrap().kind, TRIGGER);
        let each = whole(shop.only("each"));
        assert_eq!(ids(&each), ["each", "inner", "merge"]);
        assert_eq!(each.graph.node("merge").unwrap().kind, TRIGGER);
        assert_eq!(ids(&whole(shop.only("start"))), ["start"]);
        assert!(shop.only("nobody").is_none());
    }

    #[test]
    fn only_gives_each_of_several_sources_its_field() {
        let merge = whole(file::parse(SHOP).unwrap().only("merge"));
        assert_eq!(ids(&merge), ["held-input", "left", "merge", "right"]);
        let code = &merge.graph.node("left").unwrap().params["code"];
        assert_eq!(code.as_str(), Some("input[\"left\"]"));
    }
}
