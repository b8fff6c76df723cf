//! The places that a patch touches, in the words of co-edited documents: `nodes/fetch/params/url`.

use flowforge_engine::NodeId;
use flowforge_engine::Value;
use flowforge_engine::edit::{Edit, Patch, Pointer};
use flowforge_engine::workflow::Edge;

/// The places, sorted, each once.
pub(crate) fn places(patch: &Patch) -> Vec<String> {
    let mut places: Vec<String> = patch.edits.iter().map(place).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// Whether one place is the other or lies in it.
pub(crate) fn overlap(a: &str, b: &str) -> bool {
    let (outer, inner) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let rest = inner.strip_prefix(outer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn place(edit: &Edit) -> String {
    match edit {
        Edit::AddNode { node, .. } => of_node(&node.id),
        Edit::RemoveNode { node } | Edit::MoveNode { node, .. } => of_node(node),
        Edit::SetParam { node, pointer, .. } | Edit::RemoveParam { node, pointer } => {
            format!("{}/params/{}", of_node(node), of_param(pointer))
        }
        Edit::SetField { node, change } => format!("{}/{}", of_node(node), change.name()),
        Edit::Connect { edge, .. } | Edit::Disconnect { edge } => of_edge(edge),
        Edit::SetConfig { change } => format!("meta/config/{}", change.name()),
        Edit::SetVar { name, .. } | Edit::RemoveVar { name } => format!("meta/config/vars/{name}"),
        Edit::SetDocument { change } => format!("meta/{}", change.name()),
        Edit::SetGraph { .. } => "nodes".into(),
    }
}

fn of_node(node: &NodeId) -> String {
    format!("nodes/{node}")
}

/// The way to a parameter or a part of one.
fn of_param(pointer: &Pointer) -> String {
    pointer.parts().join("/")
}

/// An edge is called by its id, or by its ends, as in the editor.
fn of_edge(edge: &Edge) -> String {
    let id = edge.extra.get("id").and_then(Value::as_str);
    match id {
        Some(id) => format!("edges/{id}"),
        None => format!(
            "edges/{}.{}>{}.{}",
            edge.source, edge.source_port, edge.target, edge.target_port
        ),
    }
}

#[cfg(test)]
mod tests {
    use flowforge_engine::workflow::file;

    use super::*;

    #[test]
    fn each_edit_has_its_place() {
        let old = "{id: a, name: A, graph: {nodes: [{id: x, type: data.set, params: {fields: {k: 1}}}, {id: y, type: t}]}}";
        let new = "{id: a, name: B, config: {maxParallel: 3}, graph: {nodes: [{id: x, type: data.set, name: X, params: {fields: {k: 2}}},
            {id: z, type: t}], edges: [{source: x, target: z}]}}";
        let (old, new) = (file::parse(old).unwrap(), file::parse(new).unwrap());
        let expected = [
            "edges/x.out>z.in",
            "meta/config/maxParallel",
            "meta/name",
            "nodes/x/name",
            "nodes/x/params/fields/k",
            "nodes/y",
            "nodes/z",
        ];
        assert_eq!(places(&Patch::diff(&old, &new)), expected);
    }

    #[test]
    fn a_place_overlaps_what_lies_in_it() {
        assert!(overlap("nodes/x", "nodes/x/params/url"));
        assert!(overlap("nodes/x/params/url", "nodes/x"));
        assert!(overlap("nodes/x", "nodes/x"));
        assert!(!overlap("nodes/x", "nodes/xy"));
        assert!(!overlap("nodes/x/params/a", "nodes/x/params/b"));
    }
}
