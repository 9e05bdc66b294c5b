//! Which list a lead stands in: licences and borders.

use super::fixture::{graded, rect, says};
use super::{Layers, Lead, Licence, Licences};
use crate::tasks::pack::Listing;

/// Ground from 4 m east of the site's edge on.
fn licence(crop: &str, from: &str, to: &str) -> Licence {
    Licence {
        id: "YN-7".into(),
        holder_unit: "农场".into(),
        crop: crop.into(),
        valid_from: from.into(),
        valid_to: to.into(),
        area: rect(5.0, -50.0, 100.0, 50.0),
    }
}

fn any() -> Licence {
    licence("", "", "")
}

fn with(licences: Vec<Licence>) -> Layers {
    Layers {
        licences: Some(Licences::new(licences)),
        has_villages: true,
        ..Layers::default()
    }
}

/// Whether a site placed to 5 m is taken as licensed, and what is said.
fn judged(licence: Licence, change: impl FnOnce(&mut Lead<'_>)) -> (bool, String) {
    let layers = with(vec![licence]);
    let graded = graded(
        |lead| {
            (lead.class, lead.pos_err_m) = ("cannabis", 5.0);
            change(lead);
        },
        &layers,
    );
    let said = graded.reasons.iter().find(|r| r.contains("许可证"));
    let is_legal = graded.listing == Listing::LegalCrop;
    assert_eq!(graded.licence.is_some(), is_legal);
    (is_legal, said.cloned().unwrap_or_default())
}

#[test]
fn a_licence_holds_for_its_crop_on_its_days() {
    let holds = "在许可地块内：许可证 YN-7（农场）";
    for (crop, from, to, is_legal, said) in [
        ("cannabis", "2026-01-01", "2026-12-31", true, holds),
        ("工业大麻", "2026-04-20", "2026-04-20", true, holds),
        ("", "", "", true, holds),
        (
            "opium_poppy",
            "",
            "",
            false,
            "许可证 YN-7（农场） 不适用：作物为罂粟",
        ),
        (
            "cannabis",
            "2025-01-01",
            "2026-04-19",
            false,
            "许可证 YN-7（农场） 不适用：有效期 2025-01-01 至 2026-04-19，拍摄于 2026-04-20",
        ),
        (
            "cannabis",
            "2026-04-21",
            "",
            false,
            "许可证 YN-7（农场） 不适用：有效期 2026-04-21 至 不限，拍摄于 2026-04-20",
        ),
        (
            "cannabis",
            "",
            "明年",
            false,
            "许可证 YN-7（农场） 未核对：有效期 不限 至 明年 不是日期",
        ),
    ] {
        let seen = judged(licence(crop, from, to), |_| ());
        assert_eq!(seen, (is_legal, said.to_owned()));
    }
}

#[test]
fn a_licence_needs_a_date_where_it_has_days() {
    let undated = |lead: &mut Lead<'_>| lead.capture_time = "";
    let (is_legal, said) = judged(licence("", "2026-01-01", ""), undated);
    assert!(!is_legal);
    let wanted = "许可证 YN-7（农场） 未核对：有效期 2026-01-01 至 不限，无拍摄时间";
    assert_eq!(said, wanted);
    assert!(judged(any(), undated).0);
    // The latest image shows what grows there now.
    let two = |lead: &mut Lead<'_>| lead.capture_time = "2026-05-02; 2025-05-02";
    assert!(!judged(licence("", "2025-01-01", "2025-12-31"), two).0);
    assert!(judged(licence("", "2026-01-01", "2026-12-31"), two).0);
}

#[test]
fn licensed_ground_is_reached_within_the_position_error() {
    assert!(judged(any(), |lead| lead.pos_err_m = 4.1).0);
    for error_m in [3.9, 0.0, -5.0, f64::NAN] {
        let (is_legal, said) = judged(any(), |lead| lead.pos_err_m = error_m);
        assert!(!is_legal && said.is_empty(), "{error_m}: {said}");
    }
    let over = |area| Licence { area, ..any() };
    let exact = |lead: &mut Lead<'_>| lead.pos_err_m = 0.0;
    // All around, through the site, and within it.
    assert!(judged(over(rect(-60.0, -60.0, 60.0, 60.0)), exact).0);
    assert!(judged(over(rect(0.5, -60.0, 60.0, 60.0)), exact).0);
    assert!(judged(over(rect(0.5, 0.5, 0.8, 0.8)), exact).0);
    // No error of position makes ground at the other end of the county licensed.
    let far = over(rect(3000.0, -50.0, 3100.0, 50.0));
    assert!(!judged(far, |lead| lead.pos_err_m = f64::INFINITY).0);
    let mut parts = super::fixture::outline();
    parts.0.extend(rect(40.0, 0.0, 42.0, 2.0).0);
    let seen = super::grade(
        &Lead {
            pos_err_m: 0.0,
            ..super::fixture::lead(&parts)
        },
        &with(vec![over(rect(30.0, -50.0, 100.0, 50.0))]),
        &super::GradeSettings::default(),
        crate::campaign::Lang::Zh,
    );
    assert_eq!(seen.listing, Listing::LegalCrop);
}

#[test]
fn licensed_ground_comes_before_a_border() {
    let close = |lead: &mut Lead<'_>| {
        (lead.border_m, lead.border_unit, lead.pos_err_m) = (Some(10.0), "青岩村", 5.0);
    };
    let both = graded(close, &with(vec![any()]));
    assert_eq!(both.listing, Listing::LegalCrop);
    assert_eq!(both.licence.as_deref(), Some("YN-7"));
    says(&both, "距界 10 m，邻青岩村 (+0.1)");
    let ended = licence("", "", "2020-01-01");
    let expired = graded(close, &with(vec![ended.clone()]));
    assert_eq!(expired.listing, Listing::NearBorder);
    assert_eq!(expired.licence, None);
    // A licence that ended does not hide one that holds.
    let second = Licence {
        id: "YN-8".into(),
        ..any()
    };
    let renewed = graded(close, &with(vec![ended, second]));
    assert_eq!(renewed.licence.as_deref(), Some("YN-8"));
    assert_eq!(renewed.listing, Listing::LegalCrop);
    // A licence changes no grade.
    assert_eq!(
        (both.grade, both.priority),
        (expired.grade, expired.priority)
    );
}
