//! What the tests and the benches play against the real server: phones, viewers and operators that speak the
//! real sockets, with no browser, at a few per cent of a core.
//!
//! - [`Regie`]: a `regie-headless` of one's own.
//! - [`Operator`]: a `/control` connection that knows the show.
//! - [`Phone`], [`Viewer`]: the two ends of `/stream`, with real ICE, DTLS and SRTP of another make (str0m) than
//!   the server's.
//! - [`Clip`]: numbered pictures, encoded beforehand.
//! - [`Program`]: a régie in one's own process, whose program is read frame by frame.

pub mod bar;
mod clip;
mod http;
mod operator;
mod peer;
mod phone;
mod program;
mod regie;
mod stream;
mod viewer;
mod wait;

pub use clip::{Clip, Codec};
pub use http::{Answer, get, post};
pub use operator::{Operator, Refused};
pub use phone::{Phone, PhoneSettings};
pub use program::{Frame, Member, Program};
pub use regie::{Ended, Figures, Ready, Regie};
pub use stream::{Stream, connect};
pub use viewer::{Heard, Viewer, ViewerSettings};
pub use wait::eventually;
