//! Forms that travel inside a GeoPackage: how QGIS and QField show the fields of a layer to who
//! fills them in. The elements are those of a QGIS style document (QML).

use super::style::escape;
use std::fmt::Write as _;

/// What QGIS takes for "no value" in a list of choices (`QgsValueMapFieldFormatter`).
const NO_VALUE: &str = "{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}";

/// A layer's form.
#[derive(Debug, Clone)]
pub struct Form<'a> {
    /// Every field of the layer but the fid, in the order of the layer.
    pub fields: Vec<FormField<'a>>,
    /// The pages, each with its title.
    pub tabs: Vec<(&'a str, Vec<FormItem<'a>>)>,
    /// Whether nothing may be changed, added, moved or deleted.
    pub read_only: bool,
    /// The field that names a row in lists.
    pub display_field: &'a str,
}

/// A field as a form shows it.
#[derive(Debug, Clone)]
pub struct FormField<'a> {
    /// The machine name.
    pub name: &'a str,
    /// The name people read.
    pub title: &'a str,
    /// How it is filled in.
    pub widget: Widget<'a>,
    /// Whether it may be changed.
    pub editable: bool,
    /// Whether a missing value is warned of; it is never a reason not to save.
    pub required: bool,
    /// What must hold for a row to be saved: an expression of QGIS, and the message shown.
    pub rule: Option<(String, String)>,
    /// What it becomes by itself.
    pub default: Option<FormDefault<'a>>,
}

/// The value that a field takes by itself.
#[derive(Debug, Clone)]
pub struct FormDefault<'a> {
    /// An expression of QGIS.
    pub expression: &'a str,
    /// Whether it is worked out at every change, not for new rows only.
    pub on_update: bool,
}

/// How a field is filled in.
#[derive(Debug, Clone)]
pub enum Widget<'a> {
    /// Not shown.
    Hidden,
    /// A line of text, or a number.
    Line,
    /// Text of several lines.
    Lines,
    /// One of several values, each with the name people read; or none of them, by the last name.
    Choice(Vec<(&'a str, &'a str)>, &'a str),
    /// A picture taken with the device, kept under a path relative to the project. The expression
    /// of QGIS gives that path, which ends in `.{extension}`.
    Photo(String),
    /// A time as text, `2026-05-04 10:30:00`.
    DateTime,
}

/// What stands on a page of a form.
#[derive(Debug, Clone)]
pub enum FormItem<'a> {
    /// A field, by its name.
    Field(&'a str),
    /// Fields that are shown together.
    Group {
        /// Its name.
        title: &'a str,
        /// Whether the name is shown.
        is_titled: bool,
        /// The expression of QGIS that must hold for it to be shown; empty for always.
        shown_if: &'a str,
        /// What stands in it.
        items: Vec<FormItem<'a>>,
    },
}

