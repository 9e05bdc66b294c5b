//! What may be said of the ground: a zero only with what was covered, how finely and when.

use super::{CoverageReport, CropCoverage, PLOT_LIMIT_CM, VillageCoverage, smallest_plot_m2};
use crate::campaign::{Lang, crop_name};
use crate::georef::m2_to_mu;

impl CoverageReport {
    /// What may be said of the ground, where `candidates` leads were found on it. A zero is only ever
    /// said of what was covered, with its share, resolution and dates and the smallest plot that the
    /// resolution shows; at a resolution that shows no plots, and without coverage, nothing is said of
    /// absence. Villages of which nothing counts are named, all of them.
    ///
    /// Where images are supposed to have been looked at, the ground alone is said, and that it is
    /// supposed.
    #[must_use]
    pub fn statement(&self, lang: Lang, candidates: usize) -> String {
        if self.supposed > 0 {
            let (count, ground) = (self.supposed, self.ground(lang));
            return match lang {
                Lang::Zh => format!("假定 {count} 处已航摄、未扫描的范围均已判读：{ground}。"),
                Lang::En => {
                    format!(
                        "supposing that {count} images not scanned yet were looked at: {ground}"
                    )
                }
            };
        }
        let mut parts = Vec::new();
        let totals = self.totals();
        match self.gsd_cm.filter(|_| totals.covered_m2 > 0.0) {
            None => parts.push(nothing_covered(lang, candidates)),
            Some([fine, coarse]) => {
                parts.push(found(lang, candidates, coarse));
                parts.push(self.ground(lang));
                parts.push(seen_how(lang, fine, coarse));
                parts.extend(self.by_crop.iter().map(|crop| of_crop(lang, crop)));
                parts.push(smallest(lang, coarse));
                let rest = m2_to_mu((totals.area_m2 - totals.covered_m2).max(0.0));
                if rest >= 0.05 {
                    parts.push(match lang {
                        Lang::Zh => format!("未覆盖的 {rest:.1} 亩情况不明"),
                        Lang::En => format!("nothing is known of the other {rest:.1} mu"),
                    });
                }
            }
        }
        let silent: Vec<&VillageCoverage> = self.not_answered().collect();
        if !silent.is_empty() {
            let names: Vec<&str> = silent.iter().map(|v| name(v)).collect();
            parts.push(match lang {
                Lang::Zh => format!("未作答的村（{} 个）：{}", names.len(), names.join("、")),
                Lang::En => format!("not answered ({}): {}", names.len(), names.join(", ")),
            });
        }
        match lang {
            Lang::Zh => parts.join("；") + "。",
            Lang::En => parts.join("; "),
        }
    }

    fn ground(&self, lang: Lang) -> String {
        let totals = self.totals();
        let count = self.villages.len();
        let (seen, all) = (m2_to_mu(totals.covered_m2), m2_to_mu(totals.area_m2));
        let (share, twice) = (totals.share() * 100.0, totals.share_twice() * 100.0);
        let days = self.days_apart;
        match lang {
            Lang::Zh => format!(
                "已覆盖 {seen:.1} 亩，占 {count} 个村 {all:.1} 亩的 {share:.1} %，\
                 其中间隔 {days} 天以上两期覆盖占 {twice:.1} %"
            ),
            Lang::En => format!(
                "{seen:.1} mu covered, {share:.1} % of the {all:.1} mu of {count} villages; \
                 {twice:.1} % on two dates {days} days or more apart"
            ),
        }
    }
}

