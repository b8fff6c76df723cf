//! The order of a graph: which nodes share a level, which come before which, and where they go round.
//!
//! A level is the nodes with one `parent`; edges order the nodes of one level. Nothing here recurses,
//! so a chain of a hundred thousand nodes needs no deep stack, and nothing here fails: edges to
//! missing nodes and edges between levels are passed over (the checks complain about them).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Graph;
use crate::id::NodeId;

/// The order of a graph. Nodes are named by their position in the file.
///
/// Of several nodes with one id, edges belong to the first.
pub struct Topology<'a> {
    graph: &'a Graph,
    positions: BTreeMap<&'a str, usize>,
    links: DiGraph<(), ()>,
}

/// How many targets one pass of [`Topology::come_before`] answers: the bits of a word.
const TARGETS_PER_PASS: usize = 64;

impl<'a> Topology<'a> {
    /// Reads the order out of a graph.
    #[must_use]
    pub fn new(graph: &'a Graph) -> Self {
        let mut positions = BTreeMap::new();
        let mut links = DiGraph::with_capacity(graph.nodes.len(), graph.edges.len());
        for (position, node) in graph.nodes.iter().enumerate() {
            positions.entry(node.id.as_str()).or_insert(position);
            links.add_node(());
        }
        let mut topology = Self {
            graph,
            positions,
            links,
        };
        topology.link();
        topology
    }

    fn link(&mut self) {
        for edge in &self.graph.edges {
            let ends = (
                self.position(edge.source.as_str()),
                self.position(edge.target.as_str()),
            );
            if let (Some(source), Some(target)) = ends
                && self.level(source) == self.level(target)
            {
                self.links
                    .add_edge(NodeIndex::new(source), NodeIndex::new(target), ());
            }
        }
    }

