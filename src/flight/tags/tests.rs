//! Made-up photos of every maker, whole and damaged, are read.

use super::testing::{Field, MadePhoto};
use super::{front::tag, read};
use crate::flight::photo::{AttitudeSource, PhotoTags, Rtk};
use proptest::prelude::*;

fn of(bytes: &[u8]) -> PhotoTags {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jpg");
    fs_err::write(&path, bytes).unwrap();
    read(&path).unwrap()
}

#[track_caller]
fn near(seen: Option<f64>, wanted: f64) {
    let seen = seen.unwrap();
    assert!((seen - wanted).abs() < 1e-9, "{seen}, wanted {wanted}");
}

#[track_caller]
fn place(tags: &PhotoTags, lon: f64, lat: f64) {
    near(tags.position.map(|p| p.0), lon);
    near(tags.position.map(|p| p.1), lat);
}

#[track_caller]
fn noted(tags: &PhotoTags, part: &str) {
    let is_noted = tags.notes.iter().any(|n| n.contains(part));
    assert!(is_noted, "{part}: {:?}", tags.notes);
}

/// A photo with this packet and no place in Exif.
fn packet(xmp: &str) -> PhotoTags {
    let mut made = MadePhoto::dji();
    made.gps = Vec::new();
    made.xmp = format!("<x:xmpmeta><rdf:RDF>{xmp}</rdf:RDF></x:xmpmeta>");
    of(&made.jpeg())
}

#[test]
fn a_photo_of_dji_is_read_whole_in_every_container() {
    let mut made = MadePhoto::dji();
    let jpeg = made.jpeg();
    (made.width, made.height) = (528, 395);
    let tiff = made.tiff();
    made.is_big_endian = true;
    for (bytes, size) in [
        (jpeg, (5280, 3956)),
        (tiff, (528, 395)),
        (made.tiff(), (528, 395)),
        (made.jpeg(), (528, 395)),
    ] {
        let tags = of(&bytes);
        assert_eq!(tags.notes, Vec::<String>::new());
        assert_eq!((tags.width, tags.height), size);
        assert_eq!((tags.make.as_str(), tags.model.as_str()), ("DJI", "M3E"));
        place(&tags, 101.6367, 24.7548);
        near(tags.absolute_altitude_m, 1985.3);
        near(tags.relative_altitude_m, 100.0);
        let (camera, source) = tags.camera.unwrap();
        assert_eq!(source, AttitudeSource::Gimbal);
        near(Some(camera.pitch_deg), -90.0);
        near(tags.aircraft.map(|a| a.roll_deg), 2.1);
        let taken = tags.taken.unwrap();
        assert_eq!(format!("{:?}", taken.local), "2026-05-04T10:30:00");
        // The time in UTC is a second off.
        assert_eq!(taken.offset.unwrap().local_minus_utc(), 8 * 3600);
        near(tags.lens.focal_mm, 12.29);
        near(tags.lens.focal_35mm, 24.0);
        near(tags.lens.zoom, 1.0);
        near(tags.lens.calibrated_px, 3750.936);
        assert_eq!(tags.lens.full_px, Some((5280, 3956)));
        near(tags.lens.center_px.map(|c| c.1), 1978.0);
        let rtk = Rtk {
            flag: 50,
            std_m: Some([0.01137, 0.00988, 0.02404]),
        };
        assert_eq!(tags.rtk, Some(rtk));
        assert_eq!(tags.gps_status, "RTK");
        assert_eq!(tags.image_source, "WideCamera");
        assert_eq!(tags.orientation, 1);
    }
}

#[test]
fn tags_of_xmp_stand_in_for_those_of_exif() {
    let tags = packet(
        r#"<rdf:Description drone-dji:GpsLatitude="-20.44058452" drone-dji:GpsLongtitude="+57.31885385"
           drone-dji:CamReverse="1" drone-dji:GpsStatus="Invalid" drone-dji:RelativeAltitude="120,5"
           drone-dji:DewarpData="2019-06-19;1952.85,1942.84,-25.11,-5.81,-0.4147,0.3461,0.00097,0.00098,-0.3135"
           drone-dji:DewarpFlag="1"/>"#,
    );
    place(&tags, 57.318_853_85, -20.440_584_52);
    near(tags.relative_altitude_m, 120.5);
    let dewarp = tags.lens.dewarp.unwrap();
    near(Some(dewarp.cx), -25.11);
    near(Some(dewarp.k3), -0.3135);
    assert!(tags.lens.is_dewarped);
    noted(&tags, "CamReverse");
    noted(&tags, "invalid");
    noted(&tags, "decimal point");
    assert_eq!(tags.camera, None);
}

