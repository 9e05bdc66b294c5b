//! Files that lead elsewhere: a mosaic or a list of layers (VRT), a catalogue or a service
//! description that names a place on a network, or itself. Nothing is fetched that the user did
//! not name.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How places on a network begin, in paths and in XML.
const REMOTE: [&str; 17] = [
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
    "wfs:",
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
#[must_use]
pub fn is_remote(path: &Path) -> bool {
    leads_away(&path.to_string_lossy()).is_some()
}

/// Why a file is not opened.
#[derive(Debug)]
pub(crate) struct Astray {
    /// What is wrong with it.
    pub(crate) problem: String,
    /// What to do about it.
    pub(crate) hint: &'static str,
}

/// Refuses an image that would make GDAL open a connection, or go round in a circle.
pub(crate) fn check_image(path: &Path) -> Result<(), Astray> {
    if is_remote(path) {
        return Ok(());
    }
    walk(path, path, &mut Vec::new(), &mut BTreeSet::new())
}

/// The same for a file of features: documents such as KML name places on a network as they like,
/// lists of layers and service descriptions are opened for them.
pub(crate) fn check_features(path: &Path) -> Result<(), Astray> {
    let text = description(path).unwrap_or_default();
    let start: String = text.chars().take(MOST_PROLOGUE).collect();
    if ["<OGRVRT", "<OGRWFS", "<VRTDataset"]
        .iter()
        .any(|root| start.contains(root))
    {
        return check_image(path);
    }
    Ok(())
}

/// The first element of a document begins within so many characters.
const MOST_PROLOGUE: usize = 4096;

fn walk(
    typed: &Path,
    path: &Path,
    way: &mut Vec<PathBuf>,
    seen: &mut BTreeSet<PathBuf>,
) -> Result<(), Astray> {
    let Some(text) = description(path) else {
        return Ok(());
    };
    let own = fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if way.contains(&own) {
        return Err(Astray {
            problem: format!(
                "goes round in a circle: `{}` leads to itself",
                path.display()
            ),
            hint: "make it again from its sources",
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
        return Err(Astray {
            problem: format!("leads to `{place}` on a network{through}, wanted local files"),
            hint: "copy what it names to this machine; or name the place itself, and it is opened",
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
        .starts_with(['<', '{'])
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
        check_image(path).map_or_else(|e| e.problem, |()| String::new())
    }

    #[test]
    fn features_may_name_what_nobody_opens() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.kml");
        let astray = |text: &str| {
            fs_err::write(&path, text).unwrap();
            check_features(&path).map_or_else(|e| e.problem, |()| String::new())
        };
        let icon = "<kml><Icon><href>https://x.test/pin.png</href></Icon></kml>";
        assert_eq!(astray(icon), "");
        for source in ["/vsicurl/https://x.test/a.gpkg", "WFS:https://x.test"] {
            let layers = format!(
                "<?xml version=\"1.0\"?><OGRVRTDataSource><OGRVRTLayer name=\"a\"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
            );
            assert!(astray(&layers).contains("leads to `"), "{source}");
        }
        let itself = "<OGRVRTDataSource><OGRVRTLayer name=\"a\"><SrcDataSource>a.kml</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>";
        assert!(astray(itself).contains("goes round in a circle"));
        let service = "<OGRWFSDataSource><URL>https://x.test/wfs</URL></OGRWFSDataSource>";
        assert!(astray(service).contains("on a network"));
    }

    #[test]
    fn catalogues_lead_away_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.json");
        fs_err::write(&path, r#"{"type":"FeatureCollection","features":[{"assets":{"a":{"href":"https://x.test/a.tif"}}}]}"#).unwrap();
        assert!(refused(&path).contains("leads to `https://x.test/a.tif`"));
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
