//! Steps become edits, each applied to a working copy as it is made.

use flowforge_engine::edit::{Edit, NodeField, Patch, Pointer};
use flowforge_engine::node_type::{Catalogue, Role};
use flowforge_engine::workflow::{Edge, Node};
use flowforge_engine::{NodeId, Workflow};
use flowforge_snapshots::search::NodeIndex;
use serde_json::{Value as Json, json};

use super::step::{self, FROM, New, Step};
use super::when::Schedule;
use super::{Planned, ask, cannot};
use crate::draft::Turn;

/// A workflow while steps are put into it.
pub(super) struct Building<'a> {
    pub(super) working: Workflow,
    edits: Vec<Edit>,
    notes: Vec<String>,
    index: &'a NodeIndex,
    pub(super) catalogue: &'a Catalogue,
    /// The node and port behind which the next node goes.
    tail: Option<(NodeId, String)>,
    selection: &'a [NodeId],
}

impl<'a> Building<'a> {
    pub(super) fn new(turn: &Turn<'a>, index: &'a NodeIndex, catalogue: &'a Catalogue) -> Self {
        Self {
            working: turn.workflow.clone(),
            edits: Vec::new(),
            notes: Vec::new(),
            index,
            catalogue,
            tail: None,
            selection: turn.selection,
        }
    }

    /// The patch, and what is to be said besides.
    pub(super) fn finish(self) -> Planned<(Patch, Vec<String>)> {
        if self.edits.is_empty() {
            return ask("What should the workflow do?", []);
        }
        Ok((Patch::from(self.edits), self.notes))
    }

    pub(super) fn edit(&mut self, edit: Edit) -> Planned<()> {
        let patch = Patch::from(vec![edit]);
        let changed = patch.apply(&self.working);
        self.working = changed
            .map_err(|error| cannot(&error.reason.to_string()))?
            .0;
        self.edits.extend(patch.edits);
        Ok(())
    }

    /// Reads a clause and puts its steps in.
    pub(super) fn follow(&mut self, clause: &[String]) -> Planned<()> {
        step::read(clause)?
            .into_iter()
            .try_for_each(|step| self.take(step))
    }

    fn take(&mut self, step: Step) -> Planned<()> {
        match step {
            Step::Schedule(schedule) => self.schedule(&schedule),
            Step::Add(new) => self.add(&new),
            Step::Remove(who) => self.find(&who).and_then(|node| self.remove(&node)),
            Step::Rename(who, to) => {
                let (node, change) = (self.find(&who)?, NodeField::Name(Some(to)));
                self.edit(Edit::SetField { node, change })
            }
            Step::Place(who, before) => {
                let node = self.find(&who)?;
                let behind = Some((node.clone(), "out".into()));
                self.tail = if before { self.leader(&node) } else { behind };
                Ok(())
            }
            Step::Other(words) => self.other(&words),
        }
    }

    /// The trigger, which a new workflow begins with and an old one gets in place of its first.
    fn schedule(&mut self, schedule: &Schedule) -> Planned<()> {
        const KIND: &str = "trigger.schedule";
        let Schedule { cron, words } = schedule;
        self.notes
            .push(format!("\"{words}\" is the schedule `{cron}`."));
        let is_trigger = |node: &&Node| {
            let found = self.catalogue.get(&node.kind);
            found.is_some_and(|found| found.spec().role == Role::Trigger)
        };
        let Some(old) = self.working.graph.nodes.iter().find(is_trigger) else {
            return self.begin("schedule", KIND, &capital(words), json!({ "cron": cron }));
        };
        let node = old.id.clone();
        if old.kind != KIND {
            let change = NodeField::Kind(KIND.into());
            self.edit(Edit::SetField {
                node: node.clone(),
                change,
            })?;
        }
        let (pointer, value) = (Pointer::param("cron"), cron.as_str().into());
        self.edit(Edit::SetParam {
            node,
            pointer,
            value,
        })
    }

    /// A first node, which leads to those that nothing led to.
    fn begin(&mut self, id: &str, kind: &str, name: &str, params: Json) -> Planned<()> {
        let graph = self.working.graph.clone();
        let node = self.node(id, kind, name, params);
        let id = node.id.clone();
        self.edit(Edit::AddNode {
            node: Box::new(node),
            at: Some(0),
        })?;
        let led_to = |node: &Node| graph.edges.iter().any(|edge| edge.target == node.id);
        let first = graph
            .nodes
            .iter()
            .filter(|node| node.parent.is_none() && !led_to(node));
        first
            .map(|node| &node.id)
            .try_for_each(|first| self.connect(edge(&id, "out", first)))
    }

