//! Reads a response within its bounds, and makes the outcome of it.

use flowforge_engine::value::{Record, Value};
use flowforge_engine::{Failure, FailureKind};
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, SET_COOKIE};

use super::body::{ContentType, decode};
use super::refusal::Target;
use super::request::{ResponseAs, Terms};
use super::trouble::broken;

/// Largest names and values of the headers of a response together, in bytes.
pub(crate) const HEADER_BYTES_MAX: usize = 64 * 1024;

/// Bodies above this are decoded on a thread of their own: a large JSON text takes the processor long
/// enough for other runs to notice.
const DECODE_INLINE_BYTES_MAX: usize = 128 * 1024;

/// The outcome of a response: `{status, headers, body, url}`.
///
/// Header names are in lower case. A header that came several times is joined with `, `, which means
/// the same; only `set-cookie` must not be joined so, and has one cookie per line.
pub(crate) async fn read(
    mut response: Response,
    target: &Target,
    terms: Terms,
) -> Result<Value, Failure> {
    let headers = headers(response.headers(), target)?;
    let kind = response
        .headers()
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let kind = ContentType::parse(kind.as_deref().unwrap_or_default());
    let bytes = bytes(&mut response, target, terms.bytes_max).await?;
    let body = body(
        bytes,
        kind,
        terms.response_as,
        response.status().is_success(),
    )
    .await?;
    let fields = [
        ("status", i64::from(response.status().as_u16()).into()),
        ("headers", headers.into()),
        ("body", body),
        ("url", response.url().as_str().into()),
    ];
    Ok(Value::Record(fields.into_iter().collect()))
}

fn headers(headers: &HeaderMap, target: &Target) -> Result<Record, Failure> {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if bytes > HEADER_BYTES_MAX {
        return Err(too_large(target, "headers", HEADER_BYTES_MAX as u64));
    }
    Ok(headers
        .keys()
        .map(|name| (name.as_str(), joined(headers, name)))
        .collect())
}

fn joined(headers: &HeaderMap, name: &HeaderName) -> Value {
    let values: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    values
        .join(if name == SET_COOKIE { "\n" } else { ", " })
        .into()
}

/// The decompressed bytes of the body. Reading stops at the bound, whatever the sender announced.
async fn bytes(
    response: &mut Response,
    target: &Target,
    bytes_max: u64,
) -> Result<Vec<u8>, Failure> {
    let too_large = || {
        too_large(target, "body", bytes_max)
            .with_hint("raise bytesMax, or ask the other side for less at a time")
    };
    if response
        .content_length()
        .is_some_and(|length| length > bytes_max)
    {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| broken(&error, target))?
    {
        if (bytes.len() + chunk.len()) as u64 > bytes_max {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

async fn body(
    bytes: Vec<u8>,
    kind: ContentType,
    wanted: ResponseAs,
    success: bool,
) -> Result<Value, Failure> {
    if bytes.len() <= DECODE_INLINE_BYTES_MAX {
        return decode(bytes, &kind, wanted, success);
    }
    let decoding = tokio::task::spawn_blocking(move || decode(bytes, &kind, wanted, success));
    decoding.await.unwrap_or_else(|_| {
        Err(Failure::new(
            FailureKind::Internal,
            "decoding the response broke off",
        ))
    })
}

fn too_large(target: &Target, part: &str, bytes_max: u64) -> Failure {
    Failure::new(
        FailureKind::Limit,
        format!("the {part} of the response from {target} is larger than {bytes_max} bytes"),
    )
}
