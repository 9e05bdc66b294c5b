//! Files that lead elsewhere: a mosaic (VRT) or a service description that names a place on a
//! network, or itself. Nothing is fetched that the user did not name.

use crate::{Error, Result};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How places on a network begin, in paths and in XML.
const REMOTE: [&str; 16] = [
    "http://",
    "https://",
    "ftp://",
    "ftps://",
    "/vsicurl",
    "/vsis3",
    "/vsigs",
    "/vsiaz",
    "/vsiadls",
    "/vsioss",
    "/vsiswift",
    "/vsihdfs",
    "/vsiwebhdfs",
    "wms:",
    "wmts:",
    "wcs:",
];

/// Names of XML elements that hold no path but may hold such a word, such as a namespace.
const HARMLESS: [&str; 4] = [
    "http://www.w3.org/",
    "http://www.opengis.net/",
    "https://gdal.org/",
    "http://schemas.opengis.net/",
];

/// Larger descriptions are not read.
const MOST_BYTES: u64 = 64 << 20;

/// Whether a path names a place on a network.
pub(super) fn is_remote(path: &Path) -> bool {
    leads_away(&path.to_string_lossy()).is_some()
}

/// Refuses a file that would make GDAL open a connection, or go round in a circle.
pub(super) fn check(path: &Path) -> Result<()> {
    if is_remote(path) {
        return Ok(());
    }
    walk(path, path, &mut Vec::new(), &mut BTreeSet::new())
}

fn walk(
    typed: &Path,
    path: &Path,
    way: &mut Vec<PathBuf>,
    seen: &mut BTreeSet<PathBuf>,
) -> Result<()> {
    let Some(text) = description(path) else {
        return Ok(());
    };
    let own = fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if way.contains(&own) {
        return Err(Error::UnusableRaster {
            path: typed.to_owned(),
            problem: format!(
                "goes round in a circle: `{}` leads to itself",
                path.display()
            ),
            hint: "make the mosaic again from its images".into(),
        });
    }
    if !seen.insert(own.clone()) {
        return Ok(());
    }
    if let Some(place) = leads_away(&text) {
        let through = if typed == path {
            String::new()
        } else {
            format!(" through `{}`", path.display())
        };
        return Err(Error::UnusableRaster {
            path: typed.to_owned(),
            problem: format!("leads to `{place}` on a network{through}, wanted local files"),
            hint: "copy what it names to this machine; or name the place itself, and it is opened"
                .into(),
        });
    }
    way.push(own);
    for source in sources(&text) {
        // A path is relative to the description, or to where the program was started.
        let beside = path.parent().unwrap_or(Path::new("")).join(&source);
        for place in [beside, source] {
            walk(typed, &place, way, seen)?;
        }
    }
    way.pop();
    Ok(())
}

/// The text of a file that describes others; `None` of any other file.
fn description(path: &Path) -> Option<String> {
    let file = fs_err::File::open(path).ok()?;
    let facts = file.metadata().ok()?;
    if !facts.is_file() || facts.len() > MOST_BYTES {
        return None;
    }
    let mut file = file.take(MOST_BYTES);
    let mut front = [0; 64];
    let length = file.read(&mut front).ok()?;
    let start = String::from_utf8_lossy(&front[..length]);
    if !start
        .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n'])
        .starts_with('<')
    {
        return None;
    }
    let mut bytes = front[..length].to_vec();
    file.read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first place on a network that a text names.
fn leads_away(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let starts = |place: &str| REMOTE.iter().any(|prefix| place.starts_with(prefix));
    let mut at = 0;
    while at < lower.len() {
        let rest = &lower[at..];
        let begins = at == 0 || !lower[..at].ends_with(|c: char| c.is_alphanumeric());
        if begins && starts(rest) && !HARMLESS.iter().any(|known| rest.starts_with(known)) {
            let end = rest
                .find(['<', '"', '\'', ' ', '\n', '\r'])
                .unwrap_or(rest.len());
            return Some(text[at..at + end.min(120)].to_owned());
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    None
}

/// Paths that a description gives as its sources.
fn sources(text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for name in ["SourceFilename", "SourceDataset", "SrcDataSource"] {
        for (at, _) in text.match_indices(&format!("<{name}")) {
            let rest = &text[at..];
            let content = rest
                .split_once('>')
                .and_then(|(_, rest)| rest.split_once('<'));
            if let Some((path, _)) = content {
                found.push(PathBuf::from(path.trim().replace("&amp;", "&")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &Path) -> String {
        check(path).map_or_else(|e| e.to_string(), |()| String::new())
    }

    fn vrt(source: &str) -> String {
        format!(
            "<VRTDataset><VRTRasterBand><SimpleSource><SourceFilename relativeToVRT=\"1\">{source}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
        )
    }

    #[test]
    fn places_on_a_network_are_refused_unless_the_user_named_them() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.vrt");
        for source in [
            "/vsicurl/https://x.test/a.tif",
            "HTTP://x.test/a.tif",
            "/vsizip//vsis3/b/a.zip/a.tif",
            "WMS:https://x.test",
        ] {
            fs_err::write(&path, vrt(source)).unwrap();
            assert!(refused(&path).contains("leads to `"), "{source}");
        }
        fs_err::write(&path, "\u{feff} <GDAL_WMS><Service><ServerUrl>https://x.test/</ServerUrl></Service></GDAL_WMS>").unwrap();
        assert!(refused(&path).contains("leads to `https://x.test/` on a network"));
        fs_err::write(
            &path,
            vrt("b.tif").replace(
                "<VRTDataset>",
                "<VRTDataset xmlns='http://www.w3.org/2001/x'>",
            ),
        )
        .unwrap();
        assert_eq!(refused(&path), "");
        assert_eq!(refused(Path::new("/vsicurl/https://x.test/a.tif")), "");
    }

    #[test]
    fn what_leads_away_through_others_and_circles_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs_err::write(path("a.vrt"), vrt("b.vrt")).unwrap();
        fs_err::write(path("b.vrt"), vrt("/vsicurl/http://x.test/c.tif")).unwrap();
        assert!(refused(&path("a.vrt")).contains("on a network through `"));
        fs_err::write(path("b.vrt"), vrt("a.vrt")).unwrap();
        assert!(refused(&path("a.vrt")).contains("goes round in a circle"));
        fs_err::write(path("b.vrt"), vrt("c.tif")).unwrap();
        fs_err::write(path("c.tif"), "II*").unwrap();
        assert_eq!(refused(&path("a.vrt")), "");
    }
}
