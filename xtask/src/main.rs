//! cargo xtask run | test | bench | setup | types.

fn main() {}
