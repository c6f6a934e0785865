//! The frame synchroniser: which tick of the program shows which picture. Pure; times are nanoseconds of the
//! shared running time.
//!
//! A picture carries two times: its PTS, whose cadence is the camera's, and its arrival, which jitters. It is shown
//! at PTS + offset, where the offset is as small as lets nearly every picture arrive in time: it grows by little
//! steps when one is late and shrinks slowly while all are early. So the cadence stays smooth, one late picture
//! costs nothing later, and none ever freezes the rest. The same offset goes to the source's sound, so lips and
//! voice stay together.

const MS: i64 = 1_000_000;
/// A picture should be here this long before its tick.
const MARGIN: i64 = 3 * MS;
/// The most that one late picture adds. A single stall of the network must not delay the rest of the show.
const GROW: i64 = 4 * MS;
/// Off by more than this, it is another timeline and not jitter.
const ASTRAY: i64 = 1_000 * MS;
/// The most delay that jitter can bring about.
const SPAN: i64 = 250 * MS;
/// How far early a picture may be and still wait for the tick after the last one's, in thousandths of a tick.
const HOLD: i64 = 300;

/// The frame synchroniser of one source.
#[derive(Debug)]
pub struct FrameSync {
    /// Frames a second of the program.
    fps: i64,
    offset: Option<i64>,
    window: Window,
    last: Option<u64>,
}

/// What was seen in the second that is under way.
#[derive(Debug)]
struct Window {
    since: i64,
    /// The least time by which anything came early.
    slack: i64,
    /// The shortest way here, of this second and the one before.
    shortest: [i64; 2],
    /// How many windows ended: at the start the offset settles faster.
    count: u32,
}

impl FrameSync {
    /// For a program of this many frames a second, at least 1.
    pub fn new(fps: u32) -> Self {
        Self {
            fps: i64::from(fps.max(1)),
            offset: None,
            window: Window::new(0),
            last: None,
        }
    }

    /// The tick at which a picture is due: each tick takes one. `None` where its tick has one already, as with a
    /// camera faster than the program.
    pub fn picture(&mut self, pts: u64, arrival: u64) -> Option<u64> {
        let offset = self.observe(pts as i64, arrival as i64, 0);
        let shown = (pts as i64 + offset).max(0);
        let natural = self.tick_after(shown);
        let tick = match self.last {
            Some(last) => {
                let next = last + 1;
                let early = self.tick_time(next) - shown;
                let tick_length = 1_000 * MS / self.fps;
                let holds = (0..=tick_length * (1_000 + HOLD) / 1_000).contains(&early);
                if holds { next } else { natural }
            }
            None => natural,
        };
        // A timeline that jumped back begins anew; anything else in a taken tick is one too many.
        match self.last {
            Some(last) if tick <= last && last - tick < self.fps as u64 => None,
            _ => {
                self.last = Some(tick);
                Some(tick)
            }
        }
    }

    /// When the first sample of a block of sound is due, running time. `patience` is how much later than that
    /// the audio mixer still takes it. Pictures wait half a tick for theirs on average, so sound does too.
    pub fn sound(&mut self, pts: u64, arrival: u64, patience: u64) -> u64 {
        let offset = self.observe(pts as i64, arrival as i64, patience as i64);
        (pts as i64 + offset + self.half_tick()).max(0) as u64
    }

    fn half_tick(&self) -> i64 {
        500 * MS / self.fps
    }

    /// The offset now, nanoseconds.
    pub fn offset(&self) -> i64 {
        self.offset.unwrap_or(0)
    }

    fn observe(&mut self, pts: i64, arrival: i64, patience: i64) -> i64 {
        let way = arrival - pts;
        let needed = way + MARGIN - patience;
        let offset = match self.offset {
            Some(offset) if (needed - offset).abs() < ASTRAY => offset,
            _ => {
                // Sound alone has no patience to give away before the first picture has said what it needs.
                let start = way + MARGIN;
                self.window = Window::new(arrival);
                self.offset = Some(start);
                return start;
            }
        };
        let window = &mut self.window;
        window.slack = window.slack.min(offset - needed);
        window.shortest[0] = window.shortest[0].min(way);
        let mut offset = offset;
        if needed > offset {
            let most = window.shortest[0].min(window.shortest[1]) + MARGIN + SPAN;
            offset = (offset + GROW.min(needed - offset)).min(most.max(offset));
        } else if arrival - window.since >= 1_000 * MS {
            let spare = window.slack.max(0);
            let settling = window.count < 3;
            offset -= if settling { spare } else { (spare / 2).min(5 * MS) };
            *window = window.next(arrival);
        }
        self.offset = Some(offset);
        offset
    }

