//! Zones and their metres.

use super::*;

fn zone(number: u8) -> Cgcs2000Zone {
    Cgcs2000Zone::new(number).unwrap()
}

#[test]
fn zones_have_their_meridians_and_codes() {
    for (number, meridian, prefixed, plain) in [
        (25, 75, 4513, 4534),
        (34, 102, 4522, 4543),
        (45, 135, 4533, 4554),
    ] {
        let zone = zone(number);
        assert_eq!(zone.central_meridian_deg(), meridian);
        assert_eq!(zone.epsg(EastingForm::Prefixed), prefixed);
        assert_eq!(zone.epsg(EastingForm::Plain), plain);
    }
    assert!(Cgcs2000Zone::new(24).is_err() && Cgcs2000Zone::new(46).is_err());
}

/// On its central meridian a zone's easting is 500 km, by EPSG's own parameters of each code.
#[test]
fn all_codes_are_those_of_their_zone() {
    for number in ZONES {
        let zone = zone(number);
        for (form, front) in [
            (EastingForm::Plain, 0.0),
            (EastingForm::Prefixed, f64::from(number) * 1e6),
        ] {
            let place = zone.projector(form).unwrap();
            let meridian = f64::from(zone.central_meridian_deg());
            let place = place.project(Wgs84Place::new(meridian, 30.0).unwrap());
            let east_m = place.unwrap().east_y_m();
            assert!(
                (east_m - front - 500_000.0).abs() < 1e-6,
                "{number}: {east_m}"
            );
        }
    }
}

#[test]
fn longitudes_have_the_zone_of_the_nearest_meridian() {
    for (lon, number) in [
        (73.5, 25),
        (100.23, 33),
        (103.499_999, 34),
        (103.5, 35),
        (116.404, 39),
        (136.499, 45),
    ] {
        assert_eq!(Cgcs2000Zone::of_lon(lon).unwrap().number(), number, "{lon}");
    }
    for lon in [73.49, 136.5, -105.0, f64::NAN, f64::INFINITY] {
        let error = Cgcs2000Zone::of_lon(lon).unwrap_err().to_string();
        assert!(error.contains("73.5 to 136.5"), "{error}");
    }
}

#[test]
fn eight_digits_say_their_zone() {
    assert_eq!(Cgcs2000Zone::from_easting(35_441_938.23).unwrap(), zone(35));
    assert_eq!(Cgcs2000Zone::from_easting(25_000_000.0).unwrap(), zone(25));
    for (easting, wanted) in [
        (441_938.23, "has no zone"),
        (18_441_938.0, "6-degree zones"),
        (3_740_023.0, "eight digits"),
        (46_000_000.0, "eight digits"),
        (-35_441_938.0, "eight digits"),
        (f64::NAN, "eight digits"),
        (f64::INFINITY, "eight digits"),
    ] {
        let error = Cgcs2000Zone::from_easting(easting).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn figures_of_a_survey_are_understood_or_refused() {
    let read = |x, y, zone| GaussKrugerPlace::from_survey(x, y, zone);
    let prefixed = read(3_740_023.46, 35_441_938.23, None).unwrap();
    let plain = read(3_740_023.46, 441_938.23, Some(zone(35))).unwrap();
    assert_eq!(prefixed.zone(), plain.zone());
    assert!((prefixed.plain_easting_m() - 441_938.23).abs() < 1e-6);
    assert_eq!(prefixed.to_string(), "X(北) 3740023.46 Y(东) 35441938.23");
    assert_eq!(plain.to_string(), "X(北) 3740023.46 Y(东) 441938.23");
    for place in [prefixed, plain] {
        let (lon, lat) = place.to_wgs84().unwrap().lon_lat();
        assert!((lon - 104.3731).abs() < 1e-7 && (lat - 33.7853).abs() < 1e-7);
    }
    for (x, y, given, wanted) in [
        (3_740_023.46, 441_938.23, None, "has no zone"),
        (
            3_740_023.46,
            35_441_938.23,
            Some(zone(34)),
            "zone 34 in front",
        ),
        (35_441_938.23, 3_740_023.46, None, "northing"),
        (441_938.23, 3_740_023.46, Some(zone(35)), "easting"),
        (f64::NAN, 441_938.23, Some(zone(35)), "northing"),
    ] {
        let error = read(x, y, given).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn a_neighbouring_zone_may_be_used_but_no_far_one() {
    let place = Wgs84Place::new(103.6, 26.5).unwrap();
    let mut projectors = ZoneProjectors::default();
    let own = projectors.project(place, EastingForm::Plain).unwrap();
    assert_eq!(own.zone().number(), 35);
    let west = projectors
        .project_in(zone(34), place, EastingForm::Plain)
        .unwrap();
    assert!(west.east_y_m() > 650_000.0, "{west}");
    let back = west.to_wgs84().unwrap();
    assert!((back.lon() - 103.6).abs() < 1e-9 && (back.lat() - 26.5).abs() < 1e-9);
    let error = projectors
        .project_in(zone(40), place, EastingForm::Prefixed)
        .unwrap_err();
    assert!(
        error.to_string().contains("within 500 km of 120"),
        "{error}"
    );
}
