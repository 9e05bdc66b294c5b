//! Conversions against figures computed elsewhere (tests/golden/coordinates), and there and back
//! all over China.

use super::*;
use proptest::prelude::*;
use serde::Deserialize;

/// One place as make.py computed it; pairs are longitude, latitude in degrees.
#[derive(Deserialize)]
struct Golden {
    wgs84: (f64, f64),
    gcj02: (f64, f64),
    bd09: (f64, f64),
    zone: u8,
    epsg: u16,
    epsg_prefixed: u16,
    north_m: f64,
    east_m: f64,
    east_prefixed_m: f64,
}

fn golden() -> Vec<Golden> {
    let text = include_str!("../../tests/golden/coordinates/vectors.json");
    serde_json::from_str(text).unwrap()
}

fn wgs84((lon, lat): (f64, f64)) -> Wgs84Place {
    Wgs84Place::new(lon, lat).unwrap()
}

fn apart(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).abs().max((a.1 - b.1).abs())
}

#[test]
fn shifted_datums_agree_both_ways() {
    for case in golden() {
        let place = wgs84(case.wgs84);
        let gcj02 = Gcj02Place::new(case.gcj02.0, case.gcj02.1).unwrap();
        let bd09 = Bd09Place::new(case.bd09.0, case.bd09.1).unwrap();
        for (ours, theirs) in [
            (wgs84_to_gcj02(place).lon_lat(), case.gcj02),
            (gcj02_to_wgs84(gcj02).lon_lat(), case.wgs84),
            (gcj02_to_bd09(gcj02).lon_lat(), case.bd09),
            (bd09_to_gcj02(bd09).lon_lat(), case.gcj02),
            (wgs84_to_bd09(place).lon_lat(), case.bd09),
            (bd09_to_wgs84(bd09).lon_lat(), case.wgs84),
        ] {
            // The file has ten decimals.
            assert!(apart(ours, theirs) < 1e-9, "{place}: {ours:?} {theirs:?}");
        }
    }
}

#[test]
fn zones_and_metres_agree() {
    let mut projectors = ZoneProjectors::default();
    for case in golden() {
        let place = wgs84(case.wgs84);
        let zone = Cgcs2000Zone::of_lon(place.lon()).unwrap();
        assert_eq!(zone.number(), case.zone, "{place}");
        for (form, epsg, east_m) in [
            (EastingForm::Plain, case.epsg, case.east_m),
            (
                EastingForm::Prefixed,
                case.epsg_prefixed,
                case.east_prefixed_m,
            ),
        ] {
            assert_eq!(zone.epsg(form), epsg, "{place}");
            let projected = projectors.project(place, form).unwrap();
            let off_m = apart(
                (projected.east_y_m(), projected.north_x_m()),
                (east_m, case.north_m),
            );
            assert!(off_m < 1e-3, "{place}: {projected}, off by {off_m} m");
            let back = projected.to_wgs84().unwrap();
            assert!(apart(back.lon_lat(), case.wgs84) < 1e-9, "{back}");
        }
        let told = Cgcs2000Zone::from_easting(case.east_prefixed_m).unwrap();
        assert_eq!(told, zone);
        assert!(Cgcs2000Zone::from_easting(case.east_m).is_err());
    }
}

/// Another library has π for 3000 π / 180: what is meant must not be what it gives.
#[test]
fn the_trap_of_bd09_is_not_stepped_into() {
    let (lon, lat) = (106.933_766_761_8, 26.616_332_123_1);
    let pi = std::f64::consts::PI;
    let radius = f64::hypot(lon, lat) + 2e-5 * (lat * pi).sin();
    let angle = lat.atan2(lon) + 3e-6 * (lon * pi).cos();
    let wrong = (radius * angle.cos() + 0.0065, radius * angle.sin() + 0.006);
    let right = gcj02_to_bd09(Gcj02Place::new(lon, lat).unwrap()).lon_lat();
    let off_m = geodesic_distance_m(wrong, right);
    assert!((60.0..66.0).contains(&off_m), "{off_m}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn shifts_are_undone_all_over_china(lon in 73.5..135.1f64, lat in 3.0..54.0f64) {
        let place = wgs84((lon, lat));
        let gcj02 = wgs84_to_gcj02(place);
        let bd09 = wgs84_to_bd09(place);
        prop_assert!(apart(gcj02_to_wgs84(gcj02).lon_lat(), (lon, lat)) < 1e-9);
        prop_assert!(apart(bd09_to_wgs84(bd09).lon_lat(), (lon, lat)) < 1e-9);
        prop_assert!(apart(bd09_to_gcj02(bd09).lon_lat(), gcj02.lon_lat()) < 1e-9);
        prop_assert_eq!(gcj02_to_bd09(gcj02), bd09);
        for (shifted, range_m) in [(gcj02.lon_lat(), 5.0..760.0), (bd09.lon_lat(), 600.0..1600.0)] {
            let shift_m = geodesic_distance_m((lon, lat), shifted);
            prop_assert!(range_m.contains(&shift_m), "{}", shift_m);
        }
    }

    /// The shift has a cusp at 105 degrees east, where an inverse is at its slowest.
    #[test]
    fn shifts_are_undone_at_the_cusp(off in -1e-6..1e-6f64, lat in 3.0..54.0f64) {
        let place = wgs84((105.0 + off, lat));
        let back = gcj02_to_wgs84(wgs84_to_gcj02(place));
        prop_assert!(apart(back.lon_lat(), place.lon_lat()) < 1e-9);
    }

    #[test]
    fn any_figures_are_converted_without_panic(lon in -180.0..=180.0f64, lat in -90.0..=90.0f64) {
        let back = gcj02_to_wgs84(Gcj02Place::new(lon, lat).unwrap());
        prop_assert!(apart(back.lon_lat(), (lon, lat)) < 0.05, "{}", back);
        let back = bd09_to_wgs84(Bd09Place::new(lon, lat).unwrap());
        prop_assert!(apart(back.lon_lat(), (lon, lat)) < 0.05, "{}", back);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn metres_become_degrees_again(lon in 73.5..136.49f64, lat in 1.0..55.0f64) {
        let place = wgs84((lon, lat));
        let projected = ZoneProjectors::default().project(place, EastingForm::Prefixed).unwrap();
        let read = GaussKrugerPlace::from_survey(projected.north_x_m(), projected.east_y_m(), None);
        prop_assert_eq!(read.unwrap(), projected);
        let back = projected.to_wgs84().unwrap();
        prop_assert!(apart(back.lon_lat(), (lon, lat)) < 1e-9, "{}", back);
    }

    #[test]
    fn every_place_has_its_forms(lon in -180.0..=180.0f64, lat in -90.0..=90.0f64) {
        let place = wgs84((lon, lat));
        let forms = CoordinateForms::of(place, &mut ZoneProjectors::default()).unwrap();
        for form in forms.printed() {
            prop_assert!(!form.text.contains("NaN") && !form.text.contains("60.0″"));
        }
    }
}
