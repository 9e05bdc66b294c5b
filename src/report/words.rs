//! Names of what is counted, in Chinese and English, with the machine name that `report.json` has.

use super::figures::{Count, Disposals, Outcomes, Tally};
use super::table::Cell;
use crate::campaign::Lang;
use crate::campaign::check::Outcome;
use crate::campaign::vocabulary::DISPOSAL;

/// One number of a tally.
pub struct TallyItem {
    /// Where `report.json` has it, such as `outcomes.confirmed`.
    pub name: String,
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    of: Of,
}

enum Of {
    Count(fn(&Tally) -> Count),
    Number(fn(&Tally) -> Option<f64>, usize),
    Share(fn(&Tally) -> Option<f64>),
    Outcome(Outcome),
    Disposal(usize),
}

impl TallyItem {
    /// As people read it.
    #[must_use]
    pub fn say(&self, lang: Lang) -> &'static str {
        lang.pick(self.zh, self.en)
    }

    /// Its value in a tally.
    #[must_use]
    pub fn of(&self, tally: &Tally) -> Cell {
        match self.of {
            Of::Count(count) => Cell::Count(count(tally)),
            Of::Number(number, decimals) => {
                number(tally).map_or(Cell::Empty, |value| Cell::Number(value, decimals))
            }
            Of::Share(share) => share(tally).map_or(Cell::Empty, Cell::Share),
            Of::Outcome(outcome) => Cell::Count(Outcomes::get(&tally.outcomes, outcome)),
            Of::Disposal(at) => Cell::Count(Disposals::named(&tally.disposals)[at].1),
        }
    }
}

fn item(name: &str, zh: &'static str, en: &'static str, of: Of) -> TallyItem {
    TallyItem {
        name: name.to_owned(),
        zh,
        en,
        of,
    }
}

/// All numbers of a tally, in the order in which reports name them.
#[must_use]
pub fn tally_items() -> Vec<TallyItem> {
    let mut items = work_items();
    for outcome in Outcome::ALL {
        let (word, name) = (outcome.word(), outcome.word().name);
        items.push(item(
            &format!("outcomes.{name}"),
            word.zh,
            word.en,
            Of::Outcome(outcome),
        ));
    }
    items.extend(found_items());
    for (at, (name, _)) in Disposals::default().named().into_iter().enumerate() {
        let word = DISPOSAL.get(name);
        let said = word.map(|word| (word.zh, word.en));
        let (zh, en) = said.unwrap_or(("未填处置", "disposal not written"));
        items.push(item(&format!("disposals.{name}"), zh, en, Of::Disposal(at)));
    }
    items.extend(open_items());
    items
}

/// Ground, candidates, work given out.
fn work_items() -> Vec<TallyItem> {
    use Of::{Count as C, Number as N, Share as S};
    vec![
        item(
            "coverage.covered_mu",
            "有效覆盖亩",
            "mu seen so that it counts",
            N(|t| t.coverage.map(|c| c.covered_mu), 1),
        ),
        item(
            "coverage.share",
            "有效覆盖率",
            "share seen",
            S(|t| t.coverage.map(|c| c.share)),
        ),
        item("candidates", "疑似点", "candidates", C(|t| t.candidates)),
        item("grade_a", "A级", "grade A", C(|t| t.grade_a)),
        item("grade_b", "B级", "grade B", C(|t| t.grade_b)),
        item("grade_c", "C级", "grade C", C(|t| t.grade_c)),
        item("ungraded", "未定级", "not graded", C(|t| t.ungraded)),
        item(
            "licensed",
            "许可范围内",
            "on licensed ground",
            C(|t| t.licensed),
        ),
        item("border", "临界点", "near a border", C(|t| t.border)),
        item("assigned", "派单", "given out", C(|t| t.assigned)),
        item("checked", "已核查", "checked", C(|t| t.checked)),
        item("closed", "办结", "closed", C(|t| t.closed)),
        item(
            "closed_in_time",
            "按时办结",
            "closed within time",
            C(|t| t.closed_in_time),
        ),
    ]
}

