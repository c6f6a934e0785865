//! Sources: one pipeline each, ending in a [`crate::SlotInput`].

pub mod colour;
pub mod decoded;
pub mod demo;
pub mod phone;
