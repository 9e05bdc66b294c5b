//! XMP of a photo as names and texts. Makers write the same tag as an attribute or as an element, and some
//! write XML that no reader takes; there, names and texts are found by looking for them.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

/// Texts by name, `prefix:name`, whatever the case: makers change it; of a name that stands twice, the first that says something.
/// Names within a structure have the structure's name and a slash before them.
#[derive(Debug, Default)]
pub(super) struct Xmp {
    texts: BTreeMap<String, String>,
    /// Whether it was XML that no reader takes.
    pub(super) is_broken: bool,
}

impl Xmp {
    /// Reads a packet; nothing in it can fail.
    pub(super) fn parse(packet: &[u8]) -> Self {
        let text = String::from_utf8_lossy(packet);
        let mut found = Self::default();
        found.is_broken = !found.elements(&text);
        if found.is_broken {
            found.scan(&text);
        }
        found
    }

    /// The text of the first of these names that has one.
    pub(super) fn text(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.one(name))
    }

    /// The number of the first of these names that has one. What is no number is none, with a note.
    pub(super) fn number(&self, names: &[&str], notes: &mut Vec<String>) -> Option<f64> {
        let (name, text) = names.iter().find_map(|n| Some((*n, self.one(n)?)))?;
        let Some((value, has_comma)) = number(text) else {
            notes.push(format!("`{name}` is `{}`, wanted a number", short(text)));
            return None;
        };
        if has_comma {
            let note = format!("`{name}` is `{text}`: its comma was taken for the decimal point");
            notes.push(note);
        }
        Some(value)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.texts
            .get(&name.to_ascii_lowercase())
            .map(String::as_str)
    }

    fn keep(&mut self, name: String, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            self.texts.entry(name).or_insert_with(|| text.to_owned());
        }
    }

    /// Reads well-formed XML; whether it was.
    fn elements(&mut self, text: &str) -> bool {
        let mut reader = Reader::from_str(text);
        // Names of the elements around, with the text of the innermost.
        let mut around: Vec<(String, String)> = Vec::new();
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => {
                    let name = start.name().as_ref().to_ascii_lowercase();
                    if !self.attributes(&start, &around, &name) {
                        return false;
                    }
                    around.push((name, String::new()));
                }
                Ok(Event::Empty(start)) => {
                    let name = start.name().as_ref().to_ascii_lowercase();
                    if !self.attributes(&start, &around, &name) {
                        return false;
                    }
                }
                Ok(Event::Text(part)) => {
                    if let Some((_, text)) = around.last_mut() {
                        text.push_str(&part.xml10_content());
                    }
                }
                Ok(Event::GeneralRef(part)) => {
                    let known = part.resolve_char_ref().ok().flatten().or_else(|| {
                        let known = quick_xml::escape::resolve_predefined_entity(&part);
                        known.and_then(|k| k.chars().next())
                    });
                    if let (Some((_, text)), Some(known)) = (around.last_mut(), known) {
                        text.push(known);
                    }
                }
                Ok(Event::End(_)) => {
                    let Some((name, text)) = around.pop() else {
                        return false;
                    };
                    // Members of a list belong to the element around the list.
                    let name = if is_frame(&name) { "" } else { &name };
                    let name = within(&around, name);
                    if !name.is_empty() {
                        self.keep(name, &text);
                    }
                }
                Ok(Event::Eof) => return around.is_empty(),
                Ok(_) => {}
                Err(_) => return false,
            }
        }
    }

    fn attributes(&mut self, start: &BytesStart, around: &[(String, String)], name: &str) -> bool {
        let outer = within(around, if is_frame(name) { "" } else { name });
        for attribute in start.attributes() {
            let Ok(attribute) = attribute else {
                return false;
            };
            let name = attribute.key.as_ref().to_ascii_lowercase();
            if name.starts_with("xmlns") || is_frame(&name) {
                continue;
            }
            let Ok(text) = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0) else {
                return false;
            };
            let name = if outer.is_empty() {
                name
            } else {
                format!("{outer}/{name}")
            };
            self.keep(name, &text);
        }
        true
    }

    /// Looks for `prefix:name="text"` and `<prefix:name>text<` wherever they stand.
    fn scan(&mut self, text: &str) {
        for (at, _) in text.match_indices(':') {
            let (before, after) = (&text[..at], &text[at + 1..]);
            let prefix = before.len() - before.trim_end_matches(is_of_name).len();
            let name = after.len() - after.trim_start_matches(is_of_name).len();
            if prefix == 0 || name == 0 {
                continue;
            }
            let (opening, prefix) = before.split_at(before.len() - prefix);
            let (name, behind) = after.split_at(name);
            let name = format!("{prefix}:{name}").to_ascii_lowercase();
            if prefix == "xmlns" || is_frame(&name) {
                continue;
            }
            let behind = behind.trim_start();
            let value = if let Some(value) = behind.strip_prefix('=') {
                let value = value.trim_start();
                let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                    continue;
                };
                // A quote that is never closed ends with its line.
                let value = &value[1..];
                let end = value.find([quote, '\n', '<']).unwrap_or(value.len());
                &value[..end]
            } else if opening.ends_with('<') && behind.starts_with('>') {
                let value = &behind[1..];
                &value[..value.find('<').unwrap_or(value.len())]
            } else {
                continue;
            };
            self.keep(name, value);
        }
    }
}

