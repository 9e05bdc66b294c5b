//! Styles that travel inside a GeoPackage, as QGIS and QField read them.

use super::form::Form;
use std::fmt::Write as _;

/// A style kept in the file's `layer_styles` table; each is its layer's default.
#[derive(Debug, Clone)]
pub struct LayerStyle {
    /// The layer it belongs to.
    pub layer: String,
    /// Its name in the list of styles.
    pub name: String,
    /// What it shows.
    pub description: String,
    /// QGIS style document.
    pub qml: String,
}

/// One class of a categorised style.
#[derive(Debug, Clone)]
pub struct ClassColor {
    /// The value of the field.
    pub value: String,
    /// Red, green, blue.
    pub rgb: [u8; 3],
}

/// Areas coloured by the value of `field`: a light fill that lets the imagery
/// through, and a strong outline.
#[must_use]
pub fn categorized_polygons(field: &str, classes: &[ClassColor]) -> String {
    document(&polygon_renderer(field, classes), None, None)
}

/// Points coloured by the value of `field` and labelled with `label_field`.
#[must_use]
pub fn categorized_points(field: &str, classes: &[ClassColor], label_field: &str) -> String {
    let renderer = point_renderer(field, classes);
    document(&renderer, Some(label_field), None)
}

/// What a layer with a form draws.
#[derive(Debug, Clone, Copy)]
pub enum Symbols<'a> {
    /// Nothing: a plain table.
    None,
    /// Areas coloured by the value of a field.
    Polygons(&'a str, &'a [ClassColor]),
    /// Points coloured by the value of a field, and the field they are labelled with, if any.
    Points(&'a str, &'a [ClassColor], Option<&'a str>),
}

/// Symbols and a form in one style.
#[must_use]
pub fn with_form(symbols: Symbols<'_>, form: &Form<'_>) -> String {
    match symbols {
        Symbols::None => document("", None, Some(form)),
        Symbols::Polygons(field, classes) => {
            document(&polygon_renderer(field, classes), None, Some(form))
        }
        Symbols::Points(field, classes, label_field) => {
            document(&point_renderer(field, classes), label_field, Some(form))
        }
    }
}

/// Areas all alike: an outline and hardly any fill.
#[must_use]
pub fn plain_polygons(rgb: [u8; 3]) -> String {
    let mut out = String::from(
        r#"<renderer-v2 type="singleSymbol" symbollevels="0" enableorderby="0" forceraster="0"><symbols>"#,
    );
    push_symbol(&mut out, "fill", 0, &fill_symbol(rgb, 20));
    out.push_str("</symbols></renderer-v2>");
    document(&out, None, None)
}

fn polygon_renderer(field: &str, classes: &[ClassColor]) -> String {
    let symbol = |c: &ClassColor| fill_symbol(c.rgb, 40);
    categorized(field, classes, "fill", symbol)
}

fn point_renderer(field: &str, classes: &[ClassColor]) -> String {
    let symbol = |c: &ClassColor| {
        symbol_layer(
            "SimpleMarker",
            &[
                ("name", "circle".into()),
                ("color", rgba(c.rgb, 255)),
                ("outline_color", rgba([255, 255, 255], 255)),
                ("outline_style", "solid".into()),
                ("outline_width", "0.4".into()),
                ("outline_width_unit", "MM".into()),
                ("size", "3".into()),
                ("size_unit", "MM".into()),
            ],
        )
    };
    categorized(field, classes, "marker", symbol)
}

