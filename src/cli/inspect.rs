//! `tianmu inspect`.

use super::settings::SettingsArgs;
use super::{Exit, output};
use crate::model::{Model, ModelFacts};
use crate::pipeline::acquire::expand_inputs;
use crate::pipeline::inspect::{Fit, ImageFacts, inspect_fit, inspect_image};
use crate::pipeline::settings::Resolved;
use crate::{Error, Result};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Arguments of `tianmu inspect`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Images, models, or both: each pair is tried together
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,

    /// The models' sidecar, if it does not lie beside them
    #[arg(long, value_name = "JSON")]
    model_config: Option<PathBuf>,

    #[command(flatten)]
    settings: SettingsArgs,

    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Default, Serialize)]
struct Inspection {
    images: Vec<ImageFacts>,
    models: Vec<ModelFacts>,
    fits: Vec<Fit>,
    failures: Vec<Failure>,
}

#[derive(Serialize)]
struct Failure {
    path: String,
    error: String,
    hint: String,
}

/// Inspects every path, and every image with every model.
pub(super) fn run(args: &Args) -> Result<Exit> {
    let (models, images): (Vec<_>, Vec<_>) = args
        .paths
        .iter()
        .cloned()
        .partition(|p| is_model(Path::new(p)));
    let mut found = Inspection::default();
    let images = if images.is_empty() {
        Vec::new()
    } else {
        expand_inputs(&images)?
    };
    let mut usable = Vec::new();
    for path in &images {
        match inspect_image(path, args.settings.assume_crs()) {
            Ok(facts) => {
                if !args.json {
                    output::image(&facts);
                }
                found.images.push(facts);
                usable.push(path);
            }
            Err(e) => fail(&mut found, &path.display().to_string(), &e),
        }
    }
    for path in &models {
        let opened = args
            .settings
            .open(Path::new(path), args.model_config.as_deref());
        match opened {
            Ok((model, settings)) => {
                let facts = ModelFacts::of(&model);
                if !args.json {
                    output::model(&facts);
                }
                found.models.push(facts);
                fits(args, &model, &settings, &usable, &mut found);
            }
            // A device that is missing is missing for every model.
            Err(e @ Error::Device { .. }) => return Err(e),
            Err(e) => fail(&mut found, path, &e),
        }
    }
    if args.json {
        output::json(&found)?;
    }
    Ok(if found.failures.is_empty() {
        Exit::Done
    } else {
        Exit::SomeFailed
    })
}

fn fits(
    args: &Args,
    model: &Model,
    settings: &Resolved,
    images: &[&PathBuf],
    found: &mut Inspection,
) {
    for path in images {
        match inspect_fit(path, model, settings) {
            Ok(fit) => {
                if !args.json {
                    output::fit(&fit);
                }
                found.fits.push(fit);
            }
            Err(e) => fail(found, &path.display().to_string(), &e),
        }
    }
}

fn fail(found: &mut Inspection, path: &str, error: &crate::Error) {
    output::error(error);
    found.failures.push(Failure {
        path: path.to_owned(),
        error: error.to_string(),
        hint: error.hint(),
    });
}

fn is_model(path: &Path) -> bool {
    let is = |ending: &str| {
        path.extension()
            .is_some_and(|e| e.eq_ignore_ascii_case(ending))
    };
    is("onnx") || is("emd") || is("json") || holds_model(path)
}

/// Whether a folder holds an ONNX file and so is a model, not a folder of images.
fn holds_model(folder: &Path) -> bool {
    let is_model = |entry: std::io::Result<fs_err::DirEntry>| {
        entry.is_ok_and(|e| {
            let path = e.path();
            path.extension()
                .is_some_and(|e| e.eq_ignore_ascii_case("onnx"))
        })
    };
    folder.is_dir() && fs_err::read_dir(folder).is_ok_and(|mut entries| entries.any(is_model))
}
