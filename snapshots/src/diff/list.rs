//! Which items of two lists are compared with each other.

use std::collections::HashMap;
use std::ops::Range;

use flowforge_engine::{Address, Value};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::value::same;

/// Largest product of lengths for which every pairing of unequal items is weighed.
const PAIRINGS_MAX: usize = 4_096;

/// A difference between two lists, by position in each. Positions not named are equal and in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// An item of the first became this item of the second.
    Changed(usize, usize),
    /// An item is only in the first.
    Removed(usize),
    /// An item is only in the second.
    Added(usize),
}

/// What has to happen to `a` to become `b`.
pub(super) fn align(a: &[Value], b: &[Value]) -> Vec<Step> {
    let shorter = a.len().min(b.len());
    let head = a.iter().zip(b).take_while(|(a, b)| same(a, b)).count();
    let tail_pairs = a.iter().rev().zip(b.iter().rev()).take(shorter - head);
    let tail = tail_pairs.take_while(|(a, b)| same(a, b)).count();
    let (middle_a, middle_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let keys = |items: &[Value]| items.iter().map(Value::address).collect::<Vec<Address>>();
    let mut steps = Vec::new();
    for op in differences(middle_a, middle_b, keys) {
        let (from, to) = (op.old_range(), op.new_range());
        let pairs = pair(&middle_a[from.clone()], &middle_b[to.clone()]);
        push(&mut steps, shift(from, head), shift(to, head), &pairs);
    }
    steps
}

fn differences(a: &[Value], b: &[Value], keys: impl Fn(&[Value]) -> Vec<Address>) -> Vec<DiffOp> {
    if a.is_empty() || b.is_empty() || a.len() == 1 && b.len() == 1 {
        let whole = DiffOp::Replace {
            old_index: 0,
            old_len: a.len(),
            new_index: 0,
            new_len: b.len(),
        };
        return vec![whole];
    }
    let mut ops = capture_diff_slices(Algorithm::Myers, &keys(a), &keys(b));
    ops.retain(|op| !matches!(op, DiffOp::Equal { .. }));
    ops
}

fn shift(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

/// Steps for a range in which nothing is equal, given the pairs inside it, in the order of the second list.
fn push(steps: &mut Vec<Step>, a: Range<usize>, b: Range<usize>, pairs: &[(usize, usize)]) {
    let from: HashMap<usize, usize> = pairs.iter().map(|(at, to)| (*to, *at)).collect();
    let mut gone = vec![true; a.len()];
    for (at, _) in pairs {
        gone[*at] = false;
    }
    let removed = gone
        .iter()
        .enumerate()
        .filter(|(_, gone)| **gone)
        .map(|(at, _)| Step::Removed(a.start + at));
    steps.extend(removed);
    steps.extend(b.clone().map(|to| match from.get(&(to - b.start)) {
        Some(at) => Step::Changed(a.start + at, to),
        None => Step::Added(to),
    }));
}

/// Items that became each other, by position: those with one id, else the most alike in order.
fn pair(a: &[Value], b: &[Value]) -> Vec<(usize, usize)> {
    if let (Some(ids_a), Some(ids_b)) = (ids(a), ids(b)) {
        let mut pairs: Vec<_> = ids_b
            .iter()
            .filter_map(|(id, to)| Some((*ids_a.get(id)?, *to)))
            .collect();
        pairs.sort_unstable();
        return pairs;
    }
    if a.len() == b.len() && a.len() == 1 || a.len().saturating_mul(b.len()) > PAIRINGS_MAX {
        return (0..a.len().min(b.len())).map(|at| (at, at)).collect();
    }
    most_alike(a, b)
}

/// Positions by id, when every item is a record with an `id` of its own.
fn ids(items: &[Value]) -> Option<HashMap<Address, usize>> {
    let id = |item: &Value| {
        item.get("id")
            .filter(|id| matches!(id, Value::Text(_) | Value::Int(_)))
            .map(Value::address)
    };
    let ids: HashMap<_, _> = items
        .iter()
        .enumerate()
        .map(|(at, item)| Some((id(item)?, at)))
        .collect::<Option<_>>()?;
    (ids.len() == items.len()).then_some(ids)
}

/// The pairs in order whose likeness adds up to the most.
fn most_alike(a: &[Value], b: &[Value]) -> Vec<(usize, usize)> {
    let width = b.len() + 1;
    let mut best = vec![0_usize; (a.len() + 1) * width];
    let mut scores = vec![0_usize; a.len() * b.len()];
    for at in (0..a.len()).rev() {
        for to in (0..b.len()).rev() {
            let score = likeness(&a[at], &b[to]);
            scores[at * b.len() + to] = score;
            let paired = score + best[(at + 1) * width + to + 1];
            let unpaired = best[(at + 1) * width + to].max(best[at * width + to + 1]);
            best[at * width + to] = paired.max(unpaired);
        }
    }
    let (mut at, mut to, mut pairs) = (0, 0, Vec::new());
    while at < a.len() && to < b.len() {
        let here = best[at * width + to];
        if here == scores[at * b.len() + to] + best[(at + 1) * width + to + 1] {
            pairs.push((at, to));
            (at, to) = (at + 1, to + 1);
        } else if here == best[(at + 1) * width + to] {
            at += 1;
        } else {
            to += 1;
        }
    }
    pairs
}

/// How much two unequal items look like versions of one: at least 1, so that as many as can be are paired.
fn likeness(a: &Value, b: &Value) -> usize {
    match (a, b) {
        (Value::Record(a), Value::Record(b)) => {
            let equal = a
                .iter()
                .filter(|(key, value)| b.get(key).is_some_and(|other| same(value, other)));
            2 + 4 * equal.count()
        }
        _ if a.kind() == b.kind() => 2,
        _ => 1,
    }
}
