use crate::harness::House;
use regie_model::{Report, Scene};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What ffprobe says about a file: seconds of picture, seconds of sound, decoded pictures.
fn probe(file: &Path) -> (f64, f64, u32) {
    let last = |stream: &str| {
        let out = Command::new("ffprobe")
            .args(["-v", "error", "-select_streams", stream])
            .args(["-show_entries", "packet=pts_time", "-of", "csv=p=0"])
            .arg(file)
            .output()
            .expect("ffprobe");
        assert!(
            out.status.success() && out.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let times = text
            .lines()
            .filter_map(|l| l.trim_end_matches(',').parse::<f64>().ok());
        times.fold(0.0, f64::max)
    };
    let out = Command::new("ffprobe")
        .args([
            "-v",
            "error",
            "-count_frames",
            "-select_streams",
            "v",
            "-show_entries",
        ])
        .args(["stream=nb_read_frames", "-of", "csv=p=0"])
        .arg(file)
        .output()
        .expect("ffprobe");
    let frames = String::from_utf8_lossy(&out.stdout)
        .trim()
        .trim_end_matches(',')
        .parse()
        .unwrap_or(0);
    (last("v"), last("a"), frames)
}

fn the_only_file(folder: &Path) -> std::path::PathBuf {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

#[test]
fn a_recording_plays_whole() {
    let house = House::new();
    let a = house.demo(0);
    house.cut(&Scene::full(a));
    house.studio.start_recording("Fête: jour 1/2");
    let started = Instant::now();
    let Report::RecordingStarted { file } = house.waits_for(|r| matches!(r, Report::RecordingStarted { .. }))
    else {
        unreachable!()
    };
    assert!(file.ends_with("Fête- jour 1-2.mp4"), "{file}");
    std::thread::sleep(Duration::from_secs(4));
    assert!(house.studio.figures().recording_bytes > 10_000);
    house.studio.stop_recording();
    let spent = started.elapsed().as_secs_f64();
    house.waits_for(|r| matches!(r, Report::RecordingEnded { file: ended } if *ended == file));
    let (picture, sound, frames) = probe(&house.folder.join(&file));
    assert!(
        (picture - spent).abs() < 1.0 && (sound - spent).abs() < 1.0,
        "{picture} {sound} of {spent}"
    );
    // A machine that is busy may leave pictures out; that they are few is what the benches measure.
    assert!(f64::from(frames) > picture * 20.0, "{frames} in {picture}");
    // A second one goes into a second file.
    house.studio.start_recording("Fête: jour 1/2");
    house.waits_for(|r| matches!(r, Report::RecordingStarted { file: second } if *second != file));
    house.studio.stop();
    assert!(
        house
            .reports
            .try_iter()
            .any(|r| matches!(r, Report::RecordingEnded { .. }))
    );
}

#[test]
fn a_folder_that_refuses_is_reported_and_program_goes_on() {
    let folder = std::env::temp_dir().join(format!("regie-refused-{}", std::process::id()));
    std::fs::write(&folder, b"a file, not a folder").unwrap();
    let house = House::in_folder(&folder);
    house.studio.start_recording("No");
    house.waits_for(|r| matches!(r, Report::RecordingFailed { .. }));
    assert_eq!(house.eyes().take(10).len(), 10);
    drop(house);
    std::fs::remove_file(&folder).unwrap();
}

const CHILD: &str = "REGIE_TEST_RECORD_INTO";

/// Not a test of its own: what `a_killed_process_loses_a_second_at_most` kills.
#[test]
#[ignore = "run by another test"]
fn child_that_records() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return;
    };
    let house = House::in_folder(Path::new(&folder));
    let a = house.demo(1);
    house.cut(&Scene::full(a));
    house.studio.start_recording("Killed");
    house.waits_for(|r| matches!(r, Report::RecordingStarted { .. }));
    println!("recording");
    std::thread::sleep(Duration::from_secs(60));
}

/// Not a test of its own: what `a_full_disk_is_reported_and_program_goes_on` runs where files cannot grow.
#[test]
#[ignore = "run by another test"]
fn child_on_a_full_disk() {
    let Some(folder) = std::env::var_os(CHILD) else {
        return;
    };
    let house = House::in_folder(Path::new(&folder));
    let a = house.demo(1);
    house.cut(&Scene::full(a));
    house.studio.start_recording("Full");
    house.waits_for(|r| matches!(r, Report::RecordingFailed { .. }));
    assert_eq!(house.eyes().take(10).len(), 10);
    assert!(
        house
            .reports
            .try_iter()
            .all(|r| !matches!(r, Report::RecordingEnded { .. }))
    );
    println!("program goes on");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_and_program_goes_on() {
    let folder = std::env::temp_dir().join(format!("regie-full-{}", std::process::id()));
    // Files end at 400 kB there; the signal for it is ignored, so that writing fails as on a full disk.
    let out = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 800; exec \"$0\" --ignored --exact recording::child_on_a_full_disk --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env(CHILD, &folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(
        said.contains("program goes on"),
        "{said}{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let (picture, _, frames) = probe(&the_only_file(&folder));
    assert!(
        picture > 0.2 && frames > 5,
        "what was written plays: {picture} s, {frames}"
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_killed_process_loses_a_second_at_most() {
    use std::io::BufRead;
    let folder = std::env::temp_dir().join(format!("regie-killed-{}", std::process::id()));
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "recording::child_that_records",
            "--nocapture",
        ])
        .env(CHILD, &folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    let began = out
        .lines()
        .map_while(Result::ok)
        .any(|line| line.contains("recording"));
    assert!(began, "the child did not record");
    // It said so with the first bytes, which come up to a fragment after the first picture.
    let since = Instant::now();
    std::thread::sleep(Duration::from_millis(4300));
    child.kill().unwrap();
    let spent = since.elapsed().as_secs_f64();
    child.wait().unwrap();
    let (picture, sound, frames) = probe(&the_only_file(&folder));
    assert!(
        picture > spent - 1.0 && sound > spent - 1.0,
        "{picture} and {sound} of {spent}"
    );
    assert!(frames > 90, "{frames}");
    std::fs::remove_dir_all(&folder).unwrap();
}
