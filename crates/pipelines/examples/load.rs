//! What a studio costs on this machine: `cargo run -p regie-pipelines --example load`.
//!
//! Prints the processor time of each stage in per cent of one core, and how long a cut takes.

use regie_model::{Mosaic, Scene, Slot, SourceId, SourceKind, Transition};
use regie_pipelines::{MultiviewCodec, Studio, StudioSettings};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    regie_pipelines::init()?;
    let folder = std::env::temp_dir().join("regie-load");
    let studio = Studio::start(StudioSettings::new(&folder), Arc::new(|_| {}))?;
    std::thread::sleep(Duration::from_secs(1));
    measure("nothing open", &studio);

    let ids: Vec<_> = (1..=4u8).map(|n| SourceId(u32::from(n))).collect();
    for (id, n) in ids.iter().zip(0u8..) {
        studio.open(*id, Slot(n), &SourceKind::Demo { pattern: n }, "Load")?;
        std::thread::sleep(Duration::from_millis(500));
        measure(&format!("{} demo sources, black on program", n + 1), &studio);
    }
    studio.take(&Scene::full(ids[0]), Transition::Cut);
    measure("one of them on the whole picture", &studio);
    cuts(&studio, &ids);
    studio.take(&Scene::side_by_side(ids[0], ids[1]), Transition::Cut);
    measure("two side by side", &studio);
    studio.take(&Scene::full(ids[2]), Transition::Mix { duration_ms: 9_000 });
    measure("mixing for as long as this lasts", &studio);
    std::thread::sleep(Duration::from_secs(5));

    studio.show_preview(&Scene::full(ids[1]));
    studio.arrange(&Mosaic::of(&ids));
    let stream = studio.multiview(MultiviewCodec::Jpeg);
    std::thread::sleep(Duration::from_millis(500));
    measure("and the multiview as JPEG", &studio);
    drop(stream);
    let stream = studio.multiview(MultiviewCodec::H264);
    std::thread::sleep(Duration::from_millis(1500));
    measure("or as H.264", &studio);
    drop(stream);
    studio.start_recording("load");
    std::thread::sleep(Duration::from_millis(1500));
    measure("no multiview, program encoded and recorded", &studio);
    studio.stop();
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// User and system time of this process in clock ticks, a hundred a second.
fn spent() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<_> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |n: usize| fields.get(n).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn measure(what: &str, studio: &Studio) {
    let (cpu, since, frames) = (spent(), Instant::now(), studio.figures().program_frames);
    std::thread::sleep(Duration::from_secs(3));
    let seconds = since.elapsed().as_secs_f64();
    let fps = (studio.figures().program_frames - frames) as f64 / seconds;
    println!(
        "{:5.1} %  {fps:4.1} fps  {what}",
        (spent() - cpu) / seconds * 100.0
    );
}

/// From the order to the first picture of the new source, at moments spread over the frame.
fn cuts(studio: &Studio, ids: &[SourceId]) {
    let (send, pictures) = mpsc::channel();
    let tap = studio.tap_program(Box::new(move |sample| {
        if let Some(map) = sample.buffer().and_then(|b| b.map_readable().ok()) {
            let _ = send.send((map[map.len() - 8], Instant::now()));
        }
    }));
    let mut took = Vec::new();
    for n in 0..60usize {
        std::thread::sleep(Duration::from_millis(90 + (n as u64 * 7) % 33));
        let last = pictures.try_iter().last().map(|(v, _)| v);
        let ordered = Instant::now();
        studio.take(&Scene::full(ids[(n + 1) % 2 * 2]), Transition::Cut);
        let until = |(v, _): &(u8, Instant)| Some(*v) != last;
        if let Some((_, at)) =
            std::iter::from_fn(|| pictures.recv_timeout(Duration::from_secs(1)).ok()).find(until)
        {
            took.push(at.saturating_duration_since(ordered).as_secs_f64() * 1000.0);
        }
    }
    drop(tap);
    took.sort_by(f64::total_cmp);
    if let (Some(median), Some(p95)) = (took.get(took.len() / 2), took.get(took.len() * 95 / 100)) {
        println!(
            "cut: median {median:.1} ms, p95 {p95:.1} ms over {} cuts",
            took.len()
        );
    }
}
