//! The sound of one source, waiting for its time. Pure; positions are samples of the shared running time at
//! 48 kHz, samples are interleaved stereo.
//!
//! A source's clock is never quite ours: blocks are written one after the other and stretched by a few samples in
//! a thousand towards where their timestamps say that they belong. Only a real hole is written as one. Where a
//! read finds nothing, the sound fades out and in again within 3 ms, so a hole is never a click.

/// Samples a second.
pub const RATE: u64 = 48_000;
const CHANNELS: usize = 2;
/// One second of sound fits.
const CAPACITY: u64 = RATE;
/// Off by more than this, a block goes where its timestamp says and is not stretched there.
const JUMP: i64 = RATE as i64 / 50;
/// 3 ms.
const FADE: f32 = 144.0;

/// See the module.
#[derive(Debug)]
pub struct Ring {
    samples: Vec<[f32; CHANNELS]>,
    /// What is held: from the first to behind the last position.
    held: std::ops::Range<u64>,
    /// The smoothed distance of where blocks belong from where they were put, in samples.
    error: f32,
    /// What was put last, and how far the next ones have come away from it after a break, 0 to 1.
    joint: ([f32; CHANNELS], f32),
    put: [f32; CHANNELS],
    fade: f32,
    last: [f32; CHANNELS],
}

impl Default for Ring {
    fn default() -> Self {
        Self {
            samples: vec![[0.0; CHANNELS]; CAPACITY as usize],
            held: 0..0,
            error: 0.0,
            joint: ([0.0; CHANNELS], 1.0),
            put: [0.0; CHANNELS],
            fade: 0.0,
            last: [0.0; CHANNELS],
        }
    }
}

impl Ring {
    /// Takes a block whose first sample belongs at `position`. At most half a second of it is kept.
    pub fn write(&mut self, position: u64, block: &[f32]) {
        let frames = (block.len() / CHANNELS).min(CAPACITY as usize / 2);
        let block = &block[..frames * CHANNELS];
        if frames == 0 {
            return;
        }
        let off = position as i64 - self.held.end as i64;
        if self.held.is_empty() || off.abs() > RATE as i64 / 2 {
            self.held = position..position;
            self.error = 0.0;
            self.put(block, frames);
        } else if off > JUMP {
            self.join();
            for _ in 0..off {
                self.put_one([0.0; CHANNELS]);
            }
            self.join();
            self.error = 0.0;
            self.put(block, frames);
        } else if off < -JUMP {
            let skip = (off.unsigned_abs() as usize).min(frames);
            self.error = 0.0;
            self.join();
            self.put(&block[skip * CHANNELS..], frames - skip);
        } else {
            self.error += (off as f32 - self.error) / 16.0;
            let most = (frames / 200).max(1) as f32;
            let stretch = if self.error.abs() < 48.0 {
                0.0
            } else {
                (self.error / 16.0).clamp(-most, most)
            };
            self.put(block, (frames as f32 + stretch).round() as usize);
        }
    }

    /// Adds what belongs at `position..` to `mix`, each sample times its gain.
    pub fn read(&mut self, position: u64, mix: &mut [[f32; CHANNELS]], gain: impl Fn(u64) -> f32) {
        for (out, at) in mix.iter_mut().zip(position..) {
            if self.held.contains(&at) {
                self.last = self.samples[(at % CAPACITY) as usize];
                self.fade = (self.fade + 1.0 / FADE).min(1.0);
            } else {
                self.fade = (self.fade - 1.0 / FADE).max(0.0);
            }
            if self.fade > 0.0 {
                let gain = gain(at) * self.fade;
                out[0] += self.last[0] * gain;
                out[1] += self.last[1] * gain;
            }
        }
        let read = position + mix.len() as u64;
        if self.held.end <= read {
            self.held = read..read;
        } else if self.held.start < read {
            self.held.start = read;
        }
    }

    /// Forgets everything; what sounds fades out.
    pub fn clear(&mut self) {
        self.held = 0..0;
        self.error = 0.0;
    }

