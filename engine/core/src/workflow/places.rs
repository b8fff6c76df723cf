//! Where in a file each node, parameter and edge stands, so that a problem can be shown with its line.
//!
//! A second pass over the text, made only when somebody wants to show places. JSON goes through the
//! YAML reader too, since JSON is YAML; when that reader disagrees, there are no places, never wrong ones.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::{Workflow, file, nearest};
use crate::problem::Place;

/// A place in a file: where something begins, and how long it is.
///
/// [`file::offset`] tells how many bytes of the file are before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// Its length in bytes; 0 for a record or list.
    pub length_bytes: usize,
}

/// Where in a file everything of a workflow stands.
#[derive(Clone, Debug, Default)]
pub struct Places {
    root: Option<Shape>,
    nodes: BTreeMap<String, usize>,
}

/// The shape of a document: what holds what, and where.
#[derive(Clone, Debug)]
struct Shape {
    spot: Spot,
    /// The bytes of the file before it.
    offset: usize,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Scalar(Script),
    List(Vec<Shape>),
    Record(Vec<(Box<str>, Shape)>),
}

/// How the lines and columns of a text map to those of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    /// Not one to one: folded, escaped, or not a text.
    Opaque,
    /// On one line, beginning this many characters after the spot.
    Inline(u32),
    /// A literal block: the line before its first, and how far it is indented.
    Block { header: u32, indent: u32 },
}

impl Places {
    /// The places of a workflow that was read from this text.
    pub(super) fn new(text: &str, workflow: &Workflow) -> Self {
        let Some(root) = Shape::read(text) else {
            return Self::default();
        };
        let mut nodes = BTreeMap::new();
        for (position, node) in workflow.graph.nodes.iter().enumerate() {
            nodes.entry(node.id.as_str().to_owned()).or_insert(position);
        }
        Self {
            root: Some(root),
            nodes,
        }
    }

    /// Where a problem is: the deepest part of its place that the file has.
    #[must_use]
    pub fn find(&self, place: &Place) -> Option<Spot> {
        let found = self.root.as_ref()?.deepest(&self.pointer(place));
        Some(match (&place.param, place.line) {
            (Some(_), Some(line)) => found.line(line, place.column.unwrap_or(1)),
            _ => found.spot,
        })
    }

    fn pointer(&self, place: &Place) -> String {
        if let Some(field) = &place.field {
            return field.clone();
        }
        if let Some(edge) = place.edge {
            return format!("/graph/edges/{edge}");
        }
        let Some(position) = place
            .node
            .as_ref()
            .and_then(|id| self.nodes.get(id.as_str()))
        else {
            return String::new();
        };
        match &place.param {
            Some(param) => format!("/graph/nodes/{position}/params{param}"),
            None => format!("/graph/nodes/{position}"),
        }
    }
}

/// The place in a text of what a JSON pointer names, or of its nearest ancestor.
pub(super) fn spot(text: &str, pointer: &str) -> Option<Spot> {
    Shape::read(text).map(|root| root.deepest(pointer).spot)
}

/// The place of the record that a reader stopped at because this field is missing, and the field that
/// was probably meant to be it.
pub(super) fn missing(text: &str, field: &str) -> Option<(Spot, Option<String>)> {
    let root = Shape::read(text)?;
    let record = root.lacking(field)?;
    let Content::Record(fields) = &record.content else {
        return None;
    };
    let meant = nearest(field, fields.iter().map(|(name, _)| &**name));
    Some((record.spot, meant.map(str::to_owned)))
}

impl Shape {
    fn read(text: &str) -> Option<Self> {
        let mut shape: Self = serde_saphyr::from_str_with_options(text, file::options()).ok()?;
        shape.look(text);
        Some(shape)
    }

    /// Works out how each text's lines map to the file's; needs the file.
    fn look(&mut self, text: &str) {
        match &mut self.content {
            Content::Scalar(script) => *script = Script::look(text, self.offset, self.spot),
            Content::List(items) => items.iter_mut().for_each(|item| item.look(text)),
            Content::Record(fields) => fields.iter_mut().for_each(|(_, value)| value.look(text)),
        }
    }

