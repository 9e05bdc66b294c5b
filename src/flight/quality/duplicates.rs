//! Photos that are there twice: the same file under two names, or the same moment saved anew.

use crate::digest::hash_of_file;
use crate::georef::geodesic_distance_m;
use chrono::NaiveDateTime;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// How far apart in metres two photos of one moment may be: positions are written with fewer digits by some
/// programs. Supposed.
pub const SAME_PLACE_M: f64 = 1.0;

/// How far apart in seconds: some programs drop the fraction. Supposed.
pub const SAME_TIME_S: f64 = 2.0;

/// In how many of 64 bits what they show may differ. Supposed: a picture made here and saved anew at a quarter
/// of its size, with noise, differs in 3 at most; were bits drawn at random, 32 would on average.
pub const SAME_BITS: u32 = 8;

/// A photo as far as it is compared with others.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shot {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of the file, where it was worked out ([`hash_candidates`]).
    pub sha256: Option<String>,
    /// What it shows, of [`super::Quality::likeness`].
    pub likeness: Option<u64>,
    /// Longitude and latitude in degrees of WGS 84.
    pub position: Option<(f64, f64)>,
    /// When it was taken, by the camera's clock.
    pub taken: Option<NaiveDateTime>,
}

/// Why two photos are held to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alike {
    /// Byte for byte.
    SameFile,
    /// Taken at one place and time, and showing the same.
    SameMoment,
}

impl Alike {
    /// Its name and words.
    #[must_use]
    pub fn word(self) -> super::Word {
        let (name, zh, en) = match self {
            Self::SameFile => ("same_file", "文件内容相同", "the same file"),
            Self::SameMoment => ("same_moment", "同一时刻同一画面", "the same moment"),
        };
        super::Word { name, zh, en }
    }
}

/// A photo that another one stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Its place in the list of photos.
    pub shot: usize,
    /// Why.
    pub alike: Alike,
}

impl Copied {
    /// The finding in an English sentence; `kept` is the photo that stands for it.
    #[must_use]
    pub fn en(&self, kept: &Path) -> String {
        let name = kept.display();
        match self.alike {
            Alike::SameFile => format!("the file is `{name}` byte for byte"),
            Alike::SameMoment => format!(
                "the photo shows what `{name}` shows, within {SAME_PLACE_M} m and {SAME_TIME_S} s of it"
            ),
        }
    }

    /// The finding in a Chinese sentence.
    #[must_use]
    pub fn zh(&self, kept: &Path) -> String {
        let name = kept.display();
        match self.alike {
            Alike::SameFile => format!("与 {name} 逐字节相同"),
            Alike::SameMoment => format!(
                "与 {name} 画面相同，位置相差不超过 {SAME_PLACE_M} 米，时间相差不超过 {SAME_TIME_S} 秒"
            ),
        }
    }
}

/// Photos that are one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicates {
    /// The one that is kept: the first by its file's name, then by its path.
    pub kept: usize,
    /// The others, by name.
    pub copies: Vec<Copied>,
}

/// Works out the hashes of those photos whose files are of one size with another's: no others can be the
/// same. In parallel; a file that cannot be read, or comes after `stop`, has none.
pub fn hash_candidates(shots: &mut [Shot], stop: &(dyn Fn() -> bool + Sync)) {
    let size = |shot: &Shot| fs_err::metadata(&shot.path).ok().map(|m| m.len());
    let sizes: Vec<Option<u64>> = shots.par_iter().map(size).collect();
    let mut count: HashMap<u64, usize> = HashMap::new();
    for size in sizes.iter().flatten() {
        *count.entry(*size).or_default() += 1;
    }
    shots.par_iter_mut().zip(sizes).for_each(|(shot, size)| {
        if size.is_some_and(|size| count[&size] > 1) {
            shot.sha256 = hash_of_file(&shot.path, stop);
        }
    });
}

