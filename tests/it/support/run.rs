//! Scans through the library, and runs of the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tianmu::model::{Model, OpenOptions, Source};
use tianmu::pipeline::acquire::{Photos, short_names};
use tianmu::pipeline::detect::Progress;
use tianmu::pipeline::report::{Placing, Report, write_results};
use tianmu::pipeline::settings::{Resolved, ScanSettings, resolve};
use tianmu::pipeline::site::CandidateSite;
use tianmu::pipeline::{Answers, Plan, Scan, ScanJob, ScanProgress, read_area, scan};

/// A scan through the library, on two threads unless told otherwise.
pub(crate) struct Job {
    images: Vec<PathBuf>,
    model: PathBuf,
    settings: ScanSettings,
    aoi: Option<PathBuf>,
    heatmap: Option<PathBuf>,
    sidecar: Option<PathBuf>,
    photos: Photos,
}

impl Job {
    pub(crate) fn new<const N: usize>(images: [&Path; N], model: &Path) -> Self {
        Self::of(images.map(Path::to_owned).into(), model)
    }

    pub(crate) fn of(images: Vec<PathBuf>, model: &Path) -> Self {
        Self {
            images,
            model: model.to_owned(),
            settings: ScanSettings {
                workers: Some(2),
                ..ScanSettings::default()
            },
            aoi: None,
            heatmap: None,
            sidecar: None,
            photos: Photos::default(),
        }
    }

    /// Images that are photos, and how their pixels meet the ground.
    pub(crate) fn photos(mut self, photos: Photos) -> Self {
        self.photos = photos;
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut ScanSettings)) -> Self {
        change(&mut self.settings);
        self
    }

    pub(crate) fn sidecar(mut self, file: &Path) -> Self {
        self.sidecar = Some(file.to_owned());
        self
    }

    pub(crate) fn aoi(mut self, file: &Path) -> Self {
        self.aoi = Some(file.to_owned());
        self
    }

    pub(crate) fn heatmap(mut self, file: &Path) -> Self {
        self.heatmap = Some(file.to_owned());
        self
    }

    /// Looks at the one image with the settings, then labels the answers with other thresholds.
    pub(crate) fn again(&self, thresholds: &[&str]) -> Vec<Vec<CandidateSite>> {
        let (model, settings) = self.open().unwrap();
        let job = self.job(&model, settings).unwrap();
        let (answers, _) = Answers::of(&job, 0, &Silent).unwrap();
        let with = |threshold: &&str| {
            let mut settings = self.settings.clone();
            settings.threshold = Some((*threshold).to_owned());
            let rule = resolve(&settings, &ScanSettings::default(), &model.contract)
                .unwrap()
                .rule;
            answers.sites(&job, 0, &rule).unwrap().sites
        };
        thresholds.iter().map(with).collect()
    }

    fn open(&self) -> tianmu::Result<(Model, Resolved)> {
        let options = OpenOptions {
            told: vec![self.settings.told(Source::Flag)?],
            sidecar: self.sidecar.clone(),
            ..OpenOptions::default()
        };
        let model = Model::open(&self.model, &options)?;
        let mut settings = resolve(&self.settings, &ScanSettings::default(), &model.contract)?;
        settings.acquire.photos = self.photos.clone();
        Ok((model, settings))
    }

    fn job<'a>(&self, model: &'a Model, settings: Resolved) -> tianmu::Result<ScanJob<'a>> {
        Ok(ScanJob {
            names: short_names(&self.images),
            images: self.images.clone(),
            model,
            screen: None,
            settings,
            aoi: self.aoi.as_deref().map(read_area).transpose()?,
            heatmap: self.heatmap.clone(),
            keeps_scores: false,
            command_line: vec!["test".into()],
        })
    }

    /// What decides the result.
    pub(crate) fn plan(&self) -> Plan {
        let (model, settings) = self.open().unwrap();
        Plan::of(&self.job(&model, settings).unwrap(), None).unwrap()
    }

    /// Scans, then gives the job and what was found to `then`.
    pub(crate) fn run_and(&self, then: impl FnOnce(&ScanJob<'_>, &Scan)) {
        let (model, settings) = self.open().unwrap();
        let job = self.job(&model, settings).unwrap();
        let found = scan(&job, None, &Silent).unwrap();
        then(&job, &found);
    }

    /// Scans; whatever is wrong with the job itself is an error.
    pub(crate) fn attempt(&self) -> tianmu::Result<Scan> {
        let (model, settings) = self.open()?;
        let job = self.job(&model, settings)?;
        let scan = scan(&job, None, &Silent)?;
        let report = Report {
            sites: &scan.sites,
            coverage: &scan.coverage,
            facts: &scan.facts,
        };
        let mut placing = Placing {
            replace: true.into(),
            note: &mut |_| Ok(()),
        };
        write_results(&[], &report, scan.raster.as_ref(), &mut placing)?;
        Ok(scan)
    }

    /// Scans; no image may fail.
    pub(crate) fn run(&self) -> Scan {
        let scan = self.attempt().unwrap();
        for image in &scan.record.images {
            assert_eq!(image.failure, None, "{}", image.path);
        }
        scan
    }
}

struct Silent;

impl Progress for Silent {
    fn tiles_done(&self, _count: u64) {}
}

impl ScanProgress for Silent {
    fn image_begins(&self, _index: usize, _path: &Path, _tiles: u64) {}
    fn warning(&self, _path: &Path, _text: &str) {}
    fn image_failed(&self, _path: &Path, _error: &tianmu::Error) {}
}

/// A finished run of the program.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The exit code must be this.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }
}

/// Runs the program in `folder`, words separated by spaces, with `environment` set.
pub(crate) fn tianmu(folder: &Path, words: &str, environment: &[(&str, &str)]) -> Ran {
    let done = Command::new(env!("CARGO_BIN_EXE_tianmu"))
        .args(words.split_whitespace())
        .current_dir(folder)
        .env_remove("COLUMNS")
        .envs(environment.iter().copied())
        // Without a terminal anywhere, help is as wide as everywhere.
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        code: done.status.code().unwrap_or(-1),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

/// A JSON file.
pub(crate) fn json_file(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap()
}

/// Names of everything in a folder, sorted.
pub(crate) fn files_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
