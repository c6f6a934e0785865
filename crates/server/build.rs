//! The pages are part of the binary: when they are built again, so is the server.

use std::path::Path;

fn main() {
    // The folder is made where it is missing: cargo takes a watched path that is not there for one that
    // always changes, and would build this crate again at every turn.
    let pages = Path::new("../../ui/dist");
    if let Err(error) = std::fs::create_dir_all(pages) {
        println!("cargo::warning=the folder of the pages cannot be made: {error}");
    }
    println!("cargo::rerun-if-changed=../../ui/dist");
}
