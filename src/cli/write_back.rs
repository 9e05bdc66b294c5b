//! Putting what a benchmark found into the sidecars of its models.

use super::output;
use crate::evaluate::{
    Benched, Findings, Subject, check_sidecar, classes_of, fit_calibrations, write_findings,
};
use crate::model::sidecar_of;
use crate::{Error, Result};
use std::path::{Path, PathBuf};

/// How scores are fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Fit {
    /// A rising staircase, for many sites.
    Isotonic,
    /// A logistic curve, for few.
    Platt,
}

/// What is to be written.
pub(super) struct WriteBack {
    /// The thresholds that were chosen.
    pub(super) threshold: bool,
    /// How scores are fitted, if they are.
    pub(super) calibration: Option<Fit>,
    /// Whether classes are given other names than the model's own.
    pub(super) has_names: bool,
    /// Whether nothing is said of it.
    pub(super) quiet: bool,
}

impl WriteBack {
    /// Refuses, before any work, to write into sidecars that cannot take it.
    pub(super) fn check(&self, subjects: &[Subject]) -> Result<()> {
        if !self.threshold && self.calibration.is_none() {
            return Ok(());
        }
        let name = if self.threshold {
            "write-threshold"
        } else {
            "write-calibration"
        };
        if self.has_names {
            let wanted = "classes as the model itself names them, without `--class-names` and `--background`";
            return Err(Error::setting(name, "given", wanted));
        }
        let mut known = Vec::new();
        for subject in subjects {
            let sidecar = sidecar_to_write(&subject.path)?;
            check_sidecar(&sidecar)?;
            if known.contains(&sidecar) {
                let wanted = "a sidecar of its own for each model";
                return Err(Error::setting(name, sidecar.display(), wanted));
            }
            known.push(sidecar);
        }
        Ok(())
    }

    /// Writes what was asked for into a model's sidecar.
    pub(super) fn write(
        &self,
        index: usize,
        subject: &Subject,
        benched: &mut Benched,
    ) -> Result<()> {
        let report = &mut benched.report.models[index];
        let mut findings = Findings::default();
        if self.threshold {
            for choice in &report.choices {
                if let Some(threshold) = choice.row.as_ref().and_then(|row| row.threshold) {
                    findings.thresholds.push((choice.class.clone(), threshold));
                }
            }
        }
        if let Some(fit) = self.calibration {
            let isotonic = fit == Fit::Isotonic;
            let classes = classes_of(subject);
            let (fitted, notes) =
                fit_calibrations(&benched.observations[index], &classes, isotonic);
            findings.calibrations = fitted;
            for text in &notes {
                output::note(text);
            }
            report.notes.extend(notes);
        }
        if findings.is_empty() {
            return Ok(());
        }
        let sidecar = sidecar_to_write(&subject.path)?;
        let targets = subject.model.contract.target_names();
        write_findings(&sidecar, &targets, &findings)?;
        for choice in &mut report.choices {
            let is_written = findings.thresholds.iter().any(|(c, _)| *c == choice.class);
            choice.written_to = is_written.then(|| sidecar.display().to_string());
        }
        if !self.quiet {
            output::note(&format!("written into `{}`", sidecar.display()));
        }
        Ok(())
    }
}

/// The sidecar of a model, where it really lies.
fn sidecar_to_write(model: &Path) -> Result<PathBuf> {
    let sidecar = sidecar_of(model)?.ok_or_else(|| Error::Model {
        path: model.to_owned(),
        problem: "has no sidecar that something could be written into".into(),
        hint: "save one as model.json beside it; models/poppy-seg/model.json is an example".into(),
    })?;
    Ok(fs_err::canonicalize(sidecar)?)
}
