//! The sample county, through the program.

use crate::support::{county, tianmu};
use crate::tasks::files_below;

#[test]
fn the_program_reports_in_both_languages_and_all_levels() {
    let folder = county().with(&["second.gpkg", "first.gpkg"]);
    let place = folder.path();
    let words = "tasks second.gpkg -o pack --control 20% --formats csv -q --date 2026-04-21";
    tianmu(place, words, &[]).expect(0);
    for (level, lang) in [("field", "zh"), ("superior", "en"), ("public", "zh")] {
        let words = format!(
            "report second.gpkg -o {level} --level {level} --lang {lang} --date 2026-05-31 \
             --previous first.gpkg --sorties 3 --json"
        );
        let out = tianmu(place, &words, &[]).expect(0).out;
        let done: serde_json::Value = serde_json::from_str(&out).unwrap();
        let json = fs_err::read_to_string(place.join(level).join("report.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(done["figures"], json);
        assert_eq!(
            (&json["level"], &json["lang"]),
            (&level.into(), &lang.into())
        );
        assert_eq!(files_below(&place.join(level)).len(), 5);
        if level == "field" {
            assert_eq!(json["total"]["candidates"], 9);
            assert_eq!(json["total"]["pending"], json["total"]["assigned"]);
            assert!(json["targets"]["matched"]["whole"].as_u64().unwrap() > 0);
        }
    }
    let said = tianmu(place, "report second.gpkg -o field", &[])
        .expect(1)
        .err;
    assert!(said.contains("exists"), "{said}");
    let said = tianmu(place, "report second.gpkg -o other --target-radius 0", &[])
        .expect(2)
        .err;
    assert!(said.contains("target-radius"), "{said}");
}
