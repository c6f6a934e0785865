//! The real server, real browsers.
