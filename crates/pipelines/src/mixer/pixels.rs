//! Arithmetic on planes of 8-bit samples: what the mixer does most, made plain enough for the compiler to turn
//! into vector instructions. A plane is rows of bytes `stride` apart.

/// Averages each square of `factor` × `factor` samples into one. `width` and `height` are of the result.
/// Factors are 2 and 4; any other takes the top left sample of each square.
pub fn shrink(
    (from, from_stride): (&[u8], usize),
    (to, to_stride): (&mut [u8], usize),
    (width, height): (usize, usize),
    factor: usize,
) {
    let mut sums = vec![0u16; width * factor];
    for (row, out) in to.chunks_mut(to_stride).take(height).enumerate() {
        let out = &mut out[..width];
        let line = |n: usize| {
            let start = (row * factor + n) * from_stride;
            &from[start..start + width * factor]
        };
        match factor {
            2 => {
                for ((sum, a), b) in sums.iter_mut().zip(line(0)).zip(line(1)) {
                    *sum = u16::from(*a) + u16::from(*b);
                }
                for (out, pair) in out.iter_mut().zip(sums.as_chunks::<2>().0) {
                    *out = ((pair[0] + pair[1] + 2) >> 2) as u8;
                }
            }
            4 => {
                let (a, b, c, d) = (line(0), line(1), line(2), line(3));
                for (((sum, a), b), (c, d)) in sums.iter_mut().zip(a).zip(b).zip(c.iter().zip(d)) {
                    *sum = u16::from(*a) + u16::from(*b) + u16::from(*c) + u16::from(*d);
                }
                for (out, four) in out.iter_mut().zip(sums.as_chunks::<4>().0) {
                    *out = ((four[0] + four[1] + four[2] + four[3] + 8) >> 4) as u8;
                }
            }
            _ => {
                for (out, sample) in out.iter_mut().zip(line(0).iter().step_by(factor)) {
                    *out = *sample;
                }
            }
        }
    }
}

/// Copies rows.
pub fn copy(
    (from, from_stride): (&[u8], usize),
    (to, to_stride): (&mut [u8], usize),
    (width, height): (usize, usize),
) {
    let rows = from.chunks(from_stride).zip(to.chunks_mut(to_stride));
    for (from, to) in rows.take(height) {
        to[..width].copy_from_slice(&from[..width]);
    }
}

/// Mixes two planes into a third: `part` of 256 is the second's.
pub fn mix(
    (a, a_stride): (&[u8], usize),
    (b, b_stride): (&[u8], usize),
    (to, to_stride): (&mut [u8], usize),
    (width, height): (usize, usize),
    part: u16,
) {
    let part = part.min(256);
    let rows = a
        .chunks(a_stride)
        .zip(b.chunks(b_stride))
        .zip(to.chunks_mut(to_stride));
    for ((a, b), to) in rows.take(height) {
        for ((a, b), to) in a[..width].iter().zip(&b[..width]).zip(&mut to[..width]) {
            *to = ((u16::from(*a) * (256 - part) + u16::from(*b) * part + 128) >> 8) as u8;
        }
    }
}

/// Fills a part of a plane with one value.
pub fn fill(
    (to, stride): (&mut [u8], usize),
    (x, y): (usize, usize),
    (width, height): (usize, usize),
    value: u8,
) {
    for row in to.chunks_mut(stride).skip(y).take(height) {
        row[x..x + width].fill(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_are_averaged() {
        let from: Vec<u8> = (0..8 * 8).map(|n| if n % 2 == 0 { 100 } else { 200 }).collect();
        for factor in [2, 4] {
            let side = 8 / factor;
            let mut to = vec![0; 10 * side];
            shrink((&from, 8), (&mut to, 10), (side, side), factor);
            for row in to.chunks(10) {
                assert!(row[..side].iter().all(|s| *s == 150));
                assert!(row[side..].iter().all(|s| *s == 0));
            }
        }
        let mut white = [0];
        shrink((&[255; 16], 4), (&mut white, 1), (1, 1), 4);
        assert_eq!(white, [255]);
    }

    #[test]
    fn a_mix_ends_exactly() {
        let (a, b) = ([0, 255, 16, 235], [255, 0, 235, 16]);
        let mut to = [0; 4];
        for (part, expect) in [(0, a), (256, b), (128, [128, 128, 126, 126])] {
            mix((&a, 4), (&b, 4), (&mut to, 4), (4, 1), part);
            assert_eq!(to, expect, "{part}");
        }
    }
}
