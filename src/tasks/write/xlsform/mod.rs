//! The form of a ground check for ODK Collect and `KoboCollect`: an `XLSForm` workbook, after
//! `DOMAIN` section 3.3.

mod questions;

use crate::campaign::Lang;
use crate::campaign::vocabulary::LISTS;
use crate::tasks::pack::{FieldPack, PackFacts};
use crate::{Error, Result};
use questions::QUESTIONS;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError};
use std::path::Path;

/// The languages of every label, as `XLSForm` names them.
const LANGUAGES: [&str; 2] = ["中文 (zh)", "English (en)"];

/// Writes the form to a new file. The sites are chosen on the map from `sites.geojson` beside the
/// form: the value is the feature's id, which is the site's id, the label its title.
pub(in crate::tasks) fn write(path: &Path, pack: &FieldPack) -> Result<()> {
    let made = |workbook: &mut Workbook| {
        workbook.set_properties(&properties(&pack.facts)?);
        sheet(workbook, "survey", &survey())?;
        sheet(workbook, "choices", &choices())?;
        sheet(workbook, "settings", &settings(&pack.facts))?;
        workbook.save(path)
    };
    made(&mut Workbook::new()).map_err(|e| Error::WriteOutput {
        path: path.to_owned(),
        reason: e.to_string(),
    })
}

/// The workbook is dated by the pack, so that the same pack gives the same bytes.
fn properties(facts: &PackFacts) -> Result<DocProperties, XlsxError> {
    let day = ExcelDateTime::parse_from_str(&facts.date)?;
    Ok(DocProperties::new()
        .set_title(title(facts))
        .set_author(&facts.program)
        .set_creation_datetime(&day))
}

/// One sheet of text; the first row is its header.
fn sheet(workbook: &mut Workbook, name: &str, rows: &[Vec<String>]) -> Result<(), XlsxError> {
    let header = Format::new().set_bold();
    let body = Format::new()
        .set_num_format("@")
        .set_text_wrap()
        .set_align(FormatAlign::Top);
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    for (row, cells) in (0..).zip(rows) {
        let format = if row == 0 { &header } else { &body };
        for (column, cell) in (0..).zip(cells) {
            sheet.set_column_width(column, 24)?;
            if !cell.is_empty() {
                sheet.write_string_with_format(row, column, cell, format)?;
            }
        }
    }
    Ok(())
}

fn survey() -> Vec<Vec<String>> {
    let translated = |column: &str| LANGUAGES.map(|language| format!("{column}::{language}"));
    let mut header = vec!["type".to_owned(), "name".to_owned()];
    header.extend(translated("label"));
    header.extend(translated("hint"));
    header.extend(["required", "relevant", "constraint"].map(str::to_owned));
    header.extend(translated("constraint_message"));
    header.extend(["appearance", "parameters"].map(str::to_owned));
    let mut rows = vec![header];
    for question in &QUESTIONS {
        let cells = [
            question.kind,
            question.name,
            question.label.0,
            question.label.1,
            question.hint.0,
            question.hint.1,
            if question.required { "yes" } else { "" },
            question.relevant,
            question.constraint,
            question.constraint_message.0,
            question.constraint_message.1,
            question.appearance,
            question.parameters,
        ];
        rows.push(cells.map(str::to_owned).to_vec());
    }
    rows
}

fn choices() -> Vec<Vec<String>> {
    let mut rows = vec![vec!["list_name".to_owned(), "name".to_owned()]];
    rows[0].extend(LANGUAGES.map(|language| format!("label::{language}")));
    for list in LISTS {
        for word in list.words {
            rows.push(
                [list.name, word.name, word.zh, word.en]
                    .map(str::to_owned)
                    .to_vec(),
            );
        }
    }
    rows
}

fn settings(facts: &PackFacts) -> Vec<Vec<String>> {
    let digits: String = facts.date.chars().filter(char::is_ascii_digit).collect();
    let county: String = facts
        .county_code
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let form_id = format!("tianmu_{}r{}_{county}", facts.year, facts.round);
    let pairs = [
        ("form_title", title(facts)),
        ("form_id", form_id.trim_end_matches('_').to_owned()),
        ("version", format!("{digits}{:02}", facts.round)),
        (
            "instance_name",
            "concat(${site_id}, ' ', ${checker})".to_owned(),
        ),
        (
            "default_language",
            facts.lang.pick(LANGUAGES[0], LANGUAGES[1]).to_owned(),
        ),
    ];
    let (names, values) = pairs.map(|(n, v)| (n.to_owned(), v)).into_iter().unzip();
    vec![names, values]
}

fn title(facts: &PackFacts) -> String {
    let PackFacts {
        campaign,
        year,
        round,
        ..
    } = facts;
    match facts.lang {
        Lang::Zh => format!("{campaign} {year}年第{round}轮 实地核查"),
        Lang::En => format!("{campaign} {year} round {round}: ground check"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::packs::{cells, text};
    use super::*;
    use crate::tasks::fixture;
    use std::collections::BTreeSet;

    fn form(lang: Lang) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("form.xlsx");
        write(&path, &fixture::pack(3, lang)).unwrap();
        fs_err::read(&path).unwrap()
    }

    #[test]
    fn questions_refer_only_to_names_that_come_before() {
        let mut known = BTreeSet::new();
        for question in &QUESTIONS {
            for part in question.relevant.split("${").skip(1) {
                let name = part.split('}').next().unwrap();
                assert!(known.contains(name), "{} refers to {name}", question.name);
            }
            if let Some(list) = question.kind.strip_prefix("select_one ") {
                assert!(LISTS.iter().any(|l| l.name == list), "{list}");
            }
            assert!(known.insert(question.name), "{} comes twice", question.name);
            for pair in [question.label, question.hint, question.constraint_message] {
                assert_eq!(pair.0.is_empty(), pair.1.is_empty(), "{}", question.name);
            }
        }
        assert!(known.contains("site_id") && known.contains("checker"));
    }

    #[test]
    fn the_form_is_named_after_round_and_county() {
        let form = form(Lang::Zh);
        let settings = cells(&form, 3);
        assert_eq!(settings[1][1], "tianmu_2026r1_990101");
        assert_eq!(settings[1][2], "2026050401");
        assert_eq!(settings[1][4], "中文 (zh)");
        let survey = cells(&form, 1);
        assert_eq!(survey.len(), QUESTIONS.len() + 1);
        let sites = survey.iter().find(|r| r[1] == "site_id").unwrap();
        assert_eq!(sites[0], "select_one_from_file sites.geojson");
        let choices = cells(&form, 2);
        assert!(choices.iter().any(|r| r[..2] == ["outcome", "not_found"]));
    }

    #[test]
    fn the_form_is_dated_by_the_pack_and_always_the_same() {
        let form_zh = form(Lang::Zh);
        assert_eq!(form_zh, form(Lang::Zh));
        assert!(text(&form_zh, "docProps/core.xml").contains("2026-05-04T00:00:00Z"));
        assert_eq!(cells(&form(Lang::En), 3)[1][4], "English (en)");
    }

    #[test]
    fn a_county_without_a_code_gives_a_form_id_too() {
        let mut facts = fixture::pack(1, Lang::En).facts;
        facts.county_code.clear();
        assert_eq!(settings(&facts)[1][1], "tianmu_2026r1");
    }
}
