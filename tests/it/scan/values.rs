//! From stored values to what the model sees: bits, colours, order of bands.

use crate::support::{Bands, Empty, HEMP, Job, ModelKit, POPPY, Pixels, Scene, pixel_sites};
use serde_json::json;
use tempfile::tempdir;
use tianmu::pipeline::acquire::BandChoice;

const FOUND: [&str; 2] = ["poppy 80×90 at 40,30", "hemp 40×50 at 150,60"];

fn scene() -> Scene {
    Scene::utm(50, 0.05)
        .plot([40, 30, 80, 90], POPPY)
        .plot([150, 60, 40, 50], HEMP)
}

/// Twelve bits in sixteen.
const TWELVE_BITS: Pixels = Pixels::Uint16 {
    gain: 13.0,
    offset: 300.0,
};

#[test]
fn sixteen_bits_are_stretched_by_the_scene_and_the_record_says_so() {
    let dir = tempdir().unwrap();
    let scene = scene().pixels(TWELVE_BITS);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), FOUND);
    // The lowest and highest 2 % of the values are cut off; more have these colours.
    let stretch = scan.record.images[0].stretch.unwrap();
    assert_eq!(stretch.percentiles, (2.0, 98.0));
    let stretch = stretch.range;
    assert!((stretch.low - (50.0 * 13.0 + 300.0)).abs() < 0.5);
    assert!((stretch.high - (220.0 * 13.0 + 300.0)).abs() < 0.5);
}

#[test]
fn floats_are_stretched_and_what_is_no_number_is_left_out() {
    let dir = tempdir().unwrap();
    let scene = scene()
        .pixels(Pixels::Float {
            gain: 0.002,
            offset: 0.01,
        })
        .empty([0, 0, 60, 150], Empty::NotANumber);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(
        pixel_sites(&scan.sites, &scene),
        ["poppy 60×90 at 60,30", "hemp 40×50 at 150,60"]
    );
    let stretch = scan.record.images[0].stretch.unwrap().range;
    assert!((stretch.high - 0.45).abs() < 1e-6, "{stretch:?}");
}

#[test]
fn a_model_that_knows_its_values_gets_them_as_they_are() {
    let dir = tempdir().unwrap();
    let scene = scene().pixels(TWELVE_BITS);
    let image = scene.save(dir.path(), "a.tif");
    let input = json!([{
        "bands": ["red", "green", "blue"],
        "value_scaling": [{"type": "min-max", "minimum": 300, "maximum": 300 + 13 * 255}],
    }]);
    let model = ModelKit::segmenter()
        .set("mlm:input", input)
        .save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), FOUND);
    assert!(scan.record.images[0].stretch.is_none());
}

#[test]
fn eight_bits_are_never_stretched() {
    let dir = tempdir().unwrap();
    let image = scene().save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert!(scan.record.images[0].stretch.is_none());
}

#[test]
fn a_palette_is_looked_up() {
    let dir = tempdir().unwrap();
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scene = scene().bands(Bands::Palette);
    let image = scene.save(dir.path(), "a.tif");
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), FOUND);
    assert_eq!(scan.record.images[0].bands, [1, 2, 3]);
    // Nodata is an index, not a colour.
    let scene = scene.empty([0, 0, 60, 150], Empty::Nodata(9.0));
    let image = scene.save(dir.path(), "b.tif");
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene)[0], "poppy 60×90 at 60,30");
}

#[test]
fn bands_are_found_by_colour_or_named_by_the_user() {
    let dir = tempdir().unwrap();
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let tagged = scene().bands(Bands::Bgr { tagged: true });
    let image = tagged.save(dir.path(), "a.tif");
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &tagged), FOUND);
    assert_eq!(scan.record.images[0].bands, [3, 2, 1]);

    let untagged = scene().bands(Bands::Bgr { tagged: false });
    let image = untagged.save(dir.path(), "b.tif");
    let as_is = Job::new([&image], &model).run();
    // Red and blue of the plots change places.
    assert_eq!(pixel_sites(&as_is.sites, &untagged)[0][..5], *"hemp ");
    let told = Job::new([&image], &model)
        .with(|s| s.bands = Some([3, 2, 1].map(BandChoice::Number).into()))
        .run();
    assert_eq!(pixel_sites(&told.sites, &untagged), FOUND);
}

#[test]
fn infrared_that_is_tagged_alpha_is_no_mask() {
    let dir = tempdir().unwrap();
    let scene = scene().bands(Bands::FalseAlpha);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), FOUND);
    let record = &scan.record.images[0];
    assert_eq!(record.validity.as_ref().unwrap().alpha, None);
    assert_eq!(record.tiles.empty, 0);
}

#[test]
fn dark_infrared_of_ten_bits_is_no_mask_either() {
    let dir = tempdir().unwrap();
    // All values lie below a sixtieth of what sixteen bits hold.
    let ten_bits = Pixels::Uint16 {
        gain: 4.0,
        offset: 0.0,
    };
    let scene = scene().bands(Bands::FalseAlpha).pixels(ten_bits);
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(scan.record.images[0].tiles.empty, 0);
    assert_eq!(pixel_sites(&scan.sites, &scene), FOUND);
}

#[test]
fn too_few_bands_are_refused_with_a_way_out() {
    let dir = tempdir().unwrap();
    let image = scene().bands(Bands::Grey).save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).attempt().unwrap();
    let record = &scan.record.images[0];
    assert!(
        record
            .failure
            .as_ref()
            .unwrap()
            .ends_with("has 1 data bands, but the model takes 3 (red, green, blue)"),
        "{record:?}"
    );
    assert!(record.hint.as_ref().unwrap().contains("`--bands 1,1,1`"));
    let bands = |s: &mut tianmu::pipeline::settings::ScanSettings| {
        s.bands = Some([1, 1, 1].map(BandChoice::Number).into());
    };
    Job::new([&image], &model).with(bands).run();
}

#[test]
fn strips_are_read_like_tiles() {
    let dir = tempdir().unwrap();
    let scene = scene().pixels(TWELVE_BITS).striped();
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert_eq!(pixel_sites(&scan.sites, &scene), FOUND);
}

#[test]
fn a_small_picture_in_a_large_empty_raster_is_stretched_all_the_same() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05)
        .size(4000, 4000)
        .plot([3840, 3830, 80, 90], POPPY)
        .pixels(TWELVE_BITS)
        .empty([0, 0, 4000, 3800], Empty::Nodata(0.0))
        .empty([0, 3800, 3800, 200], Empty::Nodata(0.0));
    let image = scene.save(dir.path(), "a.tif");
    let model = ModelKit::segmenter().save(dir.path(), "m");
    let scan = Job::new([&image], &model).run();
    assert!(scan.record.images[0].stretch.is_some());
    assert_eq!(
        pixel_sites(&scan.sites, &scene),
        ["poppy 80×90 at 3840,3830"]
    );
}
