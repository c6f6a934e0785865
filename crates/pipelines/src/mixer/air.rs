//! What is on air at each tick. Pure: ticks come in as numbers.

use regie_model::{Scene, Transition};

/// A mix that interrupts a mix that interrupted a mix: older layers than this many are let go.
const LAYERS: usize = 4;

/// A scene and how much of it covers what is below, 0.0 to 1.0.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// What it shows.
    pub scene: Scene,
    /// 1.0 hides everything below.
    pub alpha: f64,
}

/// What is on air: a stack of layers, the lowest opaque. Only the top one is ever on its way.
#[derive(Clone, Debug)]
pub struct Air {
    layers: Vec<Layer>,
    mix: Option<Mix>,
}

/// The way of the top layer from nothing to all.
#[derive(Clone, Copy, Debug)]
struct Mix {
    start: u64,
    ticks: u64,
}

impl Default for Air {
    fn default() -> Self {
        Self {
            layers: vec![Layer {
                scene: Scene::black(),
                alpha: 1.0,
            }],
            mix: None,
        }
    }
}

impl Air {
    /// Puts a scene on air from this tick on. A mix is visible from this very tick; one that is under way stays
    /// as it is and goes under the new scene.
    pub fn take(&mut self, scene: Scene, transition: Transition, tick: u64, fps: u32) {
        self.settle(tick);
        match transition {
            Transition::Cut => {
                self.mix = None;
                self.layers = vec![Layer { scene, alpha: 1.0 }];
            }
            Transition::Mix { duration_ms } => {
                let ticks = (u64::from(duration_ms) * u64::from(fps)).div_ceil(1000).max(1);
                self.layers.push(Layer { scene, alpha: 0.0 });
                if self.layers.len() > LAYERS {
                    self.layers.remove(0);
                    self.layers[0].alpha = 1.0;
                }
                self.mix = Some(Mix { start: tick, ticks });
                self.settle(tick);
            }
        }
    }

    /// Goes on to a tick. True where a mix shows its last picture at this tick: the new scene, whole.
    pub fn go(&mut self, tick: u64) -> bool {
        let was = self.mix.is_some();
        self.settle(tick);
        was && self.mix.is_none()
    }

    /// The stack as of the last tick gone to, lowest first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The scene that is on air, or on its way there.
    pub fn program(&self) -> &Scene {
        &self.layers[self.layers.len() - 1].scene
    }

    fn settle(&mut self, tick: u64) {
        let Some(Mix { start, ticks }) = self.mix else {
            return;
        };
        let done = tick.saturating_sub(start) + 1;
        let top = self.layers.len() - 1;
        if done >= ticks {
            self.layers.drain(..top);
            self.layers[0].alpha = 1.0;
            self.mix = None;
        } else {
            self.layers[top].alpha = done as f64 / ticks as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regie_model::SourceId;

    const MIX: Transition = Transition::Mix { duration_ms: 500 };

    fn scene(id: u32) -> Scene {
        Scene::full(SourceId(id))
    }

    #[test]
    fn a_cut_is_whole_at_its_tick() {
        let mut air = Air::default();
        air.take(scene(1), Transition::Cut, 10, 30);
        assert!(!air.go(10));
        assert_eq!(
            air.layers(),
            [Layer {
                scene: scene(1),
                alpha: 1.0
            }]
        );
    }

    #[test]
    fn a_mix_rises_evenly_from_the_first_tick_and_ends_exactly() {
        let mut air = Air::default();
        air.take(scene(1), Transition::Cut, 0, 30);
        air.take(scene(2), MIX, 100, 30);
        for tick in 100..114 {
            assert!(!air.go(tick));
            assert_eq!(air.layers().len(), 2);
            assert!((air.layers()[1].alpha - (tick - 99) as f64 / 15.0).abs() < 1e-9);
        }
        assert!(air.go(114));
        assert_eq!(
            air.layers(),
            [Layer {
                scene: scene(2),
                alpha: 1.0
            }]
        );
        assert!(!air.go(115));
    }

    #[test]
    fn skipped_ticks_do_not_lengthen_a_mix() {
        let mut air = Air::default();
        air.take(scene(2), MIX, 100, 30);
        assert!(air.go(5000));
        assert_eq!(air.program(), &scene(2));
    }

    #[test]
    fn a_mix_that_interrupts_goes_on_from_what_is_shown() {
        let mut air = Air::default();
        air.take(scene(1), Transition::Cut, 0, 30);
        air.take(scene(2), MIX, 100, 30);
        air.go(106);
        let before = air.layers()[1].alpha;
        air.take(scene(3), MIX, 107, 30);
        air.go(107);
        let layers = air.layers();
        assert_eq!(layers.len(), 3);
        assert!(layers[1].alpha >= before && layers[1].alpha < before + 0.1);
        assert!(layers[2].alpha < 0.1);
        assert!(air.go(121));
        assert_eq!(air.layers().len(), 1);
        assert_eq!(air.program(), &scene(3));
    }

    #[test]
    fn the_stack_is_bounded() {
        let mut air = Air::default();
        for n in 0..50 {
            air.take(scene(n), MIX, u64::from(n), 30);
            assert!(air.layers().len() <= LAYERS);
            assert_eq!(air.layers()[0].alpha, 1.0);
        }
    }
}
