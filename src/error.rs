//! The library's one error type: what happened, where, the value seen, the value
//! wanted, and a hint at the next step.

use std::path::PathBuf;

/// A result with the library's [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong, by cause. Messages are lower case and name the
/// file; [`Error::hint`] says what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A path, folder or glob matched no file.
    #[error("`{pattern}` matches no file")]
    NoInput {
        /// The path or pattern as the user wrote it.
        pattern: String,
    },

    /// GDAL could not open a file as a raster.
    #[error("cannot open `{}` as a raster: {reason}", path.display())]
    OpenRaster {
        /// The raster.
        path: PathBuf,
        /// What GDAL said.
        reason: String,
    },

    /// Pixels could not be read from an open raster.
    #[error("cannot read `{}` at {window}: {reason}", path.display())]
    ReadRaster {
        /// The raster.
        path: PathBuf,
        /// The window that was read, in words.
        window: String,
        /// What GDAL said.
        reason: String,
    },

    /// Memory ran out, which says nothing of the file that was read.
    #[error("memory ran out while `{}` was read: {reason}", path.display())]
    OutOfMemory {
        /// The raster.
        path: PathBuf,
        /// What GDAL said.
        reason: String,
    },

    /// A raster can be opened but not scanned (type, size, georeferencing…).
    #[error("raster `{}` {problem}", path.display())]
    UnusableRaster {
        /// The raster.
        path: PathBuf,
        /// What is wrong, value seen and value wanted included.
        problem: String,
        /// What to do about it.
        hint: String,
    },

    /// A model file, its sidecar or its contract is not usable.
    #[error("model `{}` {problem}", path.display())]
    Model {
        /// The model or sidecar file.
        path: PathBuf,
        /// What is wrong, value seen and value wanted included.
        problem: String,
        /// What to do about it.
        hint: String,
    },

    /// ONNX Runtime's shared library was not found or could not be loaded.
    #[error("ONNX Runtime {problem}")]
    Runtime {
        /// What is wrong and where was looked.
        problem: String,
    },

    /// A device that was asked for cannot run the model.
    #[error("device `{device}` {problem}")]
    Device {
        /// The device, as the user writes it.
        device: String,
        /// What is wrong.
        problem: String,
    },

    /// A setting from the command line or a config file is not usable.
    #[error("setting `{name}` is `{seen}`, wanted {wanted}")]
    Setting {
        /// The setting, as the user writes it.
        name: String,
        /// The value seen.
        seen: String,
        /// The values accepted.
        wanted: String,
    },

    /// A vector file could not be read or is not usable.
    #[error("vector file `{}` {problem}", path.display())]
    Vector {
        /// The vector file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
        /// What to do about it.
        hint: String,
    },

    /// A campaign's file or database is not usable.
    #[error("`{target}` {problem}")]
    Store {
        /// The file, or the connection string without its password.
        target: String,
        /// What is wrong, value seen and value wanted included.
        problem: String,
        /// What to do about it.
        hint: String,
    },

    /// A model sees so many separate things in an image that they must be noise.
    #[error("`{}` gives more than {most} separate parts with this model, wanted plots and not noise", path.display())]
    TooManyParts {
        /// The image.
        path: PathBuf,
        /// As many are listed.
        most: usize,
    },

    /// A labelled data set, or a file of labels in it, is not usable.
    #[error("`{}` {problem}", path.display())]
    Labels {
        /// The file, or the folder of the data set.
        path: PathBuf,
        /// What is wrong, value seen and value wanted included.
        problem: String,
        /// What to do about it.
        hint: String,
    },

    /// A file that came back from the field is not usable as a whole.
    #[error("`{}` {problem}", path.display())]
    Returned {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong, value seen and value wanted included.
        problem: String,
        /// What to do about it.
        hint: String,
    },

    /// An output exists already.
    #[error("`{}` exists already", path.display())]
    OutputExists {
        /// The output.
        path: PathBuf,
    },

    /// An output is a file that this run reads.
    #[error("output `{}` is `{}`, which this run reads", path.display(), input.display())]
    OutputIsInput {
        /// The output.
        path: PathBuf,
        /// The input that would be lost.
        input: PathBuf,
    },

    /// The user called a halt.
    #[error("interrupted")]
    Interrupted,

    /// An output could not be written.
    #[error("cannot write `{}`: {reason}", path.display())]
    WriteOutput {
        /// The output.
        path: PathBuf,
        /// Why.
        reason: String,
    },

    /// A folder of results cannot appear here: something that no run wrote stands in its place.
    #[error("cannot write `{}`: {reason}", path.display())]
    OutputTaken {
        /// The folder.
        path: PathBuf,
        /// What stands there.
        reason: String,
    },

    /// What a run or a part of one kept cannot be used.
    #[error("`{}` {problem}", path.display())]
    Journal {
        /// The file of what was kept.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },

    /// A part of a run cannot be joined with others.
    #[error("`{}` {problem}", path.display())]
    Shard {
        /// The file of the part.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },

    /// A run record cannot be used.
    #[error("`{}` {problem}", path.display())]
    Record {
        /// The run record.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },

    /// An earlier report of a benchmark cannot be used.
    #[error("`{}` {problem}", path.display())]
    Report {
        /// The report.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },

    /// A coordinate reference system could not be used.
    #[error("coordinate reference system `{crs}` {problem}")]
    Crs {
        /// Its code, name or text.
        crs: String,
        /// What is wrong.
        problem: String,
    },

    /// A coordinate, or a zone of coordinates, is not usable.
    #[error("{what} is `{seen}`, wanted {wanted}")]
    Coordinate {
        /// What it is: `longitude`, `easting`…
        what: String,
        /// The value seen.
        seen: String,
        /// The values accepted.
        wanted: String,
    },

    /// Reading or writing a plain file failed; the text names the file.
    #[error(transparent)]
    Io(#[from] std::io::Error),

    /// Something that should not happen: a worker panicked, a lock was poisoned.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// A setting that is not usable, with the value seen and those wanted.
    pub(crate) fn setting(name: &str, seen: impl std::fmt::Display, wanted: &str) -> Self {
        Self::Setting {
            name: name.to_owned(),
            seen: seen.to_string(),
            wanted: wanted.to_owned(),
        }
    }

    /// A coordinate that is not usable, with the value seen and those wanted.
    pub(crate) fn coordinate(
        what: &str,
        seen: impl std::fmt::Display,
        wanted: impl Into<String>,
    ) -> Self {
        Self::Coordinate {
            what: what.to_owned(),
            seen: seen.to_string(),
            wanted: wanted.into(),
        }
    }

    /// Labelled data that is not usable, and what to do about it.
    pub(crate) fn labels(
        path: &std::path::Path,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Labels {
            path: path.to_owned(),
            problem: problem.into(),
            hint: hint.into(),
        }
    }

    /// A file from the field that is not usable, and what to do about it.
    pub(crate) fn returned(
        path: &std::path::Path,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Returned {
            path: path.to_owned(),
            problem: problem.into(),
            hint: hint.into(),
        }
    }

    /// The next step for the user.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::NoInput { .. } => {
                "check the path; quote patterns such as `'flight/*.tif'`".into()
            }
            Self::OpenRaster { .. } => {
                "look at it with `gdalinfo`; a cut-off copy must be copied again".into()
            }
            Self::ReadRaster { .. } => {
                "the file is damaged or was cut off; copy it again from its source".into()
            }
            Self::OutOfMemory { .. } => {
                "close other programs, or take fewer `--workers`; then the same command goes on"
                    .into()
            }
            Self::UnusableRaster { hint, .. }
            | Self::Model { hint, .. }
            | Self::Vector { hint, .. }
            | Self::Store { hint, .. }
            | Self::Labels { hint, .. }
            | Self::Returned { hint, .. } => hint.clone(),
            Self::Runtime { .. } => {
                "run `make setup` in the project, put the library beside the program, or set \
                 ORT_DYLIB_PATH to it"
                    .into()
            }
            Self::Device { device, .. } => {
                let build = match device.split(':').next() {
                    Some("cuda" | "tensorrt") => {
                        "from the wheel `onnxruntime-gpu`, with NVIDIA's driver, CUDA and cuDNN installed"
                    }
                    Some("openvino") => {
                        "from the wheel `onnxruntime-openvino`, with the device's driver installed"
                    }
                    Some("directml") => "from the wheel `onnxruntime-directml` (Windows)",
                    _ => "that was built for it",
                };
                format!(
                    "set ORT_DYLIB_PATH to an ONNX Runtime library {build}, or use `--device cpu`"
                )
            }
            Self::OutputExists { .. } => {
                "choose another name, or pass `--overwrite` to replace it".into()
            }
            Self::OutputIsInput { .. } => {
                "choose another name; inputs are never replaced, `--overwrite` or not".into()
            }
            Self::Interrupted => {
                "nothing was left half written; the same command goes on where it stopped".into()
            }
            Self::OutputTaken { .. } => {
                "choose another folder; what no run wrote is never replaced, `--overwrite` or not"
                    .into()
            }
            Self::WriteOutput { .. } => {
                "check free space and that the folder may be written".into()
            }
            Self::Journal { .. } => {
                "move it away, or pass `--no-resume`, which leaves it alone and keeps nothing"
                    .into()
            }
            Self::Shard { .. } => {
                "give every part of one run, as `tianmu scan --shard` made them; \
                 make one again with the command of the others and its own number"
                    .into()
            }
            Self::Record { .. } => {
                "give the file `….run.json` that a scan wrote beside its first output".into()
            }
            Self::TooManyParts { .. } => {
                "raise `--threshold`, or check that bands and values are what the model expects"
                    .into()
            }
            Self::Report { .. } => {
                "give the `report.json` that this version of `tianmu bench` wrote into its folder"
                    .into()
            }
            Self::Crs { .. } => {
                "give a code such as `EPSG:4543`, a WKT string or a .prj file".into()
            }
            Self::Coordinate { .. } => {
                "write degrees as `104.373100` or `104°22′23.2″E`, and CGCS2000 metres with the \
                 zone in front of the easting, as `35441938.23`"
                    .into()
            }
            Self::Setting { .. } => {
                "`tianmu scan --help` lists the settings and their values".into()
            }
            Self::Io(_) => "check that the file is there and may be read".into(),
            Self::Internal(_) => {
                "this is a fault of the program: keep the command line and report it".into()
            }
        }
    }
}
