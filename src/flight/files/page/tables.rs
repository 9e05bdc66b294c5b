//! Tables: flights, and photos that do not count with the reasons.

use super::{Figures, why};
use crate::flight::files::words::{reasons, take_off};
use crate::flight::record::SortieRecord;
use crate::flight::survey::Against;
use crate::lang::Lang;
use crate::page::markup::{Align, Markup, Table};
use crate::page::numbers::{NONE, count, fixed};

/// Rows of photos that do not count.
const MOST_ROWS: usize = 200;

/// Rows of flights.
const MOST_SORTIES: usize = 200;

/// The reasons in the order of the table.
const REASONS: [Against; 7] = [
    Against::NotPlaced,
    Against::TooFlat,
    Against::Infrared,
    Against::Quality,
    Against::Copy,
    Against::TooCoarse,
    Against::OutOfSeason,
];

/// One row a flight.
pub(super) fn sorties(figures: &Figures<'_>) -> Markup {
    let lang = figures.lang;
    let sorties = &figures.record.sorties;
    let columns = [
        (lang.pick("架次", "flight"), Align::Number),
        (lang.pick("相机", "camera"), Align::Text),
        (lang.pick("首张", "from"), Align::Text),
        (lang.pick("末张", "to"), Align::Text),
        (lang.pick("照片", "photos"), Align::Number),
        (lang.pick("定位", "placed"), Align::Number),
        (lang.pick("计入", "counted"), Align::Number),
        (lang.pick("航线千米", "track, km"), Align::Number),
        (lang.pick("像元厘米", "pixel, cm"), Align::Number),
        (lang.pick("起飞点高程", "take-off, m"), Align::Text),
    ];
    let mut table = Table::new("", &columns);
    for sortie in sorties.iter().take(MOST_SORTIES) {
        let cells = [
            sortie.number.to_string(),
            sortie.camera.clone(),
            spoken(&sortie.begun),
            ended(sortie),
            count(sortie.photos),
            count(sortie.placed),
            count(sortie.counted),
            fixed(Some(sortie.track_m / 1000.0), 2),
            fixed(sortie.gsd_cm, 1),
            height(sortie, lang),
        ];
        table.row("", cells.iter().map(|cell| Markup::text(cell)));
    }
    let table = table.finish();
    if table.is_empty() {
        return why(lang.pick("没有照片。", "There is no photo."));
    }
    let mut body = Markup::element("div", "dense flights", &table);
    body.push(&more(sorties.len(), MOST_SORTIES, lang));
    let note = lang.pick(
        "同一相机相隔5分钟以上的照片算作另一架次；时间按相机时钟。",
        "Photos of one camera more than 5 minutes apart are of two flights; times are those of the camera's clock.",
    );
    body.push(&Markup::paragraph("note", note));
    body
}

/// A time without the letter between day and hour.
fn spoken(time: &str) -> String {
    match time {
        "" => NONE.into(),
        time => time.replacen('T', " ", 1),
    }
}

/// When a flight ended; without the day where it is that of its beginning.
fn ended(sortie: &SortieRecord) -> String {
    let ended = spoken(&sortie.ended);
    let day = |time: &str| time.split('T').next().unwrap_or_default().to_owned();
    match sortie.ended.split_once('T') {
        Some((ended_on, hour)) if day(&sortie.begun) == ended_on => hour.to_owned(),
        _ => ended,
    }
}

fn height(sortie: &SortieRecord, lang: Lang) -> String {
    let Some(from) = sortie.take_off_from else {
        return NONE.into();
    };
    let (zh, en) = take_off(from);
    let words = lang.pick(zh, en);
    match sortie.take_off_m {
        Some(height) if from != "level ground" => {
            let height = fixed(Some(height), 1);
            match lang {
                Lang::Zh => format!("{height} 米（{words}）"),
                Lang::En => format!("{height} ({words})"),
            }
        }
        _ => words.to_owned(),
    }
}

/// How many rows were left out.
fn more(all: usize, most: usize, lang: Lang) -> Markup {
    if all <= most {
        return Markup::default();
    }
    let (most, rest) = (count(most), count(all - most));
    let text = match lang {
        Lang::Zh => format!("以上为前 {most} 行，另有 {rest} 行未列，见表格文件。"),
        Lang::En => format!("The first {most} rows; {rest} more are in the table file."),
    };
    Markup::paragraph("note", &text)
}

/// How many photos each reason keeps out, and which photos.
pub(super) fn left_out(figures: &Figures<'_>) -> Markup {
    let lang = figures.lang;
    let survey = figures.survey;
    let out = || {
        survey
            .photos
            .iter()
            .filter(|photo| !photo.against.is_empty())
    };
    let all = out().count() + survey.failed.len();
    if all == 0 {
        let said = if survey.photos.is_empty() {
            lang.pick("没有照片。", "There is no photo.")
        } else {
            lang.pick("全部照片都计入。", "All photos count.")
        };
        return why(said);
    }
    let columns = [
        (lang.pick("原因", "reason"), Align::Text),
        (lang.pick("照片", "photos"), Align::Number),
    ];
    let mut table = Table::new("", &columns);
    for against in REASONS {
        let photos = out().filter(|p| p.against.contains(&against)).count();
        if photos > 0 {
            let (zh, en) = against.words();
            table.row(
                "",
                [
                    Markup::text(lang.pick(zh, en)),
                    Markup::text(&count(photos)),
                ],
            );
        }
    }
    let unread = lang.pick("无法读取", "cannot be read");
    if !survey.failed.is_empty() {
        let number = count(survey.failed.len());
        table.row("", [Markup::text(unread), Markup::text(&number)]);
    }
    let mut body = Markup::element("div", "reasons", &table.finish());
    let note = lang.pick(
        "一张照片可有多个原因。",
        "A photo may have several reasons.",
    );
    body.push(&Markup::paragraph("note", note));

    let columns = [
        (lang.pick("文件", "file"), Align::Text),
        (lang.pick("架次", "flight"), Align::Number),
        (lang.pick("拍摄时间", "taken"), Align::Text),
        (lang.pick("原因", "reason"), Align::Text),
    ];
    let mut table = Table::new("", &columns);
    let photos = out().map(|photo| {
        let taken = photo
            .tags
            .taken
            .map_or_else(|| NONE.to_owned(), |taken| spoken(&taken.local.to_string()));
        let end = lang.pick("；", "; ");
        let name = figures.name(&photo.tags.path);
        (
            name,
            photo.sortie.to_string(),
            taken,
            reasons(photo, lang).join(end),
        )
    });
    let failed = survey.failed.iter().map(|(path, problem)| {
        let reason = match lang {
            Lang::Zh => format!("{unread}：{problem}"),
            Lang::En => format!("{unread}: {problem}"),
        };
        (figures.name(path), NONE.to_owned(), NONE.to_owned(), reason)
    });
    for (name, sortie, taken, reason) in photos.chain(failed).take(MOST_ROWS) {
        let cells = [name, sortie, taken, reason];
        table.row("", cells.iter().map(|cell| Markup::text(cell)));
    }
    body.push(&Markup::element("div", "dense files", &table.finish()));
    body.push(&more(all, MOST_ROWS, lang));
    body
}