fn categorized(
    field: &str,
    classes: &[ClassColor],
    kind: &str,
    symbol: impl Fn(&ClassColor) -> String,
) -> String {
    let mut out = format!(
        r#"<renderer-v2 type="categorizedSymbol" attr="{}" symbollevels="0" enableorderby="0" forceraster="0"><categories>"#,
        escape(field)
    );
    // The empty value catches what no class names.
    let rest = ClassColor {
        value: String::new(),
        rgb: [128, 128, 128],
    };
    let all = || classes.iter().chain(std::iter::once(&rest));
    for (i, class) in all().enumerate() {
        let value = escape(&class.value);
        let _ = write!(
            out,
            r#"<category symbol="{i}" value="{value}" label="{value}" type="string" render="true"/>"#
        );
    }
    out.push_str("</categories><symbols>");
    for (i, class) in all().enumerate() {
        push_symbol(&mut out, kind, i, &symbol(class));
    }
    out.push_str("</symbols></renderer-v2>");
    out
}

fn push_symbol(out: &mut String, kind: &str, name: usize, layer: &str) {
    let _ = write!(
        out,
        r#"<symbol type="{kind}" name="{name}" alpha="1" clip_to_extent="1" force_rhr="0">{layer}</symbol>"#
    );
}

fn fill_symbol(rgb: [u8; 3], fill_alpha: u8) -> String {
    symbol_layer(
        "SimpleFill",
        &[
            ("style", "solid".into()),
            ("color", rgba(rgb, fill_alpha)),
            ("outline_color", rgba(rgb, 255)),
            ("outline_style", "solid".into()),
            ("outline_width", "0.6".into()),
            ("outline_width_unit", "MM".into()),
            ("joinstyle", "round".into()),
        ],
    )
}

/// Each property stands twice: `Option` for QGIS from 3.20 on, `prop` for older ones.
fn symbol_layer(class: &str, properties: &[(&str, String)]) -> String {
    let mut out = format!(r#"<layer class="{class}" enabled="1" locked="0" pass="0">"#);
    out.push_str(r#"<Option type="Map">"#);
    for (key, value) in properties {
        let _ = write!(
            out,
            r#"<Option name="{key}" type="QString" value="{value}"/>"#
        );
    }
    out.push_str("</Option>");
    for (key, value) in properties {
        let _ = write!(out, r#"<prop k="{key}" v="{value}"/>"#);
    }
    out.push_str("</layer>");
    out
}

fn document(renderer: &str, label_field: Option<&str>, form: Option<&Form<'_>>) -> String {
    let parts = [
        (!renderer.is_empty()).then_some("Symbology"),
        label_field.and(Some("Labeling")),
        form.and(Some(Form::CATEGORIES)),
    ];
    let categories: Vec<&str> = parts.into_iter().flatten().collect();
    let categories = categories.join("|");
    let lock = form.map_or_else(String::new, |f| {
        format!(" readOnly=\"{}\"", u8::from(f.read_only))
    });
    let form = form.map_or_else(String::new, Form::elements);
    let labels = label_field.map_or_else(String::new, |field| {
        format!(
            r#"<labeling type="simple"><settings calloutType="simple"><text-style fieldName="{}" isExpression="0" fontSize="9" fontSizeUnit="Point" textColor="20,20,20,255" textOpacity="1"><text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM" bufferColor="255,255,255,255" bufferOpacity="1"/></text-style><placement placement="6" dist="1" distUnits="MM"/></settings></labeling>"#,
            escape(field)
        )
    });
    format!(
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n\
         <qgis version=\"3.16.0\" styleCategories=\"{categories}\"{lock} labelsEnabled=\"{}\">{renderer}{labels}{form}</qgis>\n",
        u8::from(label_field.is_some())
    )
}

fn rgba([r, g, b]: [u8; 3], alpha: u8) -> String {
    format!("{r},{g},{b},{alpha}")
}

/// Text for markup of any kind.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // Control characters have no place in XML at all.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_cannot_break_the_document() {
        let class = ClassColor {
            value: "a\"<b>&\u{1}罂粟".into(),
            rgb: [1, 2, 3],
        };
        let qml = categorized_points("class", &[class], "site_id");
        assert!(
            qml.contains(r#"value="a&quot;&lt;b&gt;&amp; 罂粟""#),
            "{qml}"
        );
        assert_eq!(qml.matches("<symbol ").count(), 2, "one more for the rest");
    }
}
