//! Pictures of rasters whose every pixel is known, in all the ways in which rasters lie.

use super::frame::{Frame, Ground};
use super::testing::{LIES, Lie, PLACE, made, on_earth, pictures_of, scene, site_m, wanted};
use super::*;
use crate::georef::Crs;
use crate::pipeline::acquire::testing::Made;
use geo::{BoundingRect, Coord, Distance, Euclidean, MapCoords};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Reference system, place, azimuth of grid north in degrees and metres of ground to a unit of
/// the map, by pyproj 3.7.2: `Geod(ellps="WGS84").inv` between places 100 m down and up the grid.
const BEARINGS: [(&str, f64, f64, f64, f64); 4] = [
    ("EPSG:4543", 101.6367, 24.7548, -0.152_127, 0.999_983),
    ("EPSG:4543", 103.4, 33.0, 0.762_595, 0.999_789),
    ("EPSG:4543", 102.0, 33.0, 0.0, 1.0),
    ("EPSG:32647", 101.6367, 24.7548, 1.104_727, 0.999_522),
];

/// Metres of a picture's pixel, from what the picture says of itself.
fn ground(picture: &Picture, x: f64, y: f64) -> Coord<f64> {
    let right = (x - picture.site_px.0) * picture.m_per_px;
    let up = (picture.site_px.1 - y) * picture.m_per_px;
    let (sin, cos) = picture.top_bearing_deg.to_radians().sin_cos();
    Coord {
        x: right * cos + up * sin,
        y: up * cos - right * sin,
    }
}

#[test]
fn the_red_spot_lies_where_the_picture_says_and_nothing_beyond_20_m_is_shown() {
    for lie in &LIES {
        let (_folder, pictures) = pictures_of(|path| lie.write(path));
        let wanted = wanted(0, 1, on_earth(&site_m()));
        let picture = made(pictures.close_up(&wanted).unwrap());
        let image = image::open(&picture.file).unwrap().to_rgb8();
        assert_eq!(image.dimensions(), (picture.width, picture.height));
        assert_eq!(picture.name, "pictures/990101101201-2026R1-0001.jpg");
        let (mut sum, mut count) = (Coord::zero(), 0.0);
        let mut furthest = 0.0_f64;
        let mut box_reach = 0.0_f64;
        for (x, y, pixel) in image.enumerate_pixels() {
            let [r, g, b] = pixel.0.map(i32::from);
            let at = |dx: f64, dy: f64| {
                Point::from(ground(&picture, f64::from(x) + dx, f64::from(y) + dy))
            };
            if r > 150 && g < 90 && b < 90 {
                sum = sum + Coord::from(at(0.5, 0.5));
                count += 1.0;
            }
            // JPEG blurs: what is clearly neither grey nor white nor the line is ground.
            let is_ground = g - r > 68 && g - b > 48;
            if is_ground {
                for (dx, dy) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
                    furthest = furthest.max(Euclidean.distance(&at(dx, dy), &site_m()));
                }
            }
            box_reach = box_reach.max(at(0.5, 0.5).x().abs());
        }
        let name = format!("{} {:?} {:?}", lie.crs, lie.col, lie.row);
        assert!(count > 100.0, "{name}: {count} red pixels");
        let middle = sum / count;
        assert!(
            (middle.x - 8.0).hypot(middle.y - 5.0) < 0.06,
            "{name}: {middle:?}, wanted 8 m east, 5 m north"
        );
        assert!((19.6..20.0).contains(&furthest), "{name}: {furthest} m");
        assert!(box_reach < 40.0, "{name}");
        let bytes = fs_err::read(&picture.file).unwrap();
        assert!(!bytes.windows(4).any(|w| w == b"Exif"));
        assert_eq!(picture.capture_time, "2026-04-20T10:30:00");
    }
}

#[test]
fn frames_end_within_20_m_of_the_outlines_box_to_the_pixel() {
    for lie in &LIES {
        let (_folder, pictures) = pictures_of(|path| lie.write(path));
        let open = pictures.open(0).unwrap().unwrap();
        let outline = on_earth(&site_m());
        let ground = Ground::around(PLACE.into(), open.eyes.raster(), &open.ways).unwrap();
        let frame = Frame::of_site(&ground, &outline).unwrap();
        let drawn = frame.outline_px(&outline).bounding_rect().unwrap();
        let metres = frame.m_per_px();
        for margin_px in [
            drawn.min().x,
            drawn.min().y,
            f64::from(frame.width) - drawn.max().x,
            f64::from(frame.height) - drawn.max().y,
        ] {
            let margin_m = margin_px * metres;
            assert!(
                margin_m <= 20.0 + 1e-3 && margin_m > 20.0 - 1.001 * metres,
                "{}: {margin_m} m",
                lie.crs
            );
        }
    }
}

