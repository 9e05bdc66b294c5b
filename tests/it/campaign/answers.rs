//! Answers of a round, put into a campaign as `record` would.

use crate::support::{column, rows, tianmu};
use std::path::Path;
use std::time::Duration;
use tianmu::campaign::check::{COUNTED, Check};
use tianmu::campaign::tables::{CHECKS, FILES, RETURNS, SITES, TASKS};
use tianmu::campaign::{Campaign, Moment};
use tianmu::vector::{Row, Shape, StoreTarget, Table, Value};

/// The file that all answers come from.
pub(super) const RETURNED: &str = "returned.csv";

/// Changes a campaign through the library, with a row of the audit.
pub(super) fn change(
    campaign: &Path,
    work: impl FnOnce(&mut tianmu::vector::Change<'_>) -> tianmu::Result<()>,
) {
    let target = StoreTarget::File(campaign.to_owned());
    let moment = Moment {
        now: "2026-05-20T08:00:00Z",
        wait: Duration::from_secs(10),
    };
    let detail = serde_json::json!({"by": "a test"});
    Campaign::change(&target, moment, "record", |change, _| {
        work(change)?;
        Ok(((), Some(detail)))
    })
    .unwrap();
}

/// An answer: the site, its outcome, and whatever else is set.
pub(super) fn answer(site_id: &str, outcome: &str) -> Check {
    Check {
        check_id: format!("check-{site_id}"),
        site_id: site_id.into(),
        checked_at: "2026-05-10T10:00:00+08:00".into(),
        outcome: outcome.into(),
        state: COUNTED.into(),
        source: RETURNED.into(),
        recorded_at: "2026-05-20T08:00:00Z".into(),
        ..Check::default()
    }
}

/// Puts answers into a campaign, with the file that they came in.
pub(super) fn put(campaign: &Path, mut checks: Vec<Check>) {
    let file = campaign.with_file_name(RETURNED);
    if !file.exists() {
        fs_err::write(&file, "site_id,outcome\r\n").unwrap();
    }
    let sha256 = tianmu::pipeline::provenance::hash_of_image(&file).unwrap();
    for check in &mut checks {
        check.source_sha256.clone_from(&sha256);
    }
    let is_known = !rows(campaign, &RETURNS).is_empty();
    change(campaign, |change| {
        change.insert(&CHECKS, checks.iter().map(Check::to_row))?;
        let values = RETURNS.fields.iter().map(|field| match field.name {
            "path" => file.display().to_string().into(),
            "source" => RETURNED.into(),
            "format" => "csv".into(),
            "sha256" => sha256.clone().into(),
            "read_at" => "2026-05-20T08:00:00Z".into(),
            _ => Value::Integer(0),
        });
        let row = Row {
            shape: Shape::None,
            values: values.collect(),
        };
        if !is_known {
            change.insert(&RETURNS, std::iter::once(row))?;
        }
        Ok(())
    });
}

/// Numbers of the sites of a campaign, sorted.
pub(super) fn sites(campaign: &Path) -> Vec<String> {
    let mut ids = column(campaign, &SITES, "site_id");
    ids.sort();
    ids
}

/// Sets a column of one row.
pub(super) fn set(
    campaign: &Path,
    table: &'static Table,
    site_id: &str,
    column: &str,
    value: &str,
) {
    let found = rows(campaign, table);
    let fid = found
        .iter()
        .find(|row| row.text("site_id") == site_id)
        .unwrap()
        .fid;
    change(campaign, |change| {
        change.update(table, &[column], std::iter::once((fid, vec![value.into()])))
    });
}

/// Makes a pack, without pictures, which take long to cut.
pub(super) fn pack(folder: &Path, words: &str) {
    tianmu(folder, &format!("tasks {words} --date 2026-04-21 -q"), &[]).expect(0);
}

/// Puts a file in place of the picture of each site into a pack, with its line in the manifest, and the
/// new hash of that into the campaign.
pub(super) fn add_pictures(campaign: &Path, pack: &Path) {
    fs_err::create_dir(pack.join("pictures")).unwrap();
    let manifest = pack.join("manifest.csv");
    let mut lines = fs_err::read_to_string(&manifest).unwrap();
    for id in sites(campaign) {
        let name = format!("pictures/{id}.jpg");
        fs_err::write(pack.join(&name), &id).unwrap();
        let sha256 = tianmu::pipeline::provenance::hash_of_image(&pack.join(&name)).unwrap();
        let size = id.len();
        let line = format!("0,{name},picture,JPG,{size},{sha256},SHA-256,,,,,\r\n");
        lines.push_str(&line);
    }
    fs_err::write(&manifest, lines).unwrap();
    let sha256 = tianmu::pipeline::provenance::hash_of_image(&manifest).unwrap();
    let fid = rows(campaign, &FILES)[0].fid;
    change(campaign, |change| {
        let row = (fid, vec![sha256.as_str().into()]);
        change.update(&FILES, &["sha256"], std::iter::once(row))
    });
}

/// Answers to every task of a campaign that has none yet.
pub(super) fn close(campaign: &Path, outcome: &str) {
    let answered = column(campaign, &CHECKS, "site_id");
    let mut open = column(campaign, &TASKS, "site_id");
    open.retain(|id| !answered.contains(id));
    put(
        campaign,
        open.iter().map(|id| answer(id, outcome)).collect(),
    );
}
