//! How loud a source is in program, over time. Pure; positions as in [`super::ring`].

use super::ring::RATE;
use std::f32::consts::FRAC_PI_2;

/// The shortest ramp: 30 ms, which no ear hears as a click.
pub const SHORTEST: u64 = RATE * 30 / 1000;

/// A gain on its way from one value to another.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ramp {
    from: f32,
    to: f32,
    start: u64,
    length: u64,
}

impl Ramp {
    /// The gain at a position. Rising follows a sine and falling a cosine: two sources that change places stay
    /// equally loud together.
    pub fn at(&self, position: u64) -> f32 {
        if position >= self.start + self.length {
            return self.to;
        }
        let done = position.saturating_sub(self.start) as f32 / self.length as f32;
        let part = if self.to > self.from {
            (done * FRAC_PI_2).sin()
        } else {
            1.0 - (done * FRAC_PI_2).cos()
        };
        self.from + (self.to - self.from) * part
    }

    /// From `start` on, goes to `to` within `length` samples, but never faster than [`SHORTEST`].
    pub fn turn(&mut self, to: f32, start: u64, length: u64) {
        if self.to != to {
            *self = Self {
                from: self.at(start),
                to,
                start,
                length: length.max(SHORTEST),
            };
        }
    }

    /// Whether nothing sounds at or after a position.
    pub fn silent(&self, position: u64) -> bool {
        self.to == 0.0 && position >= self.start + self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_ramps_and_a_mix_keeps_the_power() {
        let (mut old, mut new) = (Ramp::default(), Ramp::default());
        old.turn(1.0, 0, 0);
        assert_eq!(old.at(0), 0.0);
        assert_eq!(old.at(SHORTEST), 1.0);
        old.turn(0.0, 10_000, 48_000);
        new.turn(1.0, 10_000, 48_000);
        for at in (10_000..58_000).step_by(100) {
            let power = old.at(at).powi(2) + new.at(at).powi(2);
            assert!((power - 1.0).abs() < 1e-3, "{at}: {power}");
        }
        assert!(old.silent(58_000) && new.at(58_000) == 1.0);
    }

    #[test]
    fn no_step_is_audible_even_when_turned_in_the_middle() {
        let mut ramp = Ramp::default();
        ramp.turn(1.0, 0, 0);
        ramp.turn(0.0, SHORTEST / 2, 0);
        let steep = (0..5000)
            .map(|at| (ramp.at(at + 1) - ramp.at(at)).abs())
            .fold(0.0, f32::max);
        assert!(steep < 0.002, "{steep}");
    }
}
