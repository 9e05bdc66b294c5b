//! Which grid worker and which team goes to which task: by the village's rows in the county's
//! table of grids.

use crate::campaign::Lang;
use crate::georef::geodesic_distance_m;
use geo::Point;
use std::collections::{BTreeMap, BTreeSet};

/// A row of the county's table of grids: who is in charge of a village or of a group in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GridCell {
    /// The village's code, 12 digits, or 14 with the group's number in the last two. Other codes
    /// belong to no village and are passed over.
    pub xzqdm: String,
    /// The village group, such as `3组`; empty where the row is for the whole village or the code
    /// has 14 digits.
    pub group: String,
    /// The grid's number.
    pub grid_id: String,
    /// The person in charge.
    pub grid_worker: String,
    /// The team that goes there; empty where there is none.
    pub team: String,
    /// Where the grid worker starts from, WGS 84 longitude and latitude.
    pub start: Option<Point<f64>>,
}

/// Where a task lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskPlace<'a> {
    /// WGS 84 longitude and latitude.
    pub point: Point<f64>,
    /// The village's code, 12 or 14 digits; empty outside of every village.
    pub xzqdm: &'a str,
    /// The town's name; empty where it is unknown.
    pub town: &'a str,
    /// The village's name; empty where it is unknown.
    pub village: &'a str,
    /// The village group; empty where it is unknown.
    pub group: &'a str,
}

/// Who takes a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Place in the list of grid rows; `None` where the village has no row.
    pub grid: Option<usize>,
    /// The team's name, never empty.
    pub team: String,
}

/// The grid row and the team of each task, in the order of the tasks.
///
/// Of a village's rows, those count whose group is the task's; if none is, those for the whole
/// village; if there are none, all. Among several, the nearest start takes the task if all have
/// one, otherwise the row that has the fewest tasks so far; the first among equals. A row's team
/// takes the task. A row without a team, and a village without a row, is a team of its own named
/// after the village, with the town's name in front if villages share a name. Tasks outside of
/// every village go to the team `未分配`, `unassigned`.
#[must_use]
pub fn assign(tasks: &[TaskPlace<'_>], grid: &[GridCell], lang: Lang) -> Vec<Charge> {
    let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, cell) in grid.iter().enumerate() {
        if let Some(code) = Code::read(&cell.xzqdm) {
            rows.entry(code.village).or_default().push(at);
        }
    }
    let names = village_names(tasks);
    let mut taken = vec![0_usize; grid.len()];
    let charge = |task: &TaskPlace<'_>| {
        let Some(code) = Code::read(task.xzqdm) else {
            return Charge {
                grid: None,
                team: lang.pick("未分配", "unassigned").to_owned(),
            };
        };
        let of_village = rows.get(code.village).map_or(&[][..], Vec::as_slice);
        let row = choose(task, &code, of_village, grid, &taken);
        if let Some(row) = row {
            taken[row] += 1;
        }
        let team = row.map_or("", |row| grid[row].team.trim());
        let village = || names.get(code.village).cloned();
        let team = Some(team.to_owned()).filter(|team| !team.is_empty());
        Charge {
            grid: row,
            team: team
                .or_else(village)
                .unwrap_or_else(|| code.village.to_owned()),
        }
    };
    tasks.iter().map(charge).collect()
}

/// A division code that is known to be a village's.
struct Code<'a> {
    /// 12 digits.
    village: &'a str,
    /// The digits 13 and 14, where they name a group.
    group: Option<u32>,
}

impl<'a> Code<'a> {
    fn read(xzqdm: &'a str) -> Option<Self> {
        let code = xzqdm.trim();
        let digits = code.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !matches!(code.len(), 12 | 14) {
            return None;
        }
        let (village, group) = code.split_at(12);
        let group = group.parse().ok().filter(|group| *group != 0);
        Some(Self { village, group })
    }
}

