//! What must hold for every value, tested on random ones.

use std::collections::HashMap;

use proptest::prelude::*;

use super::wire::Reader;
use super::*;

/// Blobs in memory, which checks what it is given.
#[derive(Default)]
struct Store {
    blobs: HashMap<Address, Vec<u8>>,
    bytes_put: usize,
}

impl BlobSink for Store {
    fn has(&mut self, address: &Address) -> bool {
        self.blobs.contains_key(address)
    }

    fn put(&mut self, address: Address, bytes: Vec<u8>, given: &[Address]) {
        assert_eq!(Address::of(&bytes), address);
        assert_eq!(children(&bytes).unwrap(), given);
        assert!(
            given.iter().all(|child| self.blobs.contains_key(child)),
            "children come first"
        );
        self.bytes_put += bytes.len();
        assert!(
            self.blobs.insert(address, bytes).is_none(),
            "only what is missing is put"
        );
    }
}

impl BlobSource for Store {
    fn get(&self, address: &Address) -> Result<Option<Vec<u8>>, String> {
        Ok(self.blobs.get(address).cloned())
    }
}

impl Store {
    fn holding(value: &Value) -> (Self, Address) {
        let mut store = Self::default();
        let address = encode(value, &mut store);
        (store, address)
    }

    /// Bytes that keeping one more value adds.
    fn growth(&mut self, value: &Value) -> usize {
        let before = self.bytes_put;
        let address = encode(value, self);
        assert_eq!(address, value.address());
        self.bytes_put - before
    }
}

/// The same value, made anew, so that nothing is known about it.
fn fresh(value: &Value) -> Value {
    decode_inline(&encode_inline(value, usize::MAX).unwrap()).unwrap()
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-d]{0,3}",
        1 => r"\$\$?(bytes|float)?",
        1 => ".{0,8}",
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3_i64..300).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop_oneof![Just(f64::NAN), Just(-0.0), Just(f64::INFINITY)].prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(Value::from("inf")),
        "[A-Z]{4}".prop_map(Value::from),
        proptest::collection::vec(any::<u8>(), 0..12).prop_map(|bytes| Value::Bytes(bytes.into())),
    ]
}

fn small() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((key(), inner), 0..6)
                .prop_map(|fields| Value::Record(fields.into_iter().collect())),
        ]
    })
}

/// Numbers that look random, the same for the same seed.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 32)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    fn text(&mut self, len: usize) -> Value {
        let letters = self
            .bytes(len)
            .into_iter()
            .map(|byte| char::from(b'a' + byte % 26));
        letters.collect::<String>().into()
    }

    fn row(&mut self) -> Value {
        let len = self.below(40);
        Value::Record(Record::from_iter([
            ("id", Value::Int(self.next().cast_signed())),
            ("name", self.text(len)),
            ("price", Value::Float(self.below(10_000) as f64 / 100.0)),
            ("stock", Value::Int(self.below(90).cast_signed() as i64)),
        ]))
    }

    fn rows(&mut self, count: usize) -> Vec<Value> {
        (0..count).map(|_| self.row()).collect()
    }

    fn record(&mut self, fields: usize, field_bytes: usize) -> Record {
        (0..fields)
            .map(|at| (format!("field{at:05}"), self.text(field_bytes)))
            .collect()
    }

    /// A value in which everything can be large.
    fn large(&mut self, depth: u32) -> Value {
        let len = 1 << self.below(15);
        match self.below(if depth == 0 { 3 } else { 6 }) {
            0 => self.text(len),
            1 => Value::Bytes(self.bytes(len).into()),
            2 => Value::from(self.rows(len / 64)),
            3 => (0..self.below(6))
                .map(|_| self.large(depth - 1))
                .collect::<Vec<_>>()
                .into(),
            4 => Value::Record(
                (0..self.below(200))
                    .map(|at| (at.to_string(), self.row()))
                    .collect(),
            ),
            _ => Value::Record(
                (0..self.below(6))
                    .map(|at| (at.to_string(), self.large(depth - 1)))
                    .collect(),
            ),
        }
    }
}

fn large() -> impl Strategy<Value = Value> {
    any::<u64>().prop_map(|seed| Noise(seed).large(3))
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![3 => small(), 1 => large()]
}

