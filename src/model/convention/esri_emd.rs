//! Esri model definition files (`.emd`), as the deep-learning tools of `ArcGIS` and
//! `arcgis.learn` write and read them (Esri/raster-deep-learning,
//! `docs/writing_model_definition.md`).

use super::fields::{Fields, whole, wrong};
use crate::georef::Crs;
use crate::model::decode::Overlap;
use crate::model::{BandScaling, ModelTask, Source, TaskWord, Told};
use serde_json::Value;

/// What pixels without a class of their own are called.
const BACKGROUND: &str = "background";

/// What such a file says.
pub(super) fn read(json: &Value) -> Result<Told, String> {
    let fields = Fields(
        json.as_object()
            .ok_or_else(|| "is no JSON object".to_owned())?,
    );
    let mut told = Told::new(Source::Sidecar, "Esri model definition");
    if let Some(name) = fields.text("ModelName")? {
        told.name = Some(name.to_owned());
        told.read("name", "ModelName");
    }
    if let Some(file) = fields.text("ModelFile")? {
        // Written on Windows as `.\model.onnx`.
        let file = file.replace('\\', "/");
        told.model_file = Some(file.trim_start_matches("./").to_owned());
    }
    if let Some(framework) = fields.text("Framework")?
        && !framework.to_lowercase().contains("onnx")
    {
        told.notes.push(format!(
            "its definition is for `{framework}`; it holds if the ONNX file was made from that model"
        ));
    }
    if let Some(kind) = fields.text("ModelType")? {
        told.task = Some(match kind {
            "ObjectDetection" | "InstanceDetection" => TaskWord::Known(ModelTask::Detection),
            // Esri's name for the classification of pixels.
            "ImageClassification" | "PixelClassification" | "ClassifyPixels" => {
                TaskWord::Known(ModelTask::Segmentation)
            }
            "ObjectClassification" => TaskWord::Known(ModelTask::Classification),
            other => TaskWord::Other(other.to_owned()),
        });
        told.read("task", "ModelType");
    }
    let (rows, cols) = (fields.size("ImageHeight")?, fields.size("ImageWidth")?);
    if let Some(size) = rows.zip(cols) {
        told.tile_size = Some(size);
        told.read("tile-size", "ImageHeight, ImageWidth");
    }
    let bands = read_bands(fields, &mut told)?;
    read_scaling(fields, bands.as_deref(), &mut told)?;
    read_classes(fields, &mut told)?;
    read_cell_size(fields, &mut told)?;
    if let Some(low) = fields.share("Threshold")? {
        told.thresholds = vec![(String::new(), low)];
        told.read("threshold", "Threshold");
    }
    for key in ["nms_overlap", "NMSOverlap"] {
        if let Some(share) = fields.share(key)? {
            told.suppression = Some(share);
            told.suppression_by = Some(Overlap::Iou);
            told.read("suppression", key);
            break;
        }
    }
    Ok(told)
}

fn read_bands(fields: Fields<'_>, told: &mut Told) -> Result<Option<Vec<usize>>, String> {
    const KEY: &str = "ExtractBands";
    let Some(value) = fields.get(KEY) else {
        return Ok(None);
    };
    let index = |v: &Value| whole(v).and_then(|n| usize::try_from(n).ok());
    let entries = value.as_array().map(Vec::as_slice).unwrap_or_default();
    let names = entries.iter().map(Value::as_str);
    if !entries.is_empty()
        && let Some(names) = names.collect::<Option<Vec<_>>>()
    {
        told.bands = names.into_iter().map(str::to_owned).collect();
        told.read("bands", KEY);
        return Ok(None);
    }
    let bands: Option<Vec<usize>> = entries.iter().map(index).collect();
    let bands = bands.filter(|b| !b.is_empty()).ok_or_else(|| {
        wrong(
            KEY,
            value,
            "a list of bands, their names or numbers counted from 0",
        )
    })?;
    told.channels = Some(bands.len());
    told.read("bands", KEY);
    if bands.iter().copied().ne(0..bands.len()) {
        let numbers: Vec<_> = bands.iter().map(|b| (b + 1).to_string()).collect();
        told.notes.push(format!(
            "takes other bands than the first {} of the images that it was made for; \
             for such images pass `--bands {}`",
            bands.len(),
            numbers.join(",")
        ));
    }
    Ok(Some(bands))
}

fn read_scaling(
    fields: Fields<'_>,
    bands: Option<&[usize]>,
    told: &mut Told,
) -> Result<(), String> {
    const KEY: &str = "NormalizationStats";
    // Of images of three 8-bit bands the statistics are not used.
    let multispectral = fields.flag("IsMultispectral")? == Some(true);
    let Some(value) = fields.get(KEY).filter(|_| multispectral) else {
        return read_range(fields, told);
    };
    let wanted = "an object of lists by band";
    let stats = Fields(value.as_object().ok_or_else(|| wrong(KEY, value, wanted))?);
    let of_bands = |key: &str| -> Result<Vec<f32>, String> {
        let missing = || format!("has no `{key}` in `{KEY}`, wanted one value a band");
        let all = stats.numbers(key)?.ok_or_else(missing)?;
        let Some(bands) = bands else {
            return Ok(all);
        };
        let one = |band: &usize| all.get(*band).copied();
        let values: Option<Vec<f32>> = bands.iter().map(one).collect();
        values.ok_or_else(|| {
            format!(
                "has {} values in `{key}`, wanted one for each band of `ExtractBands`",
                all.len()
            )
        })
    };
    let low = of_bands("band_min_values")?;
    let high = of_bands("band_max_values")?;
    // Trained without normalisation, a model gets the values stretched to 0–1 alone.
    let normalised = fields.flag("DoNormalize")? != Some(false);
    let (mean, std) = if normalised {
        (
            of_bands("scaled_mean_values")?,
            of_bands("scaled_std_values")?,
        )
    } else {
        (vec![0.0; low.len()], vec![1.0; low.len()])
    };
    if [&high, &mean, &std]
        .iter()
        .any(|list| list.len() != low.len())
    {
        return Err(format!("has lists of different lengths in `{KEY}`"));
    }
    for (band, (low, high)) in low.iter().zip(&high).enumerate() {
        let (factor, by_std) = (1.0 / (high - low), 1.0 / std[band]);
        if !(factor.is_finite() && by_std.is_finite()) {
            return Err(format!(
                "has a range of {low} to {high} and a deviation of {} for band {band} in `{KEY}`, \
                 which divides by zero",
                std[band]
            ));
        }
        let stretched = BandScaling::IDENTITY.then_affine(factor, -low * factor);
        told.scaling
            .push(stretched.then_affine(by_std, -mean[band] * by_std));
    }
    told.read("scaling", KEY);
    Ok(())
}

