//! Places drawn by lot, and what was given out before.

use super::{ledger, of, tasks};
use crate::support::{county, rows, tianmu};
use std::collections::BTreeMap;
use std::path::Path;
use tianmu::campaign::tables::TASKS;
use tianmu::vector::StoredShape;

/// What identifies each task of a campaign: kind, code, place, stratum, when it was given out.
fn given_out(campaign: &Path) -> BTreeMap<String, Vec<String>> {
    let columns = [
        "kind",
        "code",
        "uuid",
        "stratum",
        "stratum_cells",
        "stratum_drawn",
        "assigned_on",
    ];
    rows(campaign, &TASKS)
        .iter()
        .map(|task| {
            let Some(StoredShape::Point(point)) = &task.shape else {
                panic!("{} is nowhere", task.text("site_id"))
            };
            let place = format!("{:.7} {:.7}", point.x(), point.y());
            let values = columns.iter().map(|c| task.text(c)).chain([place]);
            (task.text("site_id"), values.collect())
        })
        .collect()
}

fn of_kind<'a>(tasks: &'a BTreeMap<String, Vec<String>>, kind: &str) -> Vec<&'a String> {
    tasks
        .iter()
        .filter(|(_, values)| values[0] == kind)
        .map(|(id, _)| id)
        .collect()
}

#[test]
fn a_share_of_visits_is_drawn_by_lot() {
    let folder = county().with(&["second.gpkg"]);
    let place = folder.path();
    let campaign = place.join("second.gpkg");
    tasks(place, "second.gpkg -o none --control 0 --formats csv").expect(0);
    assert_eq!(of_kind(&given_out(&campaign), "lead").len(), 9);
    assert_eq!(given_out(&campaign).len(), 9);

    // 20% of 11 places would be 2, but so small a county has room for one or two. No lead is of low
    // grade, so what is drawn is ground.
    let said = tasks(place, "second.gpkg -o some --control 20% --formats csv")
        .expect(0)
        .out;
    let all = given_out(&campaign);
    let drawn = of_kind(&all, "control_random");
    let count = drawn.len();
    assert!((1..=2).contains(&count), "{said}");
    let wanted = format!("{} places in `some`", 9 + count);
    assert!(said.contains(&wanted) && said.contains(&format!("{count} drawn by lot; {count} new")));
    for (number, id) in (1..).zip(drawn) {
        assert_eq!(*id, format!("990101201202-2026R2-K{number:03}"));
        let task = &all[id];
        let cells: usize = task[4].parse().unwrap();
        assert_eq!(
            (&task[3], &task[5]),
            (&"990101201202".to_owned(), &count.to_string())
        );
        assert!(
            (count..=12).contains(&cells),
            "{cells} cells of 20 m on 5400 m²"
        );
    }
    let rows_of_ledger = ledger(&place.join("some"));
    let drawn: Vec<_> = rows_of_ledger
        .iter()
        .filter(|r| r["listing"] == "随机抽查点")
        .collect();
    assert_eq!(drawn.len(), count);
    for row in drawn {
        assert_eq!(
            (
                row["grade"].as_str(),
                row["prob"].as_str(),
                row["class"].as_str()
            ),
            ("", "", "")
        );
        assert!(
            row["reasons"].contains(&format!("个 20 m 网格中抽取 {count} 个")),
            "{}",
            row["reasons"]
        );
    }
}

