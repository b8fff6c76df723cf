//! Puts the editor into the binary.
//!
//! A release build makes the editor with npm when that is there; any build takes what lies in `editor/dist`
//! at release, and nothing otherwise, so that `cargo test` needs no Node.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

/// What the editor is made of, below its folder.
const SOURCES: [&str; 6] = [
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
];

fn main() -> io::Result<()> {
    let editor = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("editor");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=FLOWFORGE_SKIP_EDITOR");
    for source in SOURCES {
        let source = editor.join(source);
        if source.exists() {
            println!("cargo::rerun-if-changed={}", source.display());
        }
    }
    let is_release = variable("PROFILE") == "release";
    let mut files = Vec::new();
    if is_release && env::var_os("FLOWFORGE_SKIP_EDITOR").is_none() {
        build(&editor);
        collect(&editor.join("dist"), &mut files)?;
    }
    write_table(&editor.join("dist"), &files)
}

fn variable(name: &str) -> String {
    env::var(name).expect("cargo sets it")
}

/// Makes the editor, or warns that the binary comes without one.
fn build(editor: &Path) {
    if !editor.join("package.json").exists() {
        return;
    }
    for step in [&["ci", "--no-audit", "--no-fund"][..], &["run", "build"]] {
        let ended = Command::new("npm").args(step).current_dir(editor).status();
        match ended {
            Ok(status) if status.success() => {}
            Ok(status) => return warn(&format!("`npm {}` ended with {status}", step.join(" "))),
            Err(error) => return warn(&format!("npm cannot be started: {error}")),
        }
    }
}

fn warn(why: &str) {
    println!("cargo::warning=the editor was not built: {why}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// Writes the files, compressed, and the table that names them.
fn write_table(root: &Path, files: &[PathBuf]) -> io::Result<()> {
    let out = PathBuf::from(variable("OUT_DIR"));
    let mut table = String::from("const ASSETS: &[Asset] = &[\n");
    for (number, file) in files.iter().enumerate() {
        let bytes = fs::read(file)?;
        let packed = out.join(format!("asset-{number}.gz"));
        fs::write(&packed, gzip(&bytes)?)?;
        let path = file.strip_prefix(root).expect("it was found below it");
        let path = path.to_string_lossy().replace('\\', "/");
        let etag = format!("\"{}\"", &blake3::hash(&bytes).to_hex()[..32]);
        let packed = packed.to_string_lossy();
        writeln!(
            table,
            "    Asset {{ path: {path:?}, gzip: include_bytes!({packed:?}), etag: {etag:?} }},"
        )
        .expect("memory takes it");
    }
    table.push_str("];\n");
    fs::write(out.join("assets.rs"), table)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
