//! QR codes of the addresses to give to people: SVG for pages, block characters for a terminal.

use qrcode::{EcLevel, QrCode, render::svg};

/// An SVG of the code: black on white with its quiet zone, so that it scans on a dark page too.
/// `None` where the text is too long for a code.
pub fn svg(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let mut image = code.render::<svg::Color<'_>>();
    image.min_dimensions(256, 256).quiet_zone(true);
    Some(
        image
            .dark_color(svg::Color("#000"))
            .light_color(svg::Color("#fff"))
            .build(),
    )
}

/// The code in half blocks, light on dark as terminals are: two rows of modules a line.
pub fn terminal(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let (width, colours) = (code.width() as i32, code.to_colors());
    // Outside the code stands its quiet zone, which is light.
    let light = |x: i32, y: i32| {
        let inside = (0..width).contains(&x) && (0..width).contains(&y);
        !inside || colours[(y * width + x) as usize] == qrcode::Color::Light
    };
    let mut drawn = String::new();
    for y in (-2..width + 2).step_by(2) {
        for x in -2..width + 2 {
            drawn.push(match (light(x, y), light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        drawn.push('\n');
    }
    Some(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_address_makes_a_coarse_code() {
        let address = "https://192.168.100.200:9090/j/0123456789ab";
        let svg = svg(address).unwrap();
        assert!(svg.contains("<svg") && svg.contains("#fff"));
        let lines = terminal(address).unwrap().lines().count();
        assert!(lines <= 20, "{lines} lines in a terminal");
        assert!(super::svg(&"x".repeat(5000)).is_none());
    }
}