/// Photos that are there more than once, in the order of those that are kept.
///
/// Each photo, by name, is compared with those kept so far: one that is like a copy only, and not like the
/// photo that is kept, starts anew, so that a drone that hovers does not make one of all its photos. Photos
/// without a place, a time or anything to be seen are compared byte for byte only.
#[must_use]
pub fn duplicates(shots: &[Shot]) -> Vec<Duplicates> {
    let mut order: Vec<usize> = (0..shots.len()).collect();
    order.sort_by_key(|at| (shots[*at].path.file_name(), &shots[*at].path));
    let mut files: HashMap<&str, usize> = HashMap::new();
    let mut cells: HashMap<Cell, Vec<(usize, usize)>> = HashMap::new();
    let mut groups: BTreeMap<usize, Duplicates> = BTreeMap::new();
    for (rank, at) in order.into_iter().enumerate() {
        let shot = &shots[at];
        let same_file = shot.sha256.as_deref().and_then(|hash| files.get(hash));
        let cell = Cell::of(shot);
        let same_moment = || {
            let near = cell.iter().flat_map(Cell::around);
            let kept = near.filter_map(|cell| cells.get(&cell)).flatten();
            let like = kept.filter(|(_, kept)| is_same_moment(&shots[*kept], shot));
            like.min().copied()
        };
        let found = match same_file {
            Some(kept) => Some((*kept, Alike::SameFile)),
            None => same_moment().map(|(rank, _)| (rank, Alike::SameMoment)),
        };
        if let Some((kept, alike)) = found {
            if let Some(group) = groups.get_mut(&kept) {
                group.copies.push(Copied { shot: at, alike });
            }
            // Another copy of these bytes is one of the same photo.
            if let Some(hash) = shot.sha256.as_deref() {
                files.entry(hash).or_insert(kept);
            }
            continue;
        }
        let copies = Vec::new();
        groups.insert(rank, Duplicates { kept: at, copies });
        if let Some(hash) = shot.sha256.as_deref() {
            files.insert(hash, rank);
        }
        if let Some(cell) = cell {
            cells.entry(cell).or_default().push((rank, at));
        }
    }
    groups
        .into_values()
        .filter(|g| !g.copies.is_empty())
        .collect()
}

/// A strip of latitude and a span of time, each as large as two photos of one moment may be apart, or a
/// little larger. Hardly two photos of a flight lie in one; longitudes, whose degrees shrink towards the
/// poles, are left to the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Cell {
    lat: i64,
    time: i64,
}

/// Degrees of latitude in a strip: more than a metre.
const STRIP_DEG: f64 = SAME_PLACE_M / 100_000.0;

impl Cell {
    fn of(shot: &Shot) -> Option<Self> {
        shot.likeness?;
        Some(Self {
            lat: whole(shot.position?.1 / STRIP_DEG),
            time: whole(millis(shot.taken?) / (1000.0 * SAME_TIME_S)),
        })
    }

    fn around(&self) -> impl Iterator<Item = Self> + use<> {
        let own = *self;
        let steps = || -1..=1_i64;
        steps().flat_map(move |y| {
            steps().map(move |t| Self {
                lat: own.lat + y,
                time: own.time + t,
            })
        })
    }
}

