//! Each edge: its ends exist, its ports exist, it stays in its level, and something can flow on it.

use std::collections::{BTreeMap, BTreeSet};

use crate::node_type::Role;
use crate::problem::{Place, Problem};
use crate::workflow::{Edge, OnError};

use super::{Report, Subject, list, short};

/// The port that every node has besides its type's.
const ERROR: &str = "error";

pub(super) fn check(subject: &Subject<'_>, report: &mut Report<'_>) {
    let mut seen = BTreeMap::new();
    let mut ports = Ports::default();
    for (position, edge) in subject.workflow.graph.edges.iter().enumerate() {
        let ends = [("source", &edge.source), ("target", &edge.target)].map(|(end, id)| {
            let found = subject.topology.position(id.as_str());
            if found.is_none() {
                dangling(subject, report, position, end, id.as_str());
            }
            found
        });
        if let [Some(source), Some(target)] = ends {
            border(subject, report, position, (source, target));
            source_port(subject, report, &mut ports, position, source);
            target_port(subject, report, position, target);
        }
        duplicate(report, &mut seen, position, edge);
    }
    open_error_ports(subject, report);
}

fn field(position: usize, field: &str) -> Place {
    Place::edge(position).in_field(format!("/graph/edges/{position}/{field}"))
}

fn dangling(subject: &Subject<'_>, report: &mut Report<'_>, position: usize, end: &str, id: &str) {
    let message = format!("the edge's {end} `{}` does not exist", short(id));
    let hint = report.did_you_mean(id, subject.ids());
    report.add(
        Problem::error("dangling-edge", message)
            .at(field(position, end))
            .with_hint(hint.or_else(|| Some("add the node, or remove the edge".into()))),
    );
}

/// An edge joins nodes of one level; only the entry of a loop's body comes from outside, from the loop.
fn border(subject: &Subject<'_>, report: &mut Report<'_>, position: usize, ends: (usize, usize)) {
    let (source, target) = (subject.node(ends.0), subject.node(ends.1));
    let trigger = subject
        .spec(ends.1)
        .is_some_and(|spec| spec.role == Role::Trigger);
    if trigger {
        let message = format!(
            "`{}` is a trigger: nothing comes before it",
            short(target.id.as_str())
        );
        report.add(
            Problem::error("edge-into-trigger", message)
                .at(field(position, "target"))
                .with_hint("remove the edge".to_owned()),
        );
    }
    let entry = target.parent.as_ref() == Some(&source.id);
    if source.parent == target.parent || entry || trigger {
        return;
    }
    let (from, to) = (short(source.id.as_str()), short(target.id.as_str()));
    let hint = if source.parent.as_ref() == Some(&target.id) {
        "remove the edge: a loop collects what the last nodes of its body give".to_owned()
    } else if source.parent.is_some() {
        format!("lead it from the loop around `{from}` instead")
    } else {
        format!(
            "lead it to the loop around `{to}` instead; its body can read `nodes[\"{from}\"].output`"
        )
    };
    report.add(
        Problem::error(
            "edge-crosses-loop",
            format!("the edge from `{from}` to `{to}` crosses the border of a loop"),
        )
        .at(Place::edge(position))
        .with_hint(hint),
    );
}

/// The output ports of nodes, asked for once.
#[derive(Default)]
struct Ports(BTreeMap<usize, Vec<String>>);

impl Ports {
    fn of(&mut self, subject: &Subject<'_>, position: usize) -> Option<&[String]> {
        let node_type = subject.types[position]?;
        let ports = self.0.entry(position).or_insert_with(|| {
            let ports = node_type.outputs(&subject.node(position).params);
            ports.into_iter().map(|port| port.name).collect()
        });
        Some(ports)
    }
}

fn source_port(
    subject: &Subject<'_>,
    report: &mut Report<'_>,
    ports: &mut Ports,
    position: usize,
    source: usize,
) {
    let edge = &subject.workflow.graph.edges[position];
    let Some(names) = ports.of(subject, source) else {
        return;
    };
    if edge.source_port == ERROR {
        error_port(subject, report, position, source);
    } else if !names.contains(&edge.source_port) {
        let known = names.iter().map(String::as_str);
        unknown_port(
            report,
            field(position, "sourcePort"),
            &edge.source,
            &edge.source_port,
            "output",
            known,
        );
    }
}

fn error_port(subject: &Subject<'_>, report: &mut Report<'_>, position: usize, source: usize) {
    let node = subject.node(source);
    if node.on_error != Some(OnError::Port) {
        let id = short(node.id.as_str());
        report.add(
            Problem::warning(
                "dead-error-port",
                format!("nothing ever leaves `{id}` by its port `error`"),
            )
            .at(field(position, "sourcePort"))
            .with_hint(format!("give `{id}` the field `onError: port`")),
        );
    }
}

fn target_port(subject: &Subject<'_>, report: &mut Report<'_>, position: usize, target: usize) {
    let edge = &subject.workflow.graph.edges[position];
    let Some(spec) = subject
        .spec(target)
        .filter(|spec| spec.role != Role::Trigger)
    else {
        return;
    };
    let mut names = spec.inputs.iter().map(|port| port.name.as_str());
    if !names.any(|name| name == edge.target_port) {
        let known = spec.inputs.iter().map(|port| port.name.as_str());
        unknown_port(
            report,
            field(position, "targetPort"),
            &edge.target,
            &edge.target_port,
            "input",
            known,
        );
    }
}

fn unknown_port<'a>(
    report: &mut Report<'_>,
    place: Place,
    node: &crate::NodeId,
    port: &str,
    direction: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) {
    let message = format!(
        "`{}` has no {direction} port `{}`",
        short(node.as_str()),
        short(port)
    );
    let hint =
        report
            .did_you_mean(port, known.clone())
            .unwrap_or_else(|| match known.clone().count() {
                0 => format!("it has no {direction} ports at all"),
                _ => format!("it has {}", list(known)),
            });
    report.add(
        Problem::error("unknown-port", message)
            .at(place)
            .with_hint(hint),
    );
}

type Ends<'a> = (&'a str, &'a str, &'a str, &'a str);

fn duplicate<'a>(
    report: &mut Report<'_>,
    seen: &mut BTreeMap<Ends<'a>, usize>,
    position: usize,
    edge: &'a Edge,
) {
    let ends = (
        edge.source.as_str(),
        &*edge.source_port,
        edge.target.as_str(),
        &*edge.target_port,
    );
    if let Some(first) = seen.get(&ends) {
        report.add(
            Problem::warning(
                "duplicate-edge",
                format!("the edge is there twice: it is the same as edge {first}"),
            )
            .at(Place::edge(position))
            .with_hint("remove one of them".to_owned()),
        );
    } else {
        seen.insert(ends, position);
    }
}

/// Nodes whose failure goes nowhere: `onError: port` without an edge.
fn open_error_ports(subject: &Subject<'_>, report: &mut Report<'_>) {
    let edges = subject.workflow.graph.edges.iter();
    let handled: BTreeSet<&str> = edges
        .filter(|edge| edge.source_port == ERROR)
        .map(|edge| edge.source.as_str())
        .collect();
    for (position, node) in subject.nodes() {
        if node.on_error == Some(OnError::Port) && !handled.contains(node.id.as_str()) {
            let message = "its failure leaves by the port `error`, but no edge begins there";
            report.add(
                Problem::warning("open-error-port", message)
                    .at(subject.field(position, "/onError"))
                    .with_hint(
                        "add an edge with `sourcePort: error`, or use `onError: continue`"
                            .to_owned(),
                    ),
            );
        }
    }
}