proptest! {
    #[test]
    fn the_flat_encoding_is_read_back(value in any_value()) {
        let bytes = encode_inline(&value, usize::MAX).unwrap();
        prop_assert_eq!(bytes.len() as u64, value.size_bytes());
        prop_assert!(encode_inline(&value, bytes.len() - 1).is_none());
        let read = decode_inline(&bytes).unwrap();
        prop_assert_eq!(read.depth(), value.depth());
        prop_assert_eq!(read, value);
    }

    #[test]
    fn blobs_are_read_back(value in any_value()) {
        let (store, address) = Store::holding(&value);
        let read = decode(&address, &store).unwrap();
        prop_assert_eq!(&read, &value);
        prop_assert_eq!(read.address(), address);
        prop_assert_eq!(fresh(&read).address(), address);
        prop_assert!(store.blobs.values().all(|blob| blob.len() < 32 * 1024));
    }

    #[test]
    fn json_is_read_back(value in any_value()) {
        let text = value.to_json_text();
        prop_assert_eq!(&Value::parse_json(&text).unwrap(), &value);
        prop_assert_eq!(&Value::parse_json(&value.to_json_pretty()).unwrap(), &value);
        prop_assert_eq!(Value::from_json(&value.to_json()), value);
    }

    #[test]
    fn postcard_is_read_back(value in any_value()) {
        let bytes = postcard::to_stdvec(&(1_u8, &value, 2_u8)).unwrap();
        prop_assert_eq!(postcard::from_bytes::<(u8, Value, u8)>(&bytes).unwrap(), (1, value, 2));
    }

    #[test]
    fn equal_values_and_only_they_have_one_address(a in small(), b in small()) {
        prop_assert_eq!(a == b, a.address() == b.address());
        prop_assert_eq!(fresh(&a), a.clone());
        prop_assert_eq!(fresh(&a).address(), a.address());
    }

    #[test]
    fn history_does_not_show(mut fields in proptest::collection::vec((key(), small()), 0..8)) {
        let record: Record = fields.clone().into_iter().collect();
        let grown = fields.iter().fold(Record::default(), |record, (key, value)| {
            record.with(key, Value::Null).with(key, value.clone())
        });
        prop_assert_eq!(&grown, &record);
        fields.reverse();
        prop_assert_eq!(Value::from(grown).address(), Value::from(record).address());
    }

    /// Values made from stored ones are stored as if they were made anew.
    #[test]
    fn what_a_value_was_made_from_does_not_show(seed: u64, steps in 1_usize..30) {
        let mut noise = Noise(seed);
        let mut store = Store::default();
        let fields = 20 + noise.below(400);
        let mut record = noise.record(fields, 30 + (seed % 200) as usize);
        for _ in 0..steps {
            record = changed(&record, &mut noise, fields);
            if noise.below(3) > 0 {
                encode(&record.clone().into(), &mut store);
            }
            if noise.below(4) == 0 {
                record = reread(&record.into(), &store).as_record().unwrap().clone();
            }
        }
        let value = Value::from(record);
        let address = encode(&value, &mut store);
        prop_assert_eq!(address, fresh(&value).address());
        prop_assert_eq!(decode(&address, &store).unwrap(), value);
    }

    #[test]
    fn a_grown_list_is_stored_as_if_made_anew(seed: u64, steps in 1_usize..40) {
        let mut noise = Noise(seed);
        let mut store = Store::default();
        let mut list = List::from(noise.rows(50 + (seed % 100) as usize));
        for _ in 0..steps {
            encode(&list.clone().into(), &mut store);
            list = list.with(noise.row());
        }
        let value = Value::from(list);
        prop_assert_eq!(encode(&value, &mut store), fresh(&value).address());
    }

    #[test]
    fn random_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..300), tag in 0_u8..0x70) {
        let _ = decode_inline(&bytes);
        let _ = children(&bytes);
        bytes.insert(0, tag);
        let _ = children(&bytes);
        if let Ok(value) = decode_inline(&bytes) {
            prop_assert_eq!(encode_inline(&value, usize::MAX).unwrap(), bytes);
        }
    }

    #[test]
    fn a_changed_or_cut_blob_is_noticed(value in any_value(), which: prop::sample::Index, at: prop::sample::Index, flip in 1_u8..) {
        let (mut store, address) = Store::holding(&value);
        let blobs: Vec<_> = store.blobs.keys().copied().collect();
        let blob = store.blobs.get_mut(which.get(&blobs)).unwrap();
        let at = at.index(blob.len());
        if flip < 128 { blob[at] ^= flip } else { blob.truncate(at) }
        prop_assert!(matches!(decode(&address, &store), Err(DecodeError::Damaged(_))));
    }

    /// Mutates one blob and renames everything above it, so that only its form can give it away.
    #[test]
    fn only_the_canonical_form_is_read(value in any_value(), which: prop::sample::Index, at: prop::sample::Index, flip in 1_u8..) {
        let (mut store, address) = Store::holding(&value);
        let mut blobs: Vec<_> = store.blobs.keys().copied().collect();
        blobs.sort();
        let old = *which.get(&blobs);
        let mut blob = store.blobs[&old].clone();
        let at = at.index(blob.len());
        if flip < 128 { blob[at] ^= flip } else { blob.truncate(at) }
        let root = replace(&mut store, address, old, blob);
        let _ = store.blobs.values().map(|blob| children(blob)).filter(Result::is_ok).count();
        if let Ok(read) = decode(&root, &store) {
            prop_assert_eq!(fresh(&read).address(), root);
        }
    }
}