/// What was found.
fn found_items() -> Vec<TallyItem> {
    use Of::{Count as C, Number as N};
    vec![
        item(
            "lots_checked",
            "随机抽查点已核",
            "cells drawn by lot, checked",
            C(|t| t.lots_checked),
        ),
        item(
            "lots_confirmed",
            "其中确认",
            "of them confirmed",
            C(|t| t.lots_confirmed),
        ),
        item(
            "finds",
            "线索外发现",
            "found without a lead",
            C(|t| t.finds),
        ),
        item(
            "confirmed",
            "确认合计",
            "confirmed in all",
            C(|t| t.confirmed),
        ),
        item("plants.sum", "株数", "plants", N(|t| t.plants.sum, 0)),
        item(
            "plants.standard_error",
            "株数标准误",
            "standard error of plants",
            N(|t| t.plants.standard_error, 1),
        ),
        item(
            "plants.without",
            "未报株数的点",
            "confirmed without plants",
            C(|t| t.plants.without),
        ),
        item(
            "measured_m2.sum",
            "实测面积m2",
            "area measured, m2",
            N(|t| t.measured_m2.sum, 1),
        ),
        item(
            "measured_mu",
            "实测面积亩",
            "area measured, mu",
            N(|t| t.measured_mu, 3),
        ),
        item(
            "measured_m2.without",
            "未报面积的点",
            "confirmed without area",
            C(|t| t.measured_m2.without),
        ),
    ]
}

/// What stays open.
fn open_items() -> [TallyItem; 4] {
    use Of::Count as C;
    [
        item("pending", "待核查", "pending", C(|t| t.pending)),
        item("overdue", "逾期", "overdue", C(|t| t.overdue)),
        item(
            "flagged",
            "待核对答复",
            "answers to look into",
            C(|t| t.flagged),
        ),
        item(
            "rejected",
            "退回未处理",
            "rows sent back, open",
            C(|t| t.rejected),
        ),
    ]
}

/// An outcome as people read it; of a site that nobody went to, that.
#[must_use]
pub fn outcome_text(name: &str, lang: Lang) -> &'static str {
    Outcome::parse(name).map_or(lang.pick("未核查", "not checked"), |outcome| {
        outcome.word().say(lang)
    })
}

/// What the counts mean, in sentences that stand under every table.
#[must_use]
pub fn rules(lang: Lang) -> [&'static str; 6] {
    match lang {
        Lang::Zh => [
            "每处按有效的最后一次核查结果计一次；已撤回的答复不计",
            "结果各列只计疑似点；随机抽查点与线索外发现另列；“确认合计”包括三者",
            "按时办结：在时限当日及以前办结；逾期：截至报告日期时限已过且未办结",
            "按月、季：疑似点按首次拍摄日期（无拍摄日期的按入库日期），派单与待核查按派单日期，核查结果按核查日期",
            "株数标准误为各样方估计标准误平方和的平方根；逐株清点的误差计为0",
            "面积为水平投影面积；1亩 = 2000/3 m²",
        ],
        Lang::En => [
            "each place counts once, by the last answer that counts; answers taken back do not count",
            "the columns of outcomes count leads only; cells drawn by lot and finds stand apart; \
             `confirmed in all` has all three",
            "closed within time: on the last day or before; overdue: that day has passed at the date of \
             the report, and the place is not closed",
            "by month and quarter: candidates by the day of their first image (without one by the day \
             they came in), what was given out or is pending by the day it was given out, answers by \
             the day of the check",
            "the standard error of plants is the root of the sum of squares of those of the quadrat \
             counts; a full count has none",
            "areas are on the ground plan; 1 mu = 2000/3 m²",
        ],
    }
}

/// What a level leaves out; empty for `field`.
#[must_use]
pub fn level_note(level: super::Level, lang: Lang) -> &'static str {
    match level {
        super::Level::Field => "",
        super::Level::Superior => lang.pick(
            "上报版：不含点位编号与人员；坐标模糊到0.01°网格中心",
            "for the levels above: no site ids, no people; coordinates blurred to the middle of cells of 0.01°",
        ),
        super::Level::Public => lang.pick(
            "公开版：只有县级数字；1至4的计数写作“<5”，其余各自取整到5，合计可能不等；不含任何位置",
            "for the public: numbers of the county only; counts of 1 to 4 are `<5`, others rounded to 5 each \
             by itself, so that sums may differ; no place",
        ),
    }
}
