//! Steps become edits, each applied to a working copy as it is made.

use std::collections::BTreeMap;

use flowforge_engine::edit::{Edit, Patch};
use flowforge_engine::node_type::{Catalogue, Role};
use flowforge_engine::value::Record;
use flowforge_engine::workflow::{Edge, Node};
use flowforge_engine::{NodeId, Value, Workflow};
use flowforge_snapshots::search::NodeIndex;
use serde_json::json;

use super::clause::Clause;
use super::step::{self, Step};
use super::test::Test;
use super::when::Schedule;
use super::{Fill, Planned, Stop, ask};
use crate::draft::Turn;

/// How sure a search must be before its first result is taken without asking.
const SURE_SCORE: f32 = 8.0;

/// A workflow while steps are put into it.
pub(super) struct Building<'a> {
    pub(super) working: Workflow,
    pub(super) edits: Vec<Edit>,
    pub(super) notes: Vec<String>,
    index: &'a NodeIndex,
    pub(super) catalogue: &'a Catalogue,
    /// The node and port behind which the next node goes.
    tail: Option<(NodeId, String)>,
    /// Set when the person said where.
    place: Option<(NodeId, bool)>,
    selection: Vec<NodeId>,
    /// The last `if`.
    condition: Option<NodeId>,
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
            place: None,
            selection: turn.selection.to_vec(),
            condition: None,
        }
    }

    /// The patch, and what is to be said besides.
    pub(super) fn finish(self) -> Planned<(Patch, Vec<String>)> {
        if self.edits.is_empty() {
            return ask("What should the workflow do?", [], Fill::Instead);
        }
        Ok((Patch::from(self.edits), self.notes))
    }

    pub(super) fn edit(&mut self, edit: Edit) -> Planned<()> {
        let patch = Patch::from(vec![edit]);
        let (changed, _) = patch
            .apply(&self.working)
            .map_err(|error| Stop::Cannot(error.reason.to_string()))?;
        self.working = changed;
        self.edits.extend(patch.edits);
        Ok(())
    }

    /// Reads a clause and puts its steps in.
    pub(super) fn follow(&mut self, clause: &Clause) -> Planned<()> {
        for step in step::read(clause, &self.working)? {
            self.take(step)?;
        }
        Ok(())
    }

    /// Puts a step in.
    fn take(&mut self, step: Step) -> Planned<()> {
        match step {
            Step::Nothing => Ok(()),
            Step::Schedule(schedule) => self.schedule(&schedule),
            Step::Place { who, before } => {
                self.place = Some((self.find(&who)?, before));
                Ok(())
            }
            Step::Call {
                method,
                url,
                body,
                each,
            } => self.call(&method, &url, body, each),
            Step::Keep(test) => self.keep(&test),
            Step::If(test) => self.only_if(&test),
            Step::Otherwise => self.otherwise(),
            Step::Wait { ms } => self.add("wait", "flow.wait", "Wait", json!({ "durationMs": ms })),
            Step::Log { message } => {
                let message = message.unwrap_or_else(|| "{{ input }}".into());
                self.add("log", "log", "Log", json!({ "message": message }))
            }
            Step::Approve { message } => {
                let message = message.unwrap_or_else(|| "Go on?".into());
                self.add(
                    "approve",
                    "flow.approve",
                    "Approve",
                    json!({ "message": message }),
                )?;
                self.leave_by("approved");
                Ok(())
            }
            Step::Text { text } => self.add(
                "text",
                "data.template",
                "Write text",
                json!({ "text": text }),
            ),
            Step::Set { name, value } => {
                let fields = json!({ "fields": { name: value.to_json() }, "keep": true });
                self.add("set", "data.set", "Set fields", fields)
            }
            step @ (Step::Sort { .. }
            | Step::Limit { .. }
            | Step::Pick { .. }
            | Step::Sum { .. }) => self.over_rows(step),
            Step::Search { words } => self.search(&words),
            change => self.refine(change),
        }
    }

    /// The trigger, which a new workflow begins with and an old one gets in place of its first.
    fn schedule(&mut self, schedule: &Schedule) -> Planned<()> {
        let params = json!({ "cron": schedule.cron });
        const KIND: &str = "trigger.schedule";
        if self.catalogue.get(KIND).is_none() {
            self.notes.push(format!("There is no schedule trigger here: \"{}\" is left out, the workflow is started by hand.", schedule.words));
            return self.trigger("start", "trigger.manual", "Start", json!({}));
        }
        self.notes.push(format!(
            "\"{}\" is the schedule `{}`.",
            schedule.words, schedule.cron
        ));
        self.trigger("schedule", KIND, &capital(&schedule.words), params)
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `json!(...)` in place"
    )]
    fn trigger(
        &mut self,
        id: &str,
        kind: &str,
        name: &str,
        params: serde_json::Value,
    ) -> Planned<()> {
        let catalogue = self.catalogue;
        let is_trigger = |node: &&Node| {
            catalogue
                .get(&node.kind)
                .is_some_and(|found| found.spec().role == Role::Trigger)
        };
        let Some(old) = self.working.graph.nodes.iter().find(is_trigger).cloned() else {
            let node = self.node(id, kind, name, &params);
            let (id, first) = (node.id.clone(), self.firsts());
            self.edit(Edit::AddNode {
                node: Box::new(node),
                at: Some(0),
            })?;
            for first in first {
                self.edit(Edit::Connect {
                    edge: edge(&id, "out", &first),
                    at: None,
                })?;
            }
            return Ok(());
        };
        if old.kind != kind {
            let change = flowforge_engine::edit::NodeField::Kind(kind.into());
            self.edit(Edit::SetField {
                node: old.id.clone(),
                change,
            })?;
        }
        for (name, value) in record(&params) {
            let pointer = flowforge_engine::edit::Pointer::param(name);
            self.edit(Edit::SetParam {
                node: old.id.clone(),
                pointer,
                value,
            })?;
        }
        Ok(())
    }

    /// The nodes that nothing leads to.
    fn firsts(&self) -> Vec<NodeId> {
        let graph = &self.working.graph;
        let led_to = |node: &Node| graph.edges.iter().any(|edge| edge.target == node.id);
        graph
            .nodes
            .iter()
            .filter(|node| node.parent.is_none() && !led_to(node))
            .map(|node| node.id.clone())
            .collect()
    }

    fn call(&mut self, method: &str, url: &str, body: Option<Value>, each: bool) -> Planned<()> {
        let sends = matches!(method, "POST" | "PUT" | "PATCH");
        let place = place_of(url);
        let name = format!("{method} {place}");
        let id = format!("{}-{place}", method.to_lowercase());
        let from = self.from()?;
        let mut params = json!({ "method": method, "url": url });
        if method == "GET" {
            params = json!({ "url": url });
        }
        if sends {
            let whole = if each {
                "{{ item }}".to_owned()
            } else {
                format!("{{{{ {from} }}}}")
            };
            params["body"] = body.map_or_else(|| whole.into(), |body| body.to_json());
        }
        if !each {
            return self.add(&id, "http.request", &name, params);
        }
        self.add(
            "each",
            "flow.for_each",
            "For each",
            json!({ "items": format!("{{{{ {from} }}}}") }),
        )?;
        let parent = self.tail.as_ref().map(|(id, _)| id.clone());
        let node = Node {
            parent,
            ..self.node(&id, "http.request", &name, &params)
        };
        self.edit(Edit::AddNode {
            node: Box::new(node),
            at: None,
        })
    }

    fn keep(&mut self, test: &Test) -> Planned<()> {
        let from = self.from()?;
        let code = super::code::keep(&from, test);
        let name = capital(&format!(
            "{} {}",
            if test.inverted { "drop" } else { "keep" },
            test.words()
        ));
        self.add("keep", "code.rhai", &name, json!({ "code": code }))
    }

    fn only_if(&mut self, test: &Test) -> Planned<()> {
        let Some(field) = &test.field else {
            return ask(
                format!("Which field should be {}?", test.words()),
                [],
                Fill::Field,
            );
        };
        let from = self.from()?;
        let condition = test.condition(&format!("{from}.{field}"));
        let condition = json!({ "condition": format!("{{{{ {condition} }}}}") });
        self.add(
            "if",
            "flow.if",
            &capital(&format!("if {}", test.words())),
            condition,
        )?;
        self.condition = self.tail.as_ref().map(|(id, _)| id.clone());
        self.leave_by("true");
        Ok(())
    }

    /// What follows goes the other way of the last condition.
    fn otherwise(&mut self) -> Planned<()> {
        let Some(condition) = self.condition.clone() else {
            return Err(Stop::Cannot("\"otherwise\" has no \"if\" before it".into()));
        };
        self.tail = Some((condition, "false".into()));
        Ok(())
    }

    /// A step over the rows that come in.
    fn over_rows(&mut self, step: Step) -> Planned<()> {
        let from = self.from()?;
        let items = |mut params: serde_json::Value| {
            if from != "input" {
                params["items"] = format!("{{{{ {from} }}}}").into();
            }
            params
        };
        match step {
            Step::Sort { field, descending } => {
                let mut by = serde_json::Map::new();
                if let Some(field) = field {
                    by.insert("field".into(), field.into());
                }
                if descending {
                    by.insert("order".into(), "desc".into());
                }
                self.add("sort", "data.sort", "Sort", items(json!({ "by": [by] })))
            }
            Step::Limit { count } => self.add(
                "limit",
                "data.limit",
                &format!("First {count}"),
                items(json!({ "count": count })),
            ),
            Step::Sum { operation, field } => self.add(
                operation,
                "code.rhai",
                &capital(operation),
                json!({ "code": super::code::sum(&from, operation, field.as_deref()) }),
            ),
            Step::Pick { fields, .. } if fields.is_empty() => {
                ask("Which fields?", [], Fill::Append)
            }
            Step::Pick { fields, drop } if from == "input" => {
                let mut params = json!({ "fields": fields });
                if drop {
                    params["drop"] = true.into();
                }
                self.add(
                    "pick",
                    "data.pick",
                    if drop { "Remove fields" } else { "Pick fields" },
                    params,
                )
            }
            Step::Pick { fields, drop } => self.add(
                "pick",
                "code.rhai",
                "Pick fields",
                json!({ "code": super::code::pick(&from, &fields, drop) }),
            ),
            _ => Ok(()),
        }
    }

    /// What nothing else knows: a node type by search, when it needs no parameters.
    fn search(&mut self, words: &str) -> Planned<()> {
        let found = self.index.find(words, 4);
        let choices = || {
            found
                .iter()
                .map(|(_, node_type)| node_type.spec().name.to_owned())
        };
        let Some((score, first)) = found.first() else {
            return Err(Stop::Cannot(format!("I know no step for \"{words}\"")));
        };
        let spec = first.spec();
        let required = spec.params["required"].as_array().map_or(0, Vec::len);
        let named = spec.name == words.trim();
        let clear =
            found.get(1).is_none_or(|(second, _)| *score > second * 1.5) && *score >= SURE_SCORE;
        if !(named || clear && words.split(' ').count() <= 3) {
            return ask(
                format!("I am not sure what \"{words}\" means. Is it one of these?"),
                choices(),
                Fill::Instead,
            );
        }
        if required > 0 {
            return Err(Stop::Cannot(format!(
                "\"{words}\" seems to be `{}`, which has to be told more than I can read from the words; add it by hand, or configure a model",
                spec.name
            )));
        }
        let id = spec
            .name
            .rsplit('.')
            .next()
            .unwrap_or(spec.name)
            .replace('_', "-");
        self.add(&id, spec.name, spec.title, json!({}))
    }

    /// The expression for what the next node gets, without the response around it that a call gives.
    pub(super) fn from(&mut self) -> Planned<String> {
        self.settle()?;
        let mut at = self.tail.as_ref().map(|(id, _)| id.clone());
        for _ in 0..self.working.graph.nodes.len() {
            let node = at
                .as_ref()
                .and_then(|id| self.working.graph.node(id.as_str()));
            match node.map(|node| node.kind.as_str()) {
                Some("http.request") => return Ok("input.body".into()),
                // These pass on what came in.
                Some("flow.if" | "flow.wait" | "log") => {
                    at = at.and_then(|id| self.leader(&id)).map(|(id, _)| id);
                }
                _ => break,
            }
        }
        Ok("input".into())
    }

    /// Makes sure that there is a place for the next node: behind the named or selected node, or at the end.
    fn settle(&mut self) -> Planned<()> {
        if let Some((who, before)) = self.place.take() {
            self.tail = if before {
                self.leader(&who)
            } else {
                Some((who, "out".into()))
            };
        }
        if self.tail.is_some() {
            return Ok(());
        }
        if self.working.graph.nodes.is_empty() {
            let node = self.node("start", "trigger.manual", "Start", &json!({}));
            self.edit(Edit::AddNode {
                node: Box::new(node),
                at: None,
            })?;
        }
        let last = match self.selection.as_slice() {
            [one] if self.working.graph.node(one.as_str()).is_some() => one.clone(),
            _ => self.end()?,
        };
        self.tail = Some((last, "out".into()));
        Ok(())
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
        let ends: Vec<&Node> = graph
            .nodes
            .iter()
            .filter(|node| node.parent.is_none() && !leads(node))
            .collect();
        match ends.as_slice() {
            [one] => Ok(one.id.clone()),
            _ => ask(
                "After which node should it go?",
                ends.iter().map(|node| node.id.to_string()),
                Fill::After,
            ),
        }
    }

    /// Adds a node behind the tail, and becomes the tail.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write `json!(...)` in place"
    )]
    pub(super) fn add(
        &mut self,
        id: &str,
        kind: &str,
        name: &str,
        params: serde_json::Value,
    ) -> Planned<()> {
        self.settle()?;
        let Some((tail, port)) = self.tail.clone() else {
            return Ok(());
        };
        let node = self.node(id, kind, name, &params);
        let node = Node {
            parent: self
                .working
                .graph
                .node(tail.as_str())
                .and_then(|tail| tail.parent.clone()),
            ..node
        };
        let id = node.id.clone();
        let after = self
            .working
            .graph
            .edges
            .iter()
            .filter(|edge| edge.source == tail && edge.source_port == port)
            .cloned()
            .collect::<Vec<_>>();
        self.edit(Edit::AddNode {
            node: Box::new(node),
            at: None,
        })?;
        for old in &after {
            self.edit(Edit::Disconnect { edge: old.clone() })?;
        }
        self.edit(Edit::Connect {
            edge: edge(&tail, &port, &id),
            at: None,
        })?;
        for old in after {
            self.edit(Edit::Connect {
                edge: Edge {
                    source: id.clone(),
                    source_port: "out".into(),
                    ..old
                },
                at: None,
            })?;
        }
        self.tail = Some((id, "out".into()));
        Ok(())
    }

    /// The next node goes behind another port; edges that were taken over move with it.
    fn leave_by(&mut self, port: &str) {
        let Some((tail, _)) = self.tail.clone() else {
            return;
        };
        for edit in &mut self.edits {
            if let Edit::Connect { edge, .. } = edit
                && edge.source == tail
            {
                edge.source_port = port.to_owned();
            }
        }
        for edge in self
            .working
            .graph
            .edges
            .iter_mut()
            .filter(|edge| edge.source == tail)
        {
            edge.source_port = port.to_owned();
        }
        self.tail = Some((tail, port.to_owned()));
    }

    fn node(&self, id: &str, kind: &str, name: &str, params: &serde_json::Value) -> Node {
        Node {
            id: self.fresh(id),
            kind: kind.into(),
            name: Some(name.to_owned()),
            params: record(params),
            parent: None,
            disabled: false,
            retry: None,
            timeout_ms: None,
            on_error: None,
            memo: None,
            pinned: None,
            extra: BTreeMap::new(),
        }
    }

    /// The id, or the first of `id-2`, `id-3` that is free.
    fn fresh(&self, id: &str) -> NodeId {
        let numbered = (2..).map(|number: u64| format!("{id}-{number}"));
        std::iter::once(id.to_owned())
            .chain(numbered)
            .find(|id| self.working.graph.node(id).is_none())
            .unwrap_or_default()
            .into()
    }
}

fn record(json: &serde_json::Value) -> BTreeMap<String, Value> {
    let value = Value::from_json(json);
    let record = value.as_record().cloned().unwrap_or_else(Record::default);
    record
        .iter()
        .map(|(name, value)| (name.to_string(), value.clone()))
        .collect()
}

fn edge(source: &NodeId, port: &str, target: &NodeId) -> Edge {
    Edge {
        source: source.clone(),
        source_port: port.into(),
        target: target.clone(),
        target_port: "in".into(),
        extra: BTreeMap::new(),
    }
}

/// The last word of an address: `orders` of `http://host/v1/orders?x`.
fn place_of(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or(url);
    let after = plain.split_once("://").map_or(plain, |(_, rest)| rest);
    let mut parts = after.split('/').filter(|part| !part.is_empty());
    let host = parts.next().unwrap_or("call");
    let last = parts.rfind(|part| !part.contains("{{")).unwrap_or(host);
    let word: String = last
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    word.trim_matches('-').chars().take(24).collect()
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
