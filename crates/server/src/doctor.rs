//! `regie-headless doctor`: whether a show can run on this laptop, a line for each thing that it needs.

use crate::config::Config;
use crate::start::host_name;
use crate::tls::{Authority, Leaf};
use crate::{addresses, links};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;

/// Less than this leaves no room for an evening's recording, in bytes.
const DISK_MIN: u64 = 2 << 30;
/// No laptop's clock is before the day this was written (2026-01-01), seconds since 1970.
const CLOCK_MIN: u64 = 1_767_225_600;

/// How a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Good,
    /// A show can run, but not as it should.
    Poor,
    /// No show can run.
    Bad,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was looked at.
    pub what: &'static str,
    /// How it is.
    pub health: Health,
    /// What was found, and what to do about it.
    pub said: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = match self.health {
            Health::Good => "ok  ",
            Health::Poor => "warn",
            Health::Bad => "FAIL",
        };
        write!(out, "{mark}  {:<12} {}", self.what, self.said)
    }
}

/// Looks at everything. `media` says how plugins and encoder are.
pub fn examine(config: &Config, media: Vec<Finding>) -> Vec<Finding> {
    let mut findings = media;
    findings.extend([
        port(config),
        certificate(config),
        network(config),
        disk(config),
        clock(),
    ]);
    findings
}

/// A finding about `what`, good where it is `Ok`.
pub fn of(what: &'static str, result: Result<String, String>) -> Finding {
    match result {
        Ok(said) => Finding {
            what,
            health: Health::Good,
            said,
        },
        Err(said) => Finding {
            what,
            health: Health::Bad,
            said,
        },
    }
}

fn port(config: &Config) -> Finding {
    let result = std::net::TcpListener::bind(config.bind)
        .map(|_| format!("{} is free", config.bind))
        .map_err(|error| {
            format!(
                "{}: {error}; another program has it, or choose --bind",
                config.bind
            )
        });
    of("port", result)
}

fn certificate(config: &Config) -> Finding {
    of("certificate", look_at_certificate(config))
}

fn look_at_certificate(config: &Config) -> Result<String, String> {
    if let Some(own) = &config.own_certificate {
        own.load().map_err(|error| error.to_string())?;
        return Ok("the operator's own is sound".into());
    }
    let folder = config.data.join("tls");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let now = OffsetDateTime::now_utc();
    let host = host_name();
    let label = host.as_deref().unwrap_or("this laptop");
    let authority = Authority::open(&folder, label, now).map_err(|error| error.to_string())?;
    let names = addresses::names(&links::reachable(config.bind.ip()), host.as_deref());
    let leaf = Leaf::covering(&names, &authority, &folder, now).map_err(|error| error.to_string())?;
    let days = (leaf.ends() - now).whole_days();
    Ok(format!(
        "by the local authority, {} names, {days} days left",
        leaf.names().len()
    ))
}

fn network(config: &Config) -> Finding {
    let lan = links::reachable(config.bind.ip());
    if lan.is_empty() {
        let said = "none on a network: only this laptop itself can take part; join a Wi-Fi or open a hotspot";
        return Finding {
            what: "addresses",
            health: Health::Poor,
            said: said.into(),
        };
    }
    let all: Vec<String> = lan.iter().map(ToString::to_string).collect();
    if !has_gateway() {
        return Finding {
            what: "addresses",
            health: Health::Poor,
            said: format!(
                "{}, but there is no gateway: some browsers then offer no address of their own",
                all.join(", ")
            ),
        };
    }
    of("addresses", Ok(all.join(", ")))
}

/// Whether a default route exists; true where that cannot be told.
fn has_gateway() -> bool {
    match std::fs::read_to_string("/proc/net/route") {
        Ok(table) => table
            .lines()
            .skip(1)
            .any(|line| line.split_whitespace().nth(1) == Some("00000000")),
        Err(_) => true,
    }
}

fn disk(config: &Config) -> Finding {
    let mut folder: &Path = &config.recordings;
    while !folder.exists() {
        match folder.parent() {
            Some(parent) => folder = parent,
            None => break,
        }
    }
    let Some(free) = free_bytes(folder) else {
        return Finding {
            what: "disk",
            health: Health::Poor,
            said: format!("{}: how much is free cannot be told", folder.display()),
        };
    };
    let hours = free / (u64::from(config.program_kbps.max(1)) * 125 * 3600);
    let health = if free >= DISK_MIN {
        Health::Good
    } else {
        Health::Poor
    };
    Finding {
        what: "disk",
        health,
        said: format!("{} GB free: about {hours} h of recording", free >> 30),
    }
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}

fn clock() -> Finding {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let said = OffsetDateTime::now_utc();
    let said = format!("{} {:02}:{:02} UTC", said.date(), said.hour(), said.minute());
    if now < CLOCK_MIN {
        return of(
            "clock",
            Err(format!(
                "{said} is in the past: phones would refuse the certificate"
            )),
        );
    }
    of("clock", Ok(said))
}