#[test]
fn a_coarse_position_gives_way_to_a_finer_one_of_the_same_place() {
    let mut made = MadePhoto::dji();
    made.xmp = r#"<x:xmpmeta><rdf:Description drone-dji:GpsLatitude="24.7548123"
        drone-dji:GpsLongitude="101.6367123"/></x:xmpmeta>"#
        .into();
    // Exif is fine enough.
    place(&of(&made.jpeg()), 101.6367, 24.7548);
    let tenth_of_second = |d, m, s| Field::Fractions(vec![(d, 1), (m, 1), (s, 10)]);
    made.gps[1].1 = tenth_of_second(24, 45, 173);
    made.gps[3].1 = tenth_of_second(101, 38, 122);
    place(&of(&made.jpeg()), 101.636_712_3, 24.754_812_3);
    // Another place is another place.
    made.gps[1].1 = tenth_of_second(25, 45, 173);
    let tags = of(&made.jpeg());
    assert!(tags.position.unwrap().1 > 25.7);
    noted(&tags, "that of Exif was taken");
}

#[test]
fn what_is_no_place_height_or_time_is_none_with_a_note() {
    let mut made = MadePhoto::dji();
    made.at(0.0, 0.0);
    made.set_dji("RelativeAltitude", "nan");
    made.set_dji("AbsoluteAltitude", "1e9");
    made.set_dji("RtkFlag", "x");
    made.exif[0].1 = Field::Text("2026:02:30 10:30:00".into());
    let tags = of(&made.jpeg());
    assert_eq!(tags.position, None);
    assert_eq!(tags.relative_altitude_m, None);
    assert_eq!(tags.absolute_altitude_m, None);
    assert_eq!(tags.rtk, None);
    assert_eq!(tags.taken, None);
    for part in [
        "0, 0",
        "RelativeAltitude",
        "12,000 m",
        "RtkFlag",
        "2026:02:30",
    ] {
        noted(&tags, part);
    }
    made.at(181.0, 24.0);
    noted(&of(&made.jpeg()), "a place on earth");
    made.gps[1].1 = Field::Fractions(vec![(24, 0)]);
    noted(&of(&made.jpeg()), "no number");
}

#[test]
fn below_the_sea_is_below_the_sea() {
    let mut made = MadePhoto::dji();
    made.xmp = String::new();
    made.gps.push((tag::ALTITUDE_REF, Field::Byte(1)));
    made.gps
        .push((tag::ALTITUDE, Field::Fractions(vec![(15_430, 100)])));
    near(of(&made.jpeg()).absolute_altitude_m, -154.3);
}

#[test]
fn offsets_of_the_file_win_over_those_that_follow() {
    let mut made = MadePhoto::dji();
    let hours = |made: &MadePhoto| {
        let taken = of(&made.jpeg()).taken.unwrap();
        taken.offset.map(|o| o.local_minus_utc() / 3600)
    };
    made.exif
        .push((tag::TAKEN_OFFSET, Field::Text("+07:00".into())));
    assert_eq!(hours(&made), Some(7));
    made.exif.pop();
    made.xmp = String::new();
    assert_eq!(hours(&made), None);
    let clock = vec![(2, 1), (29, 1), (5950, 100)];
    made.gps.push((tag::GPS_TIME, Field::Fractions(clock)));
    assert_eq!(hours(&made), None);
    made.gps
        .push((tag::GPS_DATE, Field::Text("2026:05:04".into())));
    assert_eq!(hours(&made), Some(8));
}

#[test]
fn photos_of_other_makers_are_read() {
    let sensefly = packet(
        "<rdf:Description><sensefly:AltitudeWGS84>285.1</sensefly:AltitudeWGS84>
         <sensefly:Heading>61.4</sensefly:Heading><sensefly:Height>68.4</sensefly:Height>
         <sensefly:Latitude>41.035</sensefly:Latitude><sensefly:Longitude>-83.3</sensefly:Longitude>
         <sensefly:PitchAngle>-0.03</sensefly:PitchAngle><sensefly:RollAngle>-1.56</sensefly:RollAngle>
         <sensefly:UTCTime>2026-05-04T14:30:02</sensefly:UTCTime></rdf:Description>",
    );
    place(&sensefly, -83.3, 41.035);
    near(sensefly.absolute_altitude_m, 285.1);
    near(sensefly.relative_altitude_m, 68.4);
    near(sensefly.aircraft.map(|a| a.roll_deg), -1.56);
    let (camera, source) = sensefly.camera.unwrap();
    assert_eq!(source, AttitudeSource::Airframe);
    assert!((-90.0..-88.0).contains(&camera.pitch_deg), "{camera:?}");
    let offset = sensefly.taken.unwrap().offset.unwrap();
    assert_eq!(offset.local_minus_utc(), -4 * 3600);

    let parrot = packet(
        r#"<rdf:Description drone-parrot:CameraRollDegree="0" drone-parrot:CameraPitchDegree="-52"
           drone-parrot:CameraYawDegree="147" exif:GPSLatitude="48,21.6N" exif:GPSLongitude="2,30W"
           Camera:AboveGroundAltitude="11485529/262144" Camera:ModelType="fisheye"/>"#,
    );
    place(&parrot, -2.5, 48.36);
    near(parrot.camera.map(|c| c.0.pitch_deg), -52.0);
    assert!((parrot.relative_altitude_m.unwrap() - 43.8138).abs() < 1e-4);
    noted(&parrot, "above the ground");
    noted(&parrot, "fish-eye");

    let autel = packet(
        r#"<rdf:Description drone:GpsLatitude="30.5" drone:GpsLongtitude="104.1"
           drone:AbsoluteAltitude="510.2" drone:RelativeAltitude="60" drone:GimbalRollDegree="0"
           drone:GimbalYawDegree="-12" drone:GimbalPitchDegree="-90"/>"#,
    );
    place(&autel, 104.1, 30.5);
    near(autel.relative_altitude_m, 60.0);
    near(autel.camera.map(|c| c.0.yaw_deg), -12.0);
}

