//! Where the pictures of a scene stand. Pure.

use regie_model::{Region, Scene, SourceId};

/// A rectangle of pixels inside a picture; all four numbers are even, as I420 needs them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// Width, at least 2.
    pub width: u32,
    /// Height, at least 2.
    pub height: u32,
}

impl Rect {
    /// From the top left corner.
    pub fn whole(width: u32, height: u32) -> Self {
        let (x, y) = (0, 0);
        Self { x, y, width, height }
    }

    /// Whether nothing of the other is outside.
    pub fn covers(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && self.x + self.width >= other.x + other.width
            && self.y + self.height >= other.y + other.height
    }

    /// A part of it.
    fn part(&self, region: Region) -> Self {
        let along = |start: u32, length: u32, from: f64, size: f64| {
            let from = from.clamp(0.0, 1.0);
            let size = size.clamp(0.0, 1.0 - from);
            let first = even((f64::from(length) * from).round() as u32);
            let behind = even((f64::from(length) * (from + size)).round() as u32);
            (start + first, behind.saturating_sub(first).max(2))
        };
        let (x, width) = along(self.x, self.width, region.x, region.width);
        let (y, height) = along(self.y, self.height, region.y, region.height);
        Self { x, y, width, height }
    }

    /// The largest rectangle in the middle of it with the shape of a picture of this size.
    pub fn fit(&self, (width, height): (u32, u32)) -> Self {
        let (own_w, own_h) = (u64::from(self.width), u64::from(self.height));
        let (w, h) = (u64::from(width.max(1)), u64::from(height.max(1)));
        let (fit_w, fit_h) = if own_w * h <= own_h * w {
            (own_w, own_w * h / w)
        } else {
            (own_h * w / h, own_h)
        };
        let width = even(fit_w as u32).clamp(2, self.width);
        let height = even(fit_h as u32).clamp(2, self.height);
        Self {
            x: self.x + even((self.width - width) / 2),
            y: self.y + even((self.height - height) / 2),
            width,
            height,
        }
    }
}

/// The nearest even number that is not larger.
fn even(n: u32) -> u32 {
    n & !1
}

/// Where each source of the scene stands on this part of a picture, back to front, with its shape kept. A source
/// without a picture (`size` is `None`) is left out: its place is black.
pub fn place(
    scene: &Scene,
    on: Rect,
    size: impl Fn(SourceId) -> Option<(u32, u32)>,
) -> Vec<(SourceId, Rect)> {
    scene
        .placed()
        .filter_map(|(source, region)| Some((source, on.part(region).fit(size(source)?))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HD: Rect = Rect {
        x: 0,
        y: 0,
        width: 1280,
        height: 720,
    };

    fn check(scene: &Scene, on: Rect, size: (u32, u32), expect: &[(u32, u32, u32, u32)]) {
        let rects: Vec<_> = place(scene, on, |_| Some(size))
            .into_iter()
            .map(|(_, r)| (r.x, r.y, r.width, r.height))
            .collect();
        assert_eq!(rects, expect, "{size:?}");
    }

    #[test]
    fn pictures_keep_their_shape_in_their_boxes() {
        let full = Scene::full(SourceId(1));
        check(&full, HD, (1280, 720), &[(0, 0, 1280, 720)]);
        check(&full, HD, (640, 360), &[(0, 0, 1280, 720)]);
        check(&full, HD, (720, 1280), &[(438, 0, 404, 720)]);
        check(&full, HD, (640, 480), &[(160, 0, 960, 720)]);
        let both = Scene::side_by_side(SourceId(1), SourceId(2));
        check(
            &both,
            HD,
            (1920, 1080),
            &[(0, 180, 640, 360), (640, 180, 640, 360)],
        );
        let tile = Rect {
            x: 640,
            y: 0,
            width: 640,
            height: 360,
        };
        check(
            &both,
            tile,
            (1280, 720),
            &[(640, 90, 320, 180), (960, 90, 320, 180)],
        );
    }

    #[test]
    fn a_source_without_a_picture_leaves_its_box_black() {
        let both = Scene::side_by_side(SourceId(1), SourceId(2));
        let placed = place(&both, HD, |id| (id == SourceId(2)).then_some((1280, 720)));
        assert_eq!(placed.len(), 1);
        assert_eq!(placed[0].0, SourceId(2));
        assert!(place(&Scene::black(), HD, |_| Some((1280, 720))).is_empty());
    }

    #[test]
    fn whatever_the_size_it_is_inside_and_even() {
        for size in [(1, 4096), (4096, 1), (16, 16), (1919, 1079), (3, 2)] {
            for (_, r) in place(&Scene::side_by_side(SourceId(1), SourceId(2)), HD, |_| Some(size)) {
                assert!(HD.covers(&r), "{size:?} {r:?}");
                assert!([r.x, r.y, r.width, r.height].iter().all(|n| n % 2 == 0));
                assert!(r.width > 0 && r.height > 0);
            }
        }
    }
}
