//! What was in scope of a recorded frame's expressions, read from the journal.

use std::collections::BTreeMap;

use flowforge_engine::event::Event;
use flowforge_engine::frame::{ExecutionFrame, Output, Status};
use flowforge_engine::script::References;
use flowforge_engine::value::Record;
use flowforge_engine::{NodeId, Path, PathStep, RunId, Seq, Value};
use flowforge_snapshots::moment::FrameFilter;
use flowforge_snapshots::{Journal, Kept, ReadError};

use crate::problem::HttpProblem;

/// Most frames of one node that are looked through for the one that a frame saw.
const FRAMES_MAX: usize = 10_000;

/// What an expression of this frame saw: `input`, `vars`, `run`, `item`, `index`, and the nodes that it names.
pub(crate) fn scope_of_frame(
    journal: &Journal,
    run: RunId,
    opened: Seq,
    references: &References,
) -> Result<BTreeMap<String, Value>, HttpProblem> {
    let frame = journal.frame(run, opened)?.ok_or_else(|| {
        let detail = format!("event {opened} of run {run} opened no frame");
        HttpProblem::not_found("no-such-frame", detail)
    })?;
    let mut fields = BTreeMap::new();
    fields.insert("input".to_owned(), frame.input.clone().unwrap_or_default());
    let nodes = nodes_seen(journal, &frame, references)?;
    fields.insert("nodes".to_owned(), nodes.into());
    fields.extend(about_run(journal, &frame)?);
    fields.extend(iteration(journal, &frame)?);
    Ok(fields)
}

/// `run` and `vars`.
fn about_run(
    journal: &Journal,
    frame: &ExecutionFrame,
) -> Result<Vec<(String, Value)>, HttpProblem> {
    let workflow = journal.workflow(frame.workflow_version)?;
    let Some(workflow) = workflow else {
        return Ok(Vec::new());
    };
    let input = journal.snapshot_kept(frame.run, Some(Seq(1)))?.input;
    let about: Record = [
        ("id", Value::from(frame.run.to_string())),
        ("workflow", Value::from(workflow.id.as_str())),
        ("version", Value::from(workflow.version)),
        ("input", journal.value(&input)?),
    ]
    .into_iter()
    .collect();
    let vars: Record = workflow.config.vars.into_iter().collect();
    Ok(vec![
        ("run".into(), about.into()),
        ("vars".into(), vars.into()),
    ])
}

/// `item` and `index` of the innermost loop around a frame.
fn iteration(
    journal: &Journal,
    frame: &ExecutionFrame,
) -> Result<Vec<(String, Value)>, HttpProblem> {
    let steps = &frame.path.0;
    let Some(at) = steps
        .iter()
        .rposition(|step| matches!(step, PathStep::Index(_)))
    else {
        return Ok(Vec::new());
    };
    let (Some(PathStep::Node(node)), PathStep::Index(index)) = (
        at.checked_sub(1).and_then(|before| steps.get(before)),
        &steps[at],
    ) else {
        return Ok(Vec::new());
    };
    let around = Path(steps[..at - 1].to_vec());
    let Some(container) = latest(journal, frame, node, &around)? else {
        return Ok(Vec::new());
    };
    let events = journal.read_kept(frame.run, container.opened_seq, Some(frame.opened_seq))?;
    let item = events
        .into_iter()
        .rev()
        .find_map(|recorded| match recorded.event {
            Event::ScopeOpened {
                frame,
                index: opened,
                input,
            } if frame == container.opened_seq && opened == *index => Some(input),
            _ => None,
        });
    let mut fields = vec![("index".to_owned(), Value::from(*index))];
    if let Some(item) = item {
        fields.push(("item".into(), journal.value(&item)?));
    }
    Ok(fields)
}

/// The outputs of the nodes that are named, as they were when the frame opened.
fn nodes_seen(
    journal: &Journal,
    frame: &ExecutionFrame,
    references: &References,
) -> Result<Record, HttpProblem> {
    let named: Vec<NodeId> = if references.all {
        let workflow = journal.workflow(frame.workflow_version)?;
        let nodes = workflow
            .into_iter()
            .flat_map(|workflow| workflow.graph.nodes);
        nodes.map(|node| node.id).collect()
    } else {
        references
            .nodes
            .iter()
            .map(|id| NodeId::from(&**id))
            .collect()
    };
    let mut seen = Vec::new();
    for node in named {
        if let Some(output) = output_seen(journal, frame, &node)? {
            let field: Record = [("output", output)].into_iter().collect();
            seen.push((node.to_string(), Value::from(field)));
        }
    }
    Ok(seen.into_iter().collect())
}

/// The output of a node in the frame's level or one around it.
fn output_seen(
    journal: &Journal,
    frame: &ExecutionFrame,
    node: &NodeId,
) -> Result<Option<Value>, ReadError> {
    for steps in (0..=frame.path.0.len()).rev() {
        let level = Path(frame.path.0[..steps].to_vec());
        if let Some(found) = latest(journal, frame, node, &level)? {
            return output_of(journal, found);
        }
    }
    Ok(None)
}

fn output_of(journal: &Journal, found: ExecutionFrame<Kept>) -> Result<Option<Value>, ReadError> {
    match found.output.filter(|_| found.status == Status::Completed) {
        Some(Output::Out(value)) => journal.value(&value).map(Some),
        Some(Output::Ports(ports)) => {
            let ports = ports.into_iter();
            let ports = ports.map(|(port, value)| Ok((port, journal.value(&value)?)));
            Ok(Some(ports.collect::<Result<Record, ReadError>>()?.into()))
        }
        None => Ok(None),
    }
}

/// The node's latest frame at exactly this level, as it was when `frame` opened.
fn latest(
    journal: &Journal,
    frame: &ExecutionFrame,
    node: &NodeId,
    level: &Path,
) -> Result<Option<ExecutionFrame<Kept>>, ReadError> {
    let filter = FrameFilter {
        node: Some(node.clone()),
        status: None,
        up_to: Some(frame.opened_seq),
    };
    let frames = journal
        .frames_kept(frame.run, &filter, None, FRAMES_MAX)?
        .frames;
    Ok(frames.into_iter().rev().find(|found| found.path == *level))
}
