//! Charts: how large pixels are, and on how many photos the ground is.

use super::{Figures, float, why};
use crate::flight::coverage::TIMES;
use crate::lang::Lang;
use crate::page::markup::Markup;
use crate::page::svg::{Bar, Chart, Form, Group, HALF, Look, Panel, RowForm, Rows, Scale, Series};

/// Columns of the chart of pixel sizes, at most about.
const COLUMNS: f64 = 16.0;

/// Both charts, with the reason where one cannot be drawn.
pub(super) fn section(figures: &Figures<'_>) -> Markup {
    if figures.record.coverage.photos == 0 {
        return why(figures.lang.pick(
            "没有计入的照片，不画图。",
            "No photo counts: there is no chart.",
        ));
    }
    let pair: Markup = [pixel_sizes(figures), overlap(figures)]
        .into_iter()
        .collect();
    Markup::element("div", "pair", &pair)
}

/// A chart with its title above.
fn chart(title: &str, drawing: &Markup) -> Markup {
    let mut inner = Markup::element("figcaption", "title", &Markup::text(title));
    inner.push(drawing);
    Markup::element("figure", "", &inner)
}

fn pixel_sizes(figures: &Figures<'_>) -> Markup {
    let lang = figures.lang;
    let all = figures.survey.photos.iter().filter_map(|photo| photo.gsd);
    let sizes: Vec<f64> = all
        .map(|gsd| gsd.mean_m() * 100.0)
        .filter(|cm| cm.is_finite())
        .collect();
    let (x, bins) = bins(&sizes);
    let most = bins.iter().map(|bin| bin.2).max().unwrap_or(0);
    let texts: Vec<String> = bins
        .iter()
        .filter(|bin| bin.2 > 0)
        .map(|(from, to, photos)| format!("{from:.2}–{to:.2} cm: {photos}"))
        .collect();
    let points = bins
        .iter()
        .filter(|bin| bin.2 > 0)
        .flat_map(|&(from, to, photos)| [(from, float(photos)), (to, float(photos))]);
    let title = lang.pick(
        "像元大小（全部已定位照片）",
        "Pixel size of all placed photos",
    );
    let drawing = Chart {
        title: title.to_owned(),
        description: texts.join("; "),
        width: HALF,
        x,
        x_label: lang
            .pick("厘米／像素，画面中心", "cm a pixel, in the middle")
            .to_owned(),
        panels: vec![Panel {
            label: lang.pick("照片数", "photos").to_owned(),
            // Room for the count above the highest column.
            y: counts_axis(float(most) * 1.15),
            height: 130.0,
            series: vec![Series {
                look: Look(0),
                form: Form::Columns,
                points: points.collect(),
            }],
            spreads: vec![],
            guides: vec![],
        }],
        legend: vec![],
    };
    chart(title, &drawing.draw())
}

/// An axis of whole numbers from 0.
fn counts_axis(most: f64) -> Scale {
    match Scale::linear([0.0, most.max(1.0)]) {
        Scale::Linear { step, .. } if step.fract() > 0.0 => {
            let step = step.ceil();
            Scale::Linear {
                from: 0.0,
                to: (most / step).ceil().max(1.0) * step,
                step,
            }
        }
        axis => axis,
    }
}

/// Round classes of sizes from below to above, with how many there are in each, and their axis.
fn bins(sizes: &[f64]) -> (Scale, Vec<(f64, f64, usize)>) {
    let low = sizes.iter().copied().fold(f64::INFINITY, f64::min);
    let high = sizes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return (Scale::SHARE, Vec::new());
    }
    // Not finer than a tenth of a centimetre.
    let rough = ((high - low) / COLUMNS).max(0.1);
    let decade = 10_f64.powf(rough.log10().floor());
    let width = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * decade)
        .find(|width| *width >= rough * 0.999_999)
        .unwrap_or(rough);
    let first = (low / width).floor();
    let columns = crate::georef::floor_to_u32(high / width - first).saturating_add(1);
    let edge = |index: u32| (first + f64::from(index)) * width;
    let bins: Vec<(f64, f64, usize)> = (0..columns.min(64))
        .map(|index| {
            let (from, to) = (edge(index), edge(index + 1));
            let is_last = index + 1 == columns;
            let within = sizes
                .iter()
                .filter(|size| **size >= from && (**size < to || is_last));
            (from, to, within.count())
        })
        .collect();
    // A single column would be as wide as the chart.
    let ends = [edge(0) - width, edge(columns) + width];
    (Scale::linear(ends.map(|end| end.max(0.0))), bins)
}

fn overlap(figures: &Figures<'_>) -> Markup {
    let lang = figures.lang;
    let Some(shares) = super::overlap(figures.survey) else {
        return why(lang.pick(
            "照片范围过散，未统计重叠。",
            "Photos are too scattered for their overlap to be counted.",
        ));
    };
    let groups: Vec<Group> = TIMES
        .iter()
        .zip(shares)
        .map(|(times, share)| Group {
            name: match lang {
                Lang::Zh => format!("{times} 张及以上"),
                Lang::En => format!("{times} or more"),
            },
            bars: vec![Bar {
                look: Look(0),
                value: Some(share * 100.0),
                interval: None,
                text: format!("{:.1}%", share * 100.0),
            }],
        })
        .collect();
    let texts: Vec<String> = groups
        .iter()
        .map(|group| format!("{} {}", group.name, group.bars[0].text))
        .collect();
    let title = lang.pick(
        "同一地面出现在几张照片上",
        "On how many photos the ground is",
    );
    let drawing = Rows {
        title: title.to_owned(),
        description: texts.join("; "),
        width: HALF,
        x: Scale::Linear {
            from: 0.0,
            to: 100.0,
            step: 20.0,
        },
        x_label: lang
            .pick("占覆盖面积的%", "% of the ground seen")
            .to_owned(),
        form: RowForm::Bars,
        guide: None,
        groups,
        legend: vec![],
    };
    chart(title, &drawing.draw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_in_one_column() {
        for sizes in [
            vec![2.67; 5],
            vec![1.0, 1.1, 2.0, 9.99, 10.0],
            vec![3.0, 480.0],
        ] {
            let (_, bins) = bins(&sizes);
            let all: usize = bins.iter().map(|bin| bin.2).sum();
            assert_eq!(all, sizes.len(), "{bins:?}");
            assert!(bins.len() <= 22, "{bins:?}");
        }
        assert!(bins(&[]).1.is_empty());
    }
}