/// The row of a village that takes a task.
fn choose(
    task: &TaskPlace<'_>,
    code: &Code<'_>,
    of_village: &[usize],
    grid: &[GridCell],
    taken: &[usize],
) -> Option<usize> {
    let group_of = |row: &usize| {
        let cell = &grid[*row];
        Group::read(
            &cell.group,
            Code::read(&cell.xzqdm).and_then(|code| code.group),
        )
    };
    let of = |group: &Option<Group>| -> Vec<usize> {
        let same = |row: &&usize| group_of(row) == *group;
        of_village.iter().filter(same).copied().collect()
    };
    let group = Group::read(task.group, code.group);
    let mut rows = of(&group);
    if rows.is_empty() && group.is_some() {
        rows = of(&None);
    }
    if rows.is_empty() {
        rows = of_village.to_vec();
    }
    let away_m = |row: &usize| {
        let start = grid[*row].start?;
        let there = (task.point.x(), task.point.y());
        Some(geodesic_distance_m((start.x(), start.y()), there))
    };
    let away: Option<Vec<f64>> = rows.iter().map(away_m).collect();
    let nearest = |away: Vec<f64>| (0..rows.len()).min_by(|&a, &b| away[a].total_cmp(&away[b]));
    let fewest = || (0..rows.len()).min_by_key(|&at| taken[rows[at]]);
    away.map_or_else(fewest, nearest).map(|at| rows[at])
}

/// A village group, by its number if it has one.
#[derive(Debug, PartialEq, Eq)]
enum Group {
    Number(u32),
    Name(String),
}

impl Group {
    /// From its name or, if that is empty, from its number in a code.
    fn read(name: &str, number: Option<u32>) -> Option<Self> {
        let name = name.trim();
        if name.is_empty() {
            return number.map(Self::Number);
        }
        let short = name.trim_start_matches('第');
        let short = ["村民小组", "小组", "组", "社", "队"]
            .iter()
            .find_map(|kind| short.strip_suffix(kind))
            .unwrap_or(short);
        let number = short.parse().ok().or_else(|| chinese_number(short));
        Some(number.map_or_else(|| Self::Name(name.to_owned()), Self::Number))
    }
}

/// `三`, `十`, `十二`, `二十` or `二十三` as a number.
fn chinese_number(text: &str) -> Option<u32> {
    let digit = |text: &str| {
        let at = ["一", "二", "三", "四", "五", "六", "七", "八", "九"];
        (1..)
            .zip(at)
            .find(|(_, name)| *name == text)
            .map(|(at, _)| at)
    };
    let Some((tens, ones)) = text.split_once('十') else {
        return digit(text);
    };
    let tens = if tens.is_empty() { 1 } else { digit(tens)? };
    let ones = if ones.is_empty() { 0 } else { digit(ones)? };
    Some(10 * tens + ones)
}

