//! How much memory this process holds, told cheaply enough to be asked in the middle of a script.

use std::fs::File;
use std::io;

/// Tells how many bytes this process holds.
#[derive(Debug)]
pub(super) struct MemoryGauge {
    statm: File,
    page_bytes: u64,
}

impl MemoryGauge {
    /// A gauge that stays usable after files can no longer be opened.
    ///
    /// # Errors
    /// Where the platform does not tell.
    pub(super) fn open() -> io::Result<Self> {
        let statm = File::open("/proc/self/statm")?;
        Ok(Self {
            statm,
            page_bytes: page_bytes(),
        })
    }

    /// Resident memory in bytes; 0 when it cannot be read.
    pub(super) fn bytes(&self) -> u64 {
        self.pages().unwrap_or(0) * self.page_bytes
    }

    #[cfg(unix)]
    fn pages(&self) -> Option<u64> {
        use std::os::unix::fs::FileExt;
        let mut buffer = [0; 128];
        let read = self.statm.read_at(&mut buffer, 0).ok()?;
        let text = std::str::from_utf8(&buffer[..read]).ok()?;
        text.split_ascii_whitespace().nth(1)?.parse().ok()
    }

    #[cfg(not(unix))]
    fn pages(&self) -> Option<u64> {
        None
    }

    /// The number of the file it reads.
    #[cfg(unix)]
    pub(super) fn file(&self) -> i32 {
        std::os::fd::AsRawFd::as_raw_fd(&self.statm)
    }

    /// The number of the file it reads.
    #[cfg(not(unix))]
    pub(super) fn file(&self) -> i32 {
        -1
    }
}

#[cfg(unix)]
fn page_bytes() -> u64 {
    rustix::param::page_size() as u64
}

#[cfg(not(unix))]
fn page_bytes() -> u64 {
    0
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_told() {
        let gauge = MemoryGauge::open().expect("a gauge");
        let before = gauge.bytes();
        let taken = vec![1u8; 64 << 20];
        assert!(
            gauge.bytes() >= before + (60 << 20),
            "{} bytes",
            taken.len()
        );
    }
}