#[test]
fn square_pixels_are_the_rasters_own() {
    let lie = &LIES[2];
    let (_folder, pictures) = pictures_of(|path| lie.write(path));
    let open = pictures.open(0).unwrap().unwrap();
    let ground = Ground::around(PLACE.into(), open.eyes.raster(), &open.ways).unwrap();
    let frame = Frame::of_site(&ground, &on_earth(&site_m())).unwrap();
    assert!(frame.is_exact);
    let seen = sample::sample(&open.eyes, &frame).unwrap();
    let [left, top, right, bottom] = frame.raster_span(700, 700).unwrap();
    assert_eq!((right - left, bottom - top), (frame.width, frame.height));
    let window = crate::georef::Window {
        col_off: left,
        row_off: top,
        width: frame.width,
        height: frame.height,
    };
    let own = open.eyes.look(None, window).unwrap().image;
    // Rows go up in this raster.
    assert_eq!(seen.image, image::imageops::flip_vertical(&own));
    assert!(seen.valid.iter().all(|v| *v));
}

#[test]
fn the_top_points_along_the_grid_and_not_to_true_north() {
    for (crs, lon, lat, bearing, m_per_unit) in BEARINGS {
        let (x, y) = Crs::parse(crs)
            .unwrap()
            .wgs84_to_map()
            .unwrap()
            .point(lon, lat)
            .unwrap();
        let (_folder, pictures) = pictures_of(|path| {
            Made::<u8> {
                size: (100, 100),
                bands: vec![vec![9; 10_000]],
                transform: [x - 50.0, 1.0, 0.0, y + 50.0, 0.0, -1.0],
                crs: Some(crs),
                nodata: None,
            }
            .write(path);
        });
        let mut wanted = wanted(0, 1, MultiPolygon::new(vec![]));
        wanted.point = Point::new(lon, lat);
        let picture = made(pictures.close_up(&wanted).unwrap());
        let off = (picture.top_bearing_deg - bearing + 180.0).rem_euclid(360.0) - 180.0;
        assert!(off.abs() < 1e-3, "{crs}: {}", picture.top_bearing_deg);
        assert!(
            (picture.m_per_px - m_per_unit).abs() < 1e-5,
            "{}",
            picture.m_per_px
        );
    }
}

#[test]
fn a_raster_that_ends_within_the_margin_ends_the_picture() {
    let lie = Lie {
        pixels: 120,
        ..LIES[0]
    };
    let (_folder, pictures) = pictures_of(|path| lie.write(path));
    let picture = made(
        pictures
            .close_up(&wanted(0, 1, on_earth(&site_m())))
            .unwrap(),
    );
    assert_eq!((picture.width, picture.height), (120, 120));
    assert!(
        (picture.site_px.0 - 60.3).abs() < 1e-3,
        "{:?}",
        picture.site_px
    );
    // Elsewhere there is nothing to show.
    let far = site_m().map_coords(|c| Coord {
        x: c.x + 100.0,
        y: c.y,
    });
    let cut = pictures.close_up(&wanted(0, 2, on_earth(&far))).unwrap();
    assert_eq!(
        cut,
        Cut::Missing(Missing::NotShown {
            file: "scene.tif".into()
        })
    );
    // The margin reaches into the raster, the site does not.
    let beside = site_m().map_coords(|c| Coord {
        x: c.x + 15.0,
        y: c.y,
    });
    let cut = pictures.close_up(&wanted(0, 3, on_earth(&beside))).unwrap();
    assert!(
        matches!(cut, Cut::Missing(Missing::NotShown { .. })),
        "{cut:?}"
    );
}

#[test]
fn sixteen_bits_are_stretched_and_empty_ground_is_white() {
    let lie = &LIES[0];
    let n = lie.pixels;
    let (_folder, pictures) = pictures_of(|path| {
        let band: Vec<u16> = (0..n * n)
            .map(|i| match i % n {
                col if col < n / 2 - 20 => 0,
                col => 3000 + u16::try_from(col).unwrap(),
            })
            .collect();
        Made::<u16> {
            size: (n as usize, n as usize),
            bands: vec![band],
            transform: lie.transform().0,
            crs: Some(lie.crs),
            nodata: Some(0.0),
        }
        .write(path);
    });
    let picture = made(
        pictures
            .close_up(&wanted(0, 1, on_earth(&site_m())))
            .unwrap(),
    );
    let image = image::open(&picture.file).unwrap().to_luma8();
    let row = image.height() / 2;
    let at = |metres: f64| {
        let x = crate::georef::floor_to_u32(picture.site_px.0 + metres * 10.0);
        image.get_pixel(x, row).0[0]
    };
    assert!(at(-15.0) > 250, "{}", at(-15.0));
    assert!(
        at(1.0) < at(10.0) && at(10.0) < at(20.0),
        "{} {} {}",
        at(1.0),
        at(10.0),
        at(20.0)
    );
    assert!(at(-1.0) < 60, "the darkest is dark: {}", at(-1.0));
}

