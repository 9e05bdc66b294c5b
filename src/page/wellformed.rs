//! A check for tests that every element of a page is closed where it should be.

/// Elements without an end.
const VOID: [&str; 3] = ["meta", "img", "br"];

/// An opening tag.
#[derive(Debug)]
pub(crate) struct Tag {
    /// The element.
    pub(crate) name: String,
    /// Names and values, still escaped.
    pub(crate) attributes: Vec<(String, String)>,
}

/// All opening tags of a page; panics where one is not closed in its turn, where an attribute
/// is not quoted, or where an ampersand begins no entity.
pub(crate) fn tags(page: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        check_text(&rest[..start]);
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = &comment[comment.find("-->").unwrap() + 3..];
            continue;
        }
        let (inner, after) = split_tag(rest);
        rest = after;
        if inner.eq_ignore_ascii_case("!doctype html") {
            continue;
        }
        if let Some(name) = inner.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "before {rest:.80}");
            continue;
        }
        let (inner, closed) = match inner.strip_suffix('/') {
            Some(inner) => (inner, true),
            None => (inner, false),
        };
        let tag = parse(inner);
        if tag.name == "style" {
            rest = &rest[rest.find("</style>").unwrap()..];
        }
        if !closed && !VOID.contains(&tag.name.as_str()) {
            open.push(tag.name.clone());
        }
        tags.push(tag);
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    tags
}

/// What is between `<` and the `>` that is not in quotes, and what follows.
fn split_tag(text: &str) -> (&str, &str) {
    let mut quoted = false;
    for (index, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '<' => assert!(quoted, "a tag within a tag: {text:.80}"),
            '>' if !quoted => return (&text[..index], &text[index + 1..]),
            _ => {}
        }
    }
    panic!("a tag without an end: {text:.80}")
}

fn parse(inner: &str) -> Tag {
    let (name, mut rest) = inner.split_once(' ').unwrap_or((inner, ""));
    assert!(name.chars().all(|c| c.is_ascii_alphanumeric()), "{inner}");
    let mut attributes = Vec::new();
    while !rest.trim().is_empty() {
        let (key, value) = rest.trim_start().split_once("=\"").expect(inner);
        let (value, after) = value.split_once('"').expect(inner);
        assert!(
            key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
            "{inner}"
        );
        check_text(value);
        attributes.push((key.to_owned(), value.to_owned()));
        rest = after;
    }
    Tag {
        name: name.to_owned(),
        attributes,
    }
}

fn check_text(text: &str) {
    for after in text.split('&').skip(1) {
        let entity = &after[..after.find(';').unwrap_or(0)];
        assert!(
            ["amp", "lt", "gt", "quot", "#39"].contains(&entity),
            "&{after:.40}"
        );
    }
}