    /// What nothing else knows: a node type by its name when it needs no parameters, else a question.
    fn other(&mut self, words: &str) -> Planned<()> {
        let Some(named) = self.catalogue.get(words.trim()) else {
            let found = self.index.find(words, 4);
            let choices = found
                .iter()
                .map(|(_, node_type)| node_type.spec().name.to_owned());
            return ask(
                format!("I know no step for \"{words}\". Is it one of these?"),
                choices,
            );
        };
        let spec = named.spec();
        if spec.params["required"]
            .as_array()
            .is_some_and(|required| !required.is_empty())
        {
            let name = spec.name;
            return Err(cannot(&format!(
                "`{name}` has to be told more than I can read from words; add it by hand"
            )));
        }
        let id = spec
            .name
            .rsplit('.')
            .next()
            .unwrap_or(spec.name)
            .replace('_', "-");
        let (kind, name, params) = (spec.name, spec.title.to_owned(), json!({}));
        self.add(&New {
            id,
            kind,
            name,
            params,
            leaves: "out",
        })
    }

    /// The expression for what the next node gets, without the response around it that a call gives.
    fn from(&mut self) -> Planned<String> {
        let mut at = self.settled()?.0;
        for _ in 0..self.working.graph.nodes.len() {
            let node = self.working.graph.node(at.as_str());
            match (node.map(|node| node.kind.as_str()), self.leader(&at)) {
                (Some("http.request"), _) => return Ok("input.body".into()),
                // These pass on what came in.
                (Some("flow.if" | "flow.wait" | "log"), Some((before, _))) => at = before,
                _ => break,
            }
        }
        Ok("input".into())
    }

    /// The place for the next node: where the person said, behind the selected node, or at the end.
    fn settled(&mut self) -> Planned<(NodeId, String)> {
        if self.working.graph.nodes.is_empty() {
            self.begin("start", "trigger.manual", "Start", json!({}))?;
        }
        if self.tail.is_none() {
            let last = match self.selection {
                [one] if self.working.graph.node(one.as_str()).is_some() => one.clone(),
                _ => self.end()?,
            };
            self.tail = Some((last, "out".into()));
        }
        Ok(self.tail.clone().expect("it was set above"))
    }

    /// What leads to a node.
    fn leader(&self, node: &NodeId) -> Option<(NodeId, String)> {
        let edge = self
            .working
            .graph
            .edges
            .iter()
            .find(|edge| edge.target == *node)?;
        Some((edge.source.clone(), edge.source_port.clone()))
    }

    /// The only node that leads nowhere.
    fn end(&self) -> Planned<NodeId> {
        let graph = &self.working.graph;
        let leads = |node: &Node| graph.edges.iter().any(|edge| edge.source == node.id);
        let is_end = |node: &&Node| node.parent.is_none() && !leads(node);
        let ends: Vec<String> = graph
            .nodes
            .iter()
            .filter(is_end)
            .map(|node| node.id.to_string())
            .collect();
        match ends.as_slice() {
            [one] => Ok(one.as_str().into()),
            _ => ask(
                "After which step should it go? Say it as in \"log it after fetch\".",
                ends,
            ),
        }
    }

    /// Adds a node behind the tail, in front of what followed it, and becomes the tail.
    fn add(&mut self, new: &New) -> Planned<()> {
        let leaves = new.leaves;
        let (from, (tail, port)) = (self.from()?, self.settled()?);
        let params = new.params.to_string().replace(FROM, &from);
        let params = serde_json::from_str(&params).expect("an expression has no quotes");
        let mut node = self.node(&new.id, new.kind, &new.name, params);
        let before = self.working.graph.node(tail.as_str());
        node.parent = before.and_then(|before| before.parent.clone());
        let id = node.id.clone();
        let edges = self.working.graph.edges.iter();
        let after: Vec<Edge> = edges
            .filter(|edge| edge.source == tail && edge.source_port == port)
            .cloned()
            .collect();
        self.edit(Edit::AddNode {
            node: Box::new(node),
            at: None,
        })?;
        for old in &after {
            self.edit(Edit::Disconnect { edge: old.clone() })?;
        }
        self.connect(edge(&tail, &port, &id))?;
        for old in after {
            let (source, source_port) = (id.clone(), leaves.to_owned());
            self.connect(Edge {
                source,
                source_port,
                ..old
            })?;
        }
        self.tail = Some((id, leaves.to_owned()));
        Ok(())
    }

    fn connect(&mut self, edge: Edge) -> Planned<()> {
        self.edit(Edit::Connect { edge, at: None })
    }

    /// A new node, under the id or the first of `id-2`, `id-3` that is free.
    fn node(&self, id: &str, kind: &str, name: &str, params: Json) -> Node {
        let numbered = (2..).map(|number: u64| format!("{id}-{number}"));
        let mut ids = std::iter::once(id.to_owned()).chain(numbered);
        let id = ids.find(|id| self.working.graph.node(id).is_none());
        let mut node = json!({ "id": id, "type": kind, "name": name });
        if params != json!({}) {
            node["params"] = params;
        }
        serde_json::from_value(node).expect("a node has these fields")
    }
}

fn edge(source: &NodeId, port: &str, target: &NodeId) -> Edge {
    let edge = json!({ "source": source, "sourcePort": port, "target": target });
    serde_json::from_value(edge).expect("an edge has these fields")
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}
