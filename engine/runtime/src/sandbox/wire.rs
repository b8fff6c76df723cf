//! What parent and child say to each other: frames of a length, a number and a body.
//!
//! Values travel in their canonical encoding, everything around them as postcard. The child's side of
//! the wire is hostile: the parent bounds every length before it reads, and checks every byte.

use std::fmt;

use flowforge_engine::effect::{Effect, Outcome};
use flowforge_engine::event::{LogLine, Usage};
use flowforge_engine::failure::Failure;
use flowforge_engine::script::{
    EvaluateLimits, EvaluateReply, EvaluateRequest, Evaluated, References, Source,
};
use flowforge_engine::value::{Value, decode_inline, encode_inline};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a child writes first, once it is confined and ready.
pub(super) const READY: &[u8] = b"flowforge sandbox 1";
/// Largest request, in bytes.
pub(super) const REQUEST_BYTES_MAX: usize = 64 << 20;
/// What a reply may hold beyond the result: logs, a failure, the frame itself.
pub(super) const REPLY_EXTRA_BYTES: u64 = 1 << 20;
/// Largest reply whatever the limits of the request say, in bytes.
const REPLY_BYTES_MAX: u64 = 64 << 20;
/// Length and number of a frame, in bytes.
pub(super) const HEADER_BYTES: usize = 12;

/// Why something cannot travel, or is not what was expected.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("the request is larger than {} MiB", REQUEST_BYTES_MAX >> 20)]
    RequestTooLarge,
    #[error("a reply of {bytes} bytes, where at most {bytes_max} are read")]
    ReplyTooLarge { bytes: u64, bytes_max: u64 },
    #[error("bytes that are no message: {0}")]
    Malformed(String),
}

/// The largest reply to a request with these limits, in bytes.
pub(super) fn reply_bytes_max(limits: &EvaluateLimits) -> u64 {
    limits
        .result_bytes
        .saturating_add(REPLY_EXTRA_BYTES)
        .min(REPLY_BYTES_MAX)
}

/// A frame: the length of its body, its number, its body.
pub(super) fn frame(number: u64, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("bodies are bounded far below 4 GiB");
    let mut frame = Vec::with_capacity(HEADER_BYTES + body.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(&number.to_le_bytes());
    frame.extend_from_slice(body);
    frame
}

/// The length and the number in a frame's header.
pub(super) fn header(bytes: [u8; HEADER_BYTES]) -> (u64, u64) {
    let (mut length, mut number) = ([0; 4], [0; 8]);
    length.copy_from_slice(&bytes[..4]);
    number.copy_from_slice(&bytes[4..]);
    (
        u32::from_le_bytes(length).into(),
        u64::from_le_bytes(number),
    )
}

/// A value in its canonical encoding.
struct Encoded(Vec<u8>);

impl Serialize for Encoded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Encoded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(EncodedVisitor)
    }
}

struct EncodedVisitor;

impl Visitor<'_> for EncodedVisitor {
    type Value = Encoded;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the encoding of a value")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Encoded, E> {
        Ok(Encoded(bytes.to_vec()))
    }
}

#[derive(Serialize, Deserialize)]
struct Request {
    sources: Vec<Source>,
    scope: Encoded,
    answers: Vec<Outcome<Encoded>>,
    limits: EvaluateLimits,
}

#[derive(Serialize, Deserialize)]
struct Reply {
    result: Ended,
    logs: Vec<LogLine>,
    usage: Usage,
    state: WorkerState,
}

#[derive(Serialize, Deserialize)]
enum Ended {
    Done(Vec<Encoded>),
    Needs(Effect<Encoded>),
    Failed(Failure<Encoded>),
}

/// What a child says about itself with each reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WorkerState {
    /// What it holds after the evaluation, in bytes; 0 when that is not known.
    pub(super) memory_bytes: u64,
    /// Whether something went wrong in it, so that it should not be used again.
    pub(super) spoiled: bool,
}

fn encoded(value: &Value, bytes_max: usize) -> Result<Encoded, WireError> {
    encode_inline(value, bytes_max)
        .map(Encoded)
        .ok_or(WireError::RequestTooLarge)
}

fn decoded(encoded: &Encoded) -> Result<Value, WireError> {
    decode_inline(&encoded.0).map_err(|error| WireError::Malformed(error.to_string()))
}

fn to_bytes(message: &impl Serialize) -> Result<Vec<u8>, WireError> {
    postcard::to_stdvec(message).map_err(|error| WireError::Malformed(error.to_string()))
}

fn from_bytes<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, WireError> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok(_) => Err(WireError::Malformed("there is more after its end".into())),
        Err(error) => Err(WireError::Malformed(error.to_string())),
    }
}

/// The body of a request, with only that part of the scope which its sources use.
pub(super) fn encode_request(request: &EvaluateRequest) -> Result<Vec<u8>, WireError> {
    let scope = References::of_sources(&request.sources).prune(&request.scope);
    let mut encode = |value: Value| encoded(&value, REQUEST_BYTES_MAX);
    let answers = request.answers.iter().cloned().map(|answer| match answer {
        Ok(value) => encode(value).map(Ok),
        Err(failure) => failure.try_map(&mut encode).map(Err),
    });
    let message = Request {
        answers: answers.collect::<Result<_, _>>()?,
        scope: encoded(&scope, REQUEST_BYTES_MAX)?,
        sources: request.sources.clone(),
        limits: request.limits,
    };
    let bytes = to_bytes(&message)?;
    if bytes.len() > REQUEST_BYTES_MAX {
        Err(WireError::RequestTooLarge)
    } else {
        Ok(bytes)
    }
}