/// One field set, added or removed, or a run of fields removed.
fn changed(record: &Record, noise: &mut Noise, fields: usize) -> Record {
    let at = noise.below(fields + 20);
    let key = format!("field{at:05}");
    let len = noise.below(6000);
    match noise.below(7) {
        0 => record.without(&key),
        1 => (at..at + noise.below(60)).fold(record.clone(), |record, at| {
            record.without(&format!("field{at:05}"))
        }),
        2 => record.with(&key, noise.text(len)),
        3 => record.with(&format!("{key}x"), noise.row()),
        _ => record.with(&key, noise.row()),
    }
}

/// The value as it is read back, when it is stored.
fn reread(value: &Value, store: &Store) -> Value {
    decode(&value.address(), store).unwrap_or_else(|_| value.clone())
}

/// Puts `blob` in place of the one at `old` in the tree below `root`; the new root.
fn replace(store: &mut Store, root: Address, old: Address, blob: Vec<u8>) -> Address {
    if root == old {
        let address = Address::of(&blob);
        store.blobs.insert(address, blob);
        return address;
    }
    let mut bytes = store.blobs[&root].clone();
    for child in children(&bytes).unwrap() {
        let new = replace(store, child, old, blob.clone());
        if new != child {
            let at = bytes
                .windows(32)
                .position(|window| window == child.0)
                .unwrap();
            bytes[at..at + 32].copy_from_slice(&new.0);
        }
    }
    let address = Address::of(&bytes);
    store.blobs.insert(address, bytes);
    address
}

/// New bytes for each of many single changes: asserts the largest and the mean.
fn check_growth(value: &Value, mean_max: usize, max: usize, change: impl Fn(&mut Noise) -> Value) {
    let (mut store, _) = Store::holding(value);
    let mut noise = Noise(7);
    let growths: Vec<usize> = (0..60).map(|_| store.growth(&change(&mut noise))).collect();
    let mean = growths.iter().sum::<usize>() / growths.len();
    let largest = *growths.iter().max().unwrap();
    assert!(
        mean <= mean_max && largest <= max,
        "mean {mean}, largest {largest}"
    );
}

#[test]
fn a_changed_field_of_a_large_record_costs_the_path_to_it() {
    let mut noise = Noise(1);
    for (fields, field_bytes) in [(10_000, 90), (250, 4_000), (200, 5_000), (10, 100_000)] {
        let record = noise.record(fields, field_bytes);
        check_growth(&record.clone().into(), 14_000, 20_000, |noise| {
            let key = format!("field{:05}", noise.below(fields));
            let text = record.get(&key).unwrap().as_str().unwrap();
            let at = noise.below(text.len());
            record
                .with(&key, format!("{}!{}", &text[..at], &text[at..]).into())
                .into()
        });
    }
}

