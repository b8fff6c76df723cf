//! Tells commands on this machine where the service of a data folder is, and lets them in.
//!
//! The file is its owner's only and lies in the folder while the service runs. One that a killed service
//! left behind does no harm: nobody answers there, or whoever does refuses the token.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The file in the data folder.
pub(crate) const FILE: &str = "service.json";

/// What the file says.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Found {
    /// The service's URL.
    pub(crate) address: String,
    /// A token that is good while it runs.
    pub(crate) token: String,
    /// Its process.
    pub(crate) pid: u32,
}

/// The file, while the service runs.
#[derive(Debug)]
pub(crate) struct Beacon {
    file: PathBuf,
}

impl Beacon {
    /// Writes the file.
    pub(crate) fn light(folder: &Path, address: &str, token: &str) -> std::io::Result<Self> {
        let file = folder.join(FILE);
        let found = Found {
            address: address.to_owned(),
            token: token.to_owned(),
            pid: std::process::id(),
        };
        let unborn = folder.join(format!("{FILE}.new"));
        let text = serde_json::to_string(&found).expect("plain fields");
        match std::fs::remove_file(&unborn) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        private(&unborn)?.write_all(text.as_bytes())?;
        std::fs::rename(&unborn, &file)?;
        Ok(Self { file })
    }
}

impl Drop for Beacon {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.file) {
            tracing::debug!(%error, "{FILE} stays");
        }
    }
}

/// What the file in this folder says, if there is one.
pub(crate) fn find(folder: &Path) -> Option<Found> {
    let text = std::fs::read_to_string(folder.join(FILE)).ok()?;
    serde_json::from_str(&text).ok()
}

fn private(file: &Path) -> std::io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}
