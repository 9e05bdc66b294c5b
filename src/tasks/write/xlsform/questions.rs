//! The questions of the form, in their order. Names never change: returns are read by them.

use crate::tasks::pack::{COURTYARD, NOT_EVIDENCE};

/// One row of the `survey` sheet; pairs are in Chinese and English.
pub(super) struct Question {
    /// The type in `XLSForm`'s words.
    pub(super) kind: &'static str,
    /// The machine name.
    pub(super) name: &'static str,
    /// What is asked.
    pub(super) label: (&'static str, &'static str),
    /// What helps to answer.
    pub(super) hint: (&'static str, &'static str),
    /// Whether an answer is needed.
    pub(super) required: bool,
    /// The question is only asked where this holds.
    pub(super) relevant: &'static str,
    /// An answer is only taken where this holds.
    pub(super) constraint: &'static str,
    /// Said otherwise.
    pub(super) constraint_message: (&'static str, &'static str),
    /// How it is shown.
    pub(super) appearance: &'static str,
    /// Settings of the type.
    pub(super) parameters: &'static str,
}

impl Question {
    const fn new(
        kind: &'static str,
        name: &'static str,
        label: (&'static str, &'static str),
    ) -> Self {
        Self {
            kind,
            name,
            label,
            hint: ("", ""),
            required: false,
            relevant: "",
            constraint: "",
            constraint_message: ("", ""),
            appearance: "",
            parameters: "",
        }
    }

    const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    const fn hint(self, zh: &'static str, en: &'static str) -> Self {
        Self {
            hint: (zh, en),
            ..self
        }
    }

    const fn when(self, relevant: &'static str) -> Self {
        Self { relevant, ..self }
    }

    const fn only(self, constraint: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self {
            constraint,
            constraint_message: (zh, en),
            ..self
        }
    }

    const fn shown(self, appearance: &'static str) -> Self {
        Self { appearance, ..self }
    }

    const fn with(self, parameters: &'static str) -> Self {
        Self { parameters, ..self }
    }
}

const NONE: (&str, &str) = ("", "");
const CONFIRMED: &str = "${outcome}='confirmed'";
const FULL: &str = "${count_method}='full'";
const SAMPLE: &str = "${count_method}='sample'";
const TRACK: &str = "location-priority=high-accuracy location-min-interval=60 location-max-age=120";
const PHOTO: &str = "max-pixels=2048";

/// The form. The answer to a `geopoint` reads `latitude longitude height accuracy`, degrees of
/// WGS 84 and metres.
pub(super) const QUESTIONS: [Question; 29] = [
    Question::new("start", "start", NONE),
    Question::new("end", "end", NONE),
    Question::new("deviceid", "deviceid", NONE),
    Question::new("audit", "audit", NONE).with(TRACK),
    Question::new("note", "lead_note", NOT_EVIDENCE),
    Question::new("note", "courtyard_note", COURTYARD),
    Question::new(
        "select_one_from_file sites.geojson",
        "site_id",
        ("选择疑似点", "choose the site"),
    )
    .shown("map"),
    Question::new("text", "checker", ("核查人", "checked by")),
    Question::new("text", "unit", ("单位", "unit")),
    Question::new("geopoint", "gps", ("现场定位", "position at the site"))
        .hint(
            "站在地块上，等精度到 10 米以内",
            "stand on the plot and wait for an accuracy of 10 m",
        )
        .with("capture-accuracy=10 warning-accuracy=30"),
    Question::new("select_one outcome", "outcome", ("核查结果", "outcome"))
        .hint(
            "位置不对选“现场无此地块”，作物不对选“误报”",
            "a wrong position is “no such plot there”, a wrong crop is “false alarm”",
        )
        .required(),
    Question::new("select_one species", "species", ("植物种类", "species"))
        .when("${outcome}='confirmed' or ${outcome}='legal_crop'"),
    Question::new(
        "select_one confuser",
        "confuser",
        ("误报原因", "mistaken for"),
    )
    .when("${outcome}='false_alarm'"),
    Question::new("select_one stage", "stage", ("生长阶段", "stage of growth")).when(CONFIRMED),
    Question::new(
        "select_one count_method",
        "count_method",
        ("株数方法", "plants counted by"),
    )
    .when(CONFIRMED),
    Question::new("integer", "plant_count", ("株数", "plants"))
        .when(FULL)
        .only(". >= 0", "株数不能小于 0", "at least 0 plants"),
    Question::new("integer", "quadrat_n", ("样方个数", "number of quadrats"))
        .when(SAMPLE)
        .only(". >= 3", "至少 3 个样方", "at least 3 quadrats"),
    Question::new(
        "decimal",
        "quadrat_m2",
        ("样方面积 m2", "area of one quadrat, m2"),
    )
    .when(SAMPLE)
    .only(". > 0", "面积须大于 0", "an area above 0"),
    Question::new(
        "integer",
        "quadrat_sum",
        ("样方内株数合计", "plants in all quadrats together"),
    )
    .when(SAMPLE)
    .only(". >= 0", "株数不能小于 0", "at least 0 plants"),
    Question::new(
        "text",
        "quadrat_counts",
        (
            "各样方株数，如 12;9;15",
            "plants in each quadrat, as 12;9;15",
        ),
    )
    .hint("逐个填写才能算标准误", "one by one, for the standard error")
    .when(SAMPLE)
    .only(
        "regex(., '^ *[0-9]+( *[;,+ ] *[0-9]+)* *$')",
        "写成 12;9;15",
        "write 12;9;15",
    ),
    Question::new("geoshape", "plot", ("绕地块一圈", "walk around the plot")).when(CONFIRMED),
    Question::new("decimal", "area_m2", ("面积 m2", "area, m2"))
        .when(CONFIRMED)
        .only(". > 0", "面积须大于 0", "an area above 0"),
    Question::new("select_one disposal", "disposal", ("处置方式", "disposal")).when(CONFIRMED),
    Question::new(
        "select_one yes_no",
        "prior_handled",
        ("此前是否处理过", "handled before"),
    ),
    Question::new(
        "image",
        "photo_ctx",
        ("全景照片", "photo of the surroundings"),
    )
    .hint("不要拍到人脸和车牌", "no faces, no number plates")
    .with(PHOTO),
    Question::new("image", "photo_near", ("特写照片", "close-up photo")).with(PHOTO),
    Question::new(
        "image",
        "photo_after",
        ("铲除后照片", "photo after the removal"),
    )
    .with(PHOTO),
    Question::new("text", "witness", ("见证人", "witness")),
    Question::new("text", "note", ("备注", "remarks")).shown("multiline"),
];