/// The range that values are stretched to; from where is left to the program, here the
/// range of 8-bit values.
fn read_range(fields: Fields<'_>, told: &mut Told) -> Result<(), String> {
    const KEY: &str = "DataRange";
    let Some(range) = fields.numbers(KEY)? else {
        return Ok(());
    };
    let (low, high) = match range[..] {
        [low, high] if high > low => (low, high),
        _ => {
            let seen = fields.get(KEY).unwrap_or(&Value::Null);
            return Err(wrong(KEY, seen, "a lower and a higher number"));
        }
    };
    told.scaling = vec![BandScaling::IDENTITY.then_affine((high - low) / 255.0, low)];
    told.read("scaling", KEY);
    Ok(())
}

fn read_classes(fields: Fields<'_>, told: &mut Told) -> Result<(), String> {
    const KEY: &str = "Classes";
    let Some(value) = fields.get(KEY) else {
        return Ok(());
    };
    let entries = value
        .as_array()
        .ok_or_else(|| wrong(KEY, value, "a list of `Value` and `Name`"))?;
    let mut classes = Vec::new();
    for entry in entries {
        let number = entry.get("Value").and_then(whole);
        let name = entry.get("Name").and_then(Value::as_str);
        let class = number.zip(name);
        classes.push(class.ok_or_else(|| wrong(KEY, entry, "a whole `Value` and a `Name`"))?);
    }
    // The outputs follow the order of the values, which need not be dense.
    classes.sort_by_key(|(number, _)| *number);
    if let Some(pair) = classes.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(format!(
            "has two classes of value {} in `{KEY}`, `{}` and `{}`",
            pair[0].0, pair[0].1, pair[1].1
        ));
    }
    let Some((first, _)) = classes.first() else {
        return Ok(());
    };
    let mut names = Vec::new();
    if told.task == Some(TaskWord::Known(ModelTask::Segmentation)) && *first > 0 {
        // Value 0 belongs to the pixels of no class, which the list leaves out.
        names.push(BACKGROUND.to_owned());
        told.background = vec![BACKGROUND.to_owned()];
        told.read("background", KEY);
    }
    names.extend(classes.iter().map(|(_, name)| (*name).to_owned()));
    told.heads = vec![names];
    told.read("classes", KEY);
    Ok(())
}

fn read_cell_size(fields: Fields<'_>, told: &mut Told) -> Result<(), String> {
    const KEY: &str = "MinCellSize";
    let Some(value) = fields.get(KEY) else {
        return Ok(());
    };
    let edge = |axis: &str| {
        let edge = value.get(axis).and_then(Value::as_f64);
        edge.filter(|n| n.is_finite() && *n > 0.0)
    };
    let Some(x) = edge("x") else {
        return Err(wrong(KEY, value, "`x` and `y` above zero"));
    };
    let cell = f64::midpoint(x, edge("y").unwrap_or(x));
    let reference = value.get("spatialReference");
    let wkid = reference
        .and_then(|r| {
            r.get("latestWkid")
                .filter(|v| !v.is_null())
                .or_else(|| r.get("wkid"))
        })
        .filter(|v| !v.is_null());
    let metres = match wkid {
        None => Some(1.0),
        Some(wkid) => metres_per_unit(wkid),
    };
    match metres {
        Some(metres) => {
            told.gsd_m = Some(cell * metres);
            told.read("gsd", KEY);
            told.notes.push(format!(
                "its ground sample distance is the smallest of its training images, {} m{}",
                cell * metres,
                if matches!(wkid.and_then(Value::as_u64), Some(3857 | 102_100)) {
                    " in Web Mercator, which is less on the ground"
                } else {
                    ""
                }
            ));
        }
        None => told.notes.push(format!(
            "its `{KEY}` is in the units of `{}`, not in metres; pass `--gsd` if you know it",
            wkid.unwrap_or(&Value::Null)
        )),
    }
    Ok(())
}

/// The unit of a projected reference system, by EPSG's number or Esri's.
fn metres_per_unit(wkid: &Value) -> Option<f64> {
    let number = whole(wkid)?;
    let crs = Crs::parse(&format!("EPSG:{number}"))
        .or_else(|_| Crs::parse(&format!("ESRI:{number}")))
        .ok()
        .filter(|crs| !crs.is_geographic())?;
    let unit = crs.spatial_ref().ok()?.linear_units();
    (unit.is_finite() && unit > 0.0).then_some(unit)
}

#[cfg(test)]
#[path = "esri_emd_tests.rs"]
mod tests;
