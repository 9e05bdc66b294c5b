//! What is told of a model, asked setting by setting; keeps which source answered.

use crate::Error;
use crate::model::{ContractSetting, ModelFile, Source, Told};
use std::fmt::Display;

/// The sources of a contract and what was taken from them so far.
pub(super) struct Reading<'a> {
    pub(super) file: &'a ModelFile,
    told: &'a [Told],
    pub(super) settings: Vec<ContractSetting>,
    pub(super) notes: Vec<String>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(file: &'a ModelFile, told: &'a [Told]) -> Self {
        Self {
            file,
            told,
            settings: Vec::new(),
            notes: told.iter().flat_map(|t| t.notes.iter().cloned()).collect(),
        }
    }

    /// What the first source that knows says, and that source.
    pub(super) fn first<T>(&self, get: impl Fn(&Told) -> Option<T>) -> Option<(T, &'a Told)> {
        self.told.iter().find_map(|t| Some((get(t)?, t)))
    }

    /// As `first`, and records the setting.
    pub(super) fn pick<T>(
        &mut self,
        setting: &'static str,
        get: impl Fn(&Told) -> Option<T>,
        show: impl Fn(&T) -> String,
    ) -> Option<T> {
        let (value, teller) = self.first(get)?;
        self.record(setting, &show(&value), teller);
        Some(value)
    }

    /// Records a setting that a source told.
    pub(super) fn record(&mut self, setting: &'static str, value: &str, teller: &Told) {
        self.settings.push(ContractSetting {
            name: setting,
            value: value.to_owned(),
            source: teller.source,
            from: origin(teller, setting),
        });
    }

    /// Records a setting that no source told, and gives it back.
    pub(super) fn otherwise<T: Display>(
        &mut self,
        setting: &'static str,
        value: T,
        source: Source,
    ) -> T {
        self.settings.push(ContractSetting {
            name: setting,
            value: value.to_string(),
            source,
            from: String::new(),
        });
        value
    }

    /// The model cannot be used.
    pub(super) fn unusable(&self, problem: String, hint: &str) -> Error {
        Error::Model {
            path: self.file.path.clone(),
            problem,
            hint: hint.to_owned(),
        }
    }

    /// A source contradicts the model's own graph.
    pub(super) fn contradiction(
        &self,
        teller: &Told,
        setting: &'static str,
        problem: String,
    ) -> Error {
        let hint = match teller.source {
            Source::Flag => format!("correct `--{setting}`"),
            Source::Config => format!("correct `{setting}` in the config file"),
            _ => format!(
                "it stands in {}; correct it there, or override it with `--{setting}`",
                place(teller, setting)
            ),
        };
        Error::Model {
            path: self.file.path.clone(),
            problem,
            hint,
        }
    }
}

/// Key, file and convention of a setting: "`det_conf`, Deepness".
fn origin(teller: &Told, setting: &str) -> String {
    let mut text = String::new();
    // Conventions call the names of classes what the command line calls the chosen ones.
    let known_as = if setting == "class-names" {
        "classes"
    } else {
        setting
    };
    if let Some(key) = teller.key_of(known_as) {
        text = if key.contains(' ') {
            key.to_owned()
        } else {
            format!("`{key}`")
        };
    }
    if let Some(name) = teller.file.as_ref().and_then(|f| f.file_name()) {
        let name = name.to_string_lossy();
        text = if text.is_empty() {
            name.into_owned()
        } else {
            format!("{text} in {name}")
        };
    }
    match (teller.convention, text.trim()) {
        ("", text) => text.to_owned(),
        (convention, "") => convention.to_owned(),
        (convention, text) => format!("{text}, {convention}"),
    }
}

/// Where a setting stands, for a hint.
fn place(teller: &Told, setting: &str) -> String {
    let text = origin(teller, setting);
    if teller.source == Source::Metadata {
        format!("the model's metadata, {text}")
    } else {
        text
    }
}
