//! Pictures of sites for a field pack: the site with 20 m of ground around it, its outline drawn.
//!
//! **Privacy.** What lies around a site is somebody's home. A picture shows nothing further than
//! 20 m from the site's own outline: the rest is filled grey, not only left outside of the frame.
//! A photograph under the map of half a kilometre would show other homes; it is made only when
//! asked for by [`Pictures::showing_surroundings`], and never by default.
//!
//! A picture is a JPEG without any metadata. Its pixels are square on the ground also where the
//! image's are not; where the image's are, they are the image's own, neither moved nor mixed,
//! unless there are more than 1,000 along an edge.

mod fill;
mod frame;
mod paint;
mod queue;
mod sample;

use super::pack::Picture;
use crate::campaign::Lang;
use crate::pipeline::acquire::AcquireOptions;
use crate::pipeline::report::{Eyes, Sight};
use crate::{Error, Result};
use frame::{Frame, Ground, Ways};
use geo::{MultiPolygon, Point};
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Ground around a site's outline that its picture shows, in metres. Never more.
pub const MARGIN_M: f64 = 20.0;

/// Pixels along the longer edge of a picture at most.
pub const MOST_PX: u32 = 1000;

/// Pixels per metre of a photograph under a map: 600 for 500 m.
const SURROUNDINGS_PX_PER_M: f64 = 1.2;

/// Quality of JPEGs, of 100.
const QUALITY: u8 = 85;

/// An image that pictures are cut from.
#[derive(Debug, Clone)]
pub struct Scene {
    /// The file.
    pub path: PathBuf,
    /// Its hash, as the sites' source states it.
    pub sha256: String,
    /// When it was taken, ISO 8601; empty where unknown.
    pub capture_time: String,
    /// Ground sample distance in centimetres.
    pub gsd_cm: f64,
}

/// A picture that is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The site; names the file.
    pub site_id: String,
    /// Whether it is the site's second picture, from an earlier image: its file is named so.
    pub is_earlier: bool,
    /// The site's point, WGS 84 longitude and latitude.
    pub point: Point<f64>,
    /// The site's parts, WGS 84 longitude and latitude.
    pub outline: MultiPolygon<f64>,
    /// Place in the list of scenes.
    pub scene: usize,
}

/// What became of a picture that was wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Cut {
    /// It was made.
    Made(Picture),
    /// It could not be made, for a reason to list.
    Missing(Missing),
}

/// Why there is no picture. The file is named without its folder: packs are handed out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// The image cannot be opened.
    Unopened {
        /// The image.
        file: String,
        /// Why, in GDAL's words or ours.
        reason: String,
    },
    /// The image is damaged there.
    Unreadable {
        /// The image.
        file: String,
    },
    /// The image does not show the site.
    NotShown {
        /// The image.
        file: String,
    },
}

impl Cut {
    /// The picture, if it was made.
    #[must_use]
    pub fn picture(self) -> Option<Picture> {
        match self {
            Self::Made(picture) => Some(picture),
            Self::Missing(_) => None,
        }
    }
}

impl Missing {
    /// The reason in words.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        let (zh, en) = match self {
            Self::Unopened { file, reason } => (
                format!("影像 {file} 无法打开：{reason}"),
                format!("image {file} cannot be opened: {reason}"),
            ),
            Self::Unreadable { file } => (
                format!("影像 {file} 在此处损坏，无法读取"),
                format!("image {file} is damaged there and cannot be read"),
            ),
            Self::NotShown { file } => (
                format!("影像 {file} 未覆盖此处"),
                format!("image {file} does not show this ground"),
            ),
        };
        match lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

/// Cuts pictures of sites from scenes into a folder.
pub struct Pictures {
    scenes: Vec<Scene>,
    /// Found when a scene is first looked at, for all threads.
    sights: Vec<OnceLock<Result<Sight, Missing>>>,
    folder: PathBuf,
    options: AcquireOptions,
    shows_surroundings: bool,
}

impl Pictures {
    /// Pictures from `scenes` into `folder`, which is made. `options` are those of the scan:
    /// the reference system of images that carry none, and the value of empty pixels.
    pub fn new(scenes: Vec<Scene>, folder: &Path, options: &AcquireOptions) -> Result<Self> {
        fs_err::create_dir_all(folder)?;
        Ok(Self {
            sights: scenes.iter().map(|_| OnceLock::new()).collect(),
            scenes,
            folder: folder.to_owned(),
            options: options.clone(),
            shows_surroundings: false,
        })
    }

    /// Allows photographs under maps, which show homes that no lead concerns.
    #[must_use]
    pub fn showing_surroundings(mut self, allowed: bool) -> Self {
        self.shows_surroundings = allowed;
        self
    }

    /// Cuts one picture; see [`cut_all`](Self::cut_all) for many.
    pub fn close_up(&self, wanted: &Wanted) -> Result<Cut> {
        match self.open(wanted.scene)? {
            Ok(scene) => self.cut(&scene, wanted),
            Err(missing) => Ok(Cut::Missing(missing)),
        }
    }

