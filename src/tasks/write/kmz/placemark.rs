//! A task as a KML placemark: point and outline, its facts as extended data and, as most phone
//! apps show nothing else, once more as a table in the description.

use super::super::marks::{Mark, lon_lat};
use super::super::xml::Xml;
use super::document::style_id;
use super::table;
use super::{picture_name, picture_of};
use crate::pipeline::report::Outline;
use crate::tasks::pack::{FieldPack, FieldTask};
use geo::{LineString, Polygon};
use std::fmt::Write as _;
use std::io::{Result, Write};

/// A placemark, its elements in the order of the KML schema.
pub(super) fn text(task: &FieldTask, pack: &FieldPack) -> Result<Vec<u8>> {
    let mut xml = Xml::part(Vec::with_capacity(12_288));
    write(&mut xml, task, pack)?;
    Ok(xml.into_inner())
}

fn write<W: Write>(xml: &mut Xml<W>, task: &FieldTask, pack: &FieldPack) -> Result<()> {
    let facts = table::facts(task, &pack.facts);
    // An XML id may not begin with a digit.
    xml.start("Placemark", &[("id", &format!("site-{}", task.site_id))])?;
    xml.leaf("name", &task.site_id)?;
    let picture = picture_of(task).map(|_| picture_name(task));
    xml.cdata("description", &table::html(&facts, picture.as_deref()))?;
    if is_kml_time(&task.capture_time) {
        xml.start("TimeStamp", &[])?;
        xml.leaf("when", &task.capture_time)?;
        xml.end("TimeStamp")?;
    }
    xml.leaf("styleUrl", &format!("#{}", style_id(Mark::of(task))))?;
    xml.start("ExtendedData", &[])?;
    for fact in &facts {
        xml.start("Data", &[("name", fact.name)])?;
        xml.leaf("displayName", fact.title)?;
        xml.leaf("value", &fact.value)?;
        xml.end("Data")?;
    }
    xml.end("ExtendedData")?;
    geometry(xml, task)?;
    xml.end("Placemark")?;
    xml.line()
}

fn geometry<W: Write>(xml: &mut Xml<W>, task: &FieldTask) -> Result<()> {
    let [lon, lat] = lon_lat(task);
    xml.start("MultiGeometry", &[])?;
    xml.start("Point", &[])?;
    xml.leaf("coordinates", &format!("{lon:.7},{lat:.7},0"))?;
    xml.end("Point")?;
    let outline = Outline::new(&task.outline, task.forms.wgs84.lon_lat().into());
    for part in &outline.parts {
        polygon(xml, part)?;
    }
    xml.end("MultiGeometry")
}

fn polygon<W: Write>(xml: &mut Xml<W>, polygon: &Polygon<f64>) -> Result<()> {
    xml.start("Polygon", &[])?;
    boundary(xml, "outerBoundaryIs", polygon.exterior())?;
    for hole in polygon.interiors() {
        boundary(xml, "innerBoundaryIs", hole)?;
    }
    xml.end("Polygon")
}

fn boundary<W: Write>(xml: &mut Xml<W>, element: &str, ring: &LineString<f64>) -> Result<()> {
    let mut text = String::with_capacity(ring.0.len() * 26);
    for (index, at) in ring.0.iter().enumerate() {
        let space = if index == 0 { "" } else { " " };
        let _ = write!(text, "{space}{:.7},{:.7},0", at.x, at.y);
    }
    xml.start(element, &[])?;
    xml.start("LinearRing", &[])?;
    xml.leaf("coordinates", &text)?;
    xml.end("LinearRing")?;
    xml.end(element)
}

/// Whether a text is a time as KML takes it (XML Schema): `2026`, `2026-04`, `2026-04-20`, or
/// `2026-04-20T10:30:00` with or without a fraction and a zone.
fn is_kml_time(text: &str) -> bool {
    let (date, time) = text.split_once('T').unwrap_or((text, ""));
    let pattern = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text.bytes().zip(pattern.bytes()).all(|(seen, wanted)| {
                if wanted == b'0' {
                    seen.is_ascii_digit()
                } else {
                    seen == wanted
                }
            })
    };
    if time.is_empty() {
        return ["0000", "0000-00", "0000-00-00"]
            .iter()
            .any(|p| pattern(text, p));
    }
    let (clock, rest) = time.split_at_checked(8).unwrap_or(("", time));
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    let known_zone = ["", "Z", "+00:00", "-00:00"]
        .iter()
        .any(|p| pattern(zone, p));
    pattern(date, "0000-00-00") && pattern(clock, "00:00:00") && known_zone
}

#[cfg(test)]
mod tests {
    use super::is_kml_time;

    #[test]
    fn only_times_that_kml_knows_are_written() {
        for good in [
            "2026",
            "2026-04",
            "2026-04-20",
            "2026-04-20T10:30:00",
            "2026-04-20T10:30:00Z",
            "2026-04-20T10:30:00.25+08:00",
        ] {
            assert!(is_kml_time(good), "{good}");
        }
        for bad in [
            "",
            "T",
            "today",
            "2026:04:20 10:30:00",
            "2026-04-20T10:30",
            "2026-04-20T10:30:00.",
            "2026-04-20T10:30:00 ",
            "2026-04-20T十点",
        ] {
            assert!(!is_kml_time(bad), "{bad}");
        }
    }
}
