//! No column of a table, a ledger, a form or an export can hold a villager's name: every name of a
//! column is in a list with the reason why, and a new one has to find its place there.

use super::answers::pack;
use crate::support::county;
use gdal::Dataset;
use gdal::vector::LayerAccess;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use tianmu::campaign::tables::TABLES;
use tianmu::tasks::ledger::COLUMNS;

/// Names of columns, and why none of them holds who grows, owns or lives there.
const KNOWN: &[(&str, &str)] = &[
    (
        "numbers that we, a licence, the office or the monitoring centre give",
        "fid id ogc_fid site_id uuid code seq run_id run_site_id other_id check_id reject_id evidence_no \
         flight_id licence_id licence target_id tip_id grid_id tile_ids settled_by xzqdm image_id",
    ),
    (
        "places and administrative units",
        "county town village grp name lon lat dms gk_n gk_e gk_zone gcj02 bd09 map_x map_y map_crs crs geom \
         plot gps check_lon check_lat border_unit place stratum",
    ),
    (
        "figures",
        "prob prob_max evidence pos_err_m area_m2 area_mu gsd_cm n_detections times_seen priority border_m \
         dist_building_m dist_road_m covered_m2 plant_count plants plants_se quadrat_n quadrat_m2 quadrat_sum \
         quadrat_counts measured_m2 off_m photo_count day stop round year rows taken known blank rejected \
         bytes size sites stratum_cells stratum_drawn photos placed counted track_m",
    ),
    (
        "one word of a list, or the class of a model",
        "status relation class crop grade listing setting kind outcome species confuser stage count_method \
         disposal prior_handled state decision reason role format action model program hist source caution camera",
    ),
    (
        "times",
        "capture_time valid_from valid_to received assigned_on due at added_at imported_at made_at \
         checked_at recorded_at read_at reviewed_at taken_at start end begun ended",
    ),
    (
        "files and their hashes",
        "path image src_image sha256 src_sha256 source_sha256 model_sha256 prev_sha256 thumb photo_ctx \
         photo_near photo_after cell",
    ),
    (
        "texts that the program writes: reasons of a grade, earlier rounds, notices, settings, failures",
        "reasons earlier notice flag facts statement detail failure text value key lead_note courtyard_note \
         title marker-color marker-symbol task",
    ),
    (
        "who of the office does the work, by its own tables: never whom they visit",
        "grid_worker assignee team checker unit reviewer phone deviceid audit",
    ),
    ("the unit that holds a licence", "holder_unit"),
    (
        "the witness whom the rules for electronic data ask for at an extraction; the form says so",
        "witness",
    ),
    (
        "free text of the checker on the plot; the form asks for no name, and exports for superiors leave \
         it out",
        "note",
    ),
    (
        "a row that could not be taken, word for word, so that none is lost: it stays in the campaign and \
         no export carries it",
        "raw",
    ),
];

/// Parts of names that mean a person; those above that have one are there for the reason given.
const PERSONAL: [&str; 22] = [
    "person",
    "owner",
    "grower",
    "farmer",
    "villager",
    "household",
    "resident",
    "suspect",
    "contractor",
    "mobile",
    "address",
    "id_card",
    "idcard",
    "identity",
    "birth",
    "gender",
    "ethnic",
    "health",
    "xingming",
    "full_name",
    "surname",
    "tipster",
];

/// The same in Chinese headers.
const PERSONAL_ZH: [&str; 13] = [
    "姓名",
    "户主",
    "农户",
    "村民",
    "嫌疑人",
    "种植人",
    "身份证",
    "住址",
    "承包人",
    "民族",
    "举报人",
    "性别",
    "出生",
];

fn check(place: &str, name: &str, title: &str) {
    let known = KNOWN
        .iter()
        .any(|(_, names)| names.split_whitespace().any(|known| known == name));
    assert!(
        known,
        "{place}: why can `{name}` not hold a villager's name? say so in KNOWN"
    );
    assert!(
        !PERSONAL.iter().any(|part| name.contains(part)),
        "{place}: {name}"
    );
    assert!(
        !PERSONAL_ZH.iter().any(|part| title.contains(part)),
        "{place}: {title}"
    );
}

/// Every layer of a file, as another program reads it.
fn check_layers(path: &Path) {
    let dataset = Dataset::open(path).unwrap();
    for layer in dataset.layers() {
        if layer.name() == "layer_styles" {
            continue;
        }
        for field in layer.defn().fields() {
            check(
                &format!("{} {}", path.display(), layer.name()),
                &field.name(),
                "",
            );
        }
    }
}

#[test]
fn no_table_has_a_column_for_a_villager() {
    let mut twice = BTreeSet::new();
    for name in KNOWN.iter().flat_map(|(_, names)| names.split_whitespace()) {
        assert!(twice.insert(name), "{name} stands twice");
    }
    for table in TABLES {
        for field in table.fields {
            check(table.name, field.name, field.title);
        }
    }
    for column in &COLUMNS {
        check("ledger", column.name, column.zh);
    }
}

#[test]
fn no_export_has_one() {
    let folder = county().with(&["first.gpkg", "first-scan.gpkg"]);
    let place = folder.path();
    pack(
        place,
        "first.gpkg -o pack --formats csv,qfield,odk,maproulette",
    );
    check_layers(&place.join("first-scan.gpkg"));
    for file in [
        "qfield/checks.gpkg",
        "odk/sites.geojson",
        "maproulette.geojson",
    ] {
        check_layers(&place.join("pack").join(file));
    }
    let mut ledger = csv::Reader::from_path(place.join("pack/ledger.csv")).unwrap();
    for header in ledger.headers().unwrap() {
        let (title, name) = header.rsplit_once(' ').unwrap();
        check("ledger.csv", name, title);
    }
    let questions = questions(&place.join("pack/odk/form.xlsx"));
    assert!(questions.contains(&"outcome".to_owned()), "{questions:?}");
    for name in questions {
        check("form.xlsx", &name, "");
    }
}

/// The second column of the first sheet of a workbook, without its header: names of questions.
fn questions(path: &Path) -> Vec<String> {
    let mut archive = zip::ZipArchive::new(fs_err::File::open(path).unwrap()).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        archive
            .by_name(name)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        text
    };
    let shared = part("xl/sharedStrings.xml");
    let shared: Vec<String> = shared
        .split("<si>")
        .skip(1)
        .map(|item| {
            let text = item.split("</t>").next().unwrap();
            text.rsplit('>').next().unwrap().to_owned()
        })
        .collect();
    let sheet = part("xl/worksheets/sheet1.xml");
    let cells = sheet.split("<c r=\"B").skip(2);
    cells
        .filter_map(|cell| {
            let value = cell.split("<v>").nth(1)?.split("</v>").next()?;
            Some(shared[value.parse::<usize>().ok()?].clone())
        })
        .collect()
}
