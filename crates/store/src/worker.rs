//! The thread that saves: the latest show, as soon as it can, and never twice the same.

use crate::{Error, Result, Store};
use regie_model::SavedShow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long to wait before a save that failed is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// Saves shows on a thread of its own. Only the latest matters: shows handed in while one is being saved
/// replace each other. Dropping it saves what is left and ends the thread.
#[derive(Debug)]
pub struct SaveWorker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    desk: Mutex<Desk>,
    /// Something on the desk changed.
    moved: Condvar,
}

/// What lies between those who hand in shows and the thread.
#[derive(Debug, Default)]
struct Desk {
    /// The latest show that is not in the file.
    waiting: Option<Box<SavedShow>>,
    /// How many shows were handed in.
    handed_in: u64,
    /// The latest of them, by that count, of which a save was tried.
    tried: u64,
    /// The one that is in the file.
    saved: u64,
    /// What the last try said, if it failed.
    failure: Option<String>,
    /// Somebody waits: a failed save is tried again at once.
    hurry: bool,
    /// No more shows come.
    closing: bool,
}

impl SaveWorker {
    /// Starts the thread. `told` hears, on that thread, of each save that fails, and of the first one that
    /// succeeds after a failure.
    pub fn start(
        store: Store,
        told: impl Fn(std::result::Result<(), &Error>) + Send + 'static,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = {
            let shared = shared.clone();
            std::thread::Builder::new()
                .name("store".into())
                .spawn(move || shared.work(store, told))
                .map_err(|error| Error::Stopped(error.to_string()))?
        };
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Hands in the show as it is now. Never blocks on the disk.
    pub fn save(&self, show: Box<SavedShow>) {
        let mut desk = self.shared.desk();
        desk.waiting = Some(show);
        desk.handed_in += 1;
        self.shared.moved.notify_all();
    }

    /// Waits until what was handed in before is in the file, or says why it is not. Blocks on the disk.
    pub fn flush(&self) -> Result<()> {
        let mut desk = self.shared.desk();
        let wanted = desk.handed_in;
        if desk.saved >= wanted {
            return Ok(());
        }
        // A try that failed before counts no more: the disk may have room again.
        desk.tried = desk.saved;
        desk.hurry = true;
        self.shared.moved.notify_all();
        while desk.tried < wanted {
            if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
                return Err(Error::Stopped("its thread has ended".to_owned()));
            }
            // The time limit is for a thread that ends while we wait.
            let waited = self.shared.moved.wait_timeout(desk, Duration::from_millis(100));
            desk = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        match &desk.failure {
            Some(failure) if desk.saved < wanted => Err(Error::Stopped(failure.clone())),
            _ => Ok(()),
        }
    }
}

impl Drop for SaveWorker {
    fn drop(&mut self) {
        self.shared.desk().closing = true;
        self.shared.moved.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic there was printed when it happened; here it must not become a second one.
            let _ = thread.join();
        }
    }
}

impl Shared {
    /// The desk is plain values, whole at every moment, so a panic elsewhere does not spoil it.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, mut store: Store, told: impl Fn(std::result::Result<(), &Error>)) {
        let mut failed = false;
        while let Some((show, number)) = self.next() {
            let result = store.save(&show);
            match &result {
                Err(error) => told(Err(error)),
                Ok(()) if failed => told(Ok(())),
                Ok(()) => {}
            }
            failed = result.is_err();
            let closing = self.put_down(show, number, result);
            if closing && failed {
                // Told above; the disk will not get better while the program ends.
                return;
            }
            if failed {
                self.pause();
            }
        }
    }

    /// The latest show, when there is one; `None` when all are saved and no more come.
    fn next(&self) -> Option<(Box<SavedShow>, u64)> {
        let mut desk = self.desk();
        loop {
            if let Some(show) = desk.waiting.take() {
                desk.hurry = false;
                return Some((show, desk.handed_in));
            }
            if desk.closing {
                return None;
            }
            desk = self.moved.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes how the save went; a show that is not in the file waits again, unless a later one does. Whether
    /// no more shows come.
    fn put_down(&self, show: Box<SavedShow>, number: u64, result: Result<()>) -> bool {
        let mut desk = self.desk();
        desk.tried = number;
        match result {
            Ok(()) => {
                desk.saved = number;
                desk.failure = None;
            }
            Err(error) => {
                desk.failure = Some(error.to_string());
                desk.waiting.get_or_insert(show);
            }
        }
        self.moved.notify_all();
        desk.closing
    }

    /// Lets a sick disk rest, unless somebody waits or the end comes.
    fn pause(&self) {
        let until = Instant::now() + RETRY;
        let mut desk = self.desk();
        while !desk.hurry && !desk.closing {
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                return;
            };
            let waited = self.moved.wait_timeout(desk, left);
            desk = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
