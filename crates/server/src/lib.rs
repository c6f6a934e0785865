//! start(config) -> Server: the port, the pages, the sockets; bin regie-headless.
