//! What comes back from the field.

// Forms of QField, ODK and KoBo, and folders of photos, as other programs write them.
mod forms;
