//! What machine this is and how busy it is, so that a figure is never read without them.

use serde::Serialize;
use std::fs;

/// The machine that measured.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Processor model as the kernel names it.
    pub cpu: String,
    /// Logical cores.
    pub cores: usize,
    /// Memory in GiB.
    pub memory_gib: f64,
    /// Operating system's own name.
    pub system: String,
    /// Load averages over 1, 5 and 15 minutes before the first figure.
    pub load: String,
    /// Programs that used more than 5 % of a core before the first figure.
    pub busy: Vec<String>,
}

/// Reads the machine from `/proc`; what cannot be read says so.
pub fn describe() -> Machine {
    let field = |file: &str, key: &str, separator: char| {
        let text = fs::read_to_string(file).unwrap_or_default();
        let line = text
            .lines()
            .find(|line| line.starts_with(key))
            .unwrap_or_default()
            .to_owned();
        line.split_once(separator).map_or("unknown".into(), |(_, value)| {
            value.trim().trim_matches('"').to_owned()
        })
    };
    let kib: f64 = field("/proc/meminfo", "MemTotal", ':')
        .trim_end_matches(" kB")
        .parse()
        .unwrap_or(0.0);
    Machine {
        cpu: field("/proc/cpuinfo", "model name", ':'),
        cores: std::thread::available_parallelism().map_or(0, |cores| cores.get()),
        memory_gib: (kib / 1024.0 / 1024.0 * 10.0).round() / 10.0,
        system: field("/etc/os-release", "PRETTY_NAME", '='),
        load: fs::read_to_string("/proc/loadavg").map_or("unknown".into(), |text| {
            text.split(' ').take(3).collect::<Vec<_>>().join(" ")
        }),
        busy: busy(),
    }
}

/// The one-minute load average.
pub fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ')
        .next()
        .and_then(|first| first.parse().ok())
        .unwrap_or(f64::NAN)
}

/// Everybody else's share of a core over one second, where it is more than 5 %.
fn busy() -> Vec<String> {
    let ticks = || -> Vec<(u32, String, u64)> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
                let name = fs::read_to_string(entry.path().join("comm"))
                    .ok()?
                    .trim()
                    .to_owned();
                (pid != std::process::id()).then_some((pid, name, crate::process::cpu_ticks(pid)?))
            })
            .collect()
    };
    let before = ticks();
    std::thread::sleep(std::time::Duration::from_secs(1));
    let after = ticks();
    let share = |(pid, name, now): &(u32, String, u64)| {
        let then = before.iter().find(|(was, ..)| was == pid)?.2;
        let percent = now.saturating_sub(then) as f64 / crate::process::TICKS_PER_SECOND * 100.0;
        (percent > 5.0).then(|| format!("{name} {percent:.0} %"))
    };
    after.iter().filter_map(share).collect()
}
