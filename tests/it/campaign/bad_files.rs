//! Files that no campaign takes: each with its message, and nothing changed.

use super::imports::villages_as_geojson;
use crate::support::{county, info, sample, tianmu};
use image::RgbImage;
use std::path::Path;

/// A bad file: its name, the role it is given in, what is said of it.
const BAD: [(&str, &str, &[&str]); 23] = [
    (
        "photo.png",
        "villages",
        &["is an image, not a vector file", "hint: give a GeoPackage"],
    ),
    (
        "broken.png",
        "villages",
        &["cannot be opened", "hint: give a GeoPackage"],
    ),
    (
        "no-code.geojson",
        "villages",
        &[
            "has no field of codes: its fields are bianma, XZQMC",
            "`--code-field`",
        ],
    ),
    (
        "eleven.geojson",
        "villages",
        &[
            "has code `99010120120` in feature",
            "wanted 6, 9, 12, 14 or 19 digits",
            "hint: mend the code",
        ],
    ),
    (
        "again.geojson",
        "villages",
        &[
            "has `990101",
            "which the campaign has already as `",
            "`--replace`",
        ],
    ),
    (
        "bare.shp",
        "villages",
        &[
            "has no reference system in layer `bare`",
            "bring the .prj file along",
        ],
    ),
    (
        "none.shp",
        "villages",
        &["`none.shp` does not exist", "hint: check the path"],
    ),
    (
        "SAMPLE/roads.gpkg",
        "villages",
        &["has no field of codes: its fields are kind"],
    ),
    (
        "SAMPLE/grid.csv",
        "villages",
        &[
            "gives nothing to take in as `villages`",
            "look at it in QGIS",
        ],
    ),
    (
        "grid.csv",
        "grid",
        &[
            "is a workbook, not a CSV file",
            "save it from Excel or WPS as CSV in UTF-8",
        ],
    ),
    (
        "excel.csv",
        "grid",
        &[
            "has code `9.90101E+11` in line 2",
            "format the column as text before saving",
        ],
    ),
    (
        "SAMPLE/tips.csv",
        "grid",
        &[
            "has no column `xzqdm`; its columns are tip_id, received",
            "begin it with",
        ],
    ),
    (
        "swapped.csv",
        "targets",
        &[
            "in line 2 a place whose latitude is `101.632",
            "longitude and latitude",
        ],
    ),
    (
        "SAMPLE/roads.gpkg",
        "buildings",
        &["gives nothing to take in as `buildings`"],
    ),
    (
        "SAMPLE/dem.tif",
        "roads",
        &["is an image, not a vector file"],
    ),
    (
        "SAMPLE/roads.gpkg",
        "dem",
        &["cannot open `", "as a raster", "gdalinfo"],
    ),
    (
        "SAMPLE/buildings.gpkg",
        "scan",
        &["is no GeoPackage of a scan", "`tianmu scan -o`"],
    ),
    (
        "SAMPLE/buildings.gpkg",
        "previous",
        &["gives nothing to take in as `previous`"],
    ),
    (
        "SAMPLE/history.geojson",
        "whitelist",
        &["has no field of a licence", "`valid_to`"],
    ),
    (
        "windows.toml",
        "phenology",
        &[
            "window 1: unknown field `latt_min`, expected one of `region`",
            "one `[[window]]` per crop",
        ],
    ),
    (
        "elsewhere.geojson",
        "buildings",
        &[
            "lies between longitude 10.000 and 10.001, latitude 50.000 and 50.001 (WGS 84)",
            "more than 50 km away",
            "not swapped",
        ],
    ),
    (
        "SAMPLE/round1.tif",
        "dem",
        &[
            "has 3 bands of 8 bits, as photographs have",
            "give the elevation model",
        ],
    ),
    (
        "far.asc",
        "dem",
        &["lies between longitude 10.000 and 10.200", "of this county"],
    ),
];

#[test]
fn bad_files_change_nothing() {
    let folder = county().with(&["first-bare.gpkg"]);
    let place = folder.path();
    write_bad_files(place);
    let before = info(place, "first-bare.gpkg");
    let bytes = fs_err::read(place.join("first-bare.gpkg")).unwrap();
    for (name, role, said) in BAD {
        let file = name
            .strip_prefix("SAMPLE/")
            .map_or_else(|| name.to_owned(), sample);
        let words = format!("campaign import first-bare.gpkg {file} --role {role}");
        let ran = tianmu(place, &words, &[]).expect(1);
        assert_eq!(ran.out, "", "{words}");
        assert!(
            ran.err.starts_with("error: ") && ran.err.contains("\nhint: "),
            "{words}: {}",
            ran.err
        );
        for text in said {
            assert!(
                ran.err.contains(text),
                "{words}: no `{text}` in {}",
                ran.err
            );
        }
        assert!(
            ran.err.contains(name.rsplit('/').next().unwrap()),
            "{words}: {}",
            ran.err
        );
        assert_eq!(info(place, "first-bare.gpkg"), before, "{words}");
        let now = fs_err::read(place.join("first-bare.gpkg")).unwrap();
        assert!(now == bytes, "{words} touched the file");
    }
    // Of several files the good ones before the bad one are in, and it is said which one is bad.
    let more = "campaign import first-bare.gpkg good.csv swapped.csv --role targets";
    fs_err::write(
        place.join("good.csv"),
        "target_id,lon,lat\nT9,101.63,24.75\n",
    )
    .unwrap();
    let ran = tianmu(place, more, &[]).expect(1);
    assert!(
        ran.out.contains("1 rows of `good.csv`") && ran.err.contains("`swapped.csv`"),
        "{}",
        ran.err
    );
}

fn write_bad_files(place: &Path) {
    let put = |name: &str, bytes: &[u8]| fs_err::write(place.join(name), bytes).unwrap();
    RgbImage::new(20, 20).save(place.join("photo.png")).unwrap();
    put("broken.png", b"\x89PNG\r\n\x1a\nnothing more");
    let villages = villages_as_geojson(&place.join("first-bare.gpkg"));
    put("again.geojson", villages.as_bytes());
    put(
        "no-code.geojson",
        villages.replace("XZQDM", "bianma").as_bytes(),
    );
    put(
        "eleven.geojson",
        villages.replace("990101201202", "99010120120").as_bytes(),
    );
    for part in ["shp", "shx", "dbf"] {
        fs_err::copy(
            sample(&format!("villages.{part}")),
            place.join(format!("bare.{part}")),
        )
        .unwrap();
    }
    let square = "[[[10,50],[10.001,50],[10.001,50.001],[10,50.001],[10,50]]]";
    let elsewhere = format!(
        r#"{{"type":"Feature","properties":{{}},"geometry":{{"type":"Polygon","coordinates":{square}}}}}"#
    );
    put("elsewhere.geojson", elsewhere.as_bytes());
    let grid = "ncols 2\nnrows 2\nxllcorner 10\nyllcorner 50\ncellsize 0.1\n1 2\n3 4\n";
    put("far.asc", grid.as_bytes());
    let wgs84 = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]"#;
    put("far.prj", wgs84.as_bytes());
    put("grid.csv", b"PK\x03\x04 and so on");
    put(
        "excel.csv",
        b"xzqdm,group,grid_id,grid_worker,team\n9.90101E+11,1,2,3,4\n",
    );
    put(
        "swapped.csv",
        b"target_id,lon,lat\nT1,24.7514854,101.6320063\n",
    );
    let windows = fs_err::read_to_string(sample("phenology.toml")).unwrap();
    put(
        "windows.toml",
        windows.replace("lat_min", "latt_min").as_bytes(),
    );
}