/// A number with or without `+`, as a fraction, or with a decimal comma; and whether it had one.
fn number(text: &str) -> Option<(f64, bool)> {
    let text = text.trim();
    let of = |text: &str| {
        // Rust reads `nan` and `inf`, too; makers write both.
        let value: f64 = text.trim().parse().ok()?;
        value.is_finite().then_some(value)
    };
    if let Some(value) = of(text) {
        return Some((value, false));
    }
    if let Some((over, under)) = text.split_once('/') {
        let value = of(over)? / of(under)?;
        return value.is_finite().then_some((value, false));
    }
    let (whole, part) = text.split_once(',')?;
    let is_plain = !whole.contains('.') && part.bytes().all(|b| b.is_ascii_digit());
    let value = is_plain.then(|| of(&format!("{whole}.{part}")))??;
    Some((value, true))
}

/// As much of a text as a note can hold.
pub(super) fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Elements that only hold others.
fn is_frame(name: &str) -> bool {
    name.starts_with("rdf:") || name.starts_with("x:") || name.starts_with("xml:")
}

/// The name of an element with those of the structures around it.
fn within(around: &[(String, String)], name: &str) -> String {
    let outer = around.iter().map(|(n, _)| n.as_str());
    let names: Vec<&str> = outer
        .chain([name])
        .filter(|n| !n.is_empty() && !is_frame(n))
        .collect();
    names.join("/")
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'a>(xmp: &'a Xmp, name: &str) -> &'a str {
        xmp.text(&[name]).unwrap_or_default()
    }

    #[test]
    fn attributes_elements_lists_and_structures_are_read() {
        let xmp = Xmp::parse(
            br#"<?xpacket begin='' id='W5M0'?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>
            <rdf:Description rdf:about="DJI Meta Data" drone-dji:RelativeAltitude="+39.80">
             <drone-dji:GimbalPitchDegree>-89.90</drone-dji:GimbalPitchDegree>
             <dc:title><rdf:Alt><rdf:li xml:lang="x-default">A &amp; B</rdf:li></rdf:Alt></dc:title>
             <drone-skydio:CameraOrientationNED rdf:parseType="Resource">
              <drone-skydio:Yaw>12</drone-skydio:Yaw></drone-skydio:CameraOrientationNED>
             <drone-skydio:Other drone-skydio:Yaw="13"/>
            </rdf:Description></rdf:RDF></x:xmpmeta>   "#,
        );
        assert!(!xmp.is_broken);
        assert_eq!(text(&xmp, "drone-dji:relativealtitude"), "+39.80");
        assert_eq!(text(&xmp, "drone-dji:gimbalpitchdegree"), "-89.90");
        assert_eq!(text(&xmp, "dc:title"), "A & B");
        assert_eq!(
            text(&xmp, "drone-skydio:cameraorientationned/drone-skydio:yaw"),
            "12"
        );
        assert_eq!(text(&xmp, "drone-skydio:other/drone-skydio:yaw"), "13");
    }

    #[test]
    fn broken_xml_is_searched() {
        for broken in [
            r#"<x:xmpmeta><rdf:RDF a:B="1" a:C = '2"' d:E="3><f:G>4</f:G> & <h:I>5"#,
            r#"<rdf:Description a:B="1" a:B="1" a:C='2"' d:E="3
               ><f:G>4</f:H><h:I>5</h:I></rdf:Description>"#,
        ] {
            let xmp = Xmp::parse(broken.as_bytes());
            assert!(xmp.is_broken, "{broken}");
            assert_eq!(text(&xmp, "a:b"), "1");
            assert_eq!(text(&xmp, "a:c"), "2\"");
            assert!(text(&xmp, "d:e").starts_with('3'), "{xmp:?}");
            assert_eq!(text(&xmp, "f:g"), "4");
            assert_eq!(text(&xmp, "h:i"), "5");
        }
        assert!(Xmp::parse(b"\xff\xfe\0:::\"=<").is_empty());
    }

    #[test]
    fn numbers_are_read_as_makers_write_them() {
        assert_eq!(number("+39.80"), Some((39.8, false)));
        assert_eq!(number(" -1e2 "), Some((-100.0, false)));
        assert_eq!(
            number("11485529/262144"),
            Some((43.813_816_070_556_64, false))
        );
        assert_eq!(number("39,80"), Some((39.8, true)));
        for text in ["nan", "-inf", "", "1/0", "1,2,3", "1.5,2", "12 m"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
