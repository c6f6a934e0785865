//! Figure 8: what one more viewer costs.
//!
//! Viewers are the test viewer of `tests/`, over real ICE, DTLS and SRTP, in a process of their own, so that the
//! régie's process is measured alone.

use crate::{
    figure::{Claim, Figure},
    process,
    regie::Regie,
};
use anyhow::{Context, Result};
use regie_tests::{Viewer, ViewerSettings};
use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    time::Duration,
};

const WAY: &str = "a demo picture on program; 0, 5, 10, 20 test viewers (DTLS-SRTP, no browser) in a process of their \
                   own; slope of a straight line through /proc/<pid> of the régie";

const PROCESSOR: Claim = Claim {
    id: 8,
    name: "cost of one more viewer, processor",
    unit: "% of a core",
    target: "≤ 0.6 %",
    way: WAY,
    median_at_most: 0.6,
    p95_at_most: f64::INFINITY,
};

const MEMORY: Claim = Claim {
    id: 8,
    name: "cost of one more viewer, memory",
    unit: "MB",
    target: "≤ 2 MB",
    way: WAY,
    median_at_most: 2.0,
    p95_at_most: f64::INFINITY,
};

/// Measures for `seconds` at each number of viewers.
pub fn measure(seconds: f64) -> Result<Vec<Figure>> {
    let regie = Regie::start(&["--demo"])?;
    let url = regie.viewer_socket()?;
    let mut points = Vec::new();
    let mut crowds = Vec::new();
    let mut there = 0;
    // The encoder starts with the first viewer: what it costs is not one more viewer's.
    crowds.push(Crowd::join(&url, 1)?);
    for count in [0, 5, 10, 20] {
        if count > there {
            crowds.push(Crowd::join(&url, count - there)?);
            there = count;
        }
        std::thread::sleep(Duration::from_secs(2));
        let processor = process::cpu_percent_over(regie.pid(), seconds).context("the régie is gone")?;
        let memory = process::resident_bytes(regie.pid()).context("the régie is gone")? as f64 / 1e6;
        println!(
            "  {} viewers: {processor:.1} % of a core, {memory:.1} MB",
            count + 1
        );
        points.push((count as f64, processor, memory));
    }
    let line = |value: fn(&(f64, f64, f64)) -> f64| {
        slope(
            &points
                .iter()
                .map(|point| (point.0, value(point)))
                .collect::<Vec<_>>(),
        )
    };
    let judged = [
        PROCESSOR.judge(vec![line(|point| point.1)]),
        MEMORY.judge(vec![line(|point| point.2)]),
    ];
    Ok(judged.into_iter().flatten().collect())
}

/// The slope of the straight line that lies nearest to the points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let mean = |value: fn(&(f64, f64)) -> f64| points.iter().map(value).sum::<f64>() / n;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let over: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let under: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    over / under
}

/// Viewers in a process of their own.
struct Crowd(Child);

impl Crowd {
    /// Starts them and waits until each has seen a picture.
    fn join(url: &str, count: usize) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--viewers", &count.to_string(), url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().context("no standard output")?;
        let crowd = Self(child);
        let mut said = String::new();
        BufReader::new(output).read_line(&mut said)?;
        anyhow::ensure!(said.trim() == "watching", "the viewers said {said:?}");
        Ok(crowd)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The crowd's own process: watches until its input ends.
pub fn watch(count: usize, url: &str) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let watching = runtime.block_on(async {
        let mut viewers: Vec<_> = (0..count)
            .map(|_| Viewer::join(url.to_owned(), ViewerSettings::default()))
            .collect();
        for viewer in &mut viewers {
            viewer.until("a viewer sees", |heard| heard.pictures > 0).await?;
        }
        anyhow::Ok(viewers)
    })?;
    println!("watching");
    let _ = std::io::stdin().read(&mut [0; 1]);
    drop(watching);
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_slope_of_a_line_is_its_slope() {
        let points = [(0.0, 10.0), (5.0, 12.5), (10.0, 15.0), (20.0, 20.0)];
        assert!((super::slope(&points) - 0.5).abs() < 1e-9);
    }
}
