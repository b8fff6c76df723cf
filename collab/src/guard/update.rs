//! An update: structs by client, then what is deleted. The format is that of yjs, version 1.

use super::bytes::Bytes;
use super::outline::{Id, Outline, Parent, Step};
use super::{DEPTH_MAX, Refused, Why};

/// Most clients that one update or state vector may speak of. Each is an entry in a table whose hashes a stranger
/// chooses.
const CLIENTS_MAX: u32 = 30_000;
/// Most memory that what an update describes may take, as estimated before it is built.
pub(super) const MEMORY_BYTES_MAX: u64 = 48 << 20;

/// The largest clock, and the largest length.
const CLOCK_MAX: u32 = i32::MAX as u32;

/// What things take in memory, in bytes, rather more than less.
mod weight {
    pub(super) const CLIENT: u64 = 160;
    pub(super) const GAP: u64 = 64;
    pub(super) const ITEM: u64 = 320;
    pub(super) const VALUE: u64 = 48;
    pub(super) const FIELD: u64 = 96;
    pub(super) const RANGE: u64 = 24;
    /// A byte of text, which may be the JSON of a list of numbers.
    pub(super) const BYTE: u64 = 2;
    pub(super) const JSON_BYTE: u64 = 24;
}

/// Looks at an update, and says what it stands on.
///
/// # Errors
/// The first thing that is wrong with it.
pub(super) fn outline(update: &[u8]) -> Result<Outline, Refused> {
    outline_of(update, MEMORY_BYTES_MAX)
}

/// The same of an update that we have kept ourselves, which may be the whole of a large document.
pub(super) fn outline_of_kept(update: &[u8]) -> Result<Outline, Refused> {
    outline_of(update, u64::MAX)
}

fn outline_of(update: &[u8], weight_max: u64) -> Result<Outline, Refused> {
    let mut look = Look::new(update, weight_max);
    look.structs()?;
    look.deletions()?;
    look.bytes.end()?;
    Ok(look.outline)
}

/// Looks at a state vector.
///
/// # Errors
/// The first thing that is wrong with it.
pub(crate) fn check_state_vector(vector: &[u8]) -> Result<(), Refused> {
    let mut look = Look::new(vector, MEMORY_BYTES_MAX);
    let clients = look.clients(2, "the clients of a state vector")?;
    let mut seen = Vec::new();
    for _ in 0..clients {
        seen.push(look.bytes.client()?);
        look.clock(0)?;
    }
    look.once(seen)?;
    look.bytes.end()
}

/// The neighbours of an item, or what it lies in and under which key.
type Position = (Option<Id>, Option<Id>, Option<(Parent, Option<String>)>);

struct Look<'b> {
    bytes: Bytes<'b>,
    weight: u64,
    weight_max: u64,
    outline: Outline,
}

impl<'b> Look<'b> {
    fn new(bytes: &'b [u8], weight_max: u64) -> Self {
        Self {
            bytes: Bytes::new(bytes),
            weight_max,
            weight: 0,
            outline: Outline::default(),
        }
    }

