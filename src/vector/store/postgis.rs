//! What only PostGIS knows: how its tables are made, and how one program at a time writes.

use super::{Change, StoreTarget, Table, change, run};
use crate::georef::Crs;
use crate::vector::{GeometryKind, thread_options::ThreadOptions};
use crate::{Error, Result};
use gdal::errors::GdalError;
use gdal::vector::{FieldDefn, LayerOptions};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use std::time::Duration;

/// The key of the lock that programs of ours take: `tianmu` as a number.
const LOCK_KEY: i64 = 0x7469_616e_6d75;

/// Makes the tables, all or none, and fills them.
pub(super) fn create(
    target: &StoreTarget,
    tables: &[&'static Table],
    first: impl FnOnce(&mut Change<'_>) -> Result<()>,
) -> Result<()> {
    let mut dataset = open(target, true)?;
    for table in tables {
        if dataset.layer_by_name(table.name).is_ok() {
            return Err(Error::Store {
                target: target.to_string(),
                problem: format!("has a table `{}` already", table.name),
                hint: "give a database or a schema of its own (`active_schema=…`)".into(),
            });
        }
    }
    let wgs84 = Crs::wgs84()?.spatial_ref()?;
    change::in_transaction(
        &mut dataset,
        target,
        &[],
        Duration::from_secs(10),
        |change| {
            let make = |dataset: &mut Dataset, table: &Table| -> Result<(), GdalError> {
                let is_table = table.geometry == GeometryKind::None;
                let mut options = vec!["FID=fid", "LAUNDER=NO", "OVERWRITE=NO"];
                if !is_table {
                    options.extend(["GEOMETRY_NAME=geom", "DIM=2", "SPATIAL_INDEX=GIST"]);
                }
                let layer = dataset.create_layer(LayerOptions {
                    name: table.name,
                    srs: (!is_table).then_some(&wgs84),
                    ty: table.geometry.ogr_type(),
                    options: Some(&options),
                })?;
                for field in table.fields {
                    FieldDefn::new(field.name, field.kind.ogr_type())?.add_to_layer(&layer)?;
                }
                Ok(())
            };
            for table in tables {
                make(change.dataset(), table).map_err(|e| {
                    target.problem(format!("cannot hold table `{}` ({e})", table.name))
                })?;
            }
            // Tables are made when they are first needed, or here.
            end_copy(change.dataset()).map_err(|e| target.problem(e.to_string()))?;
            change.make_indexes(tables)?;
            first(change)
        },
    )?;
    dataset
        .close()
        .map_err(|e| target.problem(format!("cannot be closed ({e})")))
}

pub(super) fn open(target: &StoreTarget, update: bool) -> Result<Dataset> {
    let StoreTarget::PostGis(connection) = target else {
        return Err(Error::Internal(format!("`{target}` is no server")));
    };
    let flags = GdalOpenFlags::GDAL_OF_VECTOR;
    let _quick =
        ThreadOptions::set(&[("PG_USE_COPY", "YES")]).map_err(|e| target.problem(e.to_string()))?;
    Dataset::open_ex(
        connection,
        DatasetOptions {
            open_flags: if update {
                flags | GdalOpenFlags::GDAL_OF_UPDATE
            } else {
                flags
            },
            allowed_drivers: Some(&["PostgreSQL"]),
            ..DatasetOptions::default()
        },
    )
    .map_err(|e| target.problem(format!("cannot be reached ({e})")))
}

/// Takes the lock that ends with the transaction; waits for another program that holds it.
pub(super) fn lock(dataset: &Dataset, target: &StoreTarget, wait: Duration) -> Result<()> {
    // A time-out of zero would wait for ever.
    let wait = wait.as_millis().max(1);
    let sql = format!(
        "DO $$ BEGIN SET LOCAL lock_timeout = {wait}; \
         PERFORM pg_advisory_xact_lock({LOCK_KEY}); SET LOCAL lock_timeout = 0; END $$"
    );
    run(dataset, &sql).map_err(|e| {
        let text = e.to_string();
        if text.contains("lock timeout") {
            target.busy()
        } else {
            target.problem(format!("gives no lock ({text})"))
        }
    })
}

/// Ends the bulk copy that adding rows began, so that what follows sees them.
pub(super) fn end_copy(dataset: &mut Dataset) -> Result<(), GdalError> {
    dataset.flush_cache()
}
