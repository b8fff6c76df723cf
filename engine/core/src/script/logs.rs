//! What scripts print, cut at a bound that is shown.

use crate::event::LogLine;

use super::LOG_BYTES_MAX;

/// Counted for each line, so that empty lines are bounded too.
const LINE_BYTES: usize = 16;

/// Log lines of one evaluation, of at most [`LOG_BYTES_MAX`] bytes and a marker.
#[derive(Debug, Default)]
pub(super) struct Logs {
    lines: Vec<LogLine>,
    bytes: usize,
    dropped: u64,
}

impl Logs {
    /// Adds a line; cuts it when it is the first that does not fit, counts it when it is a later one.
    pub(super) fn add(&mut self, level: &str, text: &str) {
        let left = LOG_BYTES_MAX.saturating_sub(self.bytes);
        if left < LINE_BYTES || self.dropped > 0 {
            self.dropped += 1;
            return;
        }
        let fits = text.floor_char_boundary(text.len().min(left - LINE_BYTES));
        self.dropped += u64::from(fits < text.len());
        self.bytes += fits + LINE_BYTES;
        self.lines.push(LogLine {
            level: level.into(),
            text: text[..fits].into(),
        });
    }

    /// The lines, and when some were cut or dropped a last one that says so.
    pub(super) fn into_lines(mut self) -> Vec<LogLine> {
        if self.dropped > 0 {
            let text = format!(
                "… {} lines were cut or dropped: a frame keeps {LOG_BYTES_MAX} bytes of logs",
                self.dropped
            );
            self.lines.push(LogLine {
                level: "warn".into(),
                text,
            });
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_up_to_the_bound_and_a_marker() {
        let mut logs = Logs::default();
        for _ in 0..1000 {
            logs.add("info", &"é".repeat(500));
        }
        let lines = logs.into_lines();
        let bytes: usize = lines.iter().map(|line| line.text.len()).sum();
        assert!(
            (LOG_BYTES_MAX / 2..LOG_BYTES_MAX + 200).contains(&bytes),
            "{bytes}"
        );
        assert!(lines.last().is_some_and(|line| line.text.starts_with('…')));
    }

    #[test]
    fn few_lines_are_kept_whole() {
        let mut logs = Logs::default();
        logs.add("info", "a");
        assert_eq!(
            logs.into_lines(),
            [LogLine {
                level: "info".into(),
                text: "a".into()
            }]
        );
    }
}
