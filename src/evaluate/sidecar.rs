//! Writing what a benchmark found back into a model's sidecar: thresholds, calibration.

use crate::model::Calibration;
use crate::pipeline::report::write_atomically;
use crate::{Error, Result};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The key of thresholds.
const THRESHOLD: &str = "tianmu:threshold";
/// The key of calibrations.
const CALIBRATION: &str = "tianmu:calibration";

/// What goes into a sidecar, by class.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// Thresholds.
    pub thresholds: Vec<(String, f64)>,
    /// Calibrations of scores.
    pub calibrations: Vec<(String, Calibration)>,
}

impl Findings {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.thresholds.is_empty() && self.calibrations.is_empty()
    }
}

/// Whether findings can be put into a sidecar.
///
/// # Errors
/// [`Error::Model`] where it follows another convention, which has no place for them, or is
/// read-only.
pub fn check_sidecar(sidecar: &Path) -> Result<()> {
    read(sidecar)?;
    if fs_err::metadata(sidecar)?.permissions().readonly() {
        return Err(wrong(
            sidecar,
            "is read-only, and something is to be written into it".into(),
        ));
    }
    Ok(())
}

fn wrong(sidecar: &Path, problem: String) -> Error {
    Error::Model {
        path: sidecar.to_owned(),
        problem,
        hint: "thresholds can be written into a STAC item with `mlm:*` properties, such as \
            models/poppy-seg/model.json; else give `--threshold` at each scan"
            .into(),
    }
}

/// A sidecar that has properties.
fn read(sidecar: &Path) -> Result<Value> {
    let text = fs_err::read_to_string(sidecar)?;
    let item: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|e| wrong(sidecar, format!("is not JSON: {e}")))?;
    if item.get("properties").is_some_and(Value::is_object) {
        Ok(item)
    } else {
        let problem = "has no `properties`: it follows another convention than STAC MLM";
        Err(wrong(sidecar, problem.into()))
    }
}

/// Puts findings into a STAC item with `mlm:*` properties, and leaves everything else in it as
/// it is; classes that are not among the findings keep what they have. `all` are the model's
/// classes that can become sites: a threshold of all of them becomes one each.
///
/// # Errors
/// As [`check_sidecar`], and where the file cannot be written.
pub fn write_findings(sidecar: &Path, all: &[&str], findings: &Findings) -> Result<()> {
    let mut item = read(sidecar)?;
    let Some(properties) = item.get_mut("properties").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    if !findings.thresholds.is_empty() {
        let mut by_class = spread(properties.get(THRESHOLD), all);
        for (class, threshold) in &findings.thresholds {
            by_class.insert(class.clone(), json!(threshold));
        }
        properties.insert(THRESHOLD.into(), Value::Object(by_class));
    }
    if !findings.calibrations.is_empty() {
        let known = properties.get(CALIBRATION).and_then(Value::as_object);
        let mut by_class = known.cloned().unwrap_or_default();
        for (class, calibration) in &findings.calibrations {
            let value = serde_json::to_value(calibration)
                .map_err(|e| Error::Internal(format!("a calibration has no form: {e}")))?;
            by_class.insert(class.clone(), value);
        }
        properties.insert(CALIBRATION.into(), Value::Object(by_class));
    }
    let mut text = serde_json::to_string_pretty(&item)
        .map_err(|e| Error::Internal(format!("a sidecar has no form: {e}")))?;
    text.push('\n');
    let permissions = fs_err::metadata(sidecar)?.permissions();
    write_atomically(&[sidecar.to_owned()], true, |_, temporary| {
        fs_err::write(temporary, &text)?;
        Ok(fs_err::set_permissions(temporary, permissions.clone())?)
    })
}

/// Thresholds by class: one number becomes one a class.
fn spread(known: Option<&Value>, all: &[&str]) -> Map<String, Value> {
    match known {
        Some(Value::Object(by_class)) => by_class.clone(),
        Some(number) => all
            .iter()
            .map(|class| ((*class).to_owned(), number.clone()))
            .collect(),
        None => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(before: &str, findings: &Findings) -> Result<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.json");
        fs_err::write(&path, before).unwrap();
        write_findings(&path, &["poppy", "hemp"], findings)?;
        Ok(fs_err::read_to_string(&path).unwrap())
    }

    #[test]
    fn thresholds_of_other_classes_and_other_keys_stay() {
        let findings = Findings {
            thresholds: vec![("poppy".into(), 0.65)],
            calibrations: vec![],
        };
        let after = write(
            r#"{"type": "Feature", "properties": {"mlm:name": "m", "tianmu:threshold": 0.5, "z": 1}}"#,
            &findings,
        )
        .unwrap();
        let item: Value = serde_json::from_str(&after).unwrap();
        assert_eq!(
            item["properties"][THRESHOLD],
            json!({"poppy": 0.65, "hemp": 0.5})
        );
        let keys: Vec<_> = item["properties"].as_object().unwrap().keys().collect();
        assert_eq!(keys, ["mlm:name", "tianmu:threshold", "z"]);
    }

    #[test]
    fn another_convention_is_refused_and_left_alone() {
        let findings = Findings {
            thresholds: vec![("poppy".into(), 0.65)],
            calibrations: vec![],
        };
        let error = write(r#"{"ModelType": "ObjectDetection"}"#, &findings).unwrap_err();
        assert!(error.to_string().contains("another convention"), "{error}");
    }
}