/// The request in a body.
pub(super) fn decode_request(bytes: &[u8]) -> Result<EvaluateRequest, WireError> {
    let Request {
        sources,
        scope,
        answers,
        limits,
    } = from_bytes(bytes)?;
    let answers = answers.into_iter().map(|answer| match answer {
        Ok(value) => decoded(&value).map(Ok),
        Err(failure) => failure.try_map(&mut |value| decoded(&value)).map(Err),
    });
    Ok(EvaluateRequest {
        answers: answers.collect::<Result<_, _>>()?,
        scope: decoded(&scope)?,
        sources,
        limits,
    })
}

/// The body of a reply.
pub(super) fn encode_reply(
    reply: &EvaluateReply,
    state: WorkerState,
    bytes_max: u64,
) -> Result<Vec<u8>, WireError> {
    let room = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    let mut encode = |value: Value| encoded(&value, room);
    let result = match reply.result.clone() {
        Evaluated::Done(values) => {
            Ended::Done(values.into_iter().map(encode).collect::<Result<_, _>>()?)
        }
        Evaluated::Needs(effect) => Ended::Needs(effect.try_map(&mut encode)?),
        Evaluated::Failed(failure) => Ended::Failed(failure.try_map(&mut encode)?),
    };
    let bytes = to_bytes(&Reply {
        result,
        logs: reply.logs.clone(),
        usage: reply.usage,
        state,
    })?;
    let length = bytes.len() as u64;
    if length > bytes_max {
        Err(WireError::ReplyTooLarge {
            bytes: length,
            bytes_max,
        })
    } else {
        Ok(bytes)
    }
}

/// The reply in a body, which may hold anything.
pub(super) fn decode_reply(bytes: &[u8]) -> Result<(EvaluateReply, WorkerState), WireError> {
    let Reply {
        result,
        logs,
        usage,
        state,
    } = from_bytes(bytes)?;
    let mut decode = |value: Encoded| decoded(&value);
    let result = match result {
        Ended::Done(values) => {
            Evaluated::Done(values.into_iter().map(decode).collect::<Result<_, _>>()?)
        }
        Ended::Needs(effect) => Evaluated::Needs(effect.try_map(&mut decode)?),
        Ended::Failed(failure) => Evaluated::Failed(failure.try_map(&mut decode)?),
    };
    Ok((
        EvaluateReply {
            result,
            logs,
            usage,
        },
        state,
    ))
}

#[cfg(test)]
mod tests {
    use flowforge_engine::failure::FailureKind;

    use super::*;

    fn json(text: &str) -> Value {
        Value::parse_json(text).expect("JSON")
    }

    #[test]
    fn a_request_arrives_as_it_was_sent_but_for_what_nobody_uses() {
        let failure = Failure::new(FailureKind::Connection, "no").with_details(json("[1]"));
        let mut request = EvaluateRequest {
            sources: vec![
                Source::Script("input.x".into()),
                Source::Expression("1".into()),
            ],
            scope: json(r#"{"input":{"x":9007199254740993},"item":5,"nodes":{}}"#),
            answers: vec![Ok(json(r#""a""#)), Err(failure)],
            limits: EvaluateLimits::default(),
        };
        let received =
            decode_request(&encode_request(&request).expect("small")).expect("well-formed");
        request.scope = json(r#"{"input":{"x":9007199254740993},"nodes":{}}"#);
        assert_eq!(received, request);
    }

    #[test]
    fn a_reply_arrives_as_it_was_sent() {
        let reply = EvaluateReply {
            result: Evaluated::Done(vec![json("[1,2.5]"), Value::Bytes(vec![1].into())]),
            logs: vec![LogLine {
                level: "info".into(),
                text: "x".into(),
            }],
            usage: Usage {
                operations: 7,
                memory_bytes: 9,
            },
        };
        let state = WorkerState {
            memory_bytes: 3,
            spoiled: true,
        };
        let bytes = encode_reply(&reply, state, 1000).expect("small");
        assert_eq!(decode_reply(&bytes).expect("well-formed"), (reply, state));
    }

    #[test]
    fn a_reply_that_is_too_large_does_not_leave() {
        let result = Evaluated::Done(vec!["x".repeat(1000).into()]);
        let reply = EvaluateReply {
            result,
            logs: Vec::new(),
            usage: Usage::default(),
        };
        assert!(encode_reply(&reply, WorkerState::default(), 500).is_err());
    }

    #[test]
    fn bytes_that_are_no_reply_are_refused() {
        for length in 0..64usize {
            for byte in [0, 1, 2, 0x7f, 0xff] {
                let bytes = vec![byte; length];
                if let Ok((reply, state)) = decode_reply(&bytes) {
                    let again = encode_reply(&reply, state, 1000).expect("small");
                    assert_eq!(again, bytes, "only what could have been written is read");
                }
            }
        }
    }
}