/// A name for each village's own team, by 12-digit code: the shortest that no other village has.
fn village_names(tasks: &[TaskPlace<'_>]) -> BTreeMap<String, String> {
    let mut villages: BTreeMap<&str, [String; 3]> = BTreeMap::new();
    for task in tasks {
        let Some(code) = Code::read(task.xzqdm) else {
            continue;
        };
        let (town, village) = (task.town.trim(), task.village.trim());
        if !village.is_empty() {
            let with_code = format!("{village} {}", code.village);
            let names = [village.to_owned(), format!("{town}{village}"), with_code];
            villages.entry(code.village).or_insert(names);
        }
    }
    let mut seen = BTreeSet::new();
    let mut shared = BTreeSet::new();
    for [short, long, _] in villages.values() {
        // Without a town, both are the same, which is no other village's name.
        let long = Some(long).filter(|long| *long != short);
        for name in [short].into_iter().chain(long) {
            if !seen.insert(name) {
                shared.insert(name);
            }
        }
    }
    let unshared = |names: &[String; 3]| {
        let free = |name: &&String| !shared.contains(*name);
        names.iter().find(free).unwrap_or(&names[2]).clone()
    };
    let named = villages.iter();
    named
        .map(|(code, names)| ((*code).to_owned(), unshared(names)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VILLAGE: &str = "990101101201";

    fn task<'a>(xzqdm: &'a str, village: &'a str, group: &'a str) -> TaskPlace<'a> {
        TaskPlace {
            point: Point::new(102.0, 30.0),
            xzqdm,
            town: "",
            village,
            group,
        }
    }

    fn row(xzqdm: &str, group: &str, team: &str) -> GridCell {
        GridCell {
            xzqdm: xzqdm.to_owned(),
            group: group.to_owned(),
            team: team.to_owned(),
            ..GridCell::default()
        }
    }

    fn teams(tasks: &[TaskPlace<'_>], grid: &[GridCell]) -> Vec<String> {
        let charges = assign(tasks, grid, Lang::Zh).into_iter();
        charges.map(|charge| charge.team).collect()
    }

    #[test]
    fn a_village_without_a_row_or_a_team_is_its_own_team() {
        let tasks = [
            task(VILLAGE, "青松村", ""),
            task("990101101202", "白石村", ""),
            task("990101101203", "", ""),
        ];
        let charges = assign(&tasks, &[row(VILLAGE, "", " ")], Lang::Zh);
        let own = |grid, team: &str| Charge {
            grid,
            team: team.to_owned(),
        };
        assert_eq!(
            charges,
            [
                own(Some(0), "青松村"),
                own(None, "白石村"),
                own(None, "990101101203")
            ]
        );
    }

    #[test]
    fn ground_outside_of_every_village_is_left_to_the_office() {
        let tasks = ["", "9901", "99010110120A", "9901011012011"].map(|code| task(code, "x", ""));
        assert_eq!(teams(&tasks, &[row("9901", "", "一队")]), ["未分配"; 4]);
        assert_eq!(assign(&tasks[..1], &[], Lang::En)[0].team, "unassigned");
    }

    #[test]
    fn the_row_of_the_group_takes_the_task_however_it_is_written() {
        let grid = [
            row(VILLAGE, "", "whole"),
            row(VILLAGE, "第三组", "third"),
            row("99010110120112", "", "twelfth"),
            row(VILLAGE, "上湾", "bend"),
        ];
        let groups = ["3", "03组", "三社", "十二组", "上湾", "", "七组"];
        let tasks = groups.map(|group| task(VILLAGE, "青松村", group));
        let wanted = [
            "third", "third", "third", "twelfth", "bend", "whole", "whole",
        ];
        assert_eq!(teams(&tasks, &grid), wanted);
        assert_eq!(
            teams(&[task("99010110120103", "青松村", "")], &grid),
            ["third"]
        );
    }

    #[test]
    fn rows_of_other_groups_share_what_nobody_else_takes() {
        let grid = [row(VILLAGE, "1组", "a"), row(VILLAGE, "2组", "b")];
        let tasks = [task(VILLAGE, "青松村", "9组"); 4];
        assert_eq!(teams(&tasks, &grid), ["a", "b", "a", "b"]);
    }

    #[test]
    fn rows_of_a_village_take_turns_or_what_is_near() {
        let mut grid = [row(VILLAGE, "", "a"), row(VILLAGE, "", "b")];
        let mut tasks = [task(VILLAGE, "青松村", ""); 5];
        assert_eq!(teams(&tasks, &grid), ["a", "b", "a", "b", "a"]);

        grid[0].start = Some(Point::new(102.0, 30.0));
        assert_eq!(teams(&tasks, &grid), ["a", "b", "a", "b", "a"]);

        grid[1].start = Some(Point::new(102.1, 30.0));
        tasks[3].point = Point::new(102.09, 30.0);
        assert_eq!(teams(&tasks, &grid), ["a", "a", "a", "b", "a"]);
    }

    #[test]
    fn villages_of_one_name_do_not_share_a_team() {
        let mut tasks = [
            task(VILLAGE, "新民村", ""),
            task("990101102201", "新民村", ""),
            task("990101103201", "白石村", ""),
        ];
        let codes = ["新民村 990101101201", "新民村 990101102201", "白石村"];
        assert_eq!(teams(&tasks, &[]), codes);
        tasks[0].town = "东镇";
        tasks[1].town = "西镇";
        assert_eq!(teams(&tasks, &[]), ["东镇新民村", "西镇新民村", "白石村"]);
    }

    #[test]
    fn numbers_of_groups_are_read() {
        let read = ["一", "十", "十二", "二十", "九十九", "百", ""].map(chinese_number);
        let wanted = [Some(1), Some(10), Some(12), Some(20), Some(99), None, None];
        assert_eq!(read, wanted);
    }
}