    /// Where the node with this id is; the first of several.
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// The id of the loop whose body the node is in, as written; nothing at the root level.
    #[must_use]
    pub fn level(&self, position: usize) -> Option<&'a NodeId> {
        self.graph.nodes[position].parent.as_ref()
    }

    /// The nodes of each level, in the file's order.
    #[must_use]
    pub fn levels(&self) -> BTreeMap<Option<&'a NodeId>, Vec<usize>> {
        let mut levels: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for position in 0..self.graph.nodes.len() {
            levels
                .entry(self.level(position))
                .or_default()
                .push(position);
        }
        levels
    }

    /// The node and the loops around it, innermost first; without end where parents go round.
    pub fn enclosing(&self, position: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(position), |inner| {
            self.position(self.level(*inner)?.as_str())
        })
    }

    /// Every node of the level that comes before this one.
    #[must_use]
    pub fn upstream(&self, position: usize) -> BTreeSet<usize> {
        self.reached(Direction::Incoming, [position])
    }

    /// These nodes and every node of their levels that comes after one of them.
    pub fn downstream(&self, starts: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
        let starts: BTreeSet<usize> = starts.into_iter().collect();
        let mut reached = self.reached(Direction::Outgoing, starts.iter().copied());
        reached.extend(starts);
        reached
    }

    /// What is reached by at least one link from one of the starts.
    fn reached(
        &self,
        direction: Direction,
        starts: impl IntoIterator<Item = usize>,
    ) -> BTreeSet<usize> {
        let mut seen = vec![false; self.links.node_count()];
        let mut stack: Vec<NodeIndex> = starts.into_iter().map(NodeIndex::new).collect();
        let mut reached = BTreeSet::new();
        while let Some(node) = stack.pop() {
            for next in self.links.neighbors_directed(node, direction) {
                if !std::mem::replace(&mut seen[next.index()], true) {
                    reached.insert(next.index());
                    stack.push(next);
                }
            }
        }
        reached
    }

    /// All nodes, each after those that it waits for, else in the file's order; nothing when they go round.
    #[must_use]
    pub fn order(&self) -> Option<Vec<usize>> {
        let mut waits: Vec<usize> = self
            .links
            .node_indices()
            .map(|node| {
                self.links
                    .neighbors_directed(node, Direction::Incoming)
                    .count()
            })
            .collect();
        let mut ready: BinaryHeap<Reverse<usize>> = (0..waits.len())
            .filter(|position| waits[*position] == 0)
            .map(Reverse)
            .collect();
        let mut order = Vec::with_capacity(waits.len());
        while let Some(Reverse(position)) = ready.pop() {
            order.push(position);
            for next in self.links.neighbors(NodeIndex::new(position)) {
                waits[next.index()] -= 1;
                if waits[next.index()] == 0 {
                    ready.push(Reverse(next.index()));
                }
            }
        }
        (order.len() == waits.len()).then_some(order)
    }

    /// The ways in which nodes wait for themselves: for each knot of nodes one shortest way round,
    /// from its first node in the file.
    #[must_use]
    pub fn cycles(&self) -> Vec<Vec<usize>> {
        let knots = self.knots();
        let mut knot_of = vec![0; self.links.node_count()];
        for (number, knot) in knots.iter().enumerate() {
            for position in knot {
                knot_of[*position] = number;
            }
        }
        let mut cycles: Vec<Vec<usize>> = knots
            .iter()
            .filter_map(|knot| self.way_round(*knot.iter().min()?, &knot_of))
            .collect();
        cycles.sort_unstable();
        cycles
    }

    /// Strongly connected components, each after those that it waits for.
    fn knots(&self) -> Vec<Vec<usize>> {
        // Why not `tarjan_scc`? It recurses as deep as the graph is long.
        let mut knots: Vec<Vec<usize>> = kosaraju_scc(&self.links)
            .into_iter()
            .map(|knot| knot.into_iter().map(NodeIndex::index).collect())
            .collect();
        knots.reverse();
        knots
    }

    /// The shortest way from a node back to itself, inside its knot.
    fn way_round(&self, start: usize, knot_of: &[usize]) -> Option<Vec<usize>> {
        let mut came_from: BTreeMap<usize, usize> = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(node) = queue.pop_front() {
            for next in self
                .links
                .neighbors(NodeIndex::new(node))
                .map(NodeIndex::index)
            {
                if next == start {
                    return Some(trail(&came_from, start, node));
                }
                if knot_of[next] == knot_of[start] && !came_from.contains_key(&next) {
                    came_from.insert(next, node);
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// For each pair of nodes of one level, whether the first comes before the second.
    ///
    /// Answers many pairs with few passes over the graph: one for every 64 different first nodes.
    #[must_use]
    pub fn come_before(&self, pairs: &[(usize, usize)]) -> Vec<bool> {
        let mut answers: Vec<bool> = pairs
            .iter()
            .map(|(source, target)| self.is_linked(*source, *target))
            .collect();
        let open: Vec<usize> = (0..pairs.len()).filter(|at| !answers[*at]).collect();
        let mut sources: Vec<usize> = open.iter().map(|at| pairs[*at].0).collect();
        sources.sort_unstable();
        sources.dedup();
        let knots = if sources.is_empty() {
            Vec::new()
        } else {
            self.knots()
        };
        let mut asked: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for at in open {
            asked.entry(pairs[at].0).or_default().push(at);
        }
        for chunk in sources.chunks(TARGETS_PER_PASS) {
            let before = self.spread(&knots, chunk);
            for (bit, source) in chunk.iter().enumerate() {
                for at in &asked[source] {
                    answers[*at] = before[pairs[*at].1] >> bit & 1 == 1;
                }
            }
        }
        answers
    }

    fn is_linked(&self, source: usize, target: usize) -> bool {
        // Fan-in and fan-out can both be wide, so only a few links are tried before the passes.
        self.links
            .neighbors_directed(NodeIndex::new(target), Direction::Incoming)
            .take(TARGETS_PER_PASS)
            .any(|before| before.index() == source)
    }

    /// For each node, which of the sources come before it, a bit for each.
    fn spread(&self, knots: &[Vec<usize>], sources: &[usize]) -> Vec<u64> {
        let mut own = vec![0_u64; self.links.node_count()];
        for (bit, source) in sources.iter().enumerate() {
            own[*source] |= 1 << bit;
        }
        let mut before = vec![0_u64; own.len()];
        for knot in knots {
            let arriving = knot
                .iter()
                .flat_map(|node| {
                    self.links
                        .neighbors_directed(NodeIndex::new(*node), Direction::Incoming)
                })
                .fold(0, |bits, node| {
                    bits | before[node.index()] | own[node.index()]
                });
            for node in knot {
                before[*node] = arriving;
            }
        }
        before
    }
}

/// The nodes from `start` to `end`, found by walking back.
fn trail(came_from: &BTreeMap<usize, usize>, start: usize, end: usize) -> Vec<usize> {
    let mut trail = vec![end];
    let mut at = end;
    while at != start {
        at = came_from[&at];
        trail.push(at);
    }
    trail.reverse();
    trail
}

impl Graph {
    /// The ids of every node that has ended when this node of the graph starts: in its own level and
    /// in the levels around it.
    #[must_use]
    pub fn upstream(&self, id: &str) -> BTreeSet<NodeId> {
        let topology = Topology::new(self);
        let Some(position) = topology.position(id) else {
            return BTreeSet::new();
        };
        let mut seen = BTreeSet::new();
        topology
            .enclosing(position)
            .take_while(|position| seen.insert(*position))
            .flat_map(|position| topology.upstream(position))
            .map(|position| self.nodes[position].id.clone())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn graph(nodes: &[(&str, Option<&str>)], edges: &[(&str, &str)]) -> Graph {
        let nodes: Vec<_> = nodes
            .iter()
            .map(|(id, parent)| serde_json::json!({"id": id, "type": "t", "parent": parent}))
            .collect();
        let edges: Vec<_> = edges
            .iter()
            .map(|(source, target)| serde_json::json!({"source": source, "target": target}))
            .collect();
        serde_json::from_value(serde_json::json!({"nodes": nodes, "edges": edges})).unwrap()
    }

    fn ids(ids: &[&str]) -> BTreeSet<NodeId> {
        ids.iter().map(|id| NodeId::from(*id)).collect()
    }

    #[test]
    fn upstream_reaches_through_the_levels_around() {
        let graph = graph(
            &[
                ("a", None),
                ("loop", None),
                ("x", Some("loop")),
                ("y", Some("loop")),
                ("b", None),
            ],
            &[("a", "loop"), ("loop", "b"), ("loop", "x"), ("x", "y")],
        );
        assert_eq!(graph.upstream("y"), ids(&["a", "x"]));
        assert_eq!(graph.upstream("b"), ids(&["a", "loop"]));
        assert_eq!(graph.upstream("nowhere"), ids(&[]));
    }

    #[test]
    fn levels_are_by_parent_in_file_order() {
        let graph = graph(
            &[("l", None), ("x", Some("l")), ("b", None), ("y", Some("l"))],
            &[],
        );
        let levels: Vec<_> = Topology::new(&graph).levels().into_values().collect();
        assert_eq!(levels, [vec![0, 2], vec![1, 3]]);
    }

    #[test]
    fn each_knot_gives_its_shortest_way_round() {
        let nodes = ["a", "b", "c", "d", "e"].map(|id| (id, None));
        let edges = [
            ("a", "b"),
            ("b", "c"),
            ("c", "a"),
            ("b", "a"),
            ("d", "d"),
            ("a", "e"),
            ("e", "d"),
        ];
        assert_eq!(
            Topology::new(&graph(&nodes, &edges)).cycles(),
            [vec![0, 1], vec![3]]
        );
    }

    #[test]
    fn parents_that_go_round_do_not_hold_it_up() {
        let graph = graph(
            &[
                ("a", Some("b")),
                ("b", Some("a")),
                ("c", Some("a")),
                ("d", Some("a")),
            ],
            &[("c", "d")],
        );
        assert_eq!(graph.upstream("d"), ids(&["c"]));
    }

    fn any_graph() -> impl Strategy<Value = Graph> {
        (2..90_usize).prop_flat_map(|count| {
            prop::collection::vec((0..count, 0..count), 0..count * 2).prop_map(move |edges| {
                let names: Vec<String> = (0..count).map(|i| i.to_string()).collect();
                let nodes: Vec<_> = names.iter().map(|name| (name.as_str(), None)).collect();
                let edges: Vec<_> = edges
                    .iter()
                    .map(|(a, b)| (names[*a].as_str(), names[*b].as_str()))
                    .collect();
                graph(&nodes, &edges)
            })
        })
    }

    proptest! {
        #[test]
        fn come_before_agrees_with_upstream(graph in any_graph()) {
            let topology = Topology::new(&graph);
            let count = graph.nodes.len();
            let pairs: Vec<_> = (0..count * count).map(|i| (i / count, i % count)).collect();
            let answers = topology.come_before(&pairs);
            for ((source, target), answer) in pairs.into_iter().zip(answers) {
                prop_assert_eq!(answer, topology.upstream(target).contains(&source));
            }
        }

        #[test]
        fn an_order_exists_exactly_when_nothing_goes_round(graph in any_graph()) {
            let topology = Topology::new(&graph);
            let order = topology.order();
            prop_assert_eq!(order.is_some(), topology.cycles().is_empty());
            let Some(order) = order else { return Ok(()) };
            for (at, position) in order.iter().enumerate() {
                let before: BTreeSet<usize> = order[..at].iter().copied().collect();
                prop_assert!(topology.upstream(*position).is_subset(&before));
            }
        }

        #[test]
        fn each_cycle_is_a_way_along_edges(graph in any_graph()) {
            let topology = Topology::new(&graph);
            for cycle in topology.cycles() {
                for (at, node) in cycle.iter().enumerate() {
                    let next = cycle[(at + 1) % cycle.len()];
                    prop_assert!(topology.is_linked(*node, next));
                }
            }
        }
    }
}
