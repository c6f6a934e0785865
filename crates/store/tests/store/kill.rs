//! A program killed in mid-save, again and again, leaves a whole show.

use crate::shows::numbered;
use regie_store::Store;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const FILE: &str = "REGIE_STORE_KILL_FILE";

/// What the killed program runs: saves show after show and says each number when it is saved. Run by the
/// test below; alone it does nothing.
#[test]
fn the_one_that_is_killed() {
    let Ok(path) = std::env::var(FILE) else { return };
    let mut store = Store::open(Path::new(&path)).expect("it opens").store;
    let last = store.load().expect("it loads").map_or(0, |show| show.last_source);
    for n in last + 1.. {
        store.save(&numbered(n)).expect("it saves");
        println!("saved {n}");
    }
}

#[test]
fn killed_in_mid_save_the_file_holds_a_whole_show() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("regie.db");
    let mut floor = 0;
    for round in 0..12u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::the_one_that_is_killed", "--nocapture"])
            .env(FILE, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        // Lines that the test harness prints come in between.
        let heard = |line: String| Some(line.split_once("saved ")?.1.parse::<u32>().unwrap());
        let mut count = 0;
        while count <= round * 5 {
            let line = said.next().expect("it goes on until it is killed").unwrap();
            if let Some(n) = heard(line) {
                floor = n;
                count += 1;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        for line in said.map_while(Result::ok) {
            // The last line may have been cut short.
            if let Some((_, Ok(n))) = line.split_once("saved ").map(|(a, n)| (a, n.parse::<u32>())) {
                floor = floor.max(n);
            }
        }
        let opened = Store::open(&path).unwrap();
        assert_eq!(opened.moved_aside, None, "round {round}");
        let show = opened.store.load().unwrap().expect("a show is in it");
        assert_eq!(show, numbered(show.last_source), "round {round}: half a show");
        assert!(
            show.last_source >= floor,
            "round {round}: a show that was saved is lost"
        );
    }
}