/// The lead of the statement. Where the images show no plots, a zero says nothing.
fn found(lang: Lang, candidates: usize, coarsest_cm: f64) -> String {
    match (candidates, coarsest_cm <= PLOT_LIMIT_CM, lang) {
        (0, true, Lang::Zh) => "在已覆盖范围内未发现疑似地块".into(),
        (0, true, Lang::En) => "no candidate site found on the ground that was covered".into(),
        (0, false, Lang::Zh) => {
            format!("影像分辨率低于 {PLOT_LIMIT_CM} 厘米，不能得出有无的结论")
        }
        (0, false, Lang::En) => {
            format!("the images are coarser than {PLOT_LIMIT_CM} cm, which says nothing of absence")
        }
        (n, _, Lang::Zh) => format!("疑似地块 {n} 处（线索，非证据）"),
        (1, _, Lang::En) => "1 candidate site (a lead, not evidence)".into(),
        (n, _, Lang::En) => format!("{n} candidate sites (leads, not evidence)"),
    }
}

fn nothing_covered(lang: Lang, candidates: usize) -> String {
    let lead = match (candidates, lang) {
        (0, _) => String::new(),
        (n, Lang::Zh) => format!("疑似地块 {n} 处（线索，非证据）；"),
        (n, Lang::En) => format!("candidate sites: {n} (leads, not evidence); "),
    };
    let nothing = lang.pick(
        "没有符合要求的有效覆盖，不能得出任何结论",
        "no ground counts as covered, which says nothing of the ground",
    );
    format!("{lead}{nothing}")
}

fn seen_how(lang: Lang, fine: f64, coarse: f64) -> String {
    let range = if coarse - fine < 0.05 {
        format!("{coarse:.1}")
    } else {
        format!("{fine:.1}–{coarse:.1}")
    };
    match lang {
        Lang::Zh => format!("分辨率 {range} 厘米/像素"),
        Lang::En => format!("{range} cm per pixel"),
    }
}

fn of_crop(lang: Lang, crop: &CropCoverage) -> String {
    let name = crop_name(&crop.crop, lang);
    let mu = m2_to_mu(crop.covered_m2);
    if crop.covered_m2 <= 0.0 {
        return match lang {
            Lang::Zh => format!("{name}：无当季影像，不作结论"),
            Lang::En => format!("{name}: no image in its season, nothing is known"),
        };
    }
    let height = match (crop.height_unknown, lang) {
        (0, _) => String::new(),
        (n, Lang::Zh) => format!("（{n} 个村物候期依高程而定，高程未知，按当季计）"),
        (n, Lang::En) => format!(
            " (its season depends on a height that is not known, and is taken as met; villages: {n})"
        ),
    };
    match lang {
        Lang::Zh => format!(
            "{name}：当季覆盖 {mu:.1} 亩，拍摄日期 {}{height}",
            crop.dates.join("、")
        ),
        Lang::En => format!(
            "{name}: {mu:.1} mu in season, dated {}{height}",
            crop.dates.join(", ")
        ),
    }
}

/// The smallest plot that the coarsest image that counts can show.
fn smallest(lang: Lang, coarsest_cm: f64) -> String {
    match (smallest_plot_m2(coarsest_cm), lang) {
        (None, Lang::Zh) => "此分辨率分辨不出任何地块".into(),
        (None, Lang::En) => "no plot can be told at that resolution".into(),
        (Some(m2), Lang::Zh) if m2 > 0.0 => {
            format!("按此分辨率可辨的最小地块约 {m2} 平方米，更小的可能存在")
        }
        (Some(m2), Lang::En) if m2 > 0.0 => format!(
            "the smallest plot that can be told at that resolution has {m2} m²; smaller ones may be there"
        ),
        (Some(_), Lang::Zh) => "按此分辨率可辨单株，被遮挡的可能存在".into(),
        (Some(_), Lang::En) => {
            "single plants can be told at that resolution; hidden ones may be there".into()
        }
    }
}