#[test]
fn a_large_site_is_a_thousand_pixels() {
    let lie = Lie {
        col: (0.02, 0.0),
        row: (0.0, -0.02),
        pixels: 2400,
        ..LIES[0]
    };
    let (_folder, pictures) = pictures_of(|path| lie.write(path));
    let picture = made(
        pictures
            .close_up(&wanted(0, 1, on_earth(&site_m())))
            .unwrap(),
    );
    // 49 m by 2400 pixels of 2 cm at most: 48 m.
    assert_eq!(picture.width, 1000);
    assert!(
        (picture.m_per_px - 0.048).abs() < 1e-3,
        "{}",
        picture.m_per_px
    );
    assert!(
        (f64::from(picture.height) / 1000.0 - 47.0 / 48.0).abs() < 2e-3,
        "{}",
        picture.height
    );
}

#[test]
fn many_are_cut_in_the_order_they_were_wanted_whatever_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    let path = |n: usize| folder.path().join(format!("scene{n}.tif"));
    LIES[0].write(&path(0));
    LIES[1].write(&path(2));
    fs_err::write(path(3), "no image").unwrap();
    let scenes: Vec<Scene> = (0..4).map(|n| scene(path(n))).collect();
    let list: Vec<Wanted> = (0..40)
        .map(|n| {
            let east = f64::from(n % 5) * 2.0;
            let site = site_m().map_coords(|c| Coord {
                x: c.x + east,
                y: c.y,
            });
            wanted((n % 4) as usize, n, on_earth(&site))
        })
        .collect();
    let mut results = Vec::new();
    for workers in [1, 3] {
        let staging = folder.path().join(format!("staging{workers}"));
        let pictures = Pictures::new(scenes.clone(), &staging, &AcquireOptions::default()).unwrap();
        let cuts = pictures.cut_all(&list, workers, &|| false).unwrap();
        assert_eq!(cuts.len(), 40);
        let files: Vec<String> = cuts
            .into_iter()
            .zip(&list)
            .map(|(cut, wanted)| match cut {
                Cut::Made(picture) => {
                    assert!(picture.name.contains(&wanted.site_id));
                    crate::digest::hash_of(fs_err::read(&picture.file).unwrap())
                }
                Cut::Missing(missing) => missing.say(Lang::En),
            })
            .collect();
        assert!(
            files[1].starts_with("image scene1.tif cannot be opened: "),
            "{}",
            files[1]
        );
        assert!(
            files[3].starts_with("image scene3.tif cannot be opened: "),
            "{}",
            files[3]
        );
        assert!(!files[1].contains("staging") && !files[1].ends_with(": "));
        results.push(files);

        let asked = AtomicUsize::new(0);
        let stop = || asked.fetch_add(1, Ordering::Relaxed) >= 5;
        let error = pictures.cut_all(&list, workers, &stop).unwrap_err();
        assert!(matches!(error, Error::Interrupted), "{error}");
        assert!(pictures.cut_all(&[], workers, &|| true).unwrap().is_empty());
    }
    assert_eq!(results[0], results[1]);
}

#[test]
fn surroundings_are_shown_only_when_asked_for() {
    let (_folder, pictures) = pictures_of(|path| LIES[1].write(path));
    let background = |p: &Pictures| p.background("S1", PLACE.into(), 20.0, 0).unwrap();
    assert!(background(&pictures).is_none());
    let pictures = pictures.showing_surroundings(true);
    let (picture, bounds) = background(&pictures).unwrap();
    assert_eq!((picture.width, picture.height), (48, 48));
    assert_eq!(picture.name, "pictures/S1-around.jpg");
    for (bound, wanted) in bounds.into_iter().zip([-20.0, -20.0, 20.0, 20.0]) {
        assert!((bound - wanted).abs() < 1e-6, "{bounds:?}");
    }
    assert!(picture.top_bearing_deg.abs() < 1e-9 && (picture.site_px.0 - 24.0).abs() < 1e-6);
    let red = image::open(&picture.file).unwrap().to_rgb8();
    // 8 m east and 5 m north.
    let [r, g, _] = red.get_pixel(24 + 9, 24 - 6).0;
    assert!(r > 180 && g < 90, "{r} {g}");
    let beyond = pictures
        .background("S2", Point::new(100.0, 24.0), 20.0, 0)
        .unwrap();
    assert!(beyond.is_none());
}

#[test]
fn a_site_id_that_is_no_file_name_is_refused() {
    let (_folder, pictures) = pictures_of(|path| LIES[0].write(path));
    for id in ["", "../x", "a/b", ".hidden", "a b"] {
        let mut wanted = wanted(0, 1, on_earth(&site_m()));
        wanted.site_id = id.into();
        assert!(pictures.close_up(&wanted).is_err(), "{id}");
    }
}
