//! What `inspect` says of images and models: facts and warnings. How it looks on the
//! screen is in `cli`.

use crate::support::{Bands, Empty, ModelKit, POPPY, Pixels, Scene, tianmu};
use serde_json::{Value, json};
use tempfile::tempdir;
use tianmu::pipeline::acquire::MaskKind;
use tianmu::pipeline::inspect::inspect_image;

#[test]
fn facts_of_an_image() {
    let dir = tempdir().unwrap();
    let path = Scene::utm(50, 0.05)
        .size(640, 480)
        .taken("2026:05:04 10:20:30")
        .empty([0, 0, 160, 480], Empty::Mask)
        .plot([200, 100, 300, 300], POPPY)
        .overviews(&[2])
        .save(dir.path(), "a.tif");
    let facts = inspect_image(&path, None).unwrap();
    assert_eq!(
        (facts.driver.as_str(), facts.width, facts.height),
        ("GTiff", 640, 480)
    );
    assert_eq!(facts.block, (256, 256));
    assert_eq!(facts.compression.as_deref(), Some("DEFLATE"));
    assert_eq!((facts.overviews[0].width, facts.overviews.len()), (320, 1));
    assert!(facts.overviews[0].has_mask);
    assert_eq!(facts.crs.as_deref(), Some("EPSG:32650"));
    let gsd = facts.gsd.unwrap();
    assert!((gsd.x_m - 0.05).abs() < 1e-4 && (gsd.y_m - 0.05).abs() < 1e-4);
    assert_eq!(facts.masks, [MaskKind::Mask]);
    // A quarter is empty, along the edge as collars are.
    let share = facts.valid_share.unwrap();
    assert!((share - 0.75).abs() < 0.03, "{share}");
    assert_eq!(facts.capture_time.as_deref(), Some("2026-05-04T10:20:30"));
    assert_eq!(facts.bands.len(), 3);
    assert_eq!(facts.bands[0].color, "Red");
    assert_eq!(facts.bands[0].sampled_range, Some((60.0, 220.0)));
    assert_eq!(facts.warnings, [""; 0]);
}

#[test]
fn warnings_of_an_image() {
    let dir = tempdir().unwrap();
    let scene = Scene::utm(50, 0.05).plot([40, 30, 80, 90], POPPY);
    let twelve_bits = Pixels::Uint16 {
        gain: 13.0,
        offset: 300.0,
    };
    for (scene, wanted) in [
        (
            scene.clone().without_crs(),
            "no coordinate reference system; name it with `--assume-crs EPSG:…`",
        ),
        (
            Scene::degrees(102.0, 24.5, 5e-7),
            "pixels are degrees: 5.07 cm by 5.54 cm on the ground at the centre",
        ),
        (
            scene.clone().bands(Bands::FalseAlpha),
            "band 4 is tagged alpha but holds data, most likely near infrared; it is not used as a mask",
        ),
        (
            scene.clone().pixels(twelve_bits),
            "16-bit values reach only 3160: scaled by the scene, not by the type",
        ),
    ] {
        let path = scene.save(dir.path(), "a.tif");
        let facts = inspect_image(&path, None).unwrap();
        assert_eq!(facts.warnings, [wanted]);
    }
    let path = scene.without_crs().save(dir.path(), "a.tif");
    let assumed = inspect_image(&path, Some("EPSG:32650")).unwrap();
    assert_eq!(assumed.crs.as_deref(), Some("EPSG:32650"));
    assert!(assumed.gsd.is_some() && assumed.warnings.is_empty());
}

#[test]
fn json_holds_images_models_and_how_they_fit() {
    let dir = tempdir().unwrap();
    Scene::utm(50, 0.2).save(dir.path(), "a.tif");
    fs_err::write(dir.path().join("text.tif"), "no image").unwrap();
    ModelKit::segmenter().save(dir.path(), "m");
    let words = "inspect a.tif text.tif m --json --workers 2";
    let ran = tianmu(dir.path(), words, &[]).expect(3);
    let all: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(all["images"].as_array().unwrap().len(), 1);
    assert_eq!(all["images"][0]["crs"], "EPSG:32650");
    let model = &all["models"][0];
    assert_eq!(model["inputs"][0]["shape"], json!([-1, 3, -1, -1]));
    let settings = model["settings"].as_array().unwrap();
    let setting = |name, value, source, from| {
        let wanted = json!({"name": name, "value": value, "source": source, "from": from});
        assert!(settings.contains(&wanted), "{wanted} in {settings:?}");
    };
    let from = "`tianmu:tile_size` in model.json, STAC MLM";
    setting("tile-size", "64 px", "sidecar", from);
    setting("activation", "softmax", "trial", "");
    assert_eq!(model["device"], "cpu");
    let fit = &all["fits"][0];
    assert_eq!(fit["bands"], json!([1, 2, 3]));
    // Four times finer: 800 × 600 pixels, a tile every 48.
    assert_eq!((&fit["tiles"], &fit["workers"]), (&json!(221), &json!(2)));
    assert!(fit["estimated_seconds"].as_f64().unwrap() > 0.0);
    let advice = fit["advice"][0].as_str().unwrap();
    assert!(advice.contains("is seen at 20.0 cm"), "{advice}");
    let failure = &all["failures"][0];
    assert_eq!(failure["path"], "text.tif");
    assert!(failure["hint"].is_string());
}
