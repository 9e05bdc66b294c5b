//! Pieces of an HTML page. Text becomes [`Markup`] only by being escaped, so no name out of a
//! file can become a tag.

use std::fmt::Write as _;

/// HTML that may stand in the page as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Markup(String);

impl Markup {
    /// Text, with all that HTML would take for markup escaped.
    pub(crate) fn text(text: &str) -> Self {
        Self(escape(text))
    }

    /// Markup that the program itself holds, or that was put together of escaped pieces.
    pub(crate) fn made(markup: impl Into<String>) -> Self {
        Self(markup.into())
    }

    /// `<name class="…">…</name>`; no attribute without a class.
    pub(crate) fn element(name: &str, class: &str, inner: &Self) -> Self {
        let attribute = match class {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        Self(format!("<{name}{attribute}>{}</{name}>", inner.0))
    }

    /// A paragraph of text.
    pub(crate) fn paragraph(class: &str, text: &str) -> Self {
        Self::element("p", class, &Self::text(text))
    }

    /// A list of texts.
    pub(crate) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let items = texts
            .into_iter()
            .map(|text| Self::element("li", "", &Self::text(text)));
        Self::element("ul", "", &items.collect())
    }

    /// Puts more behind it.
    pub(crate) fn push(&mut self, more: &Self) {
        self.0.push_str(&more.0);
    }

    /// The HTML.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Markup> for Markup {
    fn from_iter<I: IntoIterator<Item = Markup>>(pieces: I) -> Self {
        Self(pieces.into_iter().map(|piece| piece.0).collect())
    }
}

/// Text for elements and quoted attributes. Control characters and those that turn the
/// direction of writing are shown as `�`: they could make a name look like another one.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\n' | '\t' => escaped.push(character),
            other if misleads(other) => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Whether a character is invisible and changes what is around it.
pub(crate) fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A table being filled.
pub(crate) struct Table {
    caption: String,
    head: Vec<(String, Align)>,
    rows: String,
    empty: bool,
}

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Words.
    Text,
    /// Numbers.
    Number,
}

impl Table {
    /// A table with these columns; the caption may be empty.
    pub(crate) fn new(caption: &str, columns: &[(&str, Align)]) -> Self {
        let head = columns
            .iter()
            .map(|(title, align)| ((*title).to_owned(), *align));
        Self {
            caption: caption.to_owned(),
            head: head.collect(),
            rows: String::new(),
            empty: true,
        }
    }

    /// Puts a row below; `class` may be empty.
    pub(crate) fn row(&mut self, class: &str, cells: impl IntoIterator<Item = Markup>) {
        let attribute = match class {
            "" => String::new(),
            class => format!(" class=\"{class}\""),
        };
        let _ = write!(self.rows, "<tr{attribute}>");
        for (index, cell) in cells.into_iter().enumerate() {
            let number = self.head.get(index).map(|(_, align)| *align) == Some(Align::Number);
            let (tag, scope) = if index == 0 && !number {
                ("th", " scope=\"row\"")
            } else {
                ("td", "")
            };
            let class = if number { " class=\"number\"" } else { "" };
            let _ = write!(self.rows, "<{tag}{scope}{class}>{}</{tag}>", cell.0);
        }
        self.rows.push_str("</tr>\n");
        self.empty = false;
    }

    /// The table, or nothing where it has no row.
    pub(crate) fn finish(self) -> Markup {
        if self.empty {
            return Markup::default();
        }
        let mut text = String::from("<div class=\"scroll\"><table>");
        if !self.caption.is_empty() {
            let _ = write!(text, "<caption>{}</caption>", escape(&self.caption));
        }
        text.push_str("<thead><tr>");
        for (title, align) in &self.head {
            let class = match align {
                Align::Number => " class=\"number\"",
                Align::Text => "",
            };
            let _ = write!(text, "<th scope=\"col\"{class}>{}</th>", escape(title));
        }
        let _ = write!(
            text,
            "</tr></thead>\n<tbody>\n{}</tbody></table></div>\n",
            self.rows
        );
        Markup(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let hostile = "<script>alert(\"a\" & 'b')</script>\u{0}\u{202e}";
        let escaped =
            "&lt;script&gt;alert(&quot;a&quot; &amp; &#39;b&#39;)&lt;/script&gt;\u{fffd}\u{fffd}";
        assert_eq!(Markup::text(hostile).as_str(), escaped);
        assert_eq!(escape("云南\n一队"), "云南\n一队");
    }

    #[test]
    fn tables_set_numbers_apart_and_are_left_out_when_empty() {
        let columns = [("model", Align::Text), ("recall", Align::Number)];
        assert!(Table::new("", &columns).finish().is_empty());
        let mut table = Table::new("a < b", &columns);
        table.row("chosen", [Markup::text("<a>"), Markup::text("0.500")]);
        let text = table.finish();
        assert!(text.as_str().contains("<caption>a &lt; b</caption>"));
        assert!(text.as_str().contains(
            "<tr class=\"chosen\"><th scope=\"row\">&lt;a&gt;</th><td class=\"number\">0.500</td></tr>"
        ));
    }
}
