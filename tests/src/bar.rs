//! The row of blocks that carries a picture's number.
//!
//! 34 square blocks at the top left, each 1/80 of the width, luma white (235) or black (16): white, black, the
//! 24 bits of the number with the highest first, then 8 bits with the sum of its three bytes.
//!
//! This is read and drawn here a second time, apart from the product's own, so that a mistake there is seen.

/// Blocks in the row.
pub const BLOCKS: usize = 34;

/// Draws `number` (24 bits) into a luma plane of `stride` bytes a line.
pub fn draw(luma: &mut [u8], stride: usize, width: usize, number: u32) {
    let block = width / 80;
    for (n, white) in bits(number).into_iter().enumerate() {
        for line in 0..block {
            let start = line * stride + n * block;
            luma[start..start + block].fill(if white { 235 } else { 16 });
        }
    }
}

/// Reads the number off a luma plane of `stride` bytes a line whose picture is `width` wide; `None` where no
/// bar can be read.
pub fn read(luma: &[u8], stride: usize, width: usize) -> Option<u32> {
    let block = width as f64 / 80.0;
    let mean = |n: usize| -> Option<f64> {
        let (mut sum, mut count) = (0.0, 0.0);
        for line in (block * 0.3) as usize..((block * 0.7) as usize).max(1) {
            let from = ((n as f64 + 0.3) * block) as usize;
            for x in from..(((n as f64 + 0.7) * block) as usize).max(from + 1) {
                sum += f64::from(*luma.get(line * stride + x)?);
                count += 1.0;
            }
        }
        Some(sum / count)
    };
    let (white, black) = (mean(0)?, mean(1)?);
    if white - black < 60.0 {
        return None;
    }
    let mut word = 0u32;
    for n in 2..BLOCKS {
        word = word << 1 | u32::from(mean(n)? > (white + black) / 2.0);
    }
    let number = word >> 8;
    (checksum(number) == word & 0xff).then_some(number)
}

fn checksum(number: u32) -> u32 {
    ((number >> 16 & 0xff) + (number >> 8 & 0xff) + (number & 0xff)) & 0xff
}

fn bits(number: u32) -> [bool; BLOCKS] {
    let word = (number & 0xff_ffff) << 8 | checksum(number);
    let mut row = [true; BLOCKS];
    row[1] = false;
    for (n, block) in row[2..].iter_mut().enumerate() {
        *block = word >> (31 - n) & 1 == 1;
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_read() {
        for width in [320, 640, 1280] {
            for number in [0, 1, 0x12_3456, 0xff_ffff, 0x80_0001] {
                let mut luma = vec![100; width * 40];
                assert_eq!(read(&luma, width, width), None);
                draw(&mut luma, width, width, number);
                assert_eq!(read(&luma, width, width), Some(number));
            }
        }
    }

    #[test]
    fn a_damaged_bar_is_no_number() {
        let mut luma = vec![100; 640 * 8];
        draw(&mut luma, 640, 640, 0x0f_0f0f);
        for line in 0..8 {
            luma[line * 640 + 5 * 8..line * 640 + 6 * 8].fill(235);
        }
        assert_eq!(read(&luma, 640, 640), None);
    }
}
