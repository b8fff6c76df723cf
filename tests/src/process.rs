//! The real process, as a user starts it: a data folder, a command line, what came out.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value as JsonValue;
use tempfile::TempDir;

use crate::{TestServer, binary};

/// A data folder of its own, and a place for files.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    allow: Vec<String>,
    variables: Vec<(String, String)>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; absent when it was killed.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said besides.
    pub stderr: String,
}

impl Home {
    /// A new data folder.
    ///
    /// # Panics
    /// When the system gives no folder.
    #[must_use]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            folder,
            allow: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// A new data folder for commands that may call this server.
    #[must_use]
    pub fn allowing(server: &TestServer) -> Self {
        Self::new().may_call(server)
    }

    /// The same for commands that may call this server too.
    #[must_use]
    pub fn may_call(mut self, server: &TestServer) -> Self {
        self.allow.extend(["--allow-host".into(), server.host()]);
        self
    }

    /// The same for commands with this variable in their environment.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same without that variable.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// The same in another's folder.
    #[must_use]
    pub fn inside(self, other: Self) -> Self {
        Self {
            folder: other.folder,
            ..self
        }
    }

    /// Another data folder that holds the same. Nobody may have this one open.
    ///
    /// # Panics
    /// When it cannot be copied.
    #[must_use]
    pub fn copied(&self) -> Self {
        let copy = Self {
            allow: self.allow.clone(),
            variables: self.variables.clone(),
            ..Self::new()
        };
        copy_folder(&self.data(), &copy.data());
        copy
    }

    /// The place of a file.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file, and gives its place as an argument.
    ///
    /// # Panics
    /// When it cannot be written.
    #[must_use]
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).expect("written");
        path.display().to_string()
    }

    /// The command with these arguments, on the data folder.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = binary::command();
        command
            .arg("--data-dir")
            .arg(self.data())
            .args(&self.allow)
            .args(args)
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn ran(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().expect("the binary starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Runs a command with `--json` to its end: its exit code and what it printed.
    ///
    /// # Panics
    /// When it prints anything but one JSON value.
    #[must_use]
    pub fn json(&self, args: &[&str]) -> (i32, JsonValue) {
        let ran = self.ran(&[&["--json"], args].concat());
        (ran.code.expect("not killed"), ran.json())
    }

    /// What a command with `--json` printed that must succeed.
    ///
    /// # Panics
    /// When it does not.
    #[must_use]
    pub fn ok(&self, args: &[&str]) -> JsonValue {
        let ran = self.ran(&[&["--json"], args].concat());
        assert_eq!(ran.code, Some(0), "{args:?}: {ran:?}");
        ran.json()
    }

    /// Starts a command whose stderr goes to a file.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(&self, args: &[&str], stderr: &Path) -> Child {
        let stderr = File::create(stderr).expect("a file");
        let mut command = self.command(args);
        command.stdout(Stdio::null()).stderr(stderr);
        command.spawn().expect("the binary starts")
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a copy");
        }
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Ran {
    /// What was printed, as JSON.
    ///
    /// # Panics
    /// When it is anything but one JSON value.
    #[must_use]
    pub fn json(&self) -> JsonValue {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON on stdout ({error}): {self:?}"))
    }
}