fn is_same_moment(a: &Shot, b: &Shot) -> bool {
    let both = a.likeness.zip(b.likeness);
    let same_look = both.is_some_and(|(a, b)| (a ^ b).count_ones() <= SAME_BITS);
    let both = a.taken.zip(b.taken);
    let same_time =
        both.is_some_and(|(a, b)| (millis(a) - millis(b)).abs() <= 1000.0 * SAME_TIME_S);
    let both = a.position.zip(b.position);
    same_look && same_time && both.is_some_and(|(a, b)| geodesic_distance_m(a, b) <= SAME_PLACE_M)
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53 for 280,000 years")]
fn millis(time: NaiveDateTime) -> f64 {
    time.and_utc().timestamp_millis() as f64
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "degrees and years in small steps are far from 2^63"
)]
fn whole(value: f64) -> i64 {
    value.floor() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{NaiveDate, TimeDelta};

    fn shot(name: &str, lon: f64, seconds: i64, likeness: u64) -> Shot {
        let start = NaiveDate::from_ymd_opt(2026, 4, 18).unwrap();
        let start = start.and_hms_opt(10, 0, 0).unwrap();
        Shot {
            path: name.into(),
            sha256: Some(name.into()),
            likeness: Some(likeness),
            position: Some((lon, 30.0)),
            taken: Some(start + TimeDelta::seconds(seconds)),
        }
    }

    /// Groups as names: the kept one first.
    fn named(shots: &[Shot]) -> Vec<Vec<String>> {
        let name = |at: usize| shots[at].path.display().to_string();
        let group = |g: Duplicates| {
            let copies = g.copies.iter().map(|c| name(c.shot));
            std::iter::once(name(g.kept)).chain(copies).collect()
        };
        duplicates(shots).into_iter().map(group).collect()
    }

    const METRE: f64 = 1.0 / 96_486.0;

    #[test]
    fn one_moment_is_one_photo() {
        let shots = [
            shot("c", 102.0 + 0.8 * METRE, 1, 0b111),
            shot("a", 102.0, 0, 0),
            shot("b", 102.0, 2, 1),
            shot("elsewhere", 102.0 + 1.3 * METRE, 0, 0),
            shot("later", 102.0, 5, 0),
            shot("other", 102.0, 0, u64::MAX),
        ];
        assert_eq!(named(&shots), [["a", "b", "c"]]);
    }

    #[test]
    fn the_same_bytes_are_one_photo_wherever_they_lie() {
        let mut shots = [
            shot("x/b", 102.0, 0, 0),
            shot("y/a", 103.0, 99, u64::MAX),
            shot("x/c", 104.0, 0, 0),
        ];
        for shot in &mut shots[..2] {
            shot.sha256 = Some("hash".into());
        }
        shots[1].position = None;
        assert_eq!(named(&shots), [["y/a", "x/b"]]);
        assert_eq!(duplicates(&shots)[0].copies[0].alike, Alike::SameFile);
    }

    #[test]
    fn what_lacks_a_place_or_a_time_is_no_copy() {
        let whole = shot("a", 102.0, 0, 0);
        for strip in [0, 1, 2] {
            let mut other = shot("b", 102.0, 0, 0);
            match strip {
                0 => other.position = None,
                1 => other.taken = None,
                _ => other.likeness = None,
            }
            assert_eq!(named(&[whole.clone(), other]), [[""; 0]; 0]);
        }
    }

    #[test]
    fn a_drone_that_hovers_keeps_a_photo_in_a_while() {
        let shots: Vec<Shot> = (0..9).map(|i| shot(&format!("{i}"), 102.0, i, 0)).collect();
        let names = [["0", "1", "2"], ["3", "4", "5"], ["6", "7", "8"]];
        assert_eq!(named(&shots), names);
    }

    #[test]
    fn groups_are_those_of_all_pairs_and_do_not_depend_on_the_order() {
        let mut rng = fastrand::Rng::with_seed(7);
        let mut shots: Vec<Shot> = (0..600)
            .map(|i| {
                let lon = 102.0 + 6.0 * METRE * rng.f64();
                let mut shot = shot(&format!("{i:03}"), lon, rng.i64(0..20), rng.u64(0..16));
                shot.position = Some((lon, 30.0 + 6.0 * METRE * rng.f64()));
                shot
            })
            .collect();
        let mut kept: Vec<Vec<usize>> = Vec::new();
        for at in 0..shots.len() {
            let like = |group: &&mut Vec<usize>| is_same_moment(&shots[group[0]], &shots[at]);
            match kept.iter_mut().find(like) {
                Some(group) => group.push(at),
                None => kept.push(vec![at]),
            }
        }
        kept.retain(|group| group.len() > 1);
        assert!(kept.len() > 20);
        let name = |at: &usize| format!("{at:03}");
        let wanted: Vec<Vec<String>> = kept.iter().map(|g| g.iter().map(name).collect()).collect();
        assert_eq!(named(&shots), wanted);
        rng.shuffle(&mut shots);
        assert_eq!(named(&shots), wanted);
    }

    #[test]
    fn only_files_of_one_size_are_hashed() {
        let dir = tempfile::tempdir().unwrap();
        let contents = [("a", "same"), ("b", "same"), ("c", "else"), ("d", "longer")];
        let mut shots: Vec<Shot> = contents
            .iter()
            .map(|(name, text)| {
                let path = dir.path().join(name);
                fs_err::write(&path, text).unwrap();
                Shot {
                    path,
                    ..Shot::default()
                }
            })
            .collect();
        hash_candidates(&mut shots, &|| false);
        assert!(shots[3].sha256.is_none());
        assert_eq!(shots[0].sha256, shots[1].sha256);
        let groups = duplicates(&shots);
        assert_eq!(
            (groups.len(), groups[0].kept, groups[0].copies[0].shot),
            (1, 0, 1)
        );
        for text in [
            groups[0].copies[0].en(&shots[0].path),
            groups[0].copies[0].zh(&shots[0].path),
        ] {
            assert!(
                text.contains(&shots[0].path.display().to_string()),
                "{text}"
            );
        }
    }
}
