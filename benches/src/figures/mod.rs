//! One file per figure: what it claims, and how it is measured.

pub mod phone_page;
pub mod start;
