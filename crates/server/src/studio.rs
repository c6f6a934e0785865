//! temporary
use crate::config::Config;
use crate::doctor::Finding;
use crate::start::{Server, StartError, start_with};
pub async fn start(config: Config) -> Result<Server, StartError> {
    start_with(config, |_, _| Err("no media yet".into())).await
}
pub fn examine_media(_: &Config) -> Vec<Finding> {
    vec![]
}
