//! What the four demo pictures look like. A background is drawn once per size; a frame is a copy of it with the
//! moving parts on top, which costs little more than the copy.

use super::digits;
use crate::barcode;

/// How many pictures there are.
pub const PATTERNS: u8 = 4;
/// How long a flash and its beep last.
pub const FLASH_MS: u64 = 100;

/// Dusk, forest, ember, sea: the colour of each picture's moving disc and of its ground, Y, U, V.
const DISC: [[u8; 3]; 4] = [[190, 90, 165], [200, 70, 130], [180, 60, 190], [205, 150, 105]];
const GROUND: [[u8; 3]; 4] = [[70, 160, 140], [85, 115, 100], [75, 110, 165], [80, 170, 85]];

/// The colour of a picture's ground near its bottom left corner, where nothing moves: Y, U, V. By it a machine
/// tells one picture from another.
pub fn tint(pattern: u8) -> [u8; 3] {
    GROUND[usize::from(pattern % PATTERNS)]
}

/// Whether the picture at this running time, in milliseconds, flashes.
pub fn flashes(ms: u64) -> bool {
    ms % 2000 < FLASH_MS
}

/// Tightly packed planes of one picture.
pub struct Background {
    pattern: u8,
    width: usize,
    height: usize,
    planes: [Vec<u8>; 3],
}

impl Background {
    /// Draws it. Both sizes are even and at least 16.
    pub fn new(pattern: u8, width: usize, height: usize) -> Self {
        let pattern = pattern % PATTERNS;
        let [y0, u0, v0] = tint(pattern);
        let mut luma = vec![0; width * height];
        for (y, row) in luma.chunks_exact_mut(width).enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                let (fx, fy) = (x as f32 / width as f32, y as f32 / height as f32);
                *sample = (f32::from(y0) + shade(pattern, fx, fy)).clamp(16.0, 235.0) as u8;
            }
        }
        let chroma = |value: u8, lean: f32| {
            let (w, h) = (width / 2, height / 2);
            let line = |y: usize| f32::from(value) + lean * (0.75 - y as f32 / h as f32).max(0.0);
            (0..h)
                .flat_map(|y| vec![line(y).clamp(16.0, 240.0) as u8; w])
                .collect()
        };
        let lean = [18.0, -20.0, 24.0, -16.0][usize::from(pattern)];
        Self {
            pattern,
            width,
            height,
            planes: [luma, chroma(u0, lean), chroma(v0, -lean)],
        }
    }

    /// Writes the frame of this number into three planes with their strides.
    pub fn draw(&self, planes: [(&mut [u8], usize); 3], number: u32, ms: u64) {
        let (width, height) = (self.width, self.height);
        let [luma, u, v] = planes;
        let strides = [luma.1, u.1, v.1];
        let mut targets = [luma.0, u.0, v.0];
        for (n, target) in targets.iter_mut().enumerate() {
            let width = if n == 0 { width } else { width / 2 };
            let rows = self.planes[n]
                .chunks_exact(width)
                .zip(target.chunks_mut(strides[n]));
            for (from, to) in rows {
                to[..width].copy_from_slice(from);
            }
        }
        let (centre, radius) = self.disc(ms);
        let colour = DISC[usize::from(self.pattern)];
        for (n, target) in targets.iter_mut().enumerate() {
            let shift = usize::from(n > 0);
            let size = (width >> shift, height >> shift);
            let at = (centre.0 / (1 << shift) as f32, centre.1 / (1 << shift) as f32);
            disc(
                target,
                strides[n],
                size,
                at,
                radius / (1 << shift) as f32,
                colour[n],
            );
        }
        if flashes(ms) {
            for (n, target) in targets.iter_mut().enumerate() {
                let shift = usize::from(n > 0);
                let (w, h) = (width >> shift, height >> shift);
                for row in target.chunks_mut(strides[n]).skip(h / 4).take(h / 2) {
                    row[w / 4..w * 3 / 4].fill(if n == 0 { 235 } else { 128 });
                }
            }
        }
        // The row is black and white for those who read it in RGB as well.
        for plane in 1..3 {
            let (rows, length) = (
                (width / 80).div_ceil(2),
                (barcode::BLOCKS * width / 80).div_ceil(2),
            );
            for row in targets[plane].chunks_mut(strides[plane]).take(rows) {
                row[..length].fill(128);
            }
        }
        barcode::draw(targets[0], strides[0], width, number);
        let dot = (width / 160).max(1);
        let place = (width - 26 * dot, height - 8 * dot);
        digits::draw(targets[0], strides[0], place, dot, number % 1_000_000);
    }

    /// Where the disc is: each picture has its own path. One round takes four seconds.
    fn disc(&self, ms: u64) -> ((f32, f32), f32) {
        let turn = (ms % 4000) as f32 / 4000.0 * std::f32::consts::TAU;
        let (x, y) = match self.pattern {
            0 => (turn.cos(), turn.sin()),
            1 => (turn.sin(), (2.0 * turn).sin()),
            2 => (turn.cos(), turn.sin().abs() * -2.0 + 1.0),
            _ => ((2.0 * turn).sin(), turn.cos()),
        };
        let (w, h) = (self.width as f32, self.height as f32);
        ((w * (0.5 + 0.28 * x), h * (0.48 + 0.24 * y)), h / 9.0)
    }
}

/// The luma of each picture's ground, relative to its tint; 0 near the bottom left corner.
fn shade(pattern: u8, x: f32, y: f32) -> f32 {
    let hill = |height: f32, waves: f32, phase: f32| {
        let edge = height + 0.07 * (x * waves + phase).sin();
        if y > edge { 1.0 } else { 0.0 }
    };
    let above = (0.85 - y).max(0.0);
    match pattern {
        0 => above * 70.0 - 22.0 * hill(0.55, 6.0, 0.0) * above,
        1 => above * 40.0 + 26.0 * ((x * 25.0).sin() * above).max(0.0),
        2 => above * (60.0 - 90.0 * (x - 0.5).abs()),
        _ => above * 50.0 + 14.0 * above * (y * 60.0 + (x * 9.0).sin() * 2.0).sin(),
    }
}

fn disc(
    plane: &mut [u8],
    stride: usize,
    (width, height): (usize, usize),
    (x, y): (f32, f32),
    r: f32,
    value: u8,
) {
    let top = (y - r).max(0.0) as usize;
    let bottom = ((y + r) as usize + 1).min(height);
    for (row, line) in plane.chunks_mut(stride).enumerate().take(bottom).skip(top) {
        let dy = row as f32 + 0.5 - y;
        let half = (r * r - dy * dy).max(0.0).sqrt();
        let from = (x - half).max(0.0) as usize;
        let to = ((x + half) as usize).min(width);
        if from < to {
            line[from..to].fill(value);
        }
    }
}