    fn weigh(&mut self, weight: u64) -> Result<(), Refused> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > self.weight_max {
            Err(self.bytes.refused(Why::TooHeavy))
        } else {
            Ok(())
        }
    }

    fn clients(&mut self, least: usize, what: &'static str) -> Result<u32, Refused> {
        let clients = self.bytes.count(least, what)?;
        if clients > CLIENTS_MAX {
            return Err(self.bytes.refused(Why::Number(what)));
        }
        Ok(clients)
    }

    /// No client may be there twice.
    fn once(&self, mut clients: Vec<u64>) -> Result<(), Refused> {
        clients.sort_unstable();
        if clients.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(self.bytes.refused(Why::Twice("a client")));
        }
        Ok(())
    }

    /// A length that follows this clock; the clock after it.
    fn clock(&mut self, from: u32) -> Result<u32, Refused> {
        let len = self.bytes.u32("a clock")?;
        self.after(from, len)
    }

    fn after(&self, clock: u32, len: u32) -> Result<u32, Refused> {
        let after = clock.checked_add(len).filter(|after| *after <= CLOCK_MAX);
        after.ok_or_else(|| self.bytes.refused(Why::Number("a clock")))
    }

    fn structs(&mut self) -> Result<(), Refused> {
        // A count, a client, a clock, and one struct of two bytes.
        let clients = self.clients(5, "the clients of an update")?;
        let mut seen = Vec::new();
        for _ in 0..clients {
            self.weigh(weight::CLIENT)?;
            let structs = self.bytes.count(2, "the structs of a client")?;
            if structs == 0 {
                return Err(self
                    .bytes
                    .refused(Why::Nothing("the list of a client's structs")));
            }
            let client = self.bytes.client()?;
            seen.push(client);
            let mut clock = self.clock(0)?;
            self.outline.begin(client, clock);
            for _ in 0..structs {
                clock = self.one_struct(clock)?;
            }
        }
        self.once(seen)
    }

    /// A struct that begins at this clock; the clock after it.
    fn one_struct(&mut self, clock: u32) -> Result<u32, Refused> {
        let info = self.bytes.u8("a struct")?;
        let mut step = Step::Gone;
        let len = match info {
            // What is gone, and what is left out.
            0 | 10 => {
                self.weigh(weight::GAP)?;
                let len = self.bytes.u32("the length of a gap")?;
                if len == 0 {
                    return Err(self.bytes.refused(Why::Nothing("a gap")));
                }
                len
            }
            _ => {
                self.weigh(weight::ITEM)?;
                let (left, right, parent) = self.position(info)?;
                let kind = info & 0x1f;
                step = Step::Item {
                    left,
                    right,
                    parent,
                    is_type: kind == 7,
                };
                let len = self.content(kind)?;
                if len == 0 {
                    return Err(self.bytes.refused(Why::Nothing("an item")));
                }
                len
            }
        };
        if info == 10 {
            step = Step::LeftOut;
        }
        let end = self.after(clock, len)?;
        self.outline.push(end, step);
        Ok(end)
    }

    /// Where an item stands: beside others, or in a parent.
    fn position(&mut self, info: u8) -> Result<Position, Refused> {
        let left = (info & 0x80 != 0).then(|| self.id()).transpose()?;
        let right = (info & 0x40 != 0).then(|| self.id()).transpose()?;
        if left.is_some() || right.is_some() {
            return Ok((left, right, None));
        }
        let parent = match self.bytes.u32("the kind of parent")? {
            0 => Parent::Item(self.id()?),
            1 => Parent::Root(self.text("the name of a root", weight::BYTE)?.to_owned()),
            found => return Err(self.bytes.kind("a parent", found)),
        };
        let has_key = info & 0x20 != 0;
        let key = has_key.then(|| self.text("the key of an item", weight::BYTE));
        let key = key.transpose()?.map(str::to_owned);
        Ok((None, None, Some((parent, key))))
    }

    fn id(&mut self) -> Result<Id, Refused> {
        Ok((self.bytes.client()?, self.clock(0)?))
    }

    fn text(&mut self, what: &'static str, weight: u64) -> Result<&'b str, Refused> {
        let text = self.bytes.text(what)?;
        self.weigh(text.len() as u64 * weight)?;
        Ok(text)
    }

    /// What an item holds; how many clocks it takes.
    fn content(&mut self, kind: u8) -> Result<u32, Refused> {
        match kind {
            1 => self.bytes.u32("the length of what was deleted"),
            3 => {
                let len = self.bytes.buffer("bytes")?.len() as u64;
                self.weigh(len * weight::BYTE).map(|()| 1)
            }
            4 => {
                let text = self.text("text", weight::BYTE)?;
                let units = text.encode_utf16().count();
                u32::try_from(units).map_err(|_| self.bytes.refused(Why::Number("a text")))
            }
            5 => self.text("what is embedded", weight::JSON_BYTE).map(|_| 1),
            7 => self.shared_type().map(|()| 1),
            8 => {
                let values = self.bytes.count(1, "values")?;
                for _ in 0..values {
                    self.value(DEPTH_MAX)?;
                }
                Ok(values)
            }
            found => Err(self.bytes.kind("content", found)),
        }
    }

    /// Lists, maps, text, and the parts of XML.
    fn shared_type(&mut self) -> Result<(), Refused> {
        match self.bytes.u8("a shared type")? {
            0 | 1 | 2 | 4 | 6 => Ok(()),
            3 => self.text("the name of an element", weight::BYTE).map(drop),
            found => Err(self.bytes.kind("a shared type", found)),
        }
    }

    fn value(&mut self, deepest: usize) -> Result<(), Refused> {
        self.weigh(weight::VALUE)?;
        let deeper = deepest.checked_sub(1);
        let deeper = deeper.ok_or_else(|| self.bytes.refused(Why::TooDeep));
        match self.bytes.u8("a value")? {
            120 | 121 | 126 | 127 => {}
            122 => drop(self.bytes.take(8, "a number")?),
            123 => {
                let number = self.bytes.take(8, "a number")?.try_into();
                self.number(number.is_ok_and(|bytes| !f64::from_be_bytes(bytes).is_nan()))?;
            }
            124 => {
                let number = self.bytes.take(4, "a number")?.try_into();
                self.number(number.is_ok_and(|bytes| !f32::from_be_bytes(bytes).is_nan()))?;
            }
            125 => self.bytes.signed()?,
            119 => drop(self.text("a text", weight::BYTE)?),
            118 => {
                let deeper = deeper?;
                for _ in 0..self.bytes.count(2, "the fields of a record")? {
                    self.weigh(weight::FIELD)?;
                    self.text("the name of a field", weight::BYTE)?;
                    self.value(deeper)?;
                }
            }
            117 => {
                let deeper = deeper?;
                for _ in 0..self.bytes.count(1, "the items of a list")? {
                    self.value(deeper)?;
                }
            }
            116 => {
                let len = self.bytes.buffer("bytes")?.len() as u64;
                self.weigh(len * weight::BYTE)?;
            }
            found => return Err(self.bytes.kind("a value", found)),
        }
        Ok(())
    }

    /// yrs looks for a value by comparing it with itself: one that differs from itself is not found, and what pointed
    /// to it then points to what is freed.
    fn number(&self, is_one: bool) -> Result<(), Refused> {
        if is_one {
            Ok(())
        } else {
            Err(self.bytes.refused(Why::NotANumber))
        }
    }

    fn deletions(&mut self) -> Result<(), Refused> {
        // A client, a count, and one range of two bytes.
        let clients = self.clients(4, "the clients of the deletions")?;
        let mut seen = Vec::new();
        for _ in 0..clients {
            self.weigh(weight::CLIENT)?;
            let client = self.bytes.client()?;
            seen.push(client);
            let mut end = 0;
            for _ in 0..self.bytes.count(2, "the deletions of a client")? {
                self.weigh(weight::RANGE)?;
                let start = self.clock(0)?;
                if start < end {
                    return Err(self.bytes.refused(Why::Twice("a deletion")));
                }
                end = self.clock(start)?;
            }
            self.outline.deletions.push((client, end));
        }
        self.once(seen)
    }
}
