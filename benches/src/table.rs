//! The table of figures: for the terminal and for the README.

use crate::{figure::Figure, machine::Machine};
use anyhow::{Context, Result};
use std::{fs, path::Path};

const OPEN: &str = "<!-- figures -->";
const CLOSE: &str = "<!-- /figures -->";

/// The table as Markdown, with the machine under it.
pub fn markdown(machine: &Machine, figures: &[Figure]) -> String {
    let mut text =
        String::from("| # | figure | measured | target | holds | way |\n|---|---|---|---|---|---|\n");
    for f in figures {
        let holds = if f.holds { "yes" } else { "**no**" };
        text += &format!(
            "| {} | {} | median {} · p95 {} {} (n {}) | {} | {} | {} (load {:.1}) |\n",
            f.id,
            f.name,
            short(f.median),
            short(f.p95),
            f.unit,
            f.n,
            f.target,
            holds,
            f.way,
            f.load
        );
    }
    let busy = if machine.busy.is_empty() {
        "nothing".into()
    } else {
        machine.busy.join(", ")
    };
    text += &format!(
        "\n{} × {}, {} GiB, {}; load before {}; what else ran: {}.\n",
        machine.cores, machine.cpu, machine.memory_gib, machine.system, machine.load, busy
    );
    text
}

/// Puts the table between the markers of the README; nothing else of it changes.
pub fn write_readme(readme: &Path, table: &str) -> Result<()> {
    let text = fs::read_to_string(readme).context("README.md cannot be read")?;
    fs::write(
        readme,
        spliced(&text, table).context("README.md has no figures markers")?,
    )?;
    Ok(())
}

fn spliced(text: &str, table: &str) -> Option<String> {
    let (before, rest) = text.split_once(OPEN)?;
    let (_, after) = rest.split_once(CLOSE)?;
    Some(format!("{before}{OPEN}\n{table}{CLOSE}{after}"))
}

/// Three significant figures are all that a measurement here can carry.
fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_changes() {
        let readme = format!("a\n{OPEN}\nold\n{CLOSE}\nb\n");
        assert_eq!(
            spliced(&readme, "new\n").unwrap(),
            format!("a\n{OPEN}\nnew\n{CLOSE}\nb\n")
        );
        assert_eq!(spliced("no markers", "new"), None);
    }
}
