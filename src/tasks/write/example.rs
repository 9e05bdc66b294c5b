//! Helps the tests of the formats: every writer twice, its elements, and whole packs for the
//! comparison with other programs.

use super::{encrypt, geojson, gpx, kmz, manifest, maproulette, ovital, qfield};
use crate::Result;
use crate::campaign::Lang;
use crate::tasks::fixture;
use crate::tasks::pack::{FieldPack, Picture};
use std::path::Path;

/// What a writer makes of a pack, after it made the same bytes twice.
pub(super) fn bytes_twice(name: &str, pack: &FieldPack, write: Writer) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let [one, two] = ["甲 1", "b"].map(|folder| {
        let path = dir.path().join(folder).join(name);
        fs_err::create_dir(path.parent().unwrap()).unwrap();
        write(&path, pack).unwrap();
        assert!(write(&path, pack).is_err(), "{name} was replaced");
        fs_err::read(path).unwrap()
    });
    assert!(one == two, "{name} differs from itself");
    one
}

/// An element of a document.
pub(super) struct Element {
    /// Elements around it.
    pub(super) depth: usize,
    /// Its name.
    pub(super) name: String,
}

/// All elements of a document in their order; it must be well-formed.
pub(super) fn elements(text: &str) -> Vec<Element> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(text);
    let (mut found, mut depth) = (Vec::new(), 0);
    loop {
        let event = reader.read_event().unwrap();
        let name = match &event {
            Event::Start(start) | Event::Empty(start) => start.name().as_ref().to_owned(),
            Event::End(_) => {
                depth -= 1;
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        found.push(Element { depth, name });
        if matches!(event, Event::Start(_)) {
            depth += 1;
        }
    }
    assert_eq!(depth, 0);
    found
}

/// Gives every other lead of a pack a picture that lies in `folder`.
pub(super) fn add_pictures(pack: &mut FieldPack, folder: &Path) {
    for task in pack.tasks.iter_mut().filter(|t| t.seq % 2 == 1) {
        let file = folder.join(format!("{}.jpg", task.site_id));
        let image = image::RgbImage::from_pixel(8, 8, image::Rgb([90, 160, 110]));
        image.save(&file).unwrap();
        task.close_up = Some(Picture {
            file,
            name: format!("pictures/{}.jpg", task.site_id),
            width: 8,
            height: 8,
            m_per_px: 0.5,
            top_bearing_deg: 0.0,
            site_px: (4.0, 4.0),
            capture_time: task.capture_time.clone(),
        });
    }
}

/// A writer of a format.
type Writer = fn(&Path, &FieldPack) -> Result<()>;

/// All map formats of a pack in a folder.
fn write_pack(folder: &Path, pack: &FieldPack) {
    for sub in ["pictures", "odk", "qfield"] {
        fs_err::create_dir_all(folder.join(sub)).unwrap();
    }
    let writers: [(&str, Writer); 6] = [
        ("sites.kmz", kmz::write),
        ("sites.gpx", gpx::write),
        ("ovital.txt", ovital::write),
        ("odk/sites.geojson", geojson::write),
        ("maproulette.geojson", maproulette::write),
        ("qfield/checks.gpkg", qfield::write),
    ];
    for (name, write) in writers {
        write(&folder.join(name), pack).unwrap();
    }
    manifest::write(folder, pack).unwrap();
}

/// Writes packs for `tests/python/pack_maps.py` into the folder that `TIANMU_PACKS` names: a small
/// one in Chinese and in English, sealed, too, and a large one of `TIANMU_PACK_TASKS` tasks.
#[test]
#[ignore = "writes into a folder that a person names"]
fn write_packs_for_other_programs() {
    let folder = std::env::var("TIANMU_PACKS").unwrap();
    let folder = Path::new(&folder);
    for (name, lang) in [("zh", Lang::Zh), ("en", Lang::En)] {
        let target = folder.join(name);
        fs_err::create_dir_all(target.join("pictures")).unwrap();
        let mut pack = fixture::pack(20, lang);
        add_pictures(&mut pack, &target.join("pictures"));
        write_pack(&target, &pack);
        let sealed = folder.join(format!("{name}.zip.age"));
        encrypt::seal(&target, &sealed, "芝麻 open", &pack.facts.date).unwrap();
    }
    if let Ok(count) = std::env::var("TIANMU_PACK_TASKS") {
        let pack = fixture::pack(count.parse().unwrap(), Lang::Zh);
        write_pack(&folder.join("large"), &pack);
    }
}