#[test]
fn a_changed_row_of_a_long_list_costs_the_path_to_it() {
    let rows = Noise(2).rows(20_000);
    let list = Value::from(rows.clone());
    let edited = |edit: fn(&mut Vec<Value>, usize, Value)| {
        let rows = rows.clone();
        move |noise: &mut Noise| {
            let mut rows = rows.clone();
            edit(&mut rows, noise.below(20_000), noise.row());
            rows.into()
        }
    };
    check_growth(
        &list,
        12_000,
        20_000,
        edited(|rows, at, row| rows[at] = row),
    );
    check_growth(
        &list,
        12_000,
        20_000,
        edited(|rows, at, row| rows.insert(at, row)),
    );
    check_growth(
        &list,
        12_000,
        20_000,
        edited(|rows, at, _| drop(rows.remove(at))),
    );
}

#[test]
fn a_changed_place_of_a_long_text_costs_the_path_to_it() {
    let text = Noise(3).text(1_000_000);
    let text = text.as_str().unwrap();
    check_growth(&text.into(), 14_000, 22_000, |noise| {
        let at = noise.below(text.len());
        format!("{}inserted{}", &text[..at], &text[at..]).into()
    });
}

#[test]
fn pieces_are_about_four_kib() {
    let mut noise = Noise(4);
    for value in [
        noise.text(2_000_000),
        noise.rows(30_000).into(),
        noise.record(20_000, 90).into(),
    ] {
        let (store, _) = Store::holding(&value);
        let mean = store.bytes_put / store.blobs.len();
        assert!((2_500..5_500).contains(&mean), "{mean} bytes a blob");
        assert!(store.bytes_put as u64 <= value.size_bytes() * 103 / 100);
    }
}

#[test]
fn unchanged_pieces_are_not_made_again() {
    let record = Noise(10).record(10_000, 90);
    let (mut store, address) = Store::holding(&record.clone().into());
    let read = decode(&address, &store).unwrap();
    for record in [&record, read.as_record().unwrap()] {
        let changed = record
            .with("field05000", Value::Null)
            .with("field05003x", 1.into());
        let mut asked = Asked {
            store: &mut store,
            count: 0,
        };
        encode(&changed.into(), &mut asked);
        assert!(asked.count < 20, "{} questions", asked.count);
    }
}

#[test]
fn unchanged_parts_are_not_visited_again() {
    let mut noise = Noise(5);
    let record = noise.record(50, 20_000);
    let (mut store, _) = Store::holding(&record.clone().into());
    let changed = Value::from(record.with("field00007", Value::Null));
    let mut asked = Asked {
        store: &mut store,
        count: 0,
    };
    encode(&changed, &mut asked);
    assert!(asked.count < 60, "{} questions", asked.count);
    assert!(Value::from(record).sealed().is_some());
}

struct Asked<'s> {
    store: &'s mut Store,
    count: usize,
}

impl BlobSink for Asked<'_> {
    fn has(&mut self, address: &Address) -> bool {
        self.count += 1;
        self.store.has(address)
    }

    fn put(&mut self, address: Address, bytes: Vec<u8>, children: &[Address]) {
        self.store.put(address, bytes, children);
    }
}

#[test]
fn many_equal_rows_take_little_room_and_are_read_back() {
    let value = Value::from(vec![Noise(6).row(); 50_000]);
    let (store, address) = Store::holding(&value);
    assert!(store.bytes_put < 40_000, "{}", store.bytes_put);
    assert_eq!(decode(&address, &store).unwrap(), value);
    let too_large = decode_at_most(&address, &store, 100_000).unwrap_err();
    assert!(matches!(too_large, DecodeError::TooLarge { .. }));
}

#[test]
fn shared_parts_are_read_once() {
    let mut value = Noise(8).text(10_000);
    for _ in 0..64 {
        value = vec![value.clone(); 4].into();
    }
    let (store, address) = Store::holding(&value);
    assert!(store.blobs.len() < 100);
    let read = decode(&address, &store).unwrap();
    assert_eq!(read.size_bytes(), value.size_bytes());
    assert!(read == value);
}

#[test]
fn values_that_share_parts_with_themselves_are_compared_by_part() {
    let folded = |levels| {
        (0..levels).fold(Noise(9).text(10), |value, _| {
            vec![value.clone(), value].into()
        })
    };
    for levels in [60, 100, 200] {
        assert!(folded(levels) == folded(levels));
        assert_ne!(folded(levels).address(), folded(levels + 1).address());
    }
}

