//! One file per figure: what it claims, and how it is measured.

pub mod cut;
pub mod join;
pub mod latency;
pub mod phone_page;
pub mod start;
pub mod viewers;