    /// The first record without this field, among those that must have it. Inner ones are read first.
    fn lacking(&self, field: &str) -> Option<&Self> {
        let graph = self.step("graph");
        let list = match field {
            "id" | "type" => graph.and_then(|graph| graph.step("nodes")),
            "source" | "target" => graph.and_then(|graph| graph.step("edges")),
            _ => None,
        };
        let items = match list.map(|list| &list.content) {
            Some(Content::List(items)) => items.as_slice(),
            _ => &[],
        };
        let outer = if field == "nodes" { graph } else { Some(self) };
        items
            .iter()
            .chain(outer)
            .find(|record| record.step(field).is_none())
    }

    fn deepest(&self, pointer: &str) -> &Self {
        let mut shape = self;
        for step in pointer.split('/').skip(1) {
            match shape.step(&step.replace("~1", "/").replace("~0", "~")) {
                Some(next) => shape = next,
                None => break,
            }
        }
        shape
    }

    fn step(&self, step: &str) -> Option<&Self> {
        match &self.content {
            Content::Scalar(_) => None,
            Content::List(items) => items.get(step.parse::<usize>().ok()?),
            Content::Record(fields) => fields
                .iter()
                .find(|(key, _)| **key == *step)
                .map(|(_, value)| value),
        }
    }

    /// The place of a line and column of this text.
    fn line(&self, line: u32, column: u32) -> Spot {
        let at = self.spot;
        match self.content {
            Content::Scalar(Script::Inline(skip)) if line == 1 => Spot {
                column: at.column + skip + column - 1,
                length_bytes: 1,
                ..at
            },
            Content::Scalar(Script::Block { header, indent }) => Spot {
                line: header + line,
                column: indent + column,
                length_bytes: 1,
            },
            _ => at,
        }
    }
}

impl Script {
    fn look(text: &str, offset: usize, spot: Spot) -> Self {
        let Some(written) = text.get(offset..offset + spot.length_bytes) else {
            return Self::Opaque;
        };
        if let Some(block) = Self::block(&text[..offset], spot) {
            return block;
        }
        match written.chars().next() {
            None | Some('*') => Self::Opaque,
            Some(_) if written.contains('\n') => Self::Opaque,
            Some('"') if written.contains('\\') => Self::Opaque,
            Some('\'') if written.contains("''") => Self::Opaque,
            Some('"' | '\'') => Self::Inline(1),
            Some(_) => Self::Inline(0),
        }
    }

    /// A block scalar's spot is its first line with something on it; what kind it is stands in the
    /// last line before it that is not blank.
    fn block(before: &str, spot: Spot) -> Option<Self> {
        let (lines, indent) = before.rsplit_once('\n')?;
        let header = lines.trim_end();
        let blank = lines[header.len()..].matches('\n').count();
        let indicator = header.rsplit('\n').next()?.rsplit_once([' ', '\t'])?.1;
        if !indent.trim_start_matches(' ').is_empty() || !indicator.starts_with(['|', '>']) {
            return None;
        }
        let literal = matches!(indicator, "|" | "|-" | "|+");
        let header = spot.line - 1 - u32::try_from(blank).ok()?;
        Some(if literal {
            Self::Block {
                header,
                indent: spot.column - 1,
            }
        } else {
            Self::Opaque
        })
    }
}

impl From<Location> for Spot {
    fn from(location: Location) -> Self {
        Self {
            line: small(location.line()),
            column: small(location.column()),
            length_bytes: location
                .span()
                .byte_len()
                .map_or(0, |bytes| small(bytes) as usize),
        }
    }
}

/// The bytes of the file before a location.
pub(super) fn offset(location: Location) -> usize {
    location
        .span()
        .byte_offset()
        .map_or(0, |bytes| small(bytes) as usize)
}

fn small(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned {
            value, referenced, ..
        } = Spanned::<Content>::deserialize(deserializer)?;
        Ok(Self {
            spot: referenced.into(),
            offset: offset(referenced),
            content: value,
        })
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

macro_rules! scalars {
    ($($visit:ident: $type:ty),*) => {
        $(fn $visit<E>(self, _: $type) -> Result<Content, E> {
            Ok(Content::Scalar(Script::Opaque))
        })*
    };
}

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    scalars!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Scalar(Script::Opaque))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Content, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Content::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Content, A::Error> {
        let mut record = Vec::new();
        while let Some((key, value)) = fields.next_entry::<String, Shape>()? {
            record.push((key.into(), value));
        }
        Ok(Content::Record(record))
    }
}