#[test]
fn broken_xml_gives_what_can_be_found() {
    let mut made = MadePhoto::dji();
    let cut = made.xmp.find("RtkFlag").unwrap();
    made.xmp.truncate(cut);
    let tags = of(&made.jpeg());
    near(tags.relative_altitude_m, 100.0);
    assert!(tags.camera.is_some());
    noted(&tags, "XMP is broken");
}

#[test]
fn xmp_in_pieces_is_put_together() {
    let made = MadePhoto {
        xmp: r#"<x:xmpmeta><rdf:Description tiff:Make="DJI"/></x:xmpmeta>"#.into(),
        ..MadePhoto::default()
    };
    let more = br#"<x:xmpmeta><rdf:Description drone-dji:RelativeAltitude="+12.5"/></x:xmpmeta>"#;
    let mut bytes = MadePhoto {
        width: 4,
        height: 3,
        ..made
    }
    .jpeg();
    // The later piece stands first.
    for (at, piece) in [(20u32, &more[20..]), (0, &more[..20])] {
        let mut segment = b"http://ns.adobe.com/xmp/extension/\0".to_vec();
        segment.extend([b'A'; 32]);
        segment.extend(u32::try_from(more.len()).unwrap().to_be_bytes());
        segment.extend(at.to_be_bytes());
        segment.extend(piece);
        let length = u16::try_from(segment.len() + 2).unwrap();
        let head = [&[0xff, 0xe1], &length.to_be_bytes()[..], &segment].concat();
        let sof = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        bytes.splice(sof..sof, head);
    }
    let tags = of(&bytes);
    near(tags.relative_altitude_m, 12.5);
    assert_eq!(tags.make, "DJI");
}

#[test]
fn tags_can_be_put_into_a_real_picture() {
    let mut picture = std::io::Cursor::new(Vec::new());
    let grey = image::GrayImage::new(40, 30);
    grey.write_to(&mut picture, image::ImageFormat::Jpeg)
        .unwrap();
    let bytes = MadePhoto::dji().jpeg_of(&picture.into_inner());
    let tags = of(&bytes);
    assert_eq!((tags.width, tags.height), (40, 30));
    assert_eq!(tags.lens.full_px, Some((5280, 3956)));
    assert!(image::load_from_memory(&bytes).is_ok());
}

#[test]
fn what_is_no_photo_is_an_error_that_says_so() {
    let dir = tempfile::tempdir().unwrap();
    for (bytes, part) in [
        (&b""[..], "is empty"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"\0\0\0\x18ftypisom", "a video or a HEIC"),
        (b"II\x2b\0\x08\0\0\0", "a BigTIFF"),
        (b"PK", "the bytes 50 4b"),
    ] {
        let path = dir.path().join("a.jpg");
        fs_err::write(&path, bytes).unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert!(error.to_string().contains("a.jpg"), "{error}");
        assert!(!error.hint().is_empty());
    }
    assert!(read(dir.path()).is_err());
    assert!(read(&dir.path().join("none.jpg")).is_err());
    // A picture without tags is a photo that says little.
    noted(
        &of(&MadePhoto {
            width: 4,
            height: 3,
            ..MadePhoto::default()
        }
        .jpeg()),
        "neither",
    );
    noted(&of(b"\xff\xd8\xff"), "damaged");
}

/// Photos to be damaged: small, so that most bytes mean something.
fn sound() -> Vec<Vec<u8>> {
    let mut made = MadePhoto::dji();
    let jpeg = made.jpeg();
    (made.width, made.height) = (2, 2);
    let tiff = made.tiff();
    made.is_big_endian = true;
    vec![jpeg, tiff, made.jpeg(), made.tiff()]
}

#[test]
fn photos_cut_off_anywhere_are_read_without_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jpg");
    for whole in sound() {
        for length in (0..whole.len()).step_by(3) {
            fs_err::write(&path, &whole[..length]).unwrap();
            let _ = read(&path);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_photos_are_read_without_panic(
        kind in 0..4usize,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..24),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = sound().swap_remove(kind);
        for (at, value) in &damage {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jpg");
        fs_err::write(&path, &bytes).unwrap();
        if let Ok(tags) = read(&path) {
            if let Some((lon, lat)) = tags.position {
                prop_assert!(lon.abs() <= 180.0 && lat.abs() <= 90.0);
            }
            if let Some((camera, _)) = tags.camera {
                prop_assert!(camera.pitch_deg.is_finite() && camera.yaw_deg.is_finite());
            }
        }
    }
}