    /// Puts a block at the end, brought to `length` frames.
    fn put(&mut self, block: &[f32], length: usize) {
        let frames = block.len() / CHANNELS;
        let at = |n: usize| [block[n * CHANNELS], block[n * CHANNELS + 1]];
        if frames == length {
            (0..frames).for_each(|n| self.put_one(at(n)));
        } else if frames > 0 {
            let step = frames as f32 / length.max(1) as f32;
            for n in 0..length {
                let place = n as f32 * step;
                let (a, part) = ((place as usize).min(frames - 1), place.fract());
                let (left, right) = (at(a), at((a + 1).min(frames - 1)));
                self.put_one([0, 1].map(|c| left[c] + (right[c] - left[c]) * part));
            }
        }
    }

    /// What comes now does not continue what came before: it is faded over from the last sample.
    fn join(&mut self) {
        self.joint = (self.put, 0.0);
    }

    fn put_one(&mut self, mut sample: [f32; CHANNELS]) {
        let (from, part) = &mut self.joint;
        if *part < 1.0 {
            sample = [0, 1].map(|c| from[c] + (sample[c] - from[c]) * *part);
            *part += 1.0 / FADE;
        }
        self.put = sample;
        self.samples[(self.held.end % CAPACITY) as usize] = sample;
        self.held.end += 1;
        if self.held.end - self.held.start > CAPACITY {
            self.held.start = self.held.end - CAPACITY;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(from: u64, frames: usize, hz: f32) -> Vec<f32> {
        (0..frames)
            .flat_map(|n| {
                let s = ((from + n as u64) as f32 / RATE as f32 * hz * std::f32::consts::TAU).sin() * 0.5;
                [s, s]
            })
            .collect()
    }

    fn steepest(mix: &[[f32; 2]]) -> f32 {
        mix.windows(2)
            .map(|w| (w[1][0] - w[0][0]).abs())
            .fold(0.0, f32::max)
    }

    #[test]
    fn what_is_written_comes_out_in_its_place() {
        let mut ring = Ring::default();
        ring.write(1000, &sine(0, 960, 440.0));
        let mut mix = vec![[0.0; 2]; 960];
        ring.read(1000, &mut mix, |_| 1.0);
        let want = sine(0, 960, 440.0);
        assert!((200..960).all(|n| (mix[n][0] - want[n * 2]).abs() < 1e-6));
    }

    #[test]
    fn a_drifting_clock_is_followed_without_a_click() {
        let mut ring = Ring::default();
        let mut mix = vec![[0.0; 2]; 480];
        let (mut steep, mut silent) = (0.0f32, 0);
        for block in 0..3000u64 {
            // The source's clock runs 200 ppm slow: its blocks belong a little later each time.
            let position = 10_000 + block * 480 + block * 480 / 5000;
            ring.write(position, &sine(block * 480, 480, 200.0));
            mix.fill([0.0; 2]);
            ring.read(position.saturating_sub(960), &mut mix, |_| 1.0);
            if block > 10 {
                steep = steep.max(steepest(&mix));
                silent += mix.iter().filter(|s| s[0] == 0.0 && s[1] == 0.0).count();
            }
        }
        assert!(steep < 0.03, "{steep}");
        assert!(silent < 4000, "{silent}");
    }

    #[test]
    fn a_hole_fades() {
        let mut ring = Ring::default();
        let mut mix = vec![[0.0; 2]; 4800];
        ring.write(0, &sine(0, 1000, 100.0));
        ring.write(3000, &sine(3000, 1800, 100.0));
        ring.read(0, &mut mix[..1500], |_| 1.0);
        ring.read(1500, &mut mix[1500..], |_| 1.0);
        assert!(steepest(&mix[..2900]) < 0.02, "{}", steepest(&mix[..2900]));
    }

    #[test]
    fn it_is_bounded_whatever_is_written() {
        let mut ring = Ring::default();
        let much = vec![0.1; 2 * 48_000 * 10];
        for n in 0..20 {
            ring.write(n * 48_000 * 3, &much);
            assert!(ring.held.end - ring.held.start <= CAPACITY);
        }
        ring.write(u64::MAX / 2, &[0.0; 4]);
        ring.write(0, &[0.0; 4]);
    }
}
