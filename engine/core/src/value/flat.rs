//! The flat encoding: a whole value in one piece, without references.
//!
//! Small values are stored so, and any value travels so between processes. Laid out in `ENCODING.md`.

use std::sync::Arc;

use super::wire::{Reader, bytes_len, push_bytes, push_varint, varint_len, zigzag};
use super::{DecodeError, List, Record, Value, float_bits};

pub(super) const NULL: u8 = 0;
pub(super) const FALSE: u8 = 1;
pub(super) const TRUE: u8 = 2;
pub(super) const INT: u8 = 3;
pub(super) const FLOAT: u8 = 4;
pub(super) const TEXT: u8 = 5;
pub(super) const BYTES: u8 = 6;
pub(super) const LIST: u8 = 7;
pub(super) const RECORD: u8 = 8;

/// Room made before the first item is seen; a claimed count is not believed beyond this.
const ROOM: usize = 64;

/// The size of a value that holds no other, as [`write()`] appends it.
pub(super) fn leaf_size(value: &Value) -> u64 {
    match value {
        Value::Int(int) => 1 + varint_len(zigzag(*int)),
        Value::Float(_) => 9,
        Value::Text(text) => 1 + bytes_len(text.len()),
        Value::Bytes(bytes) => 1 + bytes_len(bytes.len()),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Record(_) => 1,
    }
}

/// Appends the flat encoding. The caller has made sure that `value` is not too deep.
pub(super) fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(bool) => out.push(if *bool { TRUE } else { FALSE }),
        Value::Int(int) => {
            out.push(INT);
            push_varint(out, zigzag(*int));
        }
        Value::Float(float) => {
            out.push(FLOAT);
            out.extend_from_slice(&float_bits(*float).to_le_bytes());
        }
        Value::Text(text) => {
            out.push(TEXT);
            push_bytes(out, text.as_bytes());
        }
        Value::Bytes(bytes) => {
            out.push(BYTES);
            push_bytes(out, bytes);
        }
        Value::List(items) => {
            out.push(LIST);
            push_varint(out, items.len() as u64);
            items.iter().for_each(|item| write(item, out));
        }
        Value::Record(fields) => {
            out.push(RECORD);
            push_varint(out, fields.len() as u64);
            for (key, value) in fields {
                push_bytes(out, key.as_bytes());
                write(value, out);
            }
        }
    }
}

/// Reads one value that is nested at most `depth_max` deep.
///
/// `like` is a value that it may resemble, the item before it: names of fields that are the same there
/// are shared instead of copied, so that a long list of rows holds each name once.
pub(super) fn read(
    reader: &mut Reader<'_>,
    depth_max: u32,
    like: Option<&Value>,
) -> Result<Value, DecodeError> {
    Ok(match reader.byte()? {
        NULL => Value::Null,
        FALSE => Value::Bool(false),
        TRUE => Value::Bool(true),
        INT => Value::Int(reader.int()?),
        FLOAT => Value::Float(read_float(reader)?),
        TEXT => Value::Text(reader.text()?.into()),
        BYTES => Value::Bytes(reader.bytes()?.into()),
        LIST => Value::List(read_list(reader, below(depth_max)?)?),
        RECORD => {
            let like = like
                .and_then(Value::as_record)
                .map_or(&[][..], Record::fields);
            Value::Record(read_record(reader, below(depth_max)?, like)?)
        }
        _ => return Err(DecodeError::Malformed("an unknown tag")),
    })
}

/// How deep the items of a list or record may be that may itself be `depth_max` deep.
pub(super) fn below(depth_max: u32) -> Result<u32, DecodeError> {
    depth_max
        .checked_sub(1)
        .ok_or(DecodeError::Malformed("nested too deep"))
}

fn read_float(reader: &mut Reader<'_>) -> Result<f64, DecodeError> {
    let bits = u64::from_le_bytes(reader.array()?);
    let float = f64::from_bits(bits);
    if float_bits(float) == bits {
        Ok(float)
    } else {
        Err(DecodeError::Malformed("a second form of NaN"))
    }
}

fn read_list(reader: &mut Reader<'_>, depth_max: u32) -> Result<List, DecodeError> {
    let count = reader.count()?;
    let mut items = Vec::with_capacity(count.min(ROOM));
    for _ in 0..count {
        items.push(read(reader, depth_max, items.last())?);
    }
    Ok(items.into())
}

fn read_record(
    reader: &mut Reader<'_>,
    depth_max: u32,
    like: &[(Arc<str>, Value)],
) -> Result<Record, DecodeError> {
    let count = reader.count()?;
    let mut fields = Vec::with_capacity(count.min(ROOM));
    for at in 0..count {
        let like = like.get(at);
        let key = read_key(reader, &fields, like.map(|(key, _)| key))?;
        let value = read(reader, depth_max, like.map(|(_, value)| value))?;
        fields.push((key, value));
    }
    Ok(Record::sorted(fields))
}

/// Reads the name of a field, which must be greater than the last and is probably `like`.
pub(super) fn read_key(
    reader: &mut Reader<'_>,
    fields: &[(Arc<str>, Value)],
    like: Option<&Arc<str>>,
) -> Result<Arc<str>, DecodeError> {
    let key = reader.text()?;
    if fields.last().is_some_and(|(last, _)| **last >= *key) {
        return Err(DecodeError::Malformed(
            "the fields of a record are not sorted",
        ));
    }
    Ok(like
        .filter(|like| ***like == *key)
        .map_or_else(|| key.into(), Arc::clone))
}

/// Passes over one value without building it.
pub(super) fn skip(reader: &mut Reader<'_>, depth_max: u32) -> Result<(), DecodeError> {
    match reader.byte()? {
        NULL | FALSE | TRUE => {}
        INT => drop(reader.varint()?),
        FLOAT => drop(reader.array::<8>()?),
        TEXT | BYTES => drop(reader.bytes()?),
        LIST => {
            for _ in 0..reader.count()? {
                skip(reader, below(depth_max)?)?;
            }
        }
        RECORD => {
            for _ in 0..reader.count()? {
                reader.bytes()?;
                skip(reader, below(depth_max)?)?;
            }
        }
        _ => return Err(DecodeError::Malformed("an unknown tag")),
    }
    Ok(())
}
