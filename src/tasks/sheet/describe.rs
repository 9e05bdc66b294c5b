//! What a sheet says, in plain texts and drawings: the one description that every format shows.

use super::facts::{facts, visit};
use super::figure::{self, Figure};
use super::fit;
use super::form::{Row, form, signatures};
use super::words::clean;
use crate::Result;
use crate::campaign::Lang;
use crate::tasks::ledger::listing_text;
use crate::tasks::pack::{
    COURTYARD, FieldPack, FieldTask, MapSource, NOT_EVIDENCE, PackFacts, TaskKind,
};
use serde::Serialize;

/// Room for reasons, earlier checks and notes.
const TEXTS_MM: (f64, f64) = (188.0, 22.0);

/// Sizes in points that texts may shrink to.
const TEXT_SIZES: [f64; 4] = [8.0, 7.0, 6.0, 5.5];
const PLACE_SIZES: [f64; 6] = [14.0, 12.0, 10.5, 9.0, 8.0, 7.0];
const PLACE_MM: f64 = 122.0;

/// What stands once in a document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Heading {
    /// `zh` or `en`.
    pub(super) lang: &'static str,
    /// What it is, for lists of documents.
    pub(super) title: String,
    /// The program.
    pub(super) program: String,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Sheet {
    /// Leads, not evidence.
    pub(super) warning: String,
    /// That entering a home needs its own legal paper; empty where there is none.
    pub(super) courtyard: String,
    /// Campaign, year and round.
    pub(super) campaign: String,
    /// Village and the units above it.
    pub(super) place: String,
    /// Its size in points.
    pub(super) place_pt: f64,
    /// The short code.
    pub(super) code: String,
    /// The site id.
    pub(super) site_id: String,
    /// List, team, day, stop, due date.
    pub(super) visit: Vec<Pair>,
    /// 500 m of ground, with its legend.
    pub(super) map: Figure,
    /// The site.
    pub(super) close_up: Figure,
    /// The site in an earlier image.
    pub(super) earlier: Figure,
    /// Place and site id for a phone.
    pub(super) qr: Figure,
    /// The place in all forms, each with its datum.
    pub(super) coordinates: Vec<Pair>,
    /// What is known of the site.
    pub(super) facts: Vec<Pair>,
    /// Reasons, earlier checks, notes.
    pub(super) texts: Vec<Pair>,
    /// Their size in points.
    pub(super) texts_pt: f64,
    /// What is filled in on the ground; the last row takes the room that is left.
    pub(super) form: Vec<Row>,
    /// Who signs.
    pub(super) signatures: Row,
    /// At the foot: program and datum.
    pub(super) foot: String,
    /// At the foot: the page.
    pub(super) page: String,
}

/// A label and what it labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Pair {
    /// Such as `类别`.
    pub(super) label: String,
    /// Such as `罂粟`.
    pub(super) text: String,
    /// Whether it takes a whole row.
    pub(super) wide: bool,
}

impl Pair {
    /// A pair that takes half a row.
    pub(super) fn new(label: &str, text: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            text: text.into(),
            wide: false,
        }
    }

    /// A pair that takes a whole row.
    pub(super) fn wide(label: &str, text: impl Into<String>) -> Self {
        Self {
            wide: true,
            ..Self::new(label, text)
        }
    }
}

/// The document of some tasks: those of a village.
pub(super) fn heading(pack: &FieldPack, tasks: &[usize]) -> Heading {
    let facts = &pack.facts;
    let village = tasks
        .first()
        .and_then(|i| pack.tasks.get(*i))
        .map(|task| place(task, facts))
        .unwrap_or_default();
    Heading {
        lang: facts.lang.pick("zh", "en"),
        title: format!("{} {village}", campaign(facts)).trim().to_owned(),
        program: facts.program.clone(),
    }
}

