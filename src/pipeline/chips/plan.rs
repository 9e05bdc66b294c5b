//! Which windows of the model grid become chips.

use crate::georef::{Window, ceil_to_u32, floor_to_u32};
use geo::Rect;

/// Part of a chip's width that a site may fill before it takes several chips: what lies around a
/// plot tells it from its look-alikes.
const MOST_FILLED: f64 = 0.75;

/// Bounds of a site in grid pixels.
pub(super) type Bounds = Rect<f64>;

/// Windows of `size` by `size` grid pixels that together show every site, in the order of the
/// sites; a site that an earlier window shows whole gets none of its own. Windows lie inside a grid
/// of `extent` (columns, rows) where it is large enough, else they begin at its corner.
pub(super) fn around_sites(sites: &[Bounds], size: u32, extent: (u32, u32)) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    for site in sites {
        if windows.iter().any(|w| shows_whole(*w, site)) {
            continue;
        }
        let columns = along(site.min().x, site.max().x, size, extent.0);
        let rows = along(site.min().y, site.max().y, size, extent.1);
        for row_off in &rows {
            for col_off in &columns {
                let window = square(*col_off, *row_off, size);
                if overlaps(window, site) && !windows.contains(&window) {
                    windows.push(window);
                }
            }
        }
    }
    windows
}

/// Windows side by side that show none of the sites, in an order that looks like chance and is the
/// same in every run.
pub(super) fn without_sites(sites: &[Bounds], size: u32, extent: (u32, u32)) -> Vec<Window> {
    let columns = extent.0.div_ceil(size);
    let count = u64::from(columns) * u64::from(extent.1.div_ceil(size));
    let mut places: Vec<u64> = (0..count).collect();
    places.sort_by_key(|place| scrambled(*place));
    let window_at = |place: u64| {
        let part = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let (row, col) = (
            part(place / u64::from(columns)),
            part(place % u64::from(columns)),
        );
        let inside = |n: u32, whole: u32| (n * size).min(whole.saturating_sub(size));
        square(inside(col, extent.0), inside(row, extent.1), size)
    };
    places
        .into_iter()
        .map(window_at)
        .filter(|w| !sites.iter().any(|s| overlaps(*w, s)))
        .collect()
}

/// First pixels of windows along one axis: one around a short span, several evenly over a long one.
fn along(from: f64, to: f64, size: u32, extent: u32) -> Vec<u32> {
    let last = extent.saturating_sub(size);
    let side = f64::from(size);
    let middle = f64::midpoint(from, to);
    if to - from <= MOST_FILLED * side {
        return vec![floor_to_u32((middle - side / 2.0).max(0.0)).min(last)];
    }
    let count = ceil_to_u32((to - from) / (MOST_FILLED * side)).max(2);
    let span = (to - from) - MOST_FILLED * side;
    let first = from - 0.5 * (1.0 - MOST_FILLED) * side;
    let mut starts: Vec<u32> = (0..count)
        .map(|i| {
            let start = first + span * f64::from(i) / f64::from(count - 1);
            floor_to_u32(start.max(0.0)).min(last)
        })
        .collect();
    starts.dedup();
    starts
}

fn square(col_off: u32, row_off: u32, size: u32) -> Window {
    Window {
        col_off,
        row_off,
        width: size,
        height: size,
    }
}

fn shows_whole(window: Window, site: &Bounds) -> bool {
    f64::from(window.col_off) <= site.min().x
        && f64::from(window.row_off) <= site.min().y
        && f64::from(window.col_end()) >= site.max().x
        && f64::from(window.row_end()) >= site.max().y
}

fn overlaps(window: Window, site: &Bounds) -> bool {
    f64::from(window.col_off) < site.max().x
        && f64::from(window.row_off) < site.max().y
        && f64::from(window.col_end()) > site.min().x
        && f64::from(window.row_end()) > site.min().y
}

/// A number that looks unrelated to its neighbours' (the finaliser of SplitMix64, Steele et al. 2014).
fn scrambled(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::coord;
    use proptest::prelude::*;

    fn site(x: f64, y: f64, width: f64, height: f64) -> Bounds {
        Rect::new(coord! { x: x, y: y }, coord! { x: x + width, y: y + height })
    }

    #[test]
    fn neighbours_share_a_chip() {
        let sites = [site(100.0, 100.0, 20.0, 20.0), site(140.0, 110.0, 20.0, 20.0)];
        let windows = around_sites(&sites, 128, (1000, 1000));
        assert_eq!(windows, [square(46, 46, 128)]);
    }

    #[test]
    fn a_small_raster_gives_one_chip_from_its_corner() {
        let windows = around_sites(&[site(10.0, 10.0, 5.0, 5.0)], 512, (100, 80));
        assert_eq!(windows, [square(0, 0, 512)]);
    }

    #[test]
    fn background_keeps_off_the_sites() {
        let sites = [site(0.0, 0.0, 600.0, 600.0)];
        assert!(without_sites(&sites, 512, (1024, 1024)).is_empty());
        let windows = without_sites(&sites, 512, (2048, 1024));
        assert_eq!(windows.len(), 4);
    }

    proptest! {
        #[test]
        fn every_site_is_shown_and_every_window_lies_inside(
            sites in prop::collection::vec((0.0..900.0f64, 0.0..900.0f64, 0.5..400.0f64, 0.5..400.0f64), 1..8)
        ) {
            let sites: Vec<Bounds> = sites
                .into_iter()
                .map(|(x, y, w, h)| site(x, y, w.min(1000.0 - x), h.min(1000.0 - y)))
                .collect();
            let windows = around_sites(&sites, 128, (1000, 1000));
            for w in &windows {
                prop_assert!(w.col_end() <= 1000 && w.row_end() <= 1000);
            }
            for s in &sites {
                // Every pixel of it lies in a window.
                let (mut x, mut y) = (s.min().x + 0.01, s.min().y + 0.01);
                while y < s.max().y {
                    while x < s.max().x {
                        let at = site(x, y, 0.001, 0.001);
                        prop_assert!(windows.iter().any(|w| shows_whole(*w, &at)), "{x} {y} of {s:?}");
                        x += 7.0;
                    }
                    x = s.min().x + 0.01;
                    y += 7.0;
                }
            }
        }
    }
}