impl Form<'_> {
    /// The categories of a QGIS style that a form fills.
    pub(super) const CATEGORIES: &'static str = "LayerConfiguration|Fields|Forms|CustomProperties";

    /// Its elements within a style document.
    pub(super) fn elements(&self) -> String {
        let mut out = String::with_capacity(16_384);
        self.push_fields(&mut out);
        self.push_rules(&mut out);
        self.push_pages(&mut out);
        self.push_properties(&mut out);
        let _ = write!(
            out,
            "<previewExpression>\"{}\"</previewExpression>",
            escape(self.display_field)
        );
        out
    }

    fn push_fields(&self, out: &mut String) {
        out.push_str("<fieldConfiguration>");
        push_widget(out, "fid", &Widget::Hidden);
        for field in &self.fields {
            push_widget(out, field.name, &field.widget);
        }
        out.push_str(r#"</fieldConfiguration><aliases><alias index="0" field="fid" name=""/>"#);
        for (index, field) in self.fields.iter().enumerate() {
            let (name, title) = (escape(field.name), escape(field.title));
            let place = index + 1;
            let _ = write!(
                out,
                r#"<alias index="{place}" field="{name}" name="{title}"/>"#
            );
        }
        out.push_str("</aliases>");
    }

    fn push_rules(&self, out: &mut String) {
        out.push_str("<defaults>");
        for field in &self.fields {
            if let Some(default) = &field.default {
                let _ = write!(
                    out,
                    r#"<default field="{}" expression="{}" applyOnUpdate="{}"/>"#,
                    escape(field.name),
                    escape(default.expression),
                    u8::from(default.on_update)
                );
            }
        }
        out.push_str("</defaults><constraints>");
        for field in &self.fields {
            // The kinds of QgsFieldConstraints: 1 for a value that must be there, 4 for an
            // expression; strength 1 forbids, 2 warns.
            let kinds = u8::from(field.required) + 4 * u8::from(field.rule.is_some());
            if kinds > 0 {
                let _ = write!(
                    out,
                    r#"<constraint field="{}" constraints="{kinds}" unique_strength="0" notnull_strength="{}" exp_strength="{}"/>"#,
                    escape(field.name),
                    2 * u8::from(field.required),
                    u8::from(field.rule.is_some())
                );
            }
        }
        out.push_str("</constraints><constraintExpressions>");
        for field in &self.fields {
            if let Some((expression, message)) = &field.rule {
                let _ = write!(
                    out,
                    r#"<constraint field="{}" exp="{}" desc="{}"/>"#,
                    escape(field.name),
                    escape(expression),
                    escape(message)
                );
            }
        }
        out.push_str("</constraintExpressions>");
    }

    fn push_pages(&self, out: &mut String) {
        out.push_str("<editorlayout>tablayout</editorlayout><attributeEditorForm>");
        for (title, items) in &self.tabs {
            self.push_container(out, "Tab", (title, true), "", items);
        }
        out.push_str(r#"</attributeEditorForm><editable><field name="fid" editable="0"/>"#);
        for field in &self.fields {
            let _ = write!(
                out,
                r#"<field name="{}" editable="{}"/>"#,
                escape(field.name),
                u8::from(field.editable && !self.read_only)
            );
        }
        out.push_str("</editable>");
    }

    fn push_container(
        &self,
        out: &mut String,
        kind: &str,
        (title, is_titled): (&str, bool),
        shown_if: &str,
        items: &[FormItem<'_>],
    ) {
        // QGIS before 3.32 knows `groupBox` only, later ones look at `type`.
        let _ = write!(
            out,
            r#"<attributeEditorContainer type="{kind}" groupBox="{}" name="{}" showLabel="{}" columnCount="1" visibilityExpressionEnabled="{}" visibilityExpression="{}">"#,
            u8::from(kind != "Tab"),
            escape(title),
            u8::from(is_titled),
            u8::from(!shown_if.is_empty()),
            escape(shown_if)
        );
        for item in items {
            match item {
                FormItem::Field(name) => {
                    let place = self.fields.iter().position(|f| f.name == *name);
                    let _ = write!(
                        out,
                        r#"<attributeEditorField name="{}" index="{}" showLabel="1"/>"#,
                        escape(name),
                        place.map_or(-1_i64, |p| i64::try_from(p + 1).unwrap_or(-1))
                    );
                }
                FormItem::Group {
                    title,
                    is_titled,
                    shown_if,
                    items,
                } => self.push_container(out, "GroupBox", (title, *is_titled), shown_if, items),
            }
        }
        out.push_str("</attributeEditorContainer>");
    }

    /// What `QField` looks for beside the style: locks, and how photographs are named.
    fn push_properties(&self, out: &mut String) {
        out.push_str(r#"<customproperties><Option type="Map">"#);
        let mut text = |name: &str, kind: &str, value: &str| {
            let value = escape(value);
            let _ = write!(
                out,
                r#"<Option name="QFieldSync/{name}" type="{kind}" value="{value}"/>"#
            );
        };
        text("action", "QString", "offline");
        text("cloud_action", "QString", "offline");
        if self.read_only {
            for lock in [
                "is_geometry_locked",
                "is_feature_addition_locked",
                "is_attribute_editing_locked",
                "is_geometry_editing_locked",
                "is_feature_deletion_locked",
            ] {
                text(lock, "bool", "true");
            }
        }
        let names: serde_json::Map<String, serde_json::Value> = self
            .fields
            .iter()
            .filter_map(|f| match &f.widget {
                Widget::Photo(path) => Some((f.name.to_owned(), path.as_str().into())),
                _ => None,
            })
            .collect();
        if !names.is_empty() {
            let names = serde_json::Value::from(names).to_string();
            text("attachment_naming", "QString", &names);
        }
        out.push_str("</Option></customproperties>");
    }
}

fn push_widget(out: &mut String, field: &str, widget: &Widget<'_>) {
    let (kind, options) = match widget {
        Widget::Hidden => ("Hidden", String::new()),
        Widget::Line => ("TextEdit", option("bool", "IsMultiline", "false")),
        Widget::Lines => ("TextEdit", option("bool", "IsMultiline", "true")),
        Widget::Choice(choices, none) => ("ValueMap", value_map(choices, none)),
        Widget::Photo(_) => (
            "ExternalResource",
            [
                // 1: a picture; a path relative to the project; a file and no folder.
                option("int", "DocumentViewer", "1"),
                option("int", "RelativeStorage", "1"),
                option("int", "StorageMode", "0"),
                option("bool", "FileWidget", "true"),
                option("bool", "FileWidgetButton", "true"),
                option("bool", "UseLink", "false"),
                option("QString", "DefaultRoot", "@project_path"),
            ]
            .concat(),
        ),
        Widget::DateTime => (
            "DateTime",
            [
                option("bool", "allow_null", "true"),
                option("bool", "calendar_popup", "true"),
                option("QString", "display_format", "yyyy-MM-dd HH:mm:ss"),
                option("QString", "field_format", "yyyy-MM-dd HH:mm:ss"),
                option("bool", "field_format_overwrite", "true"),
                option("bool", "field_iso_format", "false"),
            ]
            .concat(),
        ),
    };
    let _ = write!(
        out,
        r#"<field name="{}" configurationFlags="None"><editWidget type="{kind}"><config><Option type="Map">{options}</Option></config></editWidget></field>"#,
        escape(field)
    );
}

fn value_map(choices: &[(&str, &str)], none: &str) -> String {
    let mut out = String::from(r#"<Option name="map" type="List">"#);
    let none = (NO_VALUE, none);
    for (value, title) in std::iter::once(&none).chain(choices) {
        let _ = write!(
            out,
            r#"<Option type="Map">{}</Option>"#,
            option("QString", title, value)
        );
    }
    out.push_str("</Option>");
    out
}

fn option(kind: &str, name: &str, value: &str) -> String {
    format!(
        r#"<Option type="{kind}" name="{}" value="{}"/>"#,
        escape(name),
        escape(value)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_well_formed_and_says_what_was_asked() {
        let field = |name, widget| FormField {
            name,
            title: "名 <称>",
            widget,
            editable: true,
            required: false,
            rule: None,
            default: None,
        };
        let mut rule = field("n", Widget::Line);
        rule.rule = Some((r#""n" >= 3"#.into(), "3 & more".into()));
        rule.required = true;
        let form = Form {
            fields: vec![
                rule,
                field("outcome", Widget::Choice(vec![("yes", "是")], "—")),
                field("photo", Widget::Photo("'DCIM/' || \"n\"".into())),
            ],
            tabs: vec![(
                "页",
                vec![FormItem::Group {
                    title: "a",
                    is_titled: false,
                    shown_if: r#""outcome" = 'yes'"#,
                    items: vec![FormItem::Field("photo")],
                }],
            )],
            read_only: true,
            display_field: "n",
        };
        let text = format!("<qgis>{}</qgis>", form.elements());
        let mut reader = quick_xml::Reader::from_str(&text);
        while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
        for wanted in [
            r#"<constraint field="n" constraints="5" unique_strength="0" notnull_strength="2" exp_strength="1"/>"#,
            r#"exp="&quot;n&quot; &gt;= 3" desc="3 &amp; more""#,
            r#"<Option type="QString" name="是" value="yes"/>"#,
            r#"<attributeEditorField name="photo" index="3" showLabel="1"/>"#,
            r#"<field name="n" editable="0"/>"#,
            r#"name="QFieldSync/is_geometry_locked" type="bool" value="true""#,
            "attachment_naming",
        ] {
            assert!(text.contains(wanted), "{wanted} is not in {text}");
        }
    }
}
