//! Files of the office: what comes in as it should, and what is refused with nothing changed.

use crate::support::{LAYERS, column, county, info, rows, sample, tianmu};
use std::path::Path;
use tianmu::campaign::tables::{
    AUDIT, BUILDINGS, DOCUMENTS, GRID, HISTORY, LICENCES, PHENOLOGY, SITES, TIPS, VILLAGES,
};

#[test]
fn the_layers_of_the_county_come_in() {
    let folder = county().with(&["first-bare.gpkg"]);
    let campaign = folder.path().join("first-bare.gpkg");
    // GBK, though neither a .cpg nor the table says so; codes are text of 12 digits.
    let mut villages: Vec<String> = rows(&campaign, &VILLAGES)
        .iter()
        .map(|v| {
            format!(
                "{} {} {} {}",
                v.text("xzqdm"),
                v.text("name"),
                v.text("town"),
                v.text("county")
            )
        })
        .collect();
    villages.sort();
    assert_eq!(
        villages,
        [
            "990101101002 云岭社区 青桐镇 天目县",
            "990101101203 松岗村 青桐镇 天目县",
            "990101201201 石门村 白石乡 天目县",
            "990101201202 竹溪村 白石乡 天目县",
            "990101201204 下坝村 白石乡 天目县",
        ]
    );
    let grid = rows(&campaign, &GRID);
    assert_eq!(grid.len(), 13);
    assert!(grid.iter().all(|row| row.text("xzqdm").len() == 12));
    assert_eq!(grid[0].text("grid_worker"), "网格员-01");
    assert!((grid[0].real("lon").unwrap() - 101.636_476_4).abs() < 1e-9);
    assert_eq!(rows(&campaign, &HISTORY).len(), 4);
    assert_eq!(rows(&campaign, &BUILDINGS).len(), 176);
    assert_eq!(rows(&campaign, &TIPS)[0].text("received"), "2026-03-18");
    let licences = rows(&campaign, &LICENCES);
    assert_eq!(licences.len(), 3);
    assert!(
        licences
            .iter()
            .any(|row| row.text("valid_to").starts_with("2024"))
    );
    // The county's own windows took the place of those that come with the program.
    let windows = rows(&campaign, &PHENOLOGY);
    assert_eq!(windows.len(), 1);
    assert!(windows[0].text("text").contains("天目县 (synthetic)"));
    // Each file stands in the list of documents and in the audit, with its hash.
    let documents = column(&campaign, &DOCUMENTS, "role");
    assert_eq!(documents, LAYERS.map(|(_, role)| role));
    let audit = rows(&campaign, &AUDIT);
    assert_eq!(audit.len(), 1 + LAYERS.len());
    for (row, hash) in audit[1..]
        .iter()
        .zip(column(&campaign, &DOCUMENTS, "sha256"))
    {
        assert!(row.text("detail").contains(&hash), "{}", row.text("detail"));
    }
}

#[test]
fn the_same_file_comes_in_once() {
    let folder = county().with(&["first-bare.gpkg"]);
    let before = info(folder.path(), "first-bare.gpkg");
    let import = |file: &str, more: &str| {
        let words = format!("campaign import first-bare.gpkg {file} {more}");
        tianmu(folder.path(), &words, &[]).expect(0).out
    };
    for (file, role) in LAYERS {
        let said = import(&sample(file), &format!("--role {role}"));
        assert!(
            said.contains("in the campaign already, nothing was done"),
            "{said}"
        );
    }
    assert_eq!(info(folder.path(), "first-bare.gpkg"), before);
    // Under another name it is the same file.
    fs_err::copy(sample("tips.csv"), folder.path().join("other.csv")).unwrap();
    let said = import("other.csv", "--role tips");
    assert!(said.contains("already"), "{said}");
    // In another role it is another matter, and `--replace` takes it in anew.
    import("other.csv", "--role history");
    import("other.csv", "--role tips --replace");
    let campaign = folder.path().join("first-bare.gpkg");
    assert_eq!(rows(&campaign, &TIPS).len(), 2);
    assert_eq!(rows(&campaign, &HISTORY).len(), 6);
    let after = info(folder.path(), "first-bare.gpkg");
    assert_eq!(
        after["audit_rows"].as_u64(),
        before["audit_rows"].as_u64().map(|n| n + 2)
    );
}

#[test]
fn villages_may_be_named_or_replaced() {
    let folder = county().with(&["first-bare.gpkg"]);
    let campaign = folder.path().join("first-bare.gpkg");
    let text = villages_as_geojson(&campaign)
        .replace("XZQDM", "bianma")
        .replace("XZQMC", "cun");
    fs_err::write(
        folder.path().join("own.geojson"),
        text.replace("竹溪村", "新竹溪村"),
    )
    .unwrap();
    let words = "campaign import first-bare.gpkg own.geojson --role villages --code-field BIANMA \
                 --name-field cun --replace --json";
    let ran = tianmu(folder.path(), words, &[]).expect(0);
    let said: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&said[0]["rows"], &said[0]["role"]),
        (&5.into(), &"villages".into())
    );
    let names = column(&campaign, &VILLAGES, "name");
    assert_eq!(names.len(), 5);
    assert!(names.contains(&"新竹溪村".into()) && !names.contains(&"竹溪村".into()));
}

