//! The measured claims of the README: `cargo xtask bench [--quick]`.
//!
//! Each figure has a file that says what it claims and how it is measured. A figure that cannot be measured
//! on this machine is named with the reason and has no entry in `results.json`.

mod figure;
mod machine;
mod process;
mod table;

fn main() {}