/// The page of a task, the `page`-th of `pages`, from 1.
pub(super) fn sheet(
    pack: &FieldPack,
    task: &FieldTask,
    maps: &dyn MapSource,
    (page, pages): (usize, usize),
) -> Result<Sheet> {
    let facts_of_pack = &pack.facts;
    let lang = facts_of_pack.lang;
    let say = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let group = match (task.group.as_str(), lang) {
        ("", _) => String::new(),
        (group, Lang::Zh) => format!(" {}", group.trim_end_matches('组').to_owned() + "组"),
        (group, Lang::En) => format!(" group {group}"),
    };
    let place = clean(&format!("{}{group}", place(task, facts_of_pack)));
    let place_pt = fit::line_pt(&place, PLACE_MM, &PLACE_SIZES);
    let (mut texts, texts_pt) = texts(task, facts_of_pack);
    texts.retain(|pair| !pair.text.is_empty());
    Ok(Sheet {
        warning: say(NOT_EVIDENCE.0, NOT_EVIDENCE.1).into(),
        courtyard: if task.courtyard {
            say(COURTYARD.0, COURTYARD.1).into()
        } else {
            String::new()
        },
        campaign: format!(
            "{} · {}",
            say("实地核查单", "ground check"),
            campaign(facts_of_pack)
        ),
        place: fit::cut(&place, fit::line_em(PLACE_MM, place_pt)),
        place_pt,
        code: clean(&task.code),
        site_id: clean(&task.site_id),
        visit: visit(task, lang, listing_text(task, lang)),
        map: figure::map(task, maps, lang)?,
        close_up: figure::close_up(task, lang)?,
        earlier: figure::earlier(task, lang)?,
        qr: figure::qr(task, lang),
        coordinates: coordinates(task, lang),
        facts: facts(task, lang),
        texts,
        texts_pt,
        form: form(lang),
        signatures: signatures(lang),
        foot: format!(
            "{} · {} · {}",
            facts_of_pack.program,
            facts_of_pack.date,
            say(
                "坐标基准见标注；CGCS2000 与 WGS84 相差不足 1 m；高德、腾讯、百度须用其专用坐标",
                "datums as labelled; CGCS2000 and WGS 84 differ by less than 1 m; Amap, Tencent \
                 and Baidu need their own"
            )
        ),
        page: match lang {
            Lang::Zh => format!("第 {page} 页，共 {pages} 页"),
            Lang::En => format!("page {page} of {pages}"),
        },
    })
}

fn campaign(facts: &PackFacts) -> String {
    let (name, year, round) = (clean(&facts.campaign), facts.year, facts.round);
    match facts.lang {
        Lang::Zh => format!("{name} · {year}年第{round}轮"),
        Lang::En => format!("{name} · {year}, round {round}"),
    }
}

fn place(task: &FieldTask, facts: &PackFacts) -> String {
    let village = &task.village;
    let county = if village.county.is_empty() {
        &facts.county
    } else {
        &village.county
    };
    let names = [county, &village.town, &village.village];
    let names: Vec<&str> = names
        .into_iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty())
        .collect();
    if village.village.is_empty() {
        let nowhere = facts.lang.pick("（村外）", "(outside of villages)");
        return format!("{} {nowhere}", names.join(" ")).trim().to_owned();
    }
    names.join(" ")
}

fn coordinates(task: &FieldTask, lang: Lang) -> Vec<Pair> {
    let forms = task.forms.printed().into_iter();
    let mut pairs: Vec<Pair> = forms
        .map(|form| Pair::wide(lang.pick(&form.label_zh, &form.label_en), form.text))
        .collect();
    let error = lang.pick(
        "定位误差（图上虚线圆半径）",
        "position error (radius of the dashed circle)",
    );
    pairs.push(Pair::wide(error, format!("± {:.1} m", task.pos_err_m)));
    pairs
}

