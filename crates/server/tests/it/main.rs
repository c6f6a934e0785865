//! The server over real sockets, with a media side that draws nothing.

mod access;
mod control;
mod listen;
mod media;
mod regie;
mod stream;
mod tls;
