//! XML piece by piece, escaped, and without the characters that XML cannot hold.

use quick_xml::Writer;
use quick_xml::events::{BytesCData, BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use std::borrow::Cow;
use std::io::{Result, Write};

/// A document being written.
pub(super) struct Xml<W: Write>(Writer<W>);

impl<W: Write> Xml<W> {
    /// Begins a document in UTF-8.
    pub(super) fn begin(target: W) -> Result<Self> {
        let mut writer = Writer::new(target);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let mut xml = Self(writer);
        xml.line()?;
        Ok(xml)
    }

    /// Begins a part of a document, which [`Xml::insert`] puts into its place.
    pub(super) fn part(target: W) -> Self {
        Self(Writer::new(target))
    }

    /// Puts a finished part into its place.
    pub(super) fn insert(&mut self, part: &[u8]) -> Result<()> {
        self.0.get_mut().write_all(part)
    }

    /// Begins an element.
    pub(super) fn start(&mut self, name: &str, attributes: &[(&str, &str)]) -> Result<()> {
        let mut start = BytesStart::new(name);
        for (key, value) in attributes {
            start.push_attribute((*key, allowed(value).as_ref()));
        }
        self.0.write_event(Event::Start(start))
    }

    /// Ends an element.
    pub(super) fn end(&mut self, name: &str) -> Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element that holds text.
    pub(super) fn leaf(&mut self, name: &str, text: &str) -> Result<()> {
        self.start(name, &[])?;
        self.0
            .write_event(Event::Text(BytesText::new(&allowed(text))))?;
        self.end(name)
    }

    /// An element that holds text; nothing where there is no text.
    pub(super) fn leaf_if(&mut self, name: &str, text: &str) -> Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.leaf(name, text)
    }

    /// An element that holds markup of another kind as it is.
    pub(super) fn cdata(&mut self, name: &str, markup: &str) -> Result<()> {
        self.start(name, &[])?;
        for part in BytesCData::escaped(&allowed(markup)) {
            self.0.write_event(Event::CData(part))?;
        }
        self.end(name)
    }

    /// Ends a line, so that people can look at the file.
    pub(super) fn line(&mut self) -> Result<()> {
        self.0.get_mut().write_all(b"\n")
    }

    /// Hands the target back.
    pub(super) fn into_inner(self) -> W {
        self.0.into_inner()
    }
}

/// Text for markup, with `<`, `>`, `&` and quotes escaped.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    quick_xml::escape::escape(text)
}

/// The text with a space for each character that XML 1.0 (section 2.2) does not allow.
fn allowed(text: &str) -> Cow<'_, str> {
    let is_allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{FFFE}' | '\u{FFFF}'))
    };
    if text.chars().all(is_allowed) {
        Cow::Borrowed(text)
    } else {
        let replaced = text.chars().map(|c| if is_allowed(c) { c } else { ' ' });
        Cow::Owned(replaced.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_can_break_the_document() {
        let mut xml = Xml::begin(Vec::new()).unwrap();
        xml.start("a", &[("k", "\"<&\u{1}")]).unwrap();
        xml.leaf("b", "<甲> & \u{0}]]>").unwrap();
        xml.leaf_if("c", "").unwrap();
        xml.cdata("d", "<p>]]></p>").unwrap();
        xml.end("a").unwrap();
        let text = String::from_utf8(xml.into_inner()).unwrap();
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut events = 0;
        loop {
            match reader.read_event().unwrap() {
                quick_xml::events::Event::Eof => break,
                _ => events += 1,
            }
        }
        assert!(events > 8, "{text}");
        assert!(text.contains("&lt;甲&gt; &amp;"), "{text}");
    }
}
