//! The layer that teams fill in: its fields in the order of the form, and the form.

use super::super::marks::{caution, village_name};
use crate::campaign::Lang;
use crate::campaign::vocabulary::{
    CONFUSER, COUNT_METHOD, DISPOSAL, OUTCOME, SPECIES, STAGE, WordList, YES_NO,
};
use crate::tasks::ledger::listing_text;
use crate::tasks::pack::{FieldTask, Grade};
use crate::vector::{Field, FieldKind, Form, FormDefault, FormField, FormItem, Value, Widget};

/// A field that the office fills.
struct Given {
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    kind: FieldKind,
    value: for<'a> fn(&'a FieldTask, Lang) -> Value<'a>,
}

/// A field that the team fills: the questions of the form.
struct Question {
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    kind: FieldKind,
    answer: Answer,
    /// The expression of QGIS that must hold for it to be asked; empty for always.
    asked_if: &'static str,
    /// The least number that is taken.
    least: Option<f64>,
}

#[derive(Clone, Copy)]
enum Answer {
    Line,
    Lines,
    One(WordList),
    /// A photograph, by the word for it in the file's name.
    Photo(&'static str),
    Time,
}

const GIVEN: [Given; 11] = [
    given("uuid", "任务标识", "task key", |t, _| {
        t.uuid.as_str().into()
    }),
    given("site_id", "疑似点编号", "site id", |t, _| {
        t.site_id.as_str().into()
    }),
    given("code", "简码", "short code", |t, _| {
        t.code.as_str().into()
    }),
    given("grade", "等级", "grade", |t, _| {
        t.grade.map_or("", Grade::letter).into()
    }),
    given("listing", "清单", "list", |t, lang| {
        listing_text(t, lang).into()
    }),
    given("village", "村", "village", |t, lang| {
        village_name(&t.village, lang).into()
    }),
    given("team", "责任人", "assigned to", |t, _| {
        t.team.as_str().into()
    }),
    Given {
        kind: FieldKind::Integer,
        ..given("day", "第几天", "day", |t, _| {
            Value::Integer(t.day.into())
        })
    },
    Given {
        kind: FieldKind::Integer,
        ..given("stop", "顺序", "stop", |t, _| {
            Value::Integer(t.stop.into())
        })
    },
    given("due", "时限", "due", |t, _| t.due.as_str().into()),
    given("caution", "注意", "caution", |t, lang| {
        caution(t, lang).into()
    }),
];

const CONFIRMED: &str = r#""outcome" = 'confirmed'"#;
const FULL: &str = r#""outcome" = 'confirmed' AND "count_method" = 'full'"#;
const SAMPLE: &str = r#""outcome" = 'confirmed' AND "count_method" = 'sample'"#;

const QUESTIONS: [Question; 21] = [
    one("outcome", "核查结果", "outcome", OUTCOME, ""),
    one(
        "species",
        "植物种类",
        "species",
        SPECIES,
        r#""outcome" IN ('confirmed', 'legal_crop')"#,
    ),
    one(
        "confuser",
        "误报原因",
        "mistaken for",
        CONFUSER,
        r#""outcome" = 'false_alarm'"#,
    ),
    one("stage", "生长阶段", "stage", STAGE, CONFIRMED),
    one(
        "count_method",
        "株数方法",
        "counted by",
        COUNT_METHOD,
        CONFIRMED,
    ),
    number(
        "plant_count",
        "株数",
        "plants",
        FieldKind::Integer,
        FULL,
        0.0,
    ),
    number(
        "quadrat_n",
        "样方个数",
        "quadrats",
        FieldKind::Integer,
        SAMPLE,
        3.0,
    ),
    number(
        "quadrat_m2",
        "样方面积 m2",
        "area of a quadrat, m2",
        FieldKind::Real,
        SAMPLE,
        0.0,
    ),
    number(
        "quadrat_sum",
        "样方内株数合计",
        "plants in all quadrats",
        FieldKind::Integer,
        SAMPLE,
        0.0,
    ),
    Question {
        asked_if: SAMPLE,
        ..text(
            "quadrat_counts",
            "各样方株数，如 12;9;15",
            "plants in each quadrat, as 12;9;15",
            Answer::Line,
        )
    },
    number(
        "area_m2",
        "面积 m2",
        "area, m2",
        FieldKind::Real,
        CONFIRMED,
        0.0,
    ),
    one("disposal", "处置方式", "disposal", DISPOSAL, CONFIRMED),
    one(
        "prior_handled",
        "此前是否处理过",
        "handled before",
        YES_NO,
        "",
    ),
    text(
        "photo_ctx",
        "全景照片",
        "photo of the place",
        Answer::Photo("ctx"),
    ),
    text(
        "photo_near",
        "特写照片",
        "close photo",
        Answer::Photo("near"),
    ),
    text(
        "photo_after",
        "铲除后照片",
        "photo after removal",
        Answer::Photo("after"),
    ),
    text("checker", "核查人", "checked by", Answer::Line),
    text("unit", "单位", "unit", Answer::Line),
    text("witness", "见证人", "witness", Answer::Line),
    text("checked_at", "核查时间", "checked at", Answer::Time),
    text("note", "备注", "remarks", Answer::Lines),
];

const fn given(
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    value: for<'a> fn(&'a FieldTask, Lang) -> Value<'a>,
) -> Given {
    Given {
        name,
        zh,
        en,
        kind: FieldKind::Text,
        value,
    }
}

