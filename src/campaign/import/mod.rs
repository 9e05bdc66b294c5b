//! Taking files of the office into a campaign, each in a role.

mod layers;
mod nearness;
mod places;
mod previous;
mod scan;
mod table;
mod villages;
mod workers;

pub(crate) use table::text_of;

use super::relocate::relocate;
use super::tables::{self, DOCUMENTS};
use super::{Campaign, CampaignFacts, Moment};
use crate::digest::{hash_of, hash_of_file};
use crate::pipeline::acquire::files_read;
use crate::vector::{
    Change, Filter, Row, Shape, StoreTarget, StoredRow, StoredShape, Table, Value,
};
use crate::{Error, Result};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What a file is to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Villages, towns, the county: polygons with codes.
    Villages,
    /// Grid workers and teams: `grid.csv`.
    Grid,
    /// Plots of earlier years: points or polygons.
    History,
    /// Licensed growing: polygons.
    Whitelist,
    /// Official targets: points or polygons, or a CSV.
    Targets,
    /// Tips from the public: points or polygons, or a CSV.
    Tips,
    /// `phenology.toml`.
    Phenology,
    /// Outlines of buildings.
    Buildings,
    /// Roads and paths.
    Roads,
    /// Streams and ponds.
    Water,
    /// Outlines of forest.
    Forest,
    /// An elevation model, a raster that stays where it is.
    Dem,
    /// An earlier round: its campaign, or polygons with `site_id`.
    Previous,
    /// A finished scan: its GeoPackage.
    Scan,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 14] = [
        Self::Villages,
        Self::Grid,
        Self::History,
        Self::Whitelist,
        Self::Targets,
        Self::Tips,
        Self::Phenology,
        Self::Buildings,
        Self::Roads,
        Self::Water,
        Self::Forest,
        Self::Dem,
        Self::Previous,
        Self::Scan,
    ];

    /// The table that it goes to.
    fn table(self) -> Option<&'static Table> {
        Some(match self {
            Self::Villages => &tables::VILLAGES,
            Self::Grid => &tables::GRID,
            Self::History => &tables::HISTORY,
            Self::Whitelist => &tables::LICENCES,
            Self::Targets => &tables::TARGETS,
            Self::Tips => &tables::TIPS,
            Self::Phenology => &tables::PHENOLOGY,
            Self::Buildings => &tables::BUILDINGS,
            Self::Roads => &tables::ROADS,
            Self::Water => &tables::WATER,
            Self::Forest => &tables::FOREST,
            Self::Previous => &tables::PREVIOUS,
            Self::Dem | Self::Scan => return None,
        })
    }

    /// Whether a new file takes the place of the one before.
    fn is_single(self) -> bool {
        matches!(self, Self::Phenology | Self::Dem)
    }

    /// The name as the user writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Villages => "villages",
            Self::Grid => "grid",
            Self::History => "history",
            Self::Whitelist => "whitelist",
            Self::Targets => "targets",
            Self::Tips => "tips",
            Self::Phenology => "phenology",
            Self::Buildings => "buildings",
            Self::Roads => "roads",
            Self::Water => "water",
            Self::Forest => "forest",
            Self::Dem => "dem",
            Self::Previous => "previous",
            Self::Scan => "scan",
        }
    }
}

/// A file to take in.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// What it is.
    pub role: Role,
    /// Where it is.
    pub path: PathBuf,
    /// The layer, where only one of several is meant.
    pub layer: Option<String>,
    /// The encoding of its text, where the guess is wrong.
    pub encoding: Option<String>,
    /// The field of division codes, where it is not found by itself.
    pub code_field: Option<String>,
    /// The field of names, where it is not found by itself.
    pub name_field: Option<String>,
    /// Take out first what came in this role before.
    pub replace: bool,
}

/// What came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// As what.
    pub role: Role,
    /// The file.
    pub path: String,
    /// SHA-256 of the file, or of the hashes of its parts.
    pub sha256: String,
    /// Rows that it gave; none where it was there already.
    pub rows: u64,
    /// Whether the very same file was there already, so that nothing was done.
    pub was_there: bool,
    /// What to know of it.
    pub notes: Vec<String>,
}

