//! Sheets as one HTML page that loads nothing: pictures and drawings stand in it.

use super::describe::{Heading, Pair, Sheet, heading, sheet};
use super::figure::Figure;
use super::form::Row;
use crate::Result;
use crate::tasks::pack::{FieldPack, MapSource};
use quick_xml::escape::escape;
use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::Path;

/// Writes the sheets of some tasks, given by their places in `FieldPack::tasks`: a page each, in
/// that order. Printed on A4 it looks like the PDF; the system's Chinese font is used.
pub(in crate::tasks) fn write_html(
    path: &Path,
    pack: &FieldPack,
    tasks: &[usize],
    maps: &dyn MapSource,
) -> Result<()> {
    let mut file = BufWriter::new(fs_err::File::create(path)?);
    file.write_all(head(&heading(pack, tasks)).as_bytes())?;
    // Page by page, so that pictures do not gather in memory.
    let known = tasks.iter().filter_map(|index| pack.tasks.get(*index));
    for (page, task) in (1..).zip(known) {
        let sheet = sheet(pack, task, maps, (page, tasks.len()))?;
        file.write_all(section(&sheet).as_bytes())?;
    }
    file.write_all(b"</body>\n</html>\n")?;
    file.flush()?;
    Ok(())
}

fn head(heading: &Heading) -> String {
    let lang = if heading.lang == "zh" { "zh-CN" } else { "en" };
    format!(
        "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"{}\">\n<title>{}</title>\n<style>\n{}</style>\n\
         </head>\n<body>\n",
        escape(&heading.program),
        escape(&heading.title),
        include_str!("sheet.css"),
    )
}

fn section(sheet: &Sheet) -> String {
    let mut page = String::new();
    let _ = write!(
        page,
        "<section class=\"page\">\n<div class=\"top\"><span>{}</span><b class=\"warning\">{}</b>{}\
         </div>\n<div class=\"who\"><h1 style=\"font-size:{}pt\">{}</h1><div><b>{}</b><span>{}\
         </span></div></div>\n<dl class=\"visit\">{}</dl>\n",
        escape(&sheet.campaign),
        escape(&sheet.warning),
        match sheet.courtyard.as_str() {
            "" => String::new(),
            courtyard => format!("<b class=\"courtyard\">{}</b>", escape(courtyard)),
        },
        sheet.place_pt,
        escape(&sheet.place),
        escape(&sheet.code),
        escape(&sheet.site_id),
        pairs(&sheet.visit),
    );
    let _ = write!(
        page,
        "<div class=\"pictures\">{}{}<div>{}{}</div></div>\n\
         <div class=\"known\"><dl class=\"coordinates\">{}</dl><dl class=\"facts\">{}</dl></div>\n\
         <dl class=\"texts\" style=\"font-size:{}pt\">{}</dl>\n",
        figure(&sheet.map),
        figure(&sheet.close_up),
        figure(&sheet.qr),
        figure(&sheet.earlier),
        pairs(&sheet.coordinates),
        pairs(&sheet.facts),
        sheet.texts_pt,
        pairs(&sheet.texts),
    );
    let form: String = sheet.form.iter().map(row).collect();
    let _ = write!(
        page,
        "<div class=\"form\">{form}</div>\n<div class=\"signatures\">{}</div>\n\
         <footer><span>{}</span><span>{}</span></footer>\n</section>\n",
        row(&sheet.signatures),
        escape(&sheet.foot),
        escape(&sheet.page),
    );
    page
}

fn pairs(pairs: &[Pair]) -> String {
    let pair = |pair: &Pair| {
        format!(
            "<div{}><dt>{}</dt><dd>{}</dd></div>",
            if pair.wide { " class=\"wide\"" } else { "" },
            escape(&pair.label),
            escape(&pair.text)
        )
    };
    pairs.iter().map(pair).collect()
}

fn figure(figure: &Figure) -> String {
    let caption = escape(&figure.caption);
    let (width, height) = figure.size_mm;
    if figure.svg.is_empty() {
        return format!(
            "<figure><div class=\"absent\" style=\"width:{width}mm;height:{height}mm\">{caption}\
             </div></figure>"
        );
    }
    format!(
        "<figure>{}<figcaption style=\"width:{width}mm\">{caption}</figcaption></figure>",
        figure.svg
    )
}

fn row(row: &Row) -> String {
    let mut parts = String::new();
    for part in &row.parts {
        let tick = if part.tick { "<i>□</i>" } else { "" };
        let blank = match part.blank_mm {
            blank if blank > 0.0 => format!("<u style=\"width:{blank}mm\"></u>"),
            _ => String::new(),
        };
        let _ = write!(parts, "<span>{tick}{}{blank}</span> ", escape(&part.text));
    }
    format!("<div><b>{}</b><p>{parts}</p></div>\n", escape(&row.label))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Ground, pictured};
    use super::*;
    use crate::campaign::Lang;
    use crate::tasks::fixture;

    fn page(pack: &FieldPack, tasks: &[usize]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheets.html");
        write_html(&path, pack, tasks, &Ground).unwrap();
        fs_err::read_to_string(&path).unwrap()
    }

    #[test]
    fn a_page_a_task_and_nothing_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let pack = pictured(fixture::pack(8, Lang::Zh), folder.path());
        let html = page(&pack, &[0, 1, 2, 7]);
        assert_eq!(html.matches("<section class=\"page\">").count(), 4);
        assert_eq!(html.matches("线索，非证据</b>").count(), 4);
        let courtyards = [0, 1, 2, 7].iter().filter(|i| pack.tasks[**i].courtyard);
        assert_eq!(html.matches("庭院：入户须依法").count(), courtyards.count());
        assert_eq!(html.matches("src=\"").count(), 0);
        let links = html.matches("href=\"").count();
        assert_eq!(
            links,
            html.matches("href=\"data:image/jpeg;base64,").count()
        );
        assert!(!html.contains("<script") && !html.contains("url("));
        assert!(html.contains("第 4 页，共 4 页"));
        assert_eq!(html, page(&pack, &[0, 1, 2, 7]));
    }

    #[test]
    fn names_stay_names() {
        let mut pack = fixture::pack(1, Lang::En);
        pack.tasks[0].reasons = vec!["<script>alert(1)</script>".into()];
        pack.tasks[0].team = "\"><img src=x>".into();
        let html = page(&pack, &[0]);
        assert!(!html.contains("<script") && !html.contains("<img"));
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    }
}
