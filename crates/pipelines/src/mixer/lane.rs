//! What the mixer knows of one slot: the pictures and the sound that wait for their tick, and how the source is.

use super::audio::gain::Ramp;
use super::audio::ring::{RATE, Ring};
use super::frame_sync::FrameSync;
use crate::slot::{Frame, SlotInput};
use gstreamer as gst;
use parking_lot::Mutex;
use regie_model::{Picture, Report, SourceId};
use std::collections::VecDeque;

/// No decoded picture for this long: the source is held.
const HELD_AFTER: gst::ClockTime = gst::ClockTime::from_mseconds(500);
/// No decoded picture for this long: its slate stands in its place.
const SLATE_AFTER: gst::ClockTime = gst::ClockTime::from_seconds(2);
/// Pictures that wait; a decoder's pool must not run dry for them.
const WAITING: usize = 10;
/// How much later than its time sound is still taken: the audio mixer works that far behind.
pub(super) const PATIENCE: gst::ClockTime = gst::ClockTime::from_mseconds(40);

/// One slot of the mixer. Sources push from their own threads, the mixer's ticks read.
pub(crate) struct Lane {
    state: Mutex<State>,
}

struct State {
    fps: u32,
    opening: Option<SlotInput>,
    source: Option<SourceId>,
    life: Life,
    sync: FrameSync,
    waiting: VecDeque<(u64, Frame)>,
    shown: Option<Frame>,
    /// Changes with `shown`, so that a tile is drawn only when it must be.
    serial: u64,
    slate: Option<Frame>,
    ring: Ring,
    gain: Ramp,
}

/// How the source of a slot is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Life {
    /// Nothing was decoded since it was opened.
    Waiting,
    /// Pictures come; the last one then.
    Live { size: Picture, at: gst::ClockTime },
    /// Its last picture stands.
    Held { since: gst::ClockTime, slate: bool },
    /// One picture, for as long as it is open.
    Still,
    /// Closed; its slate stands.
    Closed,
}

impl Lane {
    pub fn new(fps: u32) -> Self {
        Self {
            state: Mutex::new(State {
                fps,
                opening: None,
                source: None,
                life: Life::Closed,
                sync: FrameSync::new(fps),
                waiting: VecDeque::new(),
                shown: None,
                serial: 0,
                slate: None,
                ring: Ring::default(),
                gain: Ramp::default(),
            }),
        }
    }

    /// A source takes the slot, or takes it anew: what stands there stays until its first picture.
    pub fn open(&self, input: SlotInput) {
        let mut state = self.state.lock();
        if state.source != Some(input.source()) {
            state.show(None);
            state.slate = None;
            state.gain = Ramp::default();
        }
        if let Some(old) = state.opening.take() {
            old.close();
        }
        state.source = Some(input.source());
        state.opening = Some(input);
        state.life = Life::Waiting;
        state.sync = FrameSync::new(state.fps);
        state.waiting.clear();
        state.ring.clear();
    }

    /// The source is closed: its slate is shown at once. `forget` empties the slot.
    pub fn close(&self, source: SourceId, forget: bool) {
        let mut state = self.state.lock();
        if state.source != Some(source) {
            return;
        }
        if let Some(old) = state.opening.take() {
            old.close();
        }
        state.life = Life::Closed;
        state.waiting.clear();
        state.ring.clear();
        if forget {
            state.source = None;
            state.slate = None;
            state.show(None);
        } else {
            let slate = state.slate.clone();
            state.show(slate);
        }
    }

    /// The slate of the source that has this slot now.
    pub fn set_slate(&self, source: SourceId, slate: Frame) {
        let mut state = self.state.lock();
        if state.source == Some(source) {
            state.slate = Some(slate);
            if matches!(state.life, Life::Closed | Life::Held { slate: true, .. }) {
                let slate = state.slate.clone();
                state.show(slate);
            }
        }
    }

