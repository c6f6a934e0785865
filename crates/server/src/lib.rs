//! start(config) -> Server: the port, the pages, the sockets; bin regie-headless.
//!
//! This crate introduces everybody to everybody: the engine decides, [`effects`] carries out, [`routes`] is all of
//! the outside on one screen, [`sockets`] are the conversations, [`media`] is what is asked of the pictures.

pub mod addresses;
pub mod answer;
pub mod api;
pub mod app;
pub mod call;
pub mod chance;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod door;
pub mod effects;
pub mod health;
pub mod limits;
pub mod links;
pub mod listen;
pub mod media;
pub mod metrics;
pub mod origin;
pub mod pages;
pub mod policy;
pub mod qr;
pub mod routes;
pub mod sockets;
mod stall;
mod start;
mod studio;
pub mod tls;
pub mod trust;

pub use config::Config;
pub use start::{Ready, Reports, Server, StartError, start_with};
pub use studio::{examine_media, start};
