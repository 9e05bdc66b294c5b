//! The drawings of a sheet, each with what is said of it.

use super::words::{clean, time};
use super::{fit, map, picture, qr};
use crate::Result;
use crate::campaign::Lang;
use crate::tasks::pack::{FieldTask, MapSource, Picture};
use serde::Serialize;

/// Metres to each side of the site on the map: 500 m across.
const MAP_HALF_M: f64 = 250.0;

/// Boxes of pictures on paper, in millimetres: width and height.
const CLOSE_UP_MM: (f64, f64) = (66.0, 80.0);
const EARLIER_MM: (f64, f64) = (40.0, 40.0);

/// Side of the QR code, quiet zone included.
const QR_MM: f64 = 36.0;

/// A drawing with what is said of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figure {
    /// SVG; empty where there is nothing to see.
    pub(super) svg: String,
    /// Width and height on paper, in millimetres; those of the empty box, too.
    pub(super) size_mm: (f64, f64),
    /// What it is, or why there is nothing.
    pub(super) caption: String,
}

/// The ground around the site.
pub(super) fn map(task: &FieldTask, maps: &dyn MapSource, lang: Lang) -> Result<Figure> {
    let ground = maps.around(task, MAP_HALF_M);
    let (svg, height) = map::svg(&ground, task.pos_err_m, lang)?;
    let across = 2.0 * ground.half_m;
    let scale = across * 1000.0 / map::SIDE_MM;
    let caption = match lang {
        Lang::Zh => format!("周边 {across:.0} m，上为北，约 1:{scale:.0}"),
        Lang::En => format!("{across:.0} m across, north is up, about 1:{scale:.0}"),
    };
    Ok(Figure {
        svg,
        size_mm: (map::SIDE_MM, height),
        caption,
    })
}

/// The site as the finest image shows it.
pub(super) fn close_up(task: &FieldTask, lang: Lang) -> Result<Figure> {
    let [shown, absent] = match lang {
        Lang::Zh => ["近景", "无近景影像"],
        Lang::En => ["close view", "no picture"],
    };
    let Some(picture) = &task.close_up else {
        return Ok(nothing(absent, CLOSE_UP_MM));
    };
    let time = time(&picture.capture_time);
    shown_picture(task, picture, CLOSE_UP_MM, (shown, &time), lang)
}

/// The site as it was before.
pub(super) fn earlier(task: &FieldTask, lang: Lang) -> Result<Figure> {
    let [shown, absent] = match lang {
        Lang::Zh => ["此前", "无此前影像"],
        Lang::En => ["earlier", "no earlier picture"],
    };
    let Some(picture) = &task.earlier_picture else {
        return Ok(nothing(absent, EARLIER_MM));
    };
    // The day is enough, and there is no room for more.
    let day: String = picture.capture_time.chars().take(10).collect();
    shown_picture(task, picture, EARLIER_MM, (shown, &day), lang)
}

/// The code that phones read.
pub(super) fn qr(task: &FieldTask, lang: Lang) -> Figure {
    Figure {
        svg: qr::svg(&qr::text(task), QR_MM),
        size_mm: (QR_MM, QR_MM),
        caption: lang
            .pick("扫码导航 (WGS84)", "scan to find it (WGS 84)")
            .into(),
    }
}

fn nothing(why: &str, size_mm: (f64, f64)) -> Figure {
    Figure {
        svg: String::new(),
        size_mm,
        caption: why.into(),
    }
}

fn shown_picture(
    task: &FieldTask,
    picture: &Picture,
    size_mm: (f64, f64),
    (shown, time): (&str, &str),
    lang: Lang,
) -> Result<Figure> {
    let time = match clean(time) {
        time if time.is_empty() => lang.pick("日期不详", "date unknown").to_owned(),
        time => time,
    };
    let pixel = picture.m_per_px * 100.0;
    let caption = match lang {
        Lang::Zh => format!("{shown} {time}，{pixel:.1} cm/像元"),
        Lang::En => format!("{shown} {time}, {pixel:.1} cm/px"),
    };
    let north = lang.pick("北", "N");
    let (svg, size_mm) = picture::svg(picture, size_mm, north, task.pos_err_m)?;
    Ok(Figure {
        svg,
        size_mm,
        caption: fit::cut(&caption, fit::line_em(size_mm.0, 6.5)),
    })
}
