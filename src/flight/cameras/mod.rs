//! Sensors of the cameras that fly, by what their photos say of maker and model.
//!
//! The table beside this file names the source of each row: data sheets of the makers, what photos say of
//! their own sensor, `OpenSfM`'s list of sensor widths, and `DroneModels` (Theta-Limited/DroneModels,
//! Apache-2.0). Sizes belong to the focal length that the photos name: `DroneModels` gives 12.83 mm for the
//! Phantom 4 Pro, which goes with a calibrated focal length of 8.58 mm, while its photos say 8.8 mm, which
//! goes with 13.2 mm; there, the nominal size of the maker was taken.

use super::photo::PhotoTags;
use std::collections::HashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("cameras.csv");

/// A sensor.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Camera {
    /// Maker, as its photos say.
    pub make: String,
    /// Model, as its photos say.
    pub model: String,
    /// What people call it.
    pub name: String,
    /// Width of the sensor in millimetres.
    pub width_mm: f64,
    /// Height of the sensor in millimetres.
    pub height_mm: f64,
    /// Columns of a full picture.
    pub width_px: u32,
    /// Rows of a full picture.
    pub height_px: u32,
    /// Where the sizes are from.
    pub source: String,
}

impl Camera {
    /// Width of a pixel of a full picture in millimetres.
    #[must_use]
    pub fn pixel_pitch_mm(&self) -> f64 {
        self.width_mm / f64::from(self.width_px)
    }
}

/// Cameras by maker and model; those of one name in the order of the table, the main one first.
static CAMERAS: LazyLock<HashMap<String, Vec<Camera>>> = LazyLock::new(|| {
    let mut by_name: HashMap<String, Vec<Camera>> = HashMap::new();
    let mut rows = csv::Reader::from_reader(TABLE.as_bytes());
    for camera in rows.deserialize() {
        let camera: Camera = camera.expect("a test reads every row");
        let name = key(&camera.make, &camera.model);
        by_name.entry(name).or_default().push(camera);
    }
    by_name
});

/// The camera of this maker and model, whatever the case and the blanks; of several that share the name, the
/// first of the table. Use [`camera_of`] where a photo is at hand.
#[must_use]
pub fn camera(make: &str, model: &str) -> Option<&'static Camera> {
    all(make, model).first()
}

/// The camera that took a photo. Some models carry several cameras under one name, which the size of the
/// picture tells apart.
#[must_use]
pub fn camera_of(tags: &PhotoTags) -> Option<&'static Camera> {
    let cameras = all(&tags.make, &tags.model);
    let (width, height) = tags.lens.full_px.unwrap_or((tags.width, tags.height));
    let by_size = cameras
        .iter()
        .find(|c| (c.width_px, c.height_px) == (width, height))
        .or_else(|| cameras.iter().find(|c| c.width_px == width));
    by_size.or_else(|| cameras.first())
}

fn all(make: &str, model: &str) -> &'static [Camera] {
    CAMERAS.get(&key(make, model)).map_or(&[], Vec::as_slice)
}

/// Maker and model in small letters without blanks.
fn key(make: &str, model: &str) -> String {
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '\0');
        letters.flat_map(char::to_lowercase).collect()
    };
    format!("{}/{}", plain(make), plain(model))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn every() -> Vec<Camera> {
        let mut rows = csv::Reader::from_reader(TABLE.as_bytes());
        rows.deserialize().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn sensors_are_as_wide_as_their_pictures() {
        for camera in every() {
            let sensor = camera.width_mm / camera.height_mm;
            let picture = f64::from(camera.width_px) / f64::from(camera.height_px);
            assert!((sensor / picture - 1.0).abs() < 0.02, "{camera:?}");
            let pitch = camera.pixel_pitch_mm();
            assert!((0.000_7..0.02).contains(&pitch), "{camera:?}");
            assert!(!camera.source.is_empty(), "{camera:?}");
        }
    }

    #[test]
    fn cameras_of_one_name_differ_in_size() {
        let mut seen = HashSet::new();
        for camera in every() {
            let name = key(&camera.make, &camera.model);
            assert!(seen.insert((name, camera.width_px)), "{camera:?}");
        }
    }

    #[test]
    fn names_are_found_in_any_case_and_with_blanks() {
        let found = camera("dji", " fc6310 ").unwrap();
        assert_eq!(found.name, "Phantom 4 Pro");
        assert!((found.pixel_pitch_mm() - 0.002_412).abs() < 1e-6);
        assert_eq!(camera("Parrot", "ANAFI Ai").unwrap().name, "Anafi Ai");
        assert_eq!(camera("SONY", "ILCE-6000").unwrap().width_px, 6000);
        assert_eq!(camera("DJI", "FC9999"), None);
    }

    #[test]
    fn the_size_of_a_photo_tells_cameras_of_one_name_apart() {
        let mut tags = PhotoTags {
            make: "DJI".into(),
            model: "M3T".into(),
            width: 640,
            height: 512,
            ..PhotoTags::default()
        };
        assert_eq!(camera_of(&tags).unwrap().name, "Mavic 3 Thermal thermal");
        (tags.width, tags.height) = (4000, 3000);
        assert_eq!(camera_of(&tags).unwrap().width_px, 8000);
        // A photo made smaller still says how large it was.
        tags.lens.full_px = Some((640, 512));
        assert_eq!(camera_of(&tags).unwrap().width_px, 640);
        (tags.model, tags.lens.full_px) = ("M3M".into(), Some((2592, 1944)));
        assert_eq!(
            camera_of(&tags).unwrap().name,
            "Mavic 3 Multispectral bands"
        );
    }
}