    /// The first tick at or after a running time.
    fn tick_after(&self, time: i64) -> u64 {
        let scaled = i128::from(time) * i128::from(self.fps);
        let second = i128::from(1_000 * MS);
        ((scaled + second - 1) / second) as u64
    }

    fn tick_time(&self, tick: u64) -> i64 {
        (i128::from(tick) * i128::from(1_000 * MS) / i128::from(self.fps)) as i64
    }
}

impl Window {
    fn new(since: i64) -> Self {
        Self {
            since,
            slack: i64::MAX,
            shortest: [i64::MAX / 4; 2],
            count: 0,
        }
    }

    fn next(&self, since: i64) -> Self {
        Self {
            since,
            slack: i64::MAX,
            shortest: [i64::MAX / 4, self.shortest[0]],
            count: self.count.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: u64 = 33_333_333;

    /// Runs `count` pictures of a camera with this frame time through, each `late(n)` ns on its way.
    fn ticks(count: u64, frame: u64, late: impl Fn(u64) -> u64) -> (Vec<u64>, FrameSync) {
        let mut sync = FrameSync::new(30);
        let start = 5_000_000_000 + 7_000_000;
        let ticks = (0..count).filter_map(|n| {
            let pts = start + n * frame;
            sync.picture(pts, pts + late(n))
        });
        (ticks.collect(), sync)
    }

    fn steps(ticks: &[u64]) -> Vec<u64> {
        ticks.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    #[test]
    fn a_steady_camera_gets_every_tick_once() {
        let (ticks, _) = ticks(3000, FRAME, |_| 8_000_000);
        assert_eq!(ticks.len(), 3000);
        assert!(steps(&ticks).iter().all(|step| *step == 1));
    }

    #[test]
    fn jitter_does_not_disturb_the_cadence_once_it_is_known() {
        let (ticks, sync) = ticks(3000, FRAME, |n| 5_000_000 + (n * 7919 % 23) * 1_000_000);
        let settled = &ticks[300..];
        let uneven = steps(settled).iter().filter(|step| **step != 1).count();
        assert!(uneven <= 3, "{uneven} uneven steps");
        assert!(
            (15_000_000..45_000_000).contains(&sync.offset()),
            "{}",
            sync.offset()
        );
    }

    #[test]
    fn one_stall_costs_no_lasting_delay() {
        let (_, before) = ticks(1000, FRAME, |_| 8_000_000);
        let (_, after) = ticks(1000, FRAME, |n| if n == 990 { 400_000_000 } else { 8_000_000 });
        assert!(after.offset() - before.offset() <= GROW);
    }

    #[test]
    fn a_slow_first_picture_is_forgotten_in_seconds() {
        let (_, sync) = ticks(150, FRAME, |n| if n == 0 { 200_000_000 } else { 8_000_000 });
        assert!(sync.offset() < 20_000_000, "{}", sync.offset());
    }

    #[test]
    fn a_faster_camera_is_thinned_and_a_slower_one_spread() {
        let (fast, _) = ticks(6000, FRAME / 2, |_| 8_000_000);
        assert!((2900..=3100).contains(&fast.len()), "{}", fast.len());
        let (slow, _) = ticks(2500, 40_000_000, |_| 8_000_000);
        assert_eq!(slow.len(), 2500);
        assert!(steps(&slow).iter().all(|step| (1..=2).contains(step)));
    }

    #[test]
    fn another_timeline_is_taken_up_at_once() {
        let mut sync = FrameSync::new(30);
        let first = sync.picture(3_600_000_000_000, 5_000_000_000).unwrap();
        assert!((150..=152).contains(&first), "{first}");
        let again = sync.picture(1_000_000, 10_000_000_000).unwrap();
        assert!((300..=302).contains(&again), "{again}");
    }

    #[test]
    fn sound_follows_the_picture() {
        let mut sync = FrameSync::new(30);
        for n in 0..300 {
            let pts = 1_000_000_000 + n * FRAME;
            sync.picture(pts, pts + 30_000_000);
            let due = sync.sound(pts, pts + 1_000_000, 40_000_000);
            assert_eq!(due as i64, pts as i64 + sync.offset() + sync.half_tick());
        }
        assert!(
            (30_000_000..40_000_000).contains(&sync.offset()),
            "{}",
            sync.offset()
        );
    }

    #[test]
    fn late_sound_pushes_both() {
        let mut sync = FrameSync::new(30);
        for n in 0..300 {
            let pts = 1_000_000_000 + n * FRAME;
            sync.picture(pts, pts + 5_000_000);
            sync.sound(pts, pts + 90_000_000, 40_000_000);
        }
        assert!(sync.offset() >= 50_000_000, "{}", sync.offset());
    }
}
