//! Things that take long to make, kept for whoever needs one next.

use std::sync::{Arc, Mutex, PoisonError};

/// Idle things; clones share them.
pub(super) struct Idle<T>(Arc<Mutex<Vec<T>>>);

impl<T> Idle<T> {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Vec::new())))
    }

    pub(super) fn put(&self, thing: T) {
        self.all().push(thing);
    }

    pub(super) fn take(&self) -> Option<T> {
        self.all().pop()
    }

    /// Drops them all.
    pub(super) fn clear(&self) {
        self.all().clear();
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Idle<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
