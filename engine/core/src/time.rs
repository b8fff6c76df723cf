//! Time, as an argument. Nothing in this crate reads a clock; the edge hands one in.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970-01-01T00:00:00Z. Printed in JSON as RFC 3339 text; binary formats keep the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This moment and `delay_ms` more, at the end of time when that passes it.
    #[must_use]
    pub fn plus_ms(self, delay_ms: u64) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(delay_ms).unwrap_or(i64::MAX)),
        )
    }

    /// Milliseconds from `earlier` to this moment; 0 when the clock went backwards.
    #[must_use]
    pub fn since_ms(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            let moment: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
            Ok(Self(moment.as_millisecond()))
        } else {
            i64::deserialize(deserializer).map(Self)
        }
    }
}

/// What time it is, as the edge tells it.
pub trait Clock {
    /// The present moment; it need not be monotonic.
    fn now(&self) -> Timestamp;
}

/// A clock that stands still, for tests, folds and replays.
impl Clock for Timestamp {
    fn now(&self) -> Timestamp {
        *self
    }
}