#[test]
fn sites_are_found_in_villages_that_come_in_later() {
    let folder = county().with(&["first-scan.gpkg", "first.gpkg"]);
    let place = folder.path();
    let run = |words: &str| tianmu(place, words, &[]).expect(0).out;
    run("campaign new late.gpkg --year 2026 --round 1 --county-code 990101");
    run("campaign import late.gpkg first-scan.gpkg --role scan");
    let late = place.join("late.gpkg");
    let ids = column(&late, &SITES, "site_id");
    assert!(ids.iter().all(|id| id.starts_with("990101000000-2026R1-")));
    let said = run(&format!(
        "campaign import late.gpkg {} --role villages",
        sample("villages.shp")
    ));
    let note = format!("{} sites came in before these villages", ids.len());
    assert!(
        said.contains(&note) && said.contains("numbers stay"),
        "{said}"
    );
    assert_eq!(column(&late, &SITES, "site_id"), ids);
    // Where they lie is the same as where the villages came first.
    let first = place.join("first.gpkg");
    for name in [
        "xzqdm",
        "county",
        "town",
        "village",
        "grp",
        "border_m",
        "border_unit",
    ] {
        let sorted = |campaign: &Path| {
            let mut all: Vec<_> = rows(campaign, &SITES)
                .iter()
                .map(|row| (row.text("lon"), row.text(name)))
                .collect();
            all.sort();
            all
        };
        assert_eq!(sorted(&late), sorted(&first), "{name}");
    }
}

/// The villages of a campaign as GeoJSON, under the names that the land survey uses.
pub(super) fn villages_as_geojson(campaign: &Path) -> String {
    let feature = |row: &tianmu::vector::StoredRow| {
        let area = row.shape.clone().unwrap().into_area();
        let polygons: Vec<Vec<Vec<[f64; 2]>>> = area
            .iter()
            .map(|p| vec![p.exterior().coords().map(|c| [c.x, c.y]).collect()])
            .collect();
        serde_json::json!({
            "type": "Feature",
            "properties": {"XZQDM": row.text("xzqdm"), "XZQMC": row.text("name")},
            "geometry": {"type": "MultiPolygon", "coordinates": polygons},
        })
    };
    let features: Vec<_> = rows(campaign, &VILLAGES).iter().map(feature).collect();
    serde_json::json!({"type": "FeatureCollection", "features": features}).to_string()
}

#[test]
fn what_is_no_campaign_is_said() {
    let folder = county().with(&["first-bare.gpkg"]);
    let place = folder.path();
    fs_err::copy(sample("roads.gpkg"), place.join("roads.gpkg")).unwrap();
    fs_err::write(place.join("text.gpkg"), "no database").unwrap();
    let bytes = fs_err::read(place.join("first-bare.gpkg")).unwrap();
    let tips = sample("tips.csv");
    for (words, code, said) in [
        (
            "campaign info none.gpkg".to_owned(),
            1,
            "`none.gpkg` does not exist",
        ),
        ("campaign info text.gpkg".into(), 1, "is no GeoPackage"),
        ("campaign info roads.gpkg".into(), 1, "has no table `"),
        (
            format!("campaign import roads.gpkg {tips} --role tips"),
            1,
            "has no table `",
        ),
        (
            format!("campaign import none.gpkg {tips} --role tips"),
            1,
            "`tianmu campaign new` makes a campaign",
        ),
        (
            format!("campaign import first-bare.gpkg {tips} --role tip"),
            2,
            "possible values: villages, grid",
        ),
        (
            "campaign import first-bare.gpkg --role tips".into(),
            2,
            "<FILE>",
        ),
        (
            "campaign new first-bare.gpkg --year 2026 --county-code 990101".into(),
            1,
            "a campaign is never replaced",
        ),
        (
            "campaign new a.shp --year 2026 --county-code 990101".into(),
            2,
            "a name that ends in `.gpkg`",
        ),
        (
            "campaign new a.gpkg --year 2026 --county-code 9901".into(),
            2,
            "the 6 digits of a county",
        ),
        (
            "campaign new a.gpkg --year 26 --county-code 990101".into(),
            2,
            "a year such as 2026",
        ),
        (
            "campaign new a.gpkg --year 2026 --round 0 --county-code 990101".into(),
            2,
            "wanted 1 to 99",
        ),
        (
            "campaign new none/a.gpkg --year 2026 --county-code 990101".into(),
            1,
            "none/a.gpkg",
        ),
    ] {
        let ran = tianmu(place, &words, &[]).expect(code);
        assert!(
            ran.err.contains(said),
            "{words}: no `{said}` in {}",
            ran.err
        );
    }
    assert!(!place.join("a.gpkg").exists());
    assert!(fs_err::read(place.join("first-bare.gpkg")).unwrap() == bytes);
}