#[test]
fn a_missing_blob_is_named() {
    let (mut store, address) = Store::holding(&Noise(9).text(100_000));
    let lost = *store.blobs.keys().find(|other| **other != address).unwrap();
    store.blobs.remove(&lost);
    assert!(
        matches!(decode(&address, &store), Err(DecodeError::Missing(missing)) if missing == lost)
    );
}

#[test]
fn a_claimed_count_reserves_nothing() {
    let mut bytes = vec![flat::LIST];
    wire::push_varint(&mut bytes, 1 << 40);
    assert!(decode_inline(&bytes).is_err());
    let nested: Vec<u8> = [flat::LIST, 0x80, 0x10]
        .repeat(100)
        .into_iter()
        .chain([0; 100])
        .collect();
    assert!(decode_inline(&nested).is_err());
    assert!(Reader::new(&[5]).count().is_err());
}

/// Addresses of these values, as `ENCODING.md` defines them.
#[test]
fn the_format_has_not_changed() {
    let mut noise = Noise(11);
    let bytes = encode_inline(&Value::parse_json(r#"{"a": [1, 2.5]}"#).unwrap(), 100).unwrap();
    assert_eq!(
        bytes,
        *b"\x08\x01\x01a\x07\x02\x03\x02\x04\0\0\0\0\0\0\x04@"
    );
    let values = [
        Value::Null,
        vec![
            Value::from(-3),
            f64::NAN.into(),
            Value::Bytes(vec![0; 3].into()),
            true.into(),
        ]
        .into(),
        noise.text(100_000),
        Value::Bytes(noise.bytes(50_000).into()),
        noise.rows(5_000).into(),
        noise
            .record(1_000, 100)
            .with("long", noise.text(9_000))
            .into(),
        noise.large(3),
    ];
    let addresses: Vec<String> = values
        .iter()
        .map(|value| value.address().to_string()[..16].to_owned())
        .collect();
    let expected = [
        "2d3adedff11b61f1",
        "10b55a086d71fc26",
        "5f5886fa23d824a7",
        "3ea8a4b96edb4608",
        "9be2c93527463484",
        "088fbb3e44f3f4c8",
        "29fd783387aa3e36",
    ];
    assert_eq!(addresses, expected);
}

fn nested(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |value, level| {
        if level % 2 == 0 {
            vec![value].into()
        } else {
            Record::from_iter([("a", value)]).into()
        }
    })
}

#[test]
fn the_deepest_value_is_read_back() {
    let value = nested(100);
    let (store, address) = Store::holding(&value);
    assert_eq!(decode(&address, &store).unwrap(), value);
    assert_eq!(Value::parse_json(&value.to_json_text()).unwrap(), value);
    assert_eq!(fresh(&value), value);
}

#[test]
fn too_deep_values_are_harmless_and_say_what_they_are() {
    assert_eq!(TOO_DEEP, format!("nested deeper than {DEPTH_MAX} levels"));
    for levels in [101, 100_000] {
        let (a, b) = (nested(levels), nested(levels));
        assert_eq!(a.depth() as usize, levels);
        assert!(a == b && a != nested(levels + 1) && a != nested(levels - 1));
        let (store, address) = Store::holding(&a);
        assert_eq!(address, b.address());
        assert_ne!(address, nested(levels + 1).address());
        let text = a.to_json().as_str().unwrap().to_owned();
        assert!(text.starts_with(TOO_DEEP));
        assert_eq!(decode(&address, &store).unwrap(), text.as_str().into());
        assert_eq!(format!("{a:?}"), format!("{text:?}"));
        assert!(encode_inline(&a, usize::MAX).is_none());
        assert!(postcard::to_stdvec(&a).is_err());
    }
}

#[test]
fn too_deep_bytes_are_refused() {
    let bytes = [flat::LIST, 1]
        .repeat(101)
        .into_iter()
        .chain([flat::NULL])
        .collect::<Vec<_>>();
    assert!(matches!(
        decode_inline(&bytes),
        Err(DecodeError::Malformed("nested too deep"))
    ));
    assert!(decode_inline(&[flat::LIST, 1].repeat(1_000_000)).is_err());
    let linked = [form::LINKED | flat::LIST, 1]
        .into_iter()
        .chain([flat::LIST, 1].repeat(1_000_000));
    assert!(children(&linked.collect::<Vec<_>>()).is_err());
}
