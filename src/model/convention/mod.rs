//! Readers of the conventions in which models describe themselves, one file each.
