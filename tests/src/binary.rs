//! Finds the real `flowforge` binary for tests that start it as a process.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The environment variable that names the binary to test.
pub const BINARY_VARIABLE: &str = "FLOWFORGE_BIN";

/// The binary under test: the one that `FLOWFORGE_BIN` names, else the one that was built into the
/// target folder of the running test.
///
/// # Panics
/// When there is none; the message says how to build it.
#[must_use]
pub fn path() -> PathBuf {
    let named = env::var_os(BINARY_VARIABLE).map(PathBuf::from);
    let found = named
        .filter(|path| path.is_file())
        .or_else(|| beside(&env::current_exe().ok()?));
    found.unwrap_or_else(|| {
        panic!(
            "no flowforge binary: run `cargo build --workspace --bins`, or set {BINARY_VARIABLE}"
        )
    })
}

/// A setting with a name of its own: with it, a test would ask a real model.
const KEY_VARIABLE: &str = "OPENROUTER_API_KEY";

/// A command that starts the binary under test with no setting of the caller's environment.
///
/// # Panics
/// When there is no binary, see [`path`].
#[must_use]
pub fn command() -> Command {
    let mut command = Command::new(path());
    let ours = env::vars_os().map(|(name, _)| name);
    for name in ours.filter(|name| name.to_string_lossy().starts_with("FLOWFORGE_")) {
        command.env_remove(name);
    }
    command.env_remove(KEY_VARIABLE);
    command
}

/// The binary in the folder of an executable or the one above: tests are built into `deps`.
fn beside(executable: &Path) -> Option<PathBuf> {
    let name = format!("flowforge{}", env::consts::EXE_SUFFIX);
    executable
        .ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_found_beside_the_test_or_one_folder_up() {
        let target = tempfile::tempdir().expect("a folder");
        let binary = target
            .path()
            .join(format!("flowforge{}", env::consts::EXE_SUFFIX));
        let test = target.path().join("deps").join("a_test-0123");
        assert_eq!(beside(&test), None);
        std::fs::write(&binary, "").expect("written");
        assert_eq!(beside(&test), Some(binary.clone()));
        assert_eq!(beside(&target.path().join("test-server")), Some(binary));
        assert_eq!(beside(&target.path().join("a/b/deps/test")), None);
    }
}