/// Reasons, earlier checks and notes, fitted to their box, and their size in points.
fn texts(task: &FieldTask, facts: &PackFacts) -> (Vec<Pair>, f64) {
    let lang = facts.lang;
    let join = |texts: &[String]| {
        let texts: Vec<String> = texts.iter().map(|text| clean(text)).collect();
        texts.join(lang.pick("；", "; "))
    };
    let is_graded = task.grade.is_some();
    let labels = [
        if is_graded {
            lang.pick("定级理由", "reasons")
        } else {
            lang.pick("选点理由", "why here")
        },
        lang.pick("此前情况", "earlier"),
        lang.pick("说明", "notes"),
    ];
    let drawn = match task.kind {
        TaskKind::Lead => "",
        TaskKind::ControlLow => lang.pick(
            "抽签选点，用于核实低等级点",
            "drawn by lot, to check low grades",
        ),
        TaskKind::ControlRandom => lang.pick(
            "抽签选点，模型未提示，用于估计漏检",
            "drawn by lot: nothing was seen here, and what is missed shall be known",
        ),
    };
    let mut reasons = task.reasons.clone();
    if !drawn.is_empty() {
        reasons.insert(0, drawn.into());
    }
    let mut texts = [join(&reasons), clean(&task.earlier), join(&facts.notes)];
    if texts[1].is_empty() {
        texts[1] = lang.pick("无记录", "none known").into();
    }
    let tail = lang.pick("……（其余见台账）", " … (the rest is in the ledger)");
    // The label stands in the first line.
    let width = TEXTS_MM.0 - 18.0;
    let size = fit::paragraphs(&mut texts, (width, TEXTS_MM.1), &TEXT_SIZES, tail);
    let pairs = labels.into_iter().zip(texts);
    (
        pairs.map(|(label, text)| Pair::new(label, text)).collect(),
        size,
    )
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Ground, pictured};
    use super::*;
    use crate::tasks::fixture;

    fn all(lang: Lang) -> Vec<Sheet> {
        let pack = fixture::pack(8, lang);
        let page = |(i, task)| sheet(&pack, task, &Ground, (i + 1, 8)).unwrap();
        pack.tasks.iter().enumerate().map(page).collect()
    }

    #[test]
    fn every_sheet_says_what_it_is_not() {
        for (lang, warning) in [
            (Lang::Zh, "线索，非证据"),
            (Lang::En, "leads, not evidence"),
        ] {
            for sheet in all(lang) {
                assert_eq!(sheet.warning, warning);
                let text = serde_json::to_string(&sheet).unwrap();
                assert_eq!(text.matches("证据").count(), text.matches("非证据").count());
                let outcome = sheet.form[0].clone();
                let boxed = outcome
                    .parts
                    .iter()
                    .filter(|p| p.text.contains("confirmed"))
                    .count();
                assert_eq!(text.matches("confirmed").count(), boxed);
            }
        }
    }

    #[test]
    fn homes_are_marked_and_drawn_places_have_no_class() {
        let sheets = all(Lang::Zh);
        assert_eq!(sheets[0].courtyard, "庭院：入户须依法");
        assert_eq!(sheets[1].courtyard, "");
        let labels = |sheet: &Sheet| {
            sheet
                .facts
                .iter()
                .map(|f| f.label.clone())
                .collect::<Vec<_>>()
        };
        assert!(labels(&sheets[0]).contains(&"类别".to_owned()));
        assert!(!labels(&sheets[7]).contains(&"类别".to_owned()));
        assert_eq!(sheets[7].visit[0].text, "随机抽查点");
        assert_eq!(sheets[7].page, "第 8 页，共 8 页");
    }

    #[test]
    fn all_forms_of_the_place_have_a_datum() {
        let sheet = &all(Lang::Zh)[0];
        let labels: String = sheet
            .coordinates
            .iter()
            .map(|pair| pair.label.as_str())
            .collect();
        for datum in ["WGS84", "CGCS2000", "GCJ-02", "BD-09", "定位误差"] {
            assert!(labels.contains(datum), "{datum}");
        }
        assert_eq!(sheet.coordinates[0].text, "101.636700, 24.754800");
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        let mut pack = fixture::pack(1, Lang::Zh);
        pack.tasks[0].reasons = vec!["距历史点 42 m，加 0.5".into(); 200];
        let sheet = sheet(&pack, &pack.tasks[0], &Ground, (1, 1)).unwrap();
        assert!(sheet.texts[0].text.ends_with("（其余见台账）"));
        assert!(sheet.texts_pt < 6.0);
    }

    #[test]
    fn pictures_say_when_they_were_taken() {
        let folder = tempfile::tempdir().unwrap();
        let pack = pictured(fixture::pack(1, Lang::Zh), folder.path());
        let sheet = sheet(&pack, &pack.tasks[0], &Ground, (1, 1)).unwrap();
        assert_eq!(sheet.close_up.caption, "近景 2026-04-20 10:30，2.5 cm/像元");
        assert!(sheet.close_up.svg.contains("data:image/jpeg;base64,/9j/"));
        assert!(sheet.earlier.caption.starts_with("此前 2025-04-18，"));
        let mut lost = pack.clone();
        lost.tasks[0].close_up.as_mut().unwrap().file = "no/such.jpg".into();
        let error = super::sheet(&lost, &lost.tasks[0], &Ground, (1, 1)).unwrap_err();
        assert!(error.to_string().contains("no/such.jpg"), "{error}");
    }
}