/// What a village is called: its name, else its code.
fn name(village: &VillageCoverage) -> &str {
    if village.village.is_empty() {
        &village.xzqdm
    } else {
        &village.village
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn village(name: &str, covered_m2: f64) -> VillageCoverage {
        VillageCoverage {
            xzqdm: "990101101002".into(),
            county: String::new(),
            town: String::new(),
            village: name.into(),
            area_m2: 20_000.0,
            imaged_m2: covered_m2,
            covered_m2,
            twice_m2: covered_m2 / 2.0,
            median_gsd_cm: (covered_m2 > 0.0).then_some(2.5),
            dates: vec![],
            crops: vec![],
        }
    }

    fn report(covered_m2: f64, gsd_cm: f64) -> CoverageReport {
        let crop = |crop: &str, covered_m2: f64, dates: &[&str]| CropCoverage {
            crop: crop.into(),
            covered_m2,
            dates: dates.iter().map(|d| (*d).to_owned()).collect(),
            ..CropCoverage::default()
        };
        CoverageReport {
            villages: vec![village("石门村", covered_m2), village("", 0.0)],
            gaps: vec![],
            undated: 0,
            crops: vec!["opium_poppy".into(), "cannabis".into()],
            max_gsd_cm: 10.0,
            days_apart: 10,
            images: 1,
            supposed: 0,
            outside: 0,
            without_gsd: 0,
            by_crop: vec![
                crop("opium_poppy", covered_m2, &["2026-04-10", "2026-04-22"]),
                crop("cannabis", 0.0, &[]),
            ],
            gsd_cm: (covered_m2 > 0.0).then_some([2.0, gsd_cm]),
            left_out_m2: 0.0,
            overlap_m2: 0.0,
            zone: 34,
            audit_rows: 1,
        }
    }

    #[test]
    fn a_zero_says_what_was_covered_and_what_was_not() {
        let report = report(10_000.0, 2.5);
        assert_eq!(
            report.statement(Lang::Zh, 0),
            "在已覆盖范围内未发现疑似地块；已覆盖 15.0 亩，占 2 个村 60.0 亩的 25.0 %，其中间隔 10 天以上\
             两期覆盖占 12.5 %；分辨率 2.0–2.5 厘米/像素；罂粟：当季覆盖 15.0 亩，拍摄日期 2026-04-10、\
             2026-04-22；大麻：无当季影像，不作结论；按此分辨率可辨的最小地块约 1 平方米，更小的可能存在；\
             未覆盖的 45.0 亩情况不明；未作答的村（1 个）：990101101002。"
        );
        assert_eq!(
            report.statement(Lang::En, 0),
            "no candidate site found on the ground that was covered; 15.0 mu covered, 25.0 % of the 60.0 mu \
             of 2 villages; 12.5 % on two dates 10 days or more apart; 2.0–2.5 cm per pixel; opium poppy: \
             15.0 mu in season, dated 2026-04-10, 2026-04-22; cannabis: no image in its season, nothing is \
             known; the smallest plot that can be told at that resolution has 1 m²; smaller ones may be \
             there; nothing is known of the other 45.0 mu; not answered (1): 990101101002"
        );
        let leads = report.statement(Lang::En, 7);
        assert!(leads.starts_with("7 candidate sites (leads, not evidence); 15.0 mu"));
    }

    #[test]
    fn coarse_images_and_no_coverage_say_nothing_of_absence() {
        let coarse = report(10_000.0, 10.1);
        for lang in [Lang::Zh, Lang::En] {
            let said = coarse.statement(lang, 0);
            assert!(
                !said.contains("未发现") && !said.contains("found"),
                "{said}"
            );
            assert!(said.contains("100"), "{said}");
            let said = report(0.0, 2.0).statement(lang, 0);
            assert!(
                !said.contains("未发现") && !said.contains("found"),
                "{said}"
            );
            assert!(said.contains("石门村"), "{said}");
        }
        assert!(coarse.statement(Lang::Zh, 0).contains("不能得出有无的结论"));
        let blind = report(10_000.0, 150.0).statement(Lang::En, 0);
        assert!(blind.contains("no plot can be told"), "{blind}");
    }
}
