//! start(config) -> Server: the port, the pages, the sockets; bin regie-headless.

pub mod addresses;
pub mod qr;
pub mod tls;
