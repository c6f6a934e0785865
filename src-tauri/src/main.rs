//! The desktop window over the same server.

fn main() {}
