//! GDAL's process-wide settings, and the unsafe calls of the library: what the `gdal` crate lacks.

use gdal::Dataset;
use std::ffi::CStr;
use std::path::PathBuf;
use std::sync::Once;

/// Prepares GDAL once: no network, messages into the log instead of onto the screen.
pub fn prepare_gdal() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (key, value) in [
            // Grids for datum shifts are never fetched.
            ("PROJ_NETWORK", "OFF"),
            // A damaged JPEG must fail, not turn grey.
            ("GDAL_ERROR_ON_LIBJPEG_WARNING", "TRUE"),
        ] {
            // The key and value have no NUL byte, the only way this can fail.
            let _ = gdal::config::set_config_option(key, value);
        }
        gdal::config::set_error_handler(|class, number, message| {
            tracing::debug!("GDAL {class:?} {number}: {message}");
        });
    });
}

/// Sets the size in bytes of the block cache that all handles share.
pub fn set_block_cache(bytes: u64) {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    #[expect(
        unsafe_code,
        reason = "the gdal crate has no call for it; the option is read only once"
    )]
    // SAFETY: takes a plain number, has no preconditions and locks by itself.
    unsafe {
        gdal_sys::GDALSetCacheMax64(bytes);
    }
}

/// The version of GDAL in use.
#[must_use]
pub fn gdal_version() -> String {
    gdal::version::version_info("RELEASE_NAME")
}

/// The files a dataset consists of: itself, its side-cars, the images of a VRT.
#[must_use]
pub(super) fn files_of(dataset: &Dataset) -> Vec<PathBuf> {
    let mut files = Vec::new();
    #[expect(unsafe_code, reason = "the gdal crate has no call for it")]
    // SAFETY: the handle is alive; the list is a NULL-terminated array of C strings that
    // belongs to us, is read before it is freed, and freed once.
    unsafe {
        let list = gdal_sys::GDALGetFileList(dataset.c_dataset());
        if !list.is_null() {
            let mut entry = list;
            while !(*entry).is_null() {
                files.push(CStr::from_ptr(*entry).to_string_lossy().into_owned().into());
                entry = entry.add(1);
            }
            gdal_sys::CSLDestroy(list);
        }
    }
    files
}