/// A row on its way in: what it draws, and its values in the order of the table.
pub(super) struct NewRow {
    shape: Option<StoredShape>,
    values: Vec<Value<'static>>,
}

impl NewRow {
    fn as_row(&self) -> Row<'_> {
        let shape = match &self.shape {
            None => Shape::None,
            Some(StoredShape::Point(point)) => Shape::Point(*point),
            Some(StoredShape::Lines(lines)) => Shape::Lines(lines),
            Some(StoredShape::Area(area)) => Shape::MultiPolygon(area),
        };
        Row {
            shape,
            values: self.values.clone(),
        }
    }
}

/// Rows of a file, and what to know of them.
#[derive(Default)]
pub(super) struct FileRows {
    rows: Vec<NewRow>,
    notes: Vec<String>,
}

/// Takes a file in: all of it in one transaction, or nothing. The very same file in the same role is
/// not taken in twice.
///
/// # Errors
/// [`Error::Vector`] and [`Error::Setting`] with what is wrong with the file, [`Error::Store`] with
/// what is wrong with the campaign.
pub fn import(
    target: &StoreTarget,
    request: &ImportRequest,
    moment: Moment<'_>,
) -> Result<Imported> {
    let stamp = Stamp::of(&request.path)?;
    if request.role == Role::Scan {
        return scan::import(target, request, &stamp, moment);
    }
    let found = read(request)?;
    if found.rows.is_empty() && request.role != Role::Dem {
        return Err(unusable(
            &request.path,
            format!("gives nothing to take in as `{}`", request.role.name()),
            "look at it in QGIS; `--layer` names one layer of several",
        ));
    }
    Campaign::change(target, moment, "import", |change, facts| {
        put_in(change, facts, request, &stamp, &found, moment)
    })
}

fn put_in(
    change: &mut Change<'_>,
    facts: &CampaignFacts,
    request: &ImportRequest,
    stamp: &Stamp,
    found: &FileRows,
    moment: Moment<'_>,
) -> Result<(Imported, Option<serde_json::Value>)> {
    let role = request.role;
    let mut imported = Imported {
        role,
        path: StoreTarget::parse(&request.path.to_string_lossy()).to_string(),
        sha256: stamp.sha256.clone(),
        rows: 0,
        was_there: false,
        notes: found.notes.clone(),
    };
    let of_role = Filter::Equals("role", role.name().into());
    let before = change.read(&DOCUMENTS, &of_role)?;
    let same = before.iter().any(|d| d.text("sha256") == stamp.sha256);
    if same && !request.replace {
        imported.was_there = true;
        return Ok((imported, None));
    }
    match role {
        // Villages say themselves where the county is.
        Role::Villages => {}
        Role::Dem => nearness::check_elevation(change, request)?,
        _ => imported
            .notes
            .extend(nearness::check(change, request, found)?),
    }
    if request.replace || role.is_single() {
        if let Some(table) = role.table() {
            change.delete(table, &Filter::All)?;
        }
        change.delete(&DOCUMENTS, &of_role)?;
    } else if role == Role::Villages {
        villages::check_unique(change, request, &found.rows)?;
    }
    if role == Role::Previous {
        let newest = previous::settle(change, &found.rows)?;
        imported.rows = change.insert(&tables::PREVIOUS, newest.into_iter().map(NewRow::as_row))?;
    } else if let Some(table) = role.table() {
        imported.rows = change.insert(table, found.rows.iter().map(NewRow::as_row))?;
    }
    imported
        .notes
        .extend(afterthought(change, facts, request, &before)?);
    note_document(change, role, stamp, imported.rows, moment)?;
    let detail = serde_json::json!({
        "role": role,
        "path": imported.path,
        "bytes": stamp.bytes,
        "sha256": stamp.sha256,
        "rows": imported.rows,
        "replace": request.replace,
    });
    Ok((imported, Some(detail)))
}

