//! Ten digits, three by five.

/// Rows from the top, the left column in the highest of three bits.
const GLYPHS: [[u8; 5]; 10] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b001, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
];

/// Writes `number` in white on a luma plane, its top left corner at `(x, y)`, a dot being `dot` pixels. What does
/// not fit is left out.
pub fn draw(luma: &mut [u8], stride: usize, (x, y): (usize, usize), dot: usize, number: u32) {
    let text = format!("{number:06}");
    for (place, digit) in text.bytes().map(|c| usize::from(c - b'0')).enumerate() {
        for (row, bits) in GLYPHS[digit].iter().enumerate() {
            for column in (0..3).filter(|c| bits >> (2 - c) & 1 == 1) {
                let left = x + (place * 4 + column) * dot;
                let top = y + row * dot;
                for line in luma.chunks_mut(stride).skip(top).take(dot) {
                    if let Some(dots) = line.get_mut(left..left + dot) {
                        dots.fill(235);
                    }
                }
            }
        }
    }
}
