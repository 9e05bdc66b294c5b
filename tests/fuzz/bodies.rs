//! What each fuzz target does with its bytes. It must come back, whatever they are.

use std::path::Path;
use tianmu::evaluate::read_truth;
use tianmu::georef::Window;
use tianmu::model::decode::{ChipFrame, decode};
use tianmu::model::fuzzing;
use tianmu::pipeline::settings::{ScanSettings, resolve};

/// A target, by name.
pub type Body = fn(&[u8]);

/// All targets.
pub const TARGETS: [(&str, Body); 5] = [
    ("contract", contract),
    ("metadata", metadata),
    ("weights", weights),
    ("settings", settings),
    ("plots", plots),
];

/// Understands a model, settles the settings and decodes what the model gave.
pub fn contract(bytes: &[u8]) {
    let _ = fuzzing::sidecar(bytes);
    let Ok((contract, outputs)) = fuzzing::contract(bytes) else {
        return;
    };
    let nothing = ScanSettings::default();
    let Ok(settled) = resolve(&nothing, &nothing, &contract) else {
        return;
    };
    let (height, width) = contract.tile_size;
    let margin = contract.margin_px;
    let frame = ChipFrame {
        width,
        height,
        core: Window {
            col_off: margin,
            row_off: margin,
            width: width - 2 * margin,
            height: height - 2 * margin,
        },
    };
    let views: Vec<_> = outputs.iter().map(|o| o.view()).collect();
    for want_all in [false, true] {
        let _ = decode(&contract, &views, 0, frame, &settled.rule, want_all);
    }
}

/// Reads metadata of a model.
pub fn metadata(bytes: &[u8]) {
    fuzzing::metadata(bytes);
}

/// Looks through an ONNX file for files that it takes weights from.
pub fn weights(bytes: &[u8]) {
    let _ = fuzzing::weight_names(bytes);
}

/// Reads a config file: the first byte says of which model it is.
pub fn settings(bytes: &[u8]) {
    let Some((&first, text)) = bytes.split_first() else {
        return;
    };
    let config = in_file("tianmu.toml", text, ScanSettings::read);
    // A segmentation model of three classes, and a detector.
    let models: [&[u8]; 2] = [
        &[0, 0, 2, 4, 16, 16, 0, 0, 1, 2, 4, 16, 16, 0],
        &[0, 0, 2, 4, 16, 16, 0, 0, 2, 2, 6, 21, 0],
    ];
    let (Ok(config), Ok((contract, _))) = (
        config,
        fuzzing::contract(models[usize::from(first) % models.len()]),
    ) else {
        return;
    };
    let _ = resolve(&ScanSettings::default(), &config, &contract);
}

/// Reads plots from a table or GeoJSON: the first byte says which.
pub fn plots(bytes: &[u8]) {
    let Some((&first, content)) = bytes.split_first() else {
        return;
    };
    let name = ["plots.geojson", "plots.csv"][usize::from(first) % 2];
    let _ = in_file(name, content, read_truth);
}

/// Reads content as a file of this name.
fn in_file<T>(name: &str, content: &[u8], read: impl Fn(&Path) -> T) -> T {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let path = folder.path().join(name);
    fs_err::write(&path, content).expect("there is room for temporary files");
    read(&path)
}