    /// Takes a picture. True where this is the first one, the first after a pause, or of another size.
    pub fn push_video(
        &self,
        from: &SlotInput,
        frame: Frame,
        pts: gst::ClockTime,
        now: gst::ClockTime,
    ) -> bool {
        let mut state = self.state.lock();
        if !state.takes(from) {
            return false;
        }
        let size = Picture {
            width: frame.info.width(),
            height: frame.info.height(),
        };
        let news = !matches!(state.life, Life::Live { size: old, .. } if old == size);
        state.life = Life::Live { size, at: now };
        if let Some(tick) = state.sync.picture(pts.nseconds(), now.nseconds()) {
            if state.waiting.len() >= WAITING {
                state.waiting.pop_front();
            }
            state.waiting.push_back((tick, frame));
        }
        news
    }

    /// Shows one picture for as long as the source is open.
    pub fn push_still(&self, from: &SlotInput, frame: Frame) {
        let mut state = self.state.lock();
        if state.takes(from) {
            state.life = Life::Still;
            state.show(Some(frame));
        }
    }

    /// Takes sound.
    pub fn push_audio(&self, from: &SlotInput, samples: &[f32], pts: gst::ClockTime, now: gst::ClockTime) {
        let mut state = self.state.lock();
        if state.takes(from) {
            let patience = PATIENCE.nseconds() / 2;
            let due = state.sync.sound(pts.nseconds(), now.nseconds(), patience);
            state.ring.write(position(due), samples);
        }
    }

    /// Goes on to a tick: the newest picture that is due is shown, and a source that is silent is noticed.
    pub fn go(&self, tick: u64, now: gst::ClockTime) -> Option<Report> {
        let mut state = self.state.lock();
        let mut due = None;
        while state.waiting.front().is_some_and(|(at, _)| *at <= tick) {
            due = state.waiting.pop_front();
        }
        if let Some((_, frame)) = due {
            state.show(Some(frame));
        }
        match state.life {
            Life::Live { at, .. } if now.saturating_sub(at) >= HELD_AFTER => {
                state.life = Life::Held {
                    since: at,
                    slate: false,
                };
                state.source.map(|source| Report::SourceHeld { source })
            }
            Life::Held { since, slate: false } if now.saturating_sub(since) >= SLATE_AFTER => {
                state.life = Life::Held { since, slate: true };
                let slate = state.slate.clone();
                if slate.is_some() {
                    state.show(slate);
                }
                None
            }
            _ => None,
        }
    }

    /// What is shown, and a number that changes with it.
    pub fn shown(&self) -> (Option<Frame>, u64) {
        let state = self.state.lock();
        (state.shown.clone(), state.serial)
    }

    /// Who has the slot.
    pub fn source(&self) -> Option<SourceId> {
        self.state.lock().source
    }

    /// The opening that may push now.
    pub fn opening(&self) -> Option<SlotInput> {
        self.state.lock().opening.clone()
    }

    /// From this position on, brings the gain to `to` within `length` samples.
    pub fn turn(&self, to: f32, position: u64, length: u64) {
        self.state.lock().gain.turn(to, position, length);
    }

    /// Adds the sound from this position on to the mix.
    pub fn read(&self, position: u64, mix: &mut [[f32; 2]]) {
        let mut state = self.state.lock();
        let State { ring, gain, .. } = &mut *state;
        ring.read(position, mix, |at| gain.at(at));
    }
}

impl State {
    fn takes(&self, from: &SlotInput) -> bool {
        self.opening.as_ref().is_some_and(|opening| opening.is(from))
    }

    fn show(&mut self, frame: Option<Frame>) {
        self.shown = frame;
        self.serial += 1;
    }
}

