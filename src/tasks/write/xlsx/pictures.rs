//! The pictures of a ledger: small copies, so that a workbook stays small enough to be sent.

use crate::tasks::pack::{FieldPack, Picture};
use crate::{Error, Result};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};
use rayon::prelude::*;

/// With more pictures than this a ledger has none: it would be too large to open on a telephone.
/// All of them are in memory until the workbook is written.
pub(super) const MOST_PICTURES: usize = 4000;

/// Pixels along the longer edge of a small copy.
const EDGE_PX: u32 = 320;

/// Whether the pictures of a pack are few enough to be shown in its ledger.
pub(super) fn fit(pack: &FieldPack) -> bool {
    count(pack) <= MOST_PICTURES
}

/// How many tasks have a picture.
pub(super) fn count(pack: &FieldPack) -> usize {
    pack.tasks.iter().filter(|t| t.close_up.is_some()).count()
}

/// Small copies of the pictures of some tasks, in their order, as JPEG.
pub(super) fn small_copies(pack: &FieldPack, tasks: &[usize]) -> Result<Vec<Option<Vec<u8>>>> {
    tasks
        .par_iter()
        .map(|&at| pack.tasks[at].close_up.as_ref().map(small_copy).transpose())
        .collect()
}

fn small_copy(picture: &Picture) -> Result<Vec<u8>> {
    let bytes = fs_err::read(&picture.file)?;
    if picture.width.max(picture.height) <= EDGE_PX {
        return Ok(bytes);
    }
    let failed = |e: image::ImageError| Error::WriteOutput {
        path: picture.file.clone(),
        reason: format!("a small copy of the picture cannot be made: {e}"),
    };
    let large = image::load_from_memory(&bytes).map_err(failed)?.into_rgb8();
    let longer = large.width().max(large.height()).max(1);
    let edge = |px: u32| (px * EDGE_PX / longer).max(1);
    let (width, height) = (edge(large.width()), edge(large.height()));
    let small = resize(&large, width, height, FilterType::Triangle);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 82)
        .encode_image(&small)
        .map_err(failed)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use super::super::super::packs;
    use super::*;
    use crate::campaign::Lang;
    use crate::tasks::fixture;

    #[test]
    fn a_large_picture_is_made_small_and_a_small_one_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut pack = fixture::pack(3, Lang::Zh);
        packs::add_picture(&mut pack.tasks[0], folder.path(), 1200, 900);
        packs::add_picture(&mut pack.tasks[2], folder.path(), 200, 150);
        let made = small_copies(&pack, &[0, 1, 2]).unwrap();
        let size = |jpeg: &[u8]| {
            let image = image::load_from_memory(jpeg).unwrap();
            (image.width(), image.height())
        };
        assert_eq!(size(made[0].as_ref().unwrap()), (320, 240));
        assert!(made[1].is_none());
        let kept = fs_err::read(&pack.tasks[2].close_up.as_ref().unwrap().file).unwrap();
        assert_eq!(made[2].as_ref().unwrap(), &kept);
        assert_eq!(count(&pack), 2);
        assert!(fit(&pack));
    }

    #[test]
    fn a_picture_that_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut pack = fixture::pack(1, Lang::Zh);
        packs::add_picture(&mut pack.tasks[0], folder.path(), 1200, 900);
        let file = pack.tasks[0].close_up.as_ref().unwrap().file.clone();
        fs_err::write(&file, b"no picture").unwrap();
        let said = small_copies(&pack, &[0]).unwrap_err().to_string();
        assert!(said.contains(&file.display().to_string()), "{said}");
    }
}
