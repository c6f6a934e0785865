//! A frame number that machines read: in demo pictures, in test phones, on viewers' screens.
//!
//! One row of 34 square blocks at the top left, black or white in luma: white, black, then 24 bits of the number,
//! most significant first, then 8 bits of checksum (the sum of the number's three bytes, modulo 256). A block is a
//! 80th of the picture's width, so the row is read after any scaling that keeps the left edge: 16 × 16 pixels and
//! 544 × 16 in all at 1280.

/// Blocks in the row.
pub const BLOCKS: usize = 34;
/// Numbers go up to this and begin again at 0.
pub const NUMBERS: u32 = 1 << 24;
const WHITE: u8 = 235;
const BLACK: u8 = 16;

/// Writes `number` modulo [`NUMBERS`] into a luma plane with rows `stride` bytes apart of a picture `width` pixels
/// wide. A plane too small for the row is left as it is.
pub fn draw(luma: &mut [u8], stride: usize, width: usize, number: u32) {
    let side = width / 80;
    let edge = |n: usize| n * width / 80;
    if side == 0 || stride < width || luma.len() < stride * (side - 1) + edge(BLOCKS) {
        return;
    }
    let bits = bits(number % NUMBERS);
    for row in luma.chunks_mut(stride).take(side) {
        for n in 0..BLOCKS {
            let white = bits >> (BLOCKS - 1 - n) & 1 == 1;
            row[edge(n)..edge(n + 1)].fill(if white { WHITE } else { BLACK });
        }
    }
}

/// Reads the number of the picture whose top left corner is the plane's and which is `width` pixels wide. `None`
/// where there is no row, or a block is grey, or the checksum is wrong.
pub fn read(luma: &[u8], stride: usize, width: usize) -> Option<u32> {
    let side = width as f64 / 80.0;
    // The middle of each block only: its edges are blurred by scaling and coding.
    let (from, to) = (side * 0.3, side * 0.7);
    let mut bits = 0u64;
    for n in 0..BLOCKS {
        let left = n as f64 * side;
        let (mut sum, mut count) = (0u32, 0u32);
        for y in from as usize..(to.ceil() as usize).max(from as usize + 1) {
            for x in (left + from) as usize..((left + to).ceil() as usize).max((left + from) as usize + 1) {
                sum += u32::from(*luma.get(y * stride + x)?);
                count += 1;
            }
        }
        let bit = match sum / count.max(1) {
            0..=95 => 0,
            160..=255 => 1,
            _ => return None,
        };
        bits = bits << 1 | bit;
    }
    let number = (bits >> 8) as u32 % NUMBERS;
    (bits == self::bits(number)).then_some(number)
}

/// The row as bits, the first block highest.
fn bits(number: u32) -> u64 {
    let [_, a, b, c] = number.to_be_bytes();
    let check = a.wrapping_add(b).wrapping_add(c);
    0b10 << 32 | u64::from(number) << 8 | u64::from(check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_is_read_at_any_size() {
        for width in [160, 320, 424, 640, 1280, 1920] {
            for number in [0, 1, 0x00AA_55FF, NUMBERS - 1, NUMBERS + 7] {
                let stride = width + 32;
                let mut luma = vec![90; stride * 40];
                draw(&mut luma, stride, width, number);
                assert_eq!(
                    read(&luma, stride, width),
                    Some(number % NUMBERS),
                    "{width} {number}"
                );
            }
        }
    }

    #[test]
    fn a_picture_without_a_row_has_no_number() {
        assert_eq!(read(&[16; 1280 * 16], 1280, 1280), None);
        assert_eq!(read(&[128; 1280 * 16], 1280, 1280), None);
        assert_eq!(read(&[235; 1280 * 16], 1280, 1280), None);
        assert_eq!(read(&[], 1280, 1280), None);
    }

    #[test]
    fn a_damaged_row_is_not_believed() {
        let mut luma = vec![16; 1280 * 16];
        draw(&mut luma, 1280, 1280, 1234);
        for row in luma.chunks_mut(1280) {
            row[10 * 16..11 * 16].fill(WHITE);
        }
        assert_eq!(read(&luma, 1280, 1280), None);
    }

    #[test]
    fn too_small_a_plane_is_left_alone() {
        let mut luma = vec![7; 100];
        draw(&mut luma, 1280, 1280, 5);
        draw(&mut luma, 40, 40, 5);
        assert!(luma.iter().all(|s| *s == 7));
    }
}