/// The sample at a running time.
pub(crate) fn position(nanoseconds: u64) -> u64 {
    (u128::from(nanoseconds) * u128::from(RATE) / 1_000_000_000) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mixer::slate::plain;
    use gstreamer_video::{VideoFormat, VideoInfo};
    use std::sync::Arc;

    const ID: SourceId = SourceId(3);

    fn ms(n: u64) -> gst::ClockTime {
        gst::ClockTime::from_mseconds(n)
    }

    fn frame(width: u32, luma: u8) -> Frame {
        let info = VideoInfo::builder(VideoFormat::I420, width, 64).build().unwrap();
        plain([luma, 128, 128], &info).unwrap()
    }

    fn luma(lane: &Lane) -> Option<u8> {
        let frame = lane.shown().0?;
        let map = frame.buffer.map_readable().unwrap();
        Some(map[0])
    }

    fn opened() -> (Arc<Lane>, SlotInput) {
        gst::init().unwrap();
        let lane = Arc::new(Lane::new(30));
        let input = SlotInput::new(ID, lane.clone(), Arc::new(|_| {}));
        lane.open(input.clone());
        (lane, input)
    }

    #[test]
    fn a_silent_source_is_held_then_slated_and_live_again() {
        let (lane, input) = opened();
        lane.set_slate(ID, frame(64, 30));
        assert_eq!(luma(&lane), None, "nothing is shown before the first picture");
        assert!(lane.push_video(&input, frame(64, 100), ms(990), ms(1000)), "live");
        assert!(
            !lane.push_video(&input, frame(64, 101), ms(1023), ms(1033)),
            "no news"
        );
        assert_eq!(lane.go(40, ms(1333)), None);
        assert_eq!(luma(&lane), Some(101));
        assert_eq!(lane.go(46, ms(1532)), None);
        assert_eq!(lane.go(47, ms(1534)), Some(Report::SourceHeld { source: ID }));
        assert_eq!(luma(&lane), Some(101), "the last picture stands");
        assert_eq!(lane.go(60, ms(2000)), None);
        assert_eq!(lane.go(92, ms(3040)), None);
        assert_eq!(luma(&lane), Some(30), "its slate");
        assert!(
            lane.push_video(&input, frame(64, 102), ms(3090), ms(3100)),
            "live again"
        );
        lane.go(100, ms(3333));
        assert_eq!(luma(&lane), Some(102));
        assert!(
            lane.push_video(&input, frame(32, 103), ms(3123), ms(3133)),
            "another size is news"
        );
    }

    #[test]
    fn whoever_comes_back_keeps_the_slot_and_the_old_session_is_deaf() {
        let (lane, old) = opened();
        lane.push_video(&old, frame(64, 100), ms(990), ms(1000));
        lane.go(40, ms(1333));
        let new = SlotInput::new(ID, lane.clone(), Arc::new(|_| {}));
        lane.open(new.clone());
        assert_eq!(
            luma(&lane),
            Some(100),
            "what stood there stays until the first new picture"
        );
        assert!(!lane.push_video(&old, frame(64, 50), ms(1400), ms(1400)));
        lane.go(60, ms(2000));
        assert_eq!(luma(&lane), Some(100));
        assert!(lane.push_video(&new, frame(64, 110), ms(2000), ms(2010)));
        lane.go(70, ms(2400));
        assert_eq!(luma(&lane), Some(110));
    }

    #[test]
    fn another_source_in_the_slot_shows_nothing_of_the_old_one() {
        let (lane, input) = opened();
        lane.push_video(&input, frame(64, 100), ms(990), ms(1000));
        lane.go(40, ms(1333));
        lane.close(SourceId(99), true);
        assert_eq!(luma(&lane), Some(100), "somebody else's close is none");
        lane.close(ID, true);
        assert_eq!(luma(&lane), None);
        let other = SlotInput::new(SourceId(4), lane.clone(), Arc::new(|_| {}));
        lane.open(other);
        assert_eq!(luma(&lane), None);
    }

    #[test]
    fn a_flood_of_pictures_is_bounded() {
        let (lane, input) = opened();
        for n in 0..1000 {
            lane.push_video(&input, frame(64, 1), ms(n * 34), ms(n * 34));
        }
        assert!(lane.state.lock().waiting.len() <= WAITING);
    }
}
