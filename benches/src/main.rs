//! The measured claims of the README: `cargo xtask bench [--quick]`.
//!
//! Each figure has a file that says what it claims and how it is measured. A figure that cannot be measured
//! on this machine is named with the reason and has no entry in `results.json`.

mod figure;
mod figures;
mod machine;
mod process;
mod program;
mod regie;
mod stage;
mod table;

use anyhow::{Context, Result};
use figure::Figure;
use std::path::Path;

fn main() -> Result<()> {
    // A crowd of viewers is this program again, in a process of its own.
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, count, url] = arguments.as_slice()
        && flag == "--viewers"
    {
        return figures::viewers::watch(count.parse()?, url);
    }
    let quick = std::env::args().any(|argument| argument == "--quick");
    let machine = machine::describe();
    let mut measured = Vec::new();
    let mut missing = Vec::new();
    let mut note = |ids: &str, result: Result<Vec<Figure>>| match result {
        Ok(figures) if figures.is_empty() => missing.push(format!("{ids}: no sample came")),
        Ok(figures) => {
            for figure in figures {
                let holds = if figure.holds { "holds" } else { "does NOT hold" };
                println!(
                    "figure {}, {}: {:.2} {} (p95 {:.2}, n {}), {holds}",
                    figure.id, figure.name, figure.median, figure.unit, figure.p95, figure.n
                );
                measured.push(figure);
            }
        }
        Err(error) => missing.push(format!("{ids}: {error:#}")),
    };
    let one = |figure: Result<Option<Figure>>| figure.map(|figure| figure.into_iter().collect());

    note(
        "figures 1 and 2",
        figures::latency::measure(if quick { 5 } else { 30 }),
    );
    note("figure 3", figures::cut::measure(if quick { 10 } else { 60 }));
    note(
        "figure 5",
        one(figures::join::measure(if quick { 3 } else { 20 })),
    );
    note(
        "figure 8",
        figures::viewers::measure(if quick { 3.0 } else { 15.0 }),
    );
    note("figure 19", one(figures::phone_page::measure()));
    note(
        "figure 20",
        one(figures::start::measure(if quick { 3 } else { 10 })),
    );

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
