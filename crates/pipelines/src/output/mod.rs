//! Outputs: where program goes.

pub(crate) mod encode;
pub mod program;
pub mod record;
pub mod viewers;