    /// Cuts all pictures on `workers` threads, scene by scene, and gives what became of each in
    /// the order of `wanted`. Each thread has one picture in memory and one scene open. Asks
    /// `interrupted` before each picture and then ends with [`Error::Interrupted`].
    pub fn cut_all(
        &self,
        wanted: &[Wanted],
        workers: usize,
        interrupted: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<Cut>> {
        queue::cut_all(self, wanted, workers, interrupted)
    }

    /// The photograph under a map of `half_m` to each side of a point, north up, and its bounds
    /// on the map (west, south, east, north in metres of the point). `None` unless
    /// [`showing_surroundings`](Self::showing_surroundings) allows it, and where the scene shows
    /// none of it. Where the scene is empty it is white.
    pub fn background(
        &self,
        site_id: &str,
        point: Point<f64>,
        half_m: f64,
        scene: usize,
    ) -> Result<Option<(Picture, [f64; 4])>> {
        if !self.shows_surroundings {
            return Ok(None);
        }
        let Ok(open) = self.open(scene)? else {
            return Ok(None);
        };
        let Some(ground) = Ground::around(point, open.eyes.raster(), &open.ways) else {
            return Ok(None);
        };
        let metres = (1.0 / SURROUNDINGS_PX_PER_M).max(2.0 * half_m / f64::from(MOST_PX));
        let Some(frame) = Frame::north_up(&ground, half_m, metres) else {
            return Ok(None);
        };
        let read = sample::sample(&open.eyes, &frame);
        let Some(seen) = crate::pipeline::acquire::readable(read)? else {
            return Ok(None);
        };
        if !seen.valid.contains(&true) {
            return Ok(None);
        }
        let name = file_name(site_id, "-around")?;
        let image = paint::background(seen);
        let picture = self.write(&name, &image, &frame, &self.scenes[scene])?;
        Ok(Some((picture, frame.bounds_m())))
    }

    fn cut(&self, scene: &OpenScene, wanted: &Wanted) -> Result<Cut> {
        let facts = &self.scenes[wanted.scene];
        let file = || short_name(&facts.path);
        let name = file_name(
            &wanted.site_id,
            if wanted.is_earlier { "-earlier" } else { "" },
        )?;
        let ground = Ground::around(wanted.point, scene.eyes.raster(), &scene.ways);
        let outline = paint::drawable(wanted.point, &wanted.outline);
        let frame = ground.and_then(|ground| Frame::of_site(&ground, &outline));
        let Some(frame) = frame else {
            return Ok(Cut::Missing(Missing::NotShown { file: file() }));
        };
        let read = sample::sample(&scene.eyes, &frame);
        let Some(seen) = crate::pipeline::acquire::readable(read)? else {
            return Ok(Cut::Missing(Missing::Unreadable { file: file() }));
        };
        let Some(image) = paint::close_up(seen, &frame, &outline) else {
            return Ok(Cut::Missing(Missing::NotShown { file: file() }));
        };
        Ok(Cut::Made(self.write(&name, &image, &frame, facts)?))
    }

    /// Opens a scene for this thread.
    fn open(&self, scene: usize) -> Result<Result<OpenScene, Missing>> {
        let facts = self.scenes.get(scene).ok_or_else(|| {
            Error::Internal(format!(
                "a picture from scene {scene} of {} is wanted",
                self.scenes.len()
            ))
        })?;
        let unopened = |error: &Error| Missing::Unopened {
            file: short_name(&facts.path),
            reason: reason_of(error),
        };
        let sight = self.sights[scene].get_or_init(|| {
            Sight::of(&facts.path, &self.options).map_err(|error| unopened(&error))
        });
        let sight = match sight {
            Ok(sight) => sight.clone(),
            Err(missing) => return Ok(Err(missing.clone())),
        };
        let opened = Eyes::with(sight).and_then(|eyes| {
            let ways = Ways::of(eyes.raster())?;
            Ok(OpenScene { eyes, ways })
        });
        Ok(opened.map_err(|error| unopened(&error)))
    }

    fn write(&self, name: &str, image: &RgbImage, frame: &Frame, scene: &Scene) -> Result<Picture> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, QUALITY)
            .encode_image(image)
            .map_err(|e| Error::Internal(format!("a picture cannot be compressed: {e}")))?;
        let file = self.folder.join(name);
        fs_err::write(&file, &bytes)?;
        Ok(Picture {
            file,
            name: format!("pictures/{name}"),
            width: image.width(),
            height: image.height(),
            m_per_px: frame.m_per_px(),
            top_bearing_deg: frame.top_bearing_deg(),
            site_px: frame.point_px(),
            capture_time: scene.capture_time.clone(),
        })
    }
}

/// A scene opened by one thread.
struct OpenScene {
    eyes: Eyes,
    ways: Ways,
}

fn short_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What went wrong, without the folder of the file.
fn reason_of(error: &Error) -> String {
    match error {
        Error::OpenRaster { reason, .. } => reason.clone(),
        Error::UnusableRaster { problem, .. } => problem.clone(),
        error => error.to_string(),
    }
}

/// The file of a site's picture. Site ids come from files, so they are checked.
fn file_name(site_id: &str, ending: &str) -> Result<String> {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if site_id.is_empty() || site_id.starts_with('.') || !site_id.chars().all(is_plain) {
        let wanted = "letters, digits, `-`, `_` and `.` only, as it names a file";
        return Err(Error::setting("site_id", site_id, wanted));
    }
    Ok(format!("{site_id}{ending}.jpg"))
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
