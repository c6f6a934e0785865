//! `cargo xtask types`: the page's TypeScript is written from the model, and never by hand.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the pages read them.
fn folder() -> PathBuf {
    shell::root().join("ui/src/lib/generated")
}

/// Writes every type, and removes those that the model no longer has.
pub fn write() -> Result<()> {
    let made = export()?;
    let there = read(&folder())?;
    fs::create_dir_all(folder())?;
    for name in there.keys().filter(|name| !made.contains_key(*name)) {
        println!("types: {name} is no more");
        fs::remove_file(folder().join(name))?;
    }
    for (name, text) in made.iter().filter(|(name, text)| there.get(*name) != Some(text)) {
        println!("types: {name}");
        fs::write(folder().join(name), text)?;
    }
    println!("types: {} types, current", made.len());
    Ok(())
}

/// Fails where a file differs from what the model says, naming it.
pub fn check() -> Result<()> {
    let made = export()?;
    let there = read(&folder())?;
    let names: std::collections::BTreeSet<_> = made.keys().chain(there.keys()).collect();
    let stale: Vec<&str> = names
        .into_iter()
        .filter(|name| made.get(*name) != there.get(*name))
        .map(String::as_str)
        .collect();
    if !stale.is_empty() {
        bail!(
            "the pages' types are not what the model says ({}): run `cargo xtask types`",
            stale.join(", ")
        );
    }
    println!("types: {} types, current", made.len());
    Ok(())
}

/// Has the model's tests write all types into a fresh folder, and reads them back.
fn export() -> Result<BTreeMap<String, String>> {
    let fresh = shell::built("types")?;
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    let mut tests = shell::cargo();
    tests
        .args([
            "test",
            "--quiet",
            "--package",
            "regie-model",
            "--lib",
            "export_bindings",
        ])
        .env("TS_RS_EXPORT_DIR", &fresh);
    shell::finish_on_stdout(&mut tests)?;
    read(&fresh)
}

/// Every file of a folder, by its name; an absent folder has none.
fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let Ok(entries) = folder.read_dir() else {
        return Ok(BTreeMap::new());
    };
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        files.insert(name, text);
    }
    Ok(files)
}
