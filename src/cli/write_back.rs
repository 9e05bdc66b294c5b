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

    /// What of a benchmark goes into a model's sidecar; none where it has nothing to say.
    pub(super) fn plan(
        &self,
        index: usize,
        subject: &Subject,
        benched: &mut Benched,
    ) -> Result<Option<Plan>> {
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
            return Ok(None);
        }
        let sidecar = sidecar_to_write(&subject.path)?;
        for choice in &mut report.choices {
            let goes_in = findings.thresholds.iter().any(|(c, _)| *c == choice.class);
            choice.written_to = goes_in.then(|| sidecar.display().to_string());
        }
        let targets = subject.model.contract.target_names();
        Ok(Some(Plan {
            sidecar,
            targets: targets.into_iter().map(str::to_owned).collect(),
            findings,
        }))
    }
}

/// What goes into a sidecar.
pub(super) struct Plan {
    sidecar: PathBuf,
    targets: Vec<String>,
    findings: Findings,
}

impl Plan {
    /// Writes it.
    pub(super) fn write(&self, quiet: bool) -> Result<()> {
        let targets: Vec<&str> = self.targets.iter().map(String::as_str).collect();
        write_findings(&self.sidecar, &targets, &self.findings)?;
        if !quiet {
            let thresholds = self.findings.thresholds.iter();
            let fits = self.findings.calibrations.iter();
            let what: Vec<String> = thresholds
                .map(|(class, threshold)| format!("threshold {class}={threshold}"))
                .chain(fits.map(|(class, _)| format!("calibration of {class}")))
                .collect();
            let (what, file) = (what.join(", "), self.sidecar.display());
            output::note(&format!("written into `{file}`: {what}"));
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