#[test]
fn leads_of_low_grade_are_drawn_too() {
    let folder = county().with(&["first.gpkg"]);
    let place = folder.path();
    // Four fifths of the leads are of a grade that nobody asks for.
    fs_err::write(
        place.join("set.toml"),
        "[grade]\ngrade-a = 100\ngrade-b = 100\narea-weight = 0\n\
        history-weight = 0\nclearing-weight = 0\ncourtyard-weight = 0\nborder-weight = 5\n",
    )
    .unwrap();
    let words = "first.gpkg -o pack --config set.toml --control 50% --formats csv --json";
    let done: serde_json::Value = serde_json::from_str(&tasks(place, words).expect(0).out).unwrap();
    let all = given_out(&place.join("first.gpkg"));
    let (leads, low, random) = (
        of_kind(&all, "lead").len(),
        of_kind(&all, "control_low"),
        of_kind(&all, "control_random").len(),
    );
    assert!(leads > 0 && !low.is_empty(), "{all:?}");
    // Half of all visits.
    assert_eq!(low.len() + random, leads);
    assert_eq!(done["control"], low.len() + random);
    let of_low = done["left"].as_u64().unwrap() + low.len() as u64;
    for id in &low {
        let task = &all[*id];
        assert_eq!(
            (task[3].as_str(), &task[4]),
            ("low grade", &of_low.to_string())
        );
        assert_eq!(task[5], low.len().to_string());
    }
    // What was drawn stays drawn, whoever asks how often.
    for (words, name) in [
        (
            "first.gpkg -o again --config set.toml --control 50% --formats csv -q",
            "again",
        ),
        (
            "first.gpkg -o fewer --config set.toml --control 10% --formats csv -q",
            "fewer",
        ),
    ] {
        tasks(place, words).expect(0);
        assert_eq!(given_out(&place.join("first.gpkg")), all, "{name}");
        assert_eq!(
            of(&ledger(&place.join(name)), "site_id"),
            of(&ledger(&place.join("pack")), "site_id")
        );
    }
}

#[test]
fn a_second_pack_keeps_codes_ids_and_lots() {
    let folder = county().with(&["second.gpkg", "first-scan.gpkg"]);
    let place = folder.path();
    let campaign = place.join("second.gpkg");
    tasks(place, "second.gpkg -o one --control 20% --formats csv,gpx").expect(0);
    let first = given_out(&campaign);
    assert!(!of_kind(&first, "control_random").is_empty());
    // On another day, too: they were given out on the first.
    let words = "tasks second.gpkg -o two --control 20% --formats csv,gpx --date 2026-04-25";
    let said = tianmu(place, words, &[]).expect(0).out;
    assert!(said.contains("drawn by lot; 0 new"), "{said}");
    assert_eq!(given_out(&campaign), first);
    let (one, two) = (ledger(&place.join("one")), ledger(&place.join("two")));
    for name in ["site_id", "code", "assignee", "day", "stop", "lon", "lat"] {
        assert_eq!(of(&one, name), of(&two, name), "{name}");
    }
    // New sites come in: what was given out keeps its code, new codes follow.
    tianmu(
        place,
        "campaign import second.gpkg first-scan.gpkg --role scan",
        &[],
    )
    .expect(0);
    let said = tasks(place, "second.gpkg -o three --control 20% --formats csv")
        .expect(0)
        .out;
    let now = given_out(&campaign);
    let number = |code: &str| code.split_once('-').unwrap().1.parse::<u32>().unwrap();
    let most = first.values().map(|t| number(&t[1])).max().unwrap();
    for (id, task) in &first {
        // A better look may move a lead by the position error; what was drawn stays where it is.
        let compared = if task[0] == "lead" { 7 } else { 8 };
        // The sizes of its stratum are those of the ground seen by now.
        let kept = |task: &[String]| [&task[..4], &task[6..compared]].concat();
        assert_eq!(kept(&now[id]), kept(task), "{id}");
    }
    let fresh: Vec<_> = now
        .iter()
        .filter(|(id, _)| !first.contains_key(*id))
        .collect();
    assert!(!fresh.is_empty(), "{said}");
    let mut codes: Vec<u32> = fresh.iter().map(|(_, task)| number(&task[1])).collect();
    codes.sort_unstable();
    let wanted: Vec<u32> = (1..).take(fresh.len()).map(|n| most + n).collect();
    assert_eq!(codes, wanted);
    assert!(said.contains(&format!("{} new", fresh.len())), "{said}");
}
