//! Keeps the sum of many sources below full scale without cutting the tops off.

/// The loudest sample that leaves.
const CEILING: f32 = 0.97;
/// How far the gain comes back in a block of 10 ms.
const RECOVERY: f32 = 0.01;
/// Samples within which the gain goes down: 1 ms.
const ATTACK: usize = 48;

/// A limiter over blocks of interleaved stereo.
#[derive(Debug)]
pub struct Limiter {
    gain: f32,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

impl Limiter {
    /// Limits one block in place.
    pub fn limit(&mut self, block: &mut [[f32; 2]]) {
        let peak = block
            .as_flattened()
            .iter()
            .fold(0.0f32, |peak, s| peak.max(s.abs()));
        let allowed = if peak > CEILING { CEILING / peak } else { 1.0 };
        let target = allowed.min(self.gain + RECOVERY);
        if self.gain == 1.0 && target == 1.0 {
            return;
        }
        let ramp = if target < self.gain {
            ATTACK.min(block.len())
        } else {
            block.len()
        };
        let step = (target - self.gain) / ramp.max(1) as f32;
        for (n, frame) in block.iter_mut().enumerate() {
            let gain = if n < ramp {
                self.gain + step * n as f32
            } else {
                target
            };
            for sample in frame {
                *sample = (*sample * gain).clamp(-1.0, 1.0);
            }
        }
        self.gain = target;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_sound_passes_untouched_and_loud_sound_is_brought_down() {
        let mut limiter = Limiter::default();
        let mut quiet = [[0.5, -0.5]; 480];
        limiter.limit(&mut quiet);
        assert_eq!(quiet, [[0.5, -0.5]; 480]);
        for _ in 0..3 {
            let mut loud = [[3.0, -3.0]; 480];
            limiter.limit(&mut loud);
            assert!(loud[ATTACK..].iter().all(|s| s[0] <= CEILING + 1e-4));
            assert!(loud.iter().all(|s| s[0] <= 1.0));
        }
        for _ in 0..200 {
            limiter.limit(&mut [[0.1, 0.1]; 480]);
        }
        assert_eq!(limiter.gain, 1.0);
    }
}
