//! The headline numbers.

use super::{Figures, float};
use crate::lang::Lang;
use crate::page::cards::{self, Card};
use crate::page::markup::Markup;
use crate::page::numbers::{count, fixed};

/// The numbers as cards.
pub(super) fn cards(figures: &Figures<'_>) -> Markup {
    cards::cards(keys(figures))
}

fn keys(figures: &Figures<'_>) -> [Card; 8] {
    [
        photos(figures),
        placed(figures),
        counted(figures),
        sorties(figures),
        ground(figures),
        overlap(figures),
        gsd(figures),
        days(figures),
    ]
}

fn photos(figures: &Figures<'_>) -> Card {
    let failed = figures.survey.failed.len();
    Card {
        name: figures.lang.pick("照片", "photos"),
        value: Ok(count(figures.survey.photos.len())),
        rest: match (failed, figures.lang) {
            (0, _) => String::new(),
            (_, Lang::Zh) => format!("另有 {} 个文件无法读取", count(failed)),
            (_, Lang::En) => format!("files that cannot be read: {}", count(failed)),
        },
    }
}

fn placed(figures: &Figures<'_>) -> Card {
    let of = |state: &str| {
        let photos = &figures.record.photos;
        photos.iter().filter(|photo| photo.state == state).count()
    };
    let (points, refused) = (of("point"), of("refused"));
    let mut rest = Vec::new();
    if points > 0 {
        rest.push(match figures.lang {
            Lang::Zh => format!("仅有点位 {}", count(points)),
            Lang::En => format!("as points: {}", count(points)),
        });
    }
    if refused > 0 {
        rest.push(match figures.lang {
            Lang::Zh => format!("无法定位 {}", count(refused)),
            Lang::En => format!("refused: {}", count(refused)),
        });
    }
    Card {
        name: figures.lang.pick("已定位", "placed"),
        value: Ok(count(of("placed"))),
        rest: rest.join(figures.lang.pick("，", ", ")),
    }
}

fn counted(figures: &Figures<'_>) -> Card {
    let (counted, all) = (figures.record.coverage.photos, figures.survey.photos.len());
    let share = (all > 0).then(|| float(counted) / float(all) * 100.0);
    Card {
        name: figures.lang.pick("计入覆盖", "counted as seen"),
        value: Ok(count(counted)),
        rest: match (share, figures.lang) {
            (None, _) => String::new(),
            (Some(share), Lang::Zh) => format!("占照片的 {share:.1}%"),
            (Some(share), Lang::En) => format!("{share:.1} % of the photos"),
        },
    }
}

fn sorties(figures: &Figures<'_>) -> Card {
    let sorties = &figures.record.sorties;
    let km = sorties.iter().map(|s| s.track_m).sum::<f64>() / 1000.0;
    Card {
        name: figures.lang.pick("架次", "flights"),
        value: Ok(count(sorties.len())),
        rest: match figures.lang {
            Lang::Zh => format!("航线共 {} 千米", fixed(Some(km), 1)),
            Lang::En => format!("{} km of track", fixed(Some(km), 1)),
        },
    }
}

fn ground(figures: &Figures<'_>) -> Card {
    let coverage = &figures.record.coverage;
    let (mu, m2) = (coverage.area_mu, fixed(Some(coverage.area_m2), 0));
    let mu = fixed(Some(mu), usize::from(mu < 100.0));
    let lang = figures.lang;
    Card {
        name: lang.pick("有效覆盖", "ground seen"),
        value: if coverage.photos == 0 {
            Err(lang.pick("没有计入的照片", "no photo counts"))
        } else {
            Ok(format!("{mu} {}", lang.pick("亩", "mu")))
        },
        rest: match lang {
            _ if coverage.photos == 0 => String::new(),
            Lang::Zh => format!("{m2} 平方米"),
            Lang::En => format!("{m2} m²"),
        },
    }
}

fn overlap(figures: &Figures<'_>) -> Card {
    let lang = figures.lang;
    let name = lang.pick("重叠：两张及以上", "on two photos or more");
    let Some(shares) = super::overlap(figures.survey) else {
        let reason = if figures.record.coverage.photos == 0 {
            lang.pick("没有计入的照片", "no photo counts")
        } else {
            lang.pick("范围过散，未统计", "not counted: too scattered")
        };
        return Card {
            name,
            value: Err(reason),
            rest: String::new(),
        };
    };
    let [twice, thrice, five, _] = shares.map(|share| share * 100.0);
    Card {
        name,
        value: Ok(format!("{twice:.0}%")),
        rest: match lang {
            Lang::Zh => format!("三张及以上 {thrice:.0}%，五张及以上 {five:.0}%"),
            Lang::En => format!("three or more {thrice:.0}%, five or more {five:.0}%"),
        },
    }
}

fn gsd(figures: &Figures<'_>) -> Card {
    let lang = figures.lang;
    let all = figures
        .survey
        .footprints()
        .filter_map(|(photo, _)| photo.gsd);
    let (low, high) = all
        .map(|gsd| gsd.mean_m() * 100.0)
        .fold((f64::INFINITY, 0.0), |(low, high), cm: f64| {
            (cm.min(low), cm.max(high))
        });
    Card {
        name: lang.pick("像元大小中位数", "median pixel size"),
        value: match figures.record.coverage.gsd_cm {
            Some(cm) => Ok(format!("{cm:.1} {}", lang.pick("厘米", "cm"))),
            None => Err(lang.pick("不明", "not known")),
        },
        rest: match lang {
            _ if !low.is_finite() => String::new(),
            Lang::Zh => format!("{low:.1} 至 {high:.1} 厘米"),
            Lang::En => format!("{low:.1} to {high:.1} cm"),
        },
    }
}

fn days(figures: &Figures<'_>) -> Card {
    let lang = figures.lang;
    let days = &figures.record.coverage.days;
    let name = lang.pick("拍摄日期", "days");
    match days.as_slice() {
        [] => Card {
            name,
            value: Err(lang.pick("不明", "not known")),
            rest: String::new(),
        },
        [day] => Card {
            name,
            value: Ok(day.clone()),
            rest: String::new(),
        },
        [first, .., last] => Card {
            name,
            value: Ok(match lang {
                Lang::Zh => format!("{} 天", days.len()),
                Lang::En => format!("{} days", days.len()),
            }),
            rest: format!("{first} – {last}"),
        },
    }
}
