//! One colour, no sound: a single picture that stands for as long as it is open. It needs no pipeline.

use crate::mixer::slate;
use crate::{Error, SlotInput};
use gstreamer_video::VideoInfo;

/// Shows `#rrggbb`.
///
/// # Errors
/// Where `rgb` is no colour or memory is short.
pub fn open(input: &SlotInput, rgb: &str, info: &VideoInfo) -> Result<(), Error> {
    let colour = parse(rgb).ok_or_else(|| Error::BadColour(rgb.chars().take(16).collect()))?;
    input.push_still(slate::plain(bt709(colour), info)?);
    Ok(())
}

fn parse(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#')?;
    if digits.len() != 6 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let value = u32::from_str_radix(digits, 16).ok()?;
    let [_, r, g, b] = value.to_be_bytes();
    Some([r, g, b])
}

/// BT.709, limited range: what program is in.
fn bt709([r, g, b]: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = [r, g, b].map(|c| f64::from(c) / 255.0);
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let (u, v) = ((b - y) / 1.8556, (r - y) / 1.5748);
    [16.0 + 219.0 * y, 128.0 + 224.0 * u, 128.0 + 224.0 * v].map(|s| s.round().clamp(16.0, 240.0) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_parsed_and_nothing_else() {
        assert_eq!(parse("#ff8000"), Some([255, 128, 0]));
        for bad in [
            "", "#", "ff8000", "#ff800", "#ff80000", "#gg0000", "#+f8000", "#ééé",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn black_white_and_red_are_theirs() {
        assert_eq!(bt709([0, 0, 0]), [16, 128, 128]);
        assert_eq!(bt709([255, 255, 255]), [235, 128, 128]);
        assert_eq!(bt709([255, 0, 0]), [63, 102, 240]);
    }
}
