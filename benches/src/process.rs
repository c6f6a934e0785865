//! What a process costs, from `/proc`.

use std::fs;

/// The kernel's clock ticks in `/proc/<pid>/stat`: 100 a second on every Linux we run on.
pub const TICKS_PER_SECOND: f64 = 100.0;

/// User and system time of a process so far, in ticks; `None` where it is gone.
pub fn cpu_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold spaces and brackets: fields are counted from the last bracket.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

/// Resident memory of a process in bytes.
pub fn resident_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// The share of one core that a process used over `seconds`, in per cent.
pub fn cpu_percent_over(pid: u32, seconds: f64) -> Option<f64> {
    let (start, before) = (std::time::Instant::now(), cpu_ticks(pid)?);
    std::thread::sleep(std::time::Duration::from_secs_f64(seconds));
    let used = cpu_ticks(pid)?.saturating_sub(before) as f64 / TICKS_PER_SECOND;
    Some(used / start.elapsed().as_secs_f64() * 100.0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn this_process_has_memory_and_time() {
        let me = std::process::id();
        assert!(super::resident_bytes(me).unwrap() > 100_000);
        assert!(super::cpu_ticks(me).is_some());
        assert!(super::cpu_ticks(u32::MAX).is_none());
    }
}
