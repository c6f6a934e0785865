//! `cargo xtask bench`: measures on the same build that `run` and `test` use.

use crate::{npm, setup, shell};
use anyhow::Result;

/// Builds what is measured and what measures, and runs the latter with `args`.
pub fn bench(args: &[String]) -> Result<()> {
    setup::setup(setup::Need {
        window: false,
        tests: true,
    })?;
    npm::build_pages()?;
    let binaries = ["--bin", "regie-headless", "--bin", "regie-benches"];
    shell::finish(shell::cargo().args(["build", "--workspace"]).args(binaries))?;
    shell::finish(
        shell::command(shell::built("regie-benches")?)
            .args(args)
            .env("REGIE_HEADLESS", shell::built("regie-headless")?),
    )
}
