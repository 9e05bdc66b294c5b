//! GDAL options that hold for one thread and one piece of work.

use gdal::config::{
    clear_thread_local_config_option, get_thread_local_config_option,
    set_thread_local_config_option,
};
use gdal::errors::GdalError;

/// GDAL options for this thread, put back when dropped.
pub(super) struct ThreadOptions {
    before: Vec<(&'static str, String)>,
}

impl ThreadOptions {
    pub(super) fn set(options: &[(&'static str, &str)]) -> Result<Self, GdalError> {
        let mut guard = Self { before: Vec::new() };
        for (key, value) in options {
            guard
                .before
                .push((key, get_thread_local_config_option(key, "")?));
            set_thread_local_config_option(key, value)?;
        }
        Ok(guard)
    }
}

impl Drop for ThreadOptions {
    fn drop(&mut self) {
        for (key, value) in &self.before {
            // Both fail only for a NUL inside the text, and GDAL gave us these.
            let _ = if value.is_empty() {
                clear_thread_local_config_option(key)
            } else {
                set_thread_local_config_option(key, value)
            };
        }
    }
}
