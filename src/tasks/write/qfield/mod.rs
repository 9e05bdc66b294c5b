//! A GeoPackage ready for `QField` and Mergin Maps: sites and their points to look at, checks to
//! fill in, and a table of photographs, with forms and styles inside.

mod checks;

use super::marks::{MARKS, lon_lat, not_evidence};
use crate::Result;
use crate::campaign::Lang;
use crate::tasks::ledger::{COLUMNS, Column, Source};
use crate::tasks::pack::{FieldPack, FieldTask};
use crate::vector::{
    ClassColor, Field, FieldKind, Form, FormField, FormItem, GeometryKind, Layer, LayerStyle, Row,
    Shape, Symbols, Value, Widget, geopackage, with_form,
};
use std::path::Path;

/// What the points say of a site beside its key; the rest stands with its outline.
const POINT_COLUMNS: [&str; 10] = [
    "site_id", "code", "listing", "town", "village", "assignee", "day", "stop", "grade", "due",
];

/// Kinds of photographs.
const PHOTO_KINDS: [(&str, (&str, &str)); 3] = [
    ("ctx", ("全景", "the place")),
    ("near", ("特写", "close")),
    ("after", ("铲除后", "after removal")),
];

/// Writes `qfield/checks.gpkg`, WGS 84, in one pass; the same pack gives the same bytes. Each row
/// of `sites`, `site_points` and `checks` has the task's UUID as its key beside the fid.
pub(in crate::tasks) fn write(path: &Path, pack: &FieldPack) -> Result<()> {
    let lang = pack.facts.lang;
    let all: Vec<&Column> = COLUMNS
        .iter()
        .filter(|c| matches!(c.source, Source::Task(_)))
        .collect();
    let few: Vec<&Column> = COLUMNS
        .iter()
        .filter(|c| POINT_COLUMNS.contains(&c.name))
        .collect();
    let about = |zh: &str, en: &str| format!("{}: {}", not_evidence(lang), lang.pick(zh, en));
    let descriptions = [
        about("疑似地块，只读", "outlines of the sites, to look at only"),
        about("疑似点，只读", "points of the sites, to look at only"),
        about(
            "每个任务一行，现场填写；庭院：入户须依法",
            "one row a task, filled in the field; a home: enter only as the law allows",
        ),
        about(
            "照片清单：check_id 为 checks 的 uuid",
            "photographs: check_id is the uuid of a row of checks",
        ),
    ];
    let titles = match lang {
        Lang::Zh => [
            "疑似地块 sites",
            "疑似点 site_points",
            "核查 checks",
            "照片 photos",
        ],
        Lang::En => ["sites", "site points", "checks", "photos"],
    };
    let layers = vec![
        Layer {
            name: "sites",
            title: titles[0],
            description: &descriptions[0],
            geometry: GeometryKind::MultiPolygon,
            fields: fields(&all, lang),
            rows: rows(pack, &all, |task| Shape::MultiPolygon(&task.outline)),
        },
        Layer {
            name: "site_points",
            title: titles[1],
            description: &descriptions[1],
            geometry: GeometryKind::Point,
            fields: fields(&few, lang),
            rows: rows(pack, &few, point),
        },
        Layer {
            name: "checks",
            title: titles[2],
            description: &descriptions[2],
            geometry: GeometryKind::Point,
            fields: checks::fields(lang),
            rows: Box::new(pack.tasks.iter().map(move |task| Row {
                shape: point(task),
                values: checks::values(task, lang),
            })),
        },
        Layer {
            name: "photos",
            title: titles[3],
            description: &descriptions[3],
            geometry: GeometryKind::None,
            fields: photo_fields(lang),
            rows: Box::new(std::iter::empty()),
        },
    ];
    let styles = styles(&all, &few, lang);
    geopackage::write(path, layers, &styles, &pack.facts.timestamp())
}

fn point(task: &FieldTask) -> Shape<'_> {
    let [lon, lat] = lon_lat(task);
    Shape::Point((lon, lat).into())
}

fn fields(columns: &[&'static Column], lang: Lang) -> Vec<Field<'static>> {
    let key = Field {
        name: "uuid",
        kind: FieldKind::Text,
        title: lang.pick("任务标识", "task key"),
        comment: "UUID",
    };
    let others = columns.iter().map(|c| Field {
        name: c.name,
        kind: c.kind,
        title: c.header(lang),
        comment: not_evidence(lang),
    });
    std::iter::once(key).chain(others).collect()
}

fn rows<'a>(
    pack: &'a FieldPack,
    columns: &'a [&'static Column],
    shape: fn(&'a FieldTask) -> Shape<'a>,
) -> Box<dyn Iterator<Item = Row<'a>> + 'a> {
    Box::new(pack.tasks.iter().map(move |task| {
        Row {
            shape: shape(task),
            values: std::iter::once(Value::from(task.uuid.as_str()))
                .chain(columns.iter().map(|c| c.value(task, &pack.facts)))
                .collect(),
        }
    }))
}

fn photo_fields(lang: Lang) -> Vec<Field<'static>> {
    [
        ("uuid", "照片标识", "photo key", "UUID"),
        ("check_id", "任务标识", "task key", "uuid of checks"),
        ("path", "照片", "photo", "relative to this file"),
        ("kind", "类别", "kind", "ctx, near, after"),
        ("sha256", "校验值", "SHA-256", "lower-case hex"),
    ]
    .map(|(name, zh, en, comment)| Field {
        name,
        kind: FieldKind::Text,
        title: lang.pick(zh, en),
        comment,
    })
    .to_vec()
}