/// What to know of a file that came in beside or after others.
fn afterthought(
    change: &mut Change<'_>,
    facts: &CampaignFacts,
    request: &ImportRequest,
    before: &[StoredRow],
) -> Result<Option<String>> {
    if request.role == Role::Grid && !before.is_empty() && !request.replace {
        let rows: i64 = before.iter().filter_map(|d| d.integer("rows")).sum();
        return Ok(Some(format!(
            "{rows} rows of earlier files count as well; `--replace` takes them out"
        )));
    }
    if request.role != Role::Villages {
        return Ok(None);
    }
    let elsewhere = relocate(change, facts)?;
    Ok((elsewhere > 0).then(|| {
        format!(
            "{elsewhere} sites came in before these villages, and lie in them now; their numbers stay \
             as they are"
        )
    }))
}

fn read(request: &ImportRequest) -> Result<FileRows> {
    match request.role {
        Role::Villages => villages::read(request),
        Role::Grid => workers::read(request),
        Role::History | Role::Targets | Role::Tips | Role::Whitelist => places::read(request),
        Role::Phenology => layers::phenology(request),
        Role::Buildings | Role::Roads | Role::Water | Role::Forest => layers::read(request),
        Role::Dem => layers::elevation(request),
        Role::Previous => previous::read(request),
        Role::Scan => Err(Error::Internal("a scan has no rows of one table".into())),
    }
}

/// SHA-256 of a file as it stands in the table `documents`: of several parts, of their hashes.
pub(in crate::campaign) fn hash_of_document(path: &Path) -> Result<String> {
    Stamp::of(path).map(|stamp| stamp.sha256)
}

/// A file as it was taken in.
pub(super) struct Stamp {
    path: PathBuf,
    bytes: u64,
    sha256: String,
}

impl Stamp {
    /// Hashes a file with all its parts.
    fn of(path: &Path) -> Result<Self> {
        let server = StoreTarget::parse(&path.to_string_lossy());
        if server.file().is_none() {
            // The chain of its audit stands for all that is in it.
            let audit = Campaign::open(&server)?.audit()?;
            return Ok(Self {
                path: server.to_string().into(),
                bytes: 0,
                sha256: audit
                    .last()
                    .map_or_else(String::new, |row| row.sha256.clone()),
            });
        }
        if !path.exists() {
            return Err(unusable(path, "does not exist".into(), "check the path"));
        }
        let mut files = if path.is_dir() {
            let inside = fs_err::read_dir(path)?.map(|entry| entry.map(|e| e.path()));
            inside.collect::<Result<_, _>>()?
        } else {
            files_read(path)
        };
        files.retain(|file| file.is_file());
        files.sort();
        files.dedup();
        let mut bytes = 0;
        let mut hashes = Vec::new();
        for file in &files {
            bytes += fs_err::metadata(file)?.len();
            let hash = hash_of_file(file, &|| false);
            hashes.push(hash.ok_or_else(|| {
                unusable(path, "cannot be read".into(), "check that it may be read")
            })?);
        }
        let sha256 = match &hashes[..] {
            [one] => one.clone(),
            _ => hash_of(hashes.join("\n")),
        };
        Ok(Self {
            path: fs_err::canonicalize(path)?,
            bytes,
            sha256,
        })
    }
}

/// Notes a file in the table of documents.
pub(super) fn note_document(
    change: &mut Change<'_>,
    role: Role,
    stamp: &Stamp,
    rows: u64,
    moment: Moment<'_>,
) -> Result<()> {
    let format = stamp.path.extension().unwrap_or_default();
    let whole = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let row = Row {
        shape: Shape::None,
        values: vec![
            role.name().into(),
            stamp.path.display().to_string().into(),
            format.to_string_lossy().to_lowercase().into(),
            whole(stamp.bytes),
            stamp.sha256.clone().into(),
            whole(rows),
            moment.now.to_owned().into(),
        ],
    };
    change.insert(&DOCUMENTS, std::iter::once(row)).map(drop)
}

pub(super) fn unusable(path: &Path, problem: String, hint: &str) -> Error {
    Error::Vector {
        path: path.to_owned(),
        problem,
        hint: hint.into(),
    }
}
