//! Moments as milliseconds since 1970, read and written; the clock itself is an effect.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use rhai::Engine;

use super::{Answer, fault};
use crate::time::Timestamp;

/// Longest format of `format_time`, in bytes; each directive may write a few times its length.
const FORMAT_BYTES_MAX: usize = 1024;

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("parse_time", |text: &str| parse(text))
        .register_fn("format_time", |ms: i64| format_rfc3339(ms))
        .register_fn("format_time", |ms: i64, format: &str| format_by(ms, format));
}

/// RFC 3339 with its offset, or a date and time, or a date, both in UTC.
fn parse(text: &str) -> Answer<i64> {
    let text = text.trim();
    let civil = || {
        text.parse::<DateTime>()
            .or_else(|_| text.parse::<Date>().map(DateTime::from))
    };
    let moment = text.parse::<jiff::Timestamp>().or_else(|_| {
        civil()
            .and_then(|civil| civil.to_zoned(TimeZone::UTC))
            .map(|zoned| zoned.timestamp())
    });
    moment.map(jiff::Timestamp::as_millisecond).map_err(|_| {
        let shown: String = text.chars().take(64).collect();
        fault(format!("parse_time: expected a time such as 2026-01-31T12:00:00Z or 2026-01-31, found {shown:?}"))
    })
}

fn format_rfc3339(ms: i64) -> Answer<String> {
    moment(ms).map(|_| Timestamp(ms).to_string())
}

fn format_by(ms: i64, format: &str) -> Answer<String> {
    if format.len() > FORMAT_BYTES_MAX {
        return Err(fault(format!(
            "format_time: a format has at most {FORMAT_BYTES_MAX} bytes"
        )));
    }
    let zoned = moment(ms)?.to_zoned(TimeZone::UTC);
    strtime::format(format, &zoned).map_err(|error| fault(format!("format_time: {error}")))
}

fn moment(ms: i64) -> Answer<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(ms).map_err(|_| {
        fault(format!(
            "format_time: {ms} ms is outside the years -9999 to 9999"
        ))
    })
}
