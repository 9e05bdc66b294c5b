//! GPX 1.1 for hand-held receivers and phone apps: a waypoint a task, a route a team's day.
//! Elements stand in the order of the schema (<http://www.topografix.com/GPX/1/1/gpx.xsd>);
//! there are no extensions.

use super::marks::{Mark, caution, create, failed, lon_lat, not_evidence, seven, summary};
use super::xml::Xml;
use crate::Result;
use crate::campaign::Lang;
use crate::tasks::pack::{FieldPack, FieldTask, TeamDay};
use std::io::{self, Write};
use std::path::Path;

/// Writes `sites.gpx`. Waypoints stand in the order of the tasks; `name` is the short code, as
/// old receivers show 10 characters, `desc` begins with the full id, `type` is the grade's letter,
/// or `S` for a spot check without one. Coordinates are WGS 84, heights in metres as far as the
/// elevation model knows them.
pub(in crate::tasks) fn write(path: &Path, pack: &FieldPack) -> Result<()> {
    let file = create(path)?;
    document(file, pack).map_err(|e| failed(path, e))
}

fn document(target: impl Write, pack: &FieldPack) -> io::Result<()> {
    let lang = pack.facts.lang;
    let mut xml = Xml::begin(target)?;
    xml.start(
        "gpx",
        &[
            ("version", "1.1"),
            ("creator", &pack.facts.program),
            ("xmlns", "http://www.topografix.com/GPX/1/1"),
            ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            (
                "xsi:schemaLocation",
                "http://www.topografix.com/GPX/1/1 http://www.topografix.com/GPX/1/1/gpx.xsd",
            ),
        ],
    )?;
    xml.line()?;
    xml.start("metadata", &[])?;
    let facts = &pack.facts;
    let name = format!("{} {} R{}", facts.campaign, facts.year, facts.round);
    xml.leaf("name", &name)?;
    let mut lines = vec![not_evidence(lang)];
    lines.extend(pack.facts.notes.iter().map(String::as_str));
    xml.leaf("desc", &lines.join("\n"))?;
    xml.leaf("time", &pack.facts.timestamp())?;
    xml.end("metadata")?;
    xml.line()?;
    for task in &pack.tasks {
        let desc = format!("{} {}", task.site_id, caution(task, lang));
        point(&mut xml, "wpt", task, &desc, lang)?;
    }
    for route in &pack.routes {
        team_day(&mut xml, route, pack)?;
    }
    xml.end("gpx")?;
    xml.line()?;
    xml.into_inner().flush()
}

fn point<W: Write>(
    xml: &mut Xml<W>,
    element: &str,
    task: &FieldTask,
    desc: &str,
    lang: Lang,
) -> io::Result<()> {
    start_point(xml, element, lon_lat(task))?;
    if let Some(metres) = task.near.elev_m.filter(|m| m.is_finite()) {
        xml.leaf("ele", &format!("{metres:.1}"))?;
    }
    xml.leaf("name", &task.code)?;
    xml.leaf("cmt", &summary(task, lang))?;
    xml.leaf("desc", desc)?;
    xml.leaf_if("src", &task.src_image)?;
    let mark = Mark::of(task);
    xml.leaf("sym", mark.gpx_symbol)?;
    xml.leaf("type", mark.letter)?;
    xml.end(element)?;
    xml.line()
}

fn start_point<W: Write>(xml: &mut Xml<W>, element: &str, [lon, lat]: [f64; 2]) -> io::Result<()> {
    xml.start(
        element,
        &[
            ("lat", format!("{lat:.7}").as_str()),
            ("lon", format!("{lon:.7}").as_str()),
        ],
    )
}

fn team_day<W: Write>(xml: &mut Xml<W>, route: &TeamDay, pack: &FieldPack) -> io::Result<()> {
    let lang = pack.facts.lang;
    let (team, day) = (&route.team, route.day);
    xml.start("rte", &[])?;
    xml.leaf(
        "name",
        &match lang {
            Lang::Zh => format!("{team} 第{day}天"),
            Lang::En => format!("{team} day {day}"),
        },
    )?;
    let kilometres = route.length_m / 1000.0;
    let length = match lang {
        Lang::Zh => format!("{kilometres:.1} km，点间直线距离，不是道路里程"),
        Lang::En => format!("{kilometres:.1} km as the crow flies from stop to stop, not by road"),
    };
    xml.leaf("cmt", &length)?;
    xml.leaf("desc", not_evidence(lang))?;
    xml.line()?;
    if let Some(start) = route.start {
        let (lon, lat) = start.lon_lat();
        start_point(xml, "rtept", [seven(lon), seven(lat)])?;
        xml.leaf("name", lang.pick("起点", "start"))?;
        xml.end("rtept")?;
        xml.line()?;
    }
    for task in route.stops.iter().filter_map(|at| pack.tasks.get(*at)) {
        point(xml, "rtept", task, &caution(task, lang), lang)?;
    }
    xml.end("rte")?;
    xml.line()
}

#[cfg(test)]
mod tests {
    use super::super::example::{bytes_twice, elements};
    use super::*;
    use crate::tasks::fixture;

    /// Children of a waypoint, in the order of the schema.
    const ORDER: [&str; 7] = ["ele", "name", "cmt", "desc", "src", "sym", "type"];

    #[test]
    fn children_stand_in_the_order_of_the_schema() {
        let pack = fixture::pack(9, Lang::Zh);
        let text = String::from_utf8(bytes_twice("sites.gpx", &pack, write)).unwrap();
        let all = elements(&text);
        let top: Vec<&str> = all
            .iter()
            .filter(|e| e.depth == 1)
            .map(|e| e.name.as_str())
            .collect();
        let wanted = [vec!["metadata"], vec!["wpt"; 9], vec!["rte"; 2]].concat();
        assert_eq!(top, wanted);
        for (at, element) in all.iter().enumerate() {
            if element.name != "wpt" && element.name != "rtept" {
                continue;
            }
            let places: Vec<usize> = all[at + 1..]
                .iter()
                .take_while(|e| e.depth > element.depth)
                .map(|e| ORDER.iter().position(|o| *o == e.name).unwrap())
                .collect();
            assert!(places.is_sorted_by(|a, b| a < b), "{places:?}");
        }
    }

    #[test]
    fn waypoints_carry_short_names_and_full_ids() {
        let mut pack = fixture::pack(8, Lang::Zh);
        pack.tasks[0].src_image = "a<b>&\u{2}.tif".into();
        let text = String::from_utf8(bytes_twice("sites.gpx", &pack, write)).unwrap();
        assert!(text.contains(r#"<wpt lat="24.7548000" lon="101.6367000">"#));
        assert!(text.contains("<name>101201-01</name>"));
        assert!(
            text.contains("<desc>990101101201-2026R1-0001 线索，非证据；庭院：入户须依法</desc>")
        );
        assert!(text.contains("a&lt;b&gt;&amp; .tif"));
        let route = text.find("<rte>").unwrap();
        let start = text[route..].find("起点").unwrap();
        let first = text[route..].find("101201-01").unwrap();
        assert!(start < first);
        assert!(
            pack.tasks
                .iter()
                .all(|t| t.code.len() <= 10 && t.code.is_ascii())
        );
    }

    #[test]
    fn no_tasks_is_a_document_too() {
        let pack = fixture::pack(0, Lang::En);
        let text = String::from_utf8(bytes_twice("sites.gpx", &pack, write)).unwrap();
        assert!(text.contains("leads, not evidence"));
        assert!(!text.contains("<wpt"));
    }
}
