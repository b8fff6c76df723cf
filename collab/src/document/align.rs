//! Turns what a document shows into what it should show, by writing only where the two differ.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value as Json;
use yrs::{Map, MapPrelim, MapRef, Out, TransactionMut};

use super::layout::{Entry, Layout, Part, Record};
use super::order::arranged;
use super::splice::rewrite;
use super::write::{order_any, put, put_entry};
use super::{ORDER, Roots};
use crate::project::Keys;

/// Makes the document show `want` where it shows `have`, whose entries lie under `keys`.
pub(super) fn align(
    txn: &mut TransactionMut<'_>,
    roots: &Roots,
    have: &Layout,
    want: &Layout,
    keys: Option<&Keys>,
) {
    let none = Keys::default();
    let keys = keys.unwrap_or(&none);
    align_record(txn, &roots.meta, &have.meta, &want.meta);
    for (name, have, want, keys) in [
        ("notes", &have.notes, &want.notes, &keys.notes),
        ("groups", &have.groups, &want.groups, &keys.groups),
    ] {
        // What stands in a list's place, and is none, stays until there is something to list.
        if have.is_empty() && want.is_empty() && roots.meta.get(txn, name).is_some() {
            continue;
        }
        let map = within(txn, &roots.meta, name);
        align_entries(txn, &map, (have, keys), want);
    }
    align_entries(txn, &roots.nodes, (&have.nodes, &keys.nodes), &want.nodes);
    align_entries(txn, &roots.edges, (&have.edges, &keys.edges), &want.edges);
}

/// A map of maps inside another.
fn within(txn: &mut TransactionMut<'_>, map: &MapRef, name: &str) -> MapRef {
    match map.get(txn, name) {
        Some(Out::YMap(found)) => found,
        _ => map.insert(txn, name, MapPrelim::default()),
    }
}

fn align_record(txn: &mut TransactionMut<'_>, map: &MapRef, have: &Record, want: &Record) {
    for name in have.keys().filter(|name| !want.contains_key(*name)) {
        map.remove(txn, name);
    }
    for (name, wanted) in want {
        let found = have.get(name);
        if found != Some(wanted) {
            align_part(txn, map, name, found, wanted);
        }
    }
}

/// Writes a part that differs from what is shown under its key.
fn align_part(
    txn: &mut TransactionMut<'_>,
    map: &MapRef,
    key: &str,
    have: Option<&Part>,
    want: &Part,
) {
    match (have, want, map.get(txn, key)) {
        (Some(Part::Record(have)), Part::Record(want), Some(Out::YMap(map))) => {
            align_record(txn, &map, have, want);
        }
        (Some(Part::Members(have)), Part::Members(want), Some(Out::YMap(map))) => {
            let keys: Vec<String> = have.iter().map(|member| member.name.clone()).collect();
            align_entries(txn, &map, (have, &keys), want);
        }
        (
            Some(Part::Text(_) | Part::Plain(Json::String(_))),
            Part::Text(after) | Part::Plain(Json::String(after)),
            Some(Out::YText(text)),
        ) => rewrite(txn, &text, after),
        _ => put(txn, map, key, want),
    }
}

/// Makes a list hold other entries. Those of one name are the same entry, the first the first.
fn align_entries(
    txn: &mut TransactionMut<'_>,
    map: &MapRef,
    (have, keys): (&[Entry], &[String]),
    want: &[Entry],
) {
    if have == want {
        return;
    }
    let mut known = Known::new(have, keys);
    let kept: Vec<Option<(&str, &Part)>> =
        want.iter().map(|entry| known.take(&entry.name)).collect();
    for key in known.left() {
        map.remove(txn, key);
    }
    let orders: Vec<Option<f64>> = kept
        .iter()
        .map(|kept| kept.and_then(|(key, _)| order_of(txn, map, key)))
        .collect();
    let stands = is_in_place(keys, &kept);
    let wanted_orders = if stands {
        Vec::new()
    } else {
        arranged(&orders)
    };
    for (at, (entry, kept)) in want.iter().zip(kept).enumerate() {
        let order = wanted_orders.get(at).copied();
        match kept {
            Some((key, part)) => {
                align_entry(txn, map, key, part, &entry.part);
                if let Some(order) = order.filter(|order| orders[at] != Some(*order)) {
                    set_order(txn, map, key, &entry.part, order);
                }
            }
            None => {
                let key = free_key(txn, map, &entry.name);
                put_entry(txn, map, &key, &entry.part, order.unwrap_or_default());
            }
        }
    }
}

/// Whether the entries that stay are in their order already, and none is new.
fn is_in_place(keys: &[String], kept: &[Option<(&str, &Part)>]) -> bool {
    let mut places = keys.iter();
    kept.iter().all(|kept| match kept {
        Some((key, _)) => places.any(|place| place == key),
        None => false,
    })
}

fn align_entry(txn: &mut TransactionMut<'_>, map: &MapRef, key: &str, have: &Part, want: &Part) {
    if have == want {
        return;
    }
    match (have, want, map.get(txn, key)) {
        (Part::Record(have), Part::Record(want), Some(Out::YMap(entry))) => {
            align_record(txn, &entry, have, want);
        }
        _ => {
            let order = order_of(txn, map, key).unwrap_or_default();
            put_entry(txn, map, key, want, order);
        }
    }
}

/// The order that an entry has in the document.
fn order_of(txn: &TransactionMut<'_>, map: &MapRef, key: &str) -> Option<f64> {
    crate::project::written_order(txn, &map.get(txn, key)?)
}

fn set_order(txn: &mut TransactionMut<'_>, map: &MapRef, key: &str, part: &Part, order: f64) {
    match map.get(txn, key) {
        Some(Out::YMap(entry)) => drop(entry.insert(txn, ORDER, order_any(order))),
        _ => put_entry(txn, map, key, part, order),
    }
}

/// The entry's name, or that with the first number from 2 that is free.
fn free_key(txn: &TransactionMut<'_>, map: &MapRef, name: &str) -> String {
    let mut key = name.to_owned();
    for number in 2_u64.. {
        if !map.contains_key(txn, &key) {
            break;
        }
        key = format!("{name}{number}");
    }
    key
}

/// The entries that the document shows, by name.
struct Known<'k> {
    by_name: HashMap<&'k str, BTreeMap<usize, (&'k str, &'k Part)>>,
}

impl<'k> Known<'k> {
    fn new(have: &'k [Entry], keys: &'k [String]) -> Self {
        let mut by_name: HashMap<&str, BTreeMap<_, _>> = HashMap::new();
        for (at, (entry, key)) in have.iter().zip(keys).enumerate() {
            let known = (key.as_str(), &entry.part);
            by_name.entry(&entry.name).or_default().insert(at, known);
        }
        Self { by_name }
    }

    /// The first entry with this name that was not taken yet.
    fn take(&mut self, name: &str) -> Option<(&'k str, &'k Part)> {
        let (_, found) = self.by_name.get_mut(name)?.pop_first()?;
        Some(found)
    }

    /// The keys of what was not taken, in the order of the list.
    fn left(self) -> Vec<&'k str> {
        let mut left: Vec<(usize, &str)> = self
            .by_name
            .into_values()
            .flatten()
            .map(|(at, (key, _))| (at, key))
            .collect();
        left.sort_unstable();
        left.into_iter().map(|(_, key)| key).collect()
    }
}