fn styles(all: &[&'static Column], few: &[&'static Column], lang: Lang) -> Vec<LayerStyle> {
    let classes: Vec<ClassColor> = MARKS[..3]
        .iter()
        .map(|mark| ClassColor {
            value: mark.letter.into(),
            rgb: mark.rgb,
        })
        .collect();
    let style = |layer: &str, symbols: Symbols<'_>, form: &Form<'_>| LayerStyle {
        layer: layer.into(),
        name: layer.into(),
        description: not_evidence(lang).into(),
        qml: with_form(symbols, form),
    };
    vec![
        style(
            "sites",
            Symbols::Polygons("grade", &classes),
            &look(all, lang),
        ),
        style(
            "site_points",
            Symbols::Points("grade", &classes, None),
            &look(few, lang),
        ),
        // Labels stand with the checks alone: the points lie in the same places.
        style(
            "checks",
            Symbols::Points("grade", &classes, Some("code")),
            &checks::form(lang),
        ),
        style("photos", Symbols::None, &photo_form(lang)),
    ]
}

/// A form to look at only.
fn look(columns: &[&'static Column], lang: Lang) -> Form<'static> {
    let fields: Vec<FormField> = fields(columns, lang)
        .into_iter()
        .map(|f| FormField {
            name: f.name,
            title: f.title,
            widget: match f.name {
                "uuid" => Widget::Hidden,
                "reasons" | "earlier" => Widget::Lines,
                _ => Widget::Line,
            },
            editable: false,
            required: false,
            rule: None,
            default: None,
        })
        .collect();
    let shown = columns.iter().map(|c| FormItem::Field(c.name)).collect();
    Form {
        fields,
        tabs: vec![(lang.pick("任务情况", "about the task"), shown)],
        read_only: true,
        display_field: "code",
    }
}

fn photo_form(lang: Lang) -> Form<'static> {
    let fields: Vec<FormField> = photo_fields(lang)
        .into_iter()
        .map(|f| FormField {
            name: f.name,
            title: f.title,
            widget: match f.name {
                "uuid" | "sha256" => Widget::Hidden,
                "path" => Widget::Photo(
                    "'DCIM/' || format_date(now(), 'yyyyMMddHHmmsszzz') || '.{extension}'".into(),
                ),
                "kind" => Widget::Choice(
                    PHOTO_KINDS
                        .iter()
                        .map(|(name, (zh, en))| (*name, lang.pick(zh, en)))
                        .collect(),
                    lang.pick("（未填）", "(empty)"),
                ),
                _ => Widget::Line,
            },
            editable: true,
            required: false,
            rule: None,
            default: (f.name == "uuid").then_some(crate::vector::FormDefault {
                expression: "uuid('WithoutBraces')",
                on_update: false,
            }),
        })
        .collect();
    let shown = ["check_id", "kind", "path"].map(FormItem::Field).to_vec();
    Form {
        fields,
        tabs: vec![(lang.pick("照片", "photo"), shown)],
        read_only: false,
        display_field: "path",
    }
}

#[cfg(test)]
mod tests {
    use super::super::example::{bytes_twice, elements};
    use super::*;
    use crate::campaign::vocabulary::LISTS;
    use crate::georef::Crs;
    use crate::tasks::fixture;
    use crate::vector::read_polygons;

    #[test]
    fn the_same_pack_gives_the_same_bytes_and_reads_back() {
        let pack = fixture::pack(9, Lang::Zh);
        let bytes = bytes_twice("checks.gpkg", &pack, write);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("checks.gpkg");
        fs_err::write(&path, bytes).unwrap();
        let found = read_polygons(&path, &Crs::wgs84().unwrap()).unwrap();
        assert_eq!(found.len(), 9);
        assert_eq!(found[0].geometry, pack.tasks[0].outline);
        assert_eq!(
            found[0].attribute("uuid"),
            Some(&Value::from(pack.tasks[0].uuid.as_str()))
        );
        assert_eq!(
            found[0].attribute("xzqdm"),
            Some(&Value::from("990101101201"))
        );
    }

    #[test]
    fn forms_ask_in_order_and_offer_every_word() {
        for lang in [Lang::Zh, Lang::En] {
            let all: Vec<&Column> = COLUMNS.iter().collect();
            let styles = styles(&all, &all, lang);
            for style in &styles {
                elements(&style.qml);
                assert!(style.name.len() <= 30);
            }
            let lock = |at: usize| styles[at].qml.contains(r#"readOnly="1""#);
            assert_eq!([0, 1, 2, 3].map(lock), [true, true, false, false]);
            let qml = &styles[2].qml;
            for word in LISTS.iter().flat_map(|l| l.words) {
                let wanted = format!(r#"name="{}" value="{}""#, word.say(lang), word.name);
                assert!(qml.contains(&wanted), "{wanted}");
            }
            let places: Vec<usize> = ["outcome", "species", "quadrat_n", "photo_ctx", "note"]
                .map(|n| {
                    qml.find(&format!("attributeEditorField name=\"{n}\""))
                        .unwrap()
                })
                .to_vec();
            assert!(places.is_sorted());
        }
    }
}
