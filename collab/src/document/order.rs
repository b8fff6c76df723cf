//! Where entries stand in their lists: a number each, of which as few as possible change when the list does.

/// New orders for the entries of a list, given those that they have (new ones have none); in the list's order,
/// the answer rises strictly. Entries that rise already keep theirs, as many as can; others go between.
pub(crate) fn arranged(have: &[Option<f64>]) -> Vec<f64> {
    let mut orders: Vec<Option<f64>> = vec![None; have.len()];
    for at in longest_rise(have) {
        orders[at] = have[at];
    }
    filled(&orders).unwrap_or_else(|| (0..have.len()).map(whole).collect())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "lists are far shorter than 2^53"
)]
fn whole(at: usize) -> f64 {
    at as f64
}

/// Positions of a longest part of the list whose orders rise.
fn longest_rise(orders: &[Option<f64>]) -> Vec<usize> {
    // `ends[n]` is where the best rise of n + 1 entries ends; `before` leads back through it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; orders.len()];
    for (at, order) in orders.iter().enumerate() {
        let Some(order) = order.filter(|order| order.is_finite()) else {
            continue;
        };
        let len = ends.partition_point(|end| orders[*end].is_some_and(|end| end < order));
        before[at] = len.checked_sub(1).map(|last| ends[last]);
        match ends.get_mut(len) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut rise: Vec<usize> =
        std::iter::successors(ends.last().copied(), |at| before[*at]).collect();
    rise.reverse();
    rise
}

/// The gaps filled; `None` when there is no room between two neighbours.
fn filled(orders: &[Option<f64>]) -> Option<Vec<f64>> {
    let mut full = Vec::with_capacity(orders.len());
    let mut at = 0;
    while at < orders.len() {
        if let Some(order) = orders[at] {
            full.push(order);
            at += 1;
            continue;
        }
        let gap = orders[at..]
            .iter()
            .take_while(|order| order.is_none())
            .count();
        let (low, high) = (
            full.last().copied(),
            orders.get(at + gap).copied().flatten(),
        );
        full.extend((1..=gap).map(|n| between(low, high, whole(n), whole(gap))));
        at += gap;
    }
    let rises = full.windows(2).all(|pair| pair[0] < pair[1]);
    (rises && full.iter().all(|order| order.is_finite())).then_some(full)
}

fn between(low: Option<f64>, high: Option<f64>, n: f64, gap: f64) -> f64 {
    match (low, high) {
        (None, None) => n - 1.0,
        (Some(low), None) => low.floor() + n,
        (None, Some(high)) => high.ceil() - gap - 1.0 + n,
        (Some(low), Some(high)) => low + (high - low) * n / (gap + 1.0),
    }
}
