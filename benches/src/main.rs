//! The measured claims of the README: `cargo xtask bench [--quick]`.
//!
//! Each figure has a file that says what it claims and how it is measured. A figure that cannot be measured
//! on this machine is named with the reason and has no entry in `results.json`.

mod figure;
mod figures;
mod machine;
mod process;
mod regie;
mod table;

use anyhow::{Context, Result};
use figure::Figure;
use std::path::Path;

fn main() -> Result<()> {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let machine = machine::describe();
    let mut measured = Vec::new();
    let mut missing = Vec::new();
    let mut note = |id: u32, result: Result<Option<Figure>>| match result {
        Ok(Some(figure)) => {
            let holds = if figure.holds { "holds" } else { "does NOT hold" };
            println!(
                "figure {id}: {} {} (p95 {}), {holds}",
                figure.median, figure.unit, figure.p95
            );
            measured.push(figure);
        }
        Ok(None) => missing.push(format!("figure {id}: no sample came")),
        Err(error) => missing.push(format!("figure {id}: {error:#}")),
    };

    note(19, figures::phone_page::measure());
    note(20, figures::start::measure(if quick { 3 } else { 10 }));

    let table = table::markdown(&machine, &measured);
    println!("\n{table}");
    for line in &missing {
        println!("not measured: {line}");
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the workspace has a root")?;
    let results = serde_json::json!({ "machine": machine, "figures": measured });
    std::fs::write(
        root.join("benches/results.json"),
        serde_json::to_string_pretty(&results)? + "\n",
    )?;
    if !quick {
        table::write_readme(&root.join("README.md"), &table)?;
    }
    Ok(())
}