const fn text(name: &'static str, zh: &'static str, en: &'static str, answer: Answer) -> Question {
    Question {
        name,
        zh,
        en,
        kind: FieldKind::Text,
        answer,
        asked_if: "",
        least: None,
    }
}

const fn one(
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    list: WordList,
    asked_if: &'static str,
) -> Question {
    Question {
        asked_if,
        ..text(name, zh, en, Answer::One(list))
    }
}

const fn number(
    name: &'static str,
    zh: &'static str,
    en: &'static str,
    kind: FieldKind,
    asked_if: &'static str,
    least: f64,
) -> Question {
    Question {
        kind,
        asked_if,
        least: Some(least),
        ..text(name, zh, en, Answer::Line)
    }
}

/// The columns of the layer.
pub(super) fn fields(lang: Lang) -> Vec<Field<'static>> {
    let field = |name, kind, title, comment| Field {
        name,
        kind,
        title,
        comment,
    };
    let from_office = lang.pick("派单时填写", "filled by the office");
    let from_team = lang.pick("现场填写", "filled in the field");
    GIVEN
        .iter()
        .map(|g| field(g.name, g.kind, lang.pick(g.zh, g.en), from_office))
        .chain(
            QUESTIONS
                .iter()
                .map(|q| field(q.name, q.kind, lang.pick(q.zh, q.en), from_team)),
        )
        .collect()
}

/// The row of a task, its answers empty.
pub(super) fn values(task: &FieldTask, lang: Lang) -> Vec<Value<'_>> {
    let given = GIVEN.iter().map(|g| (g.value)(task, lang));
    let answers = QUESTIONS.iter().map(|_| Value::Null);
    given.chain(answers).collect()
}

/// The form of the layer.
pub(super) fn form(lang: Lang) -> Form<'static> {
    let given = GIVEN.iter().map(|g| FormField {
        name: g.name,
        title: lang.pick(g.zh, g.en),
        widget: match g.name {
            "uuid" => Widget::Hidden,
            _ => Widget::Line,
        },
        editable: false,
        required: false,
        rule: None,
        default: (g.name == "uuid").then_some(FormDefault {
            // A plot found on the way gets a key of its own.
            expression: "uuid('WithoutBraces')",
            on_update: false,
        }),
    });
    let asked = QUESTIONS.iter().map(|q| FormField {
        name: q.name,
        title: lang.pick(q.zh, q.en),
        widget: widget(q, lang),
        editable: true,
        required: q.name == "outcome",
        rule: rule(q, lang),
        default: (q.name == "checked_at").then_some(FormDefault {
            expression: r#"coalesce("checked_at", format_date(now(), 'yyyy-MM-dd HH:mm:ss'))"#,
            on_update: true,
        }),
    });
    let facts: Vec<FormItem> = GIVEN
        .iter()
        .filter(|g| g.name != "uuid")
        .map(|g| FormItem::Field(g.name))
        .collect();
    let head = ["site_id", "code", "caution"].map(FormItem::Field).to_vec();
    let mut check = vec![FormItem::Group {
        title: lang.pick("任务", "task"),
        is_titled: true,
        shown_if: "",
        items: head,
    }];
    for together in QUESTIONS.chunk_by(|a, b| a.asked_if == b.asked_if) {
        let items = together.iter().map(|q| FormItem::Field(q.name));
        match together {
            [first, ..] if !first.asked_if.is_empty() => check.push(FormItem::Group {
                title: lang.pick(first.zh, first.en),
                is_titled: false,
                shown_if: first.asked_if,
                items: items.collect(),
            }),
            _ => check.extend(items),
        }
    }
    Form {
        fields: given.chain(asked).collect(),
        tabs: vec![
            (lang.pick("核查", "check"), check),
            (lang.pick("任务情况", "about the task"), facts),
        ],
        read_only: false,
        display_field: "code",
    }
}

fn widget(question: &Question, lang: Lang) -> Widget<'static> {
    match question.answer {
        Answer::Line => Widget::Line,
        Answer::Lines => Widget::Lines,
        Answer::One(list) => Widget::Choice(
            list.words.iter().map(|w| (w.name, w.say(lang))).collect(),
            lang.pick("（未填）", "(empty)"),
        ),
        Answer::Photo(kind) => Widget::Photo(format!(
            "'DCIM/' || \"code\" || '_{kind}_' || format_date(now(), 'yyyyMMddHHmmsszzz') || '.{{extension}}'"
        )),
        Answer::Time => Widget::DateTime,
    }
}

fn rule(question: &Question, lang: Lang) -> Option<(String, String)> {
    let (name, least) = (question.name, question.least?);
    let message = match lang {
        Lang::Zh => format!("不小于 {least}"),
        Lang::En => format!("at least {least}"),
    };
    let expression = format!("\"{name}\" IS NULL OR \"{name}\" >= {least}");
    Some((expression, message))
}
