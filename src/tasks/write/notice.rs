//! The last column of every table: what the reader of a row must not forget.

use crate::campaign::Lang;
use crate::tasks::pack::{COURTYARD, FieldTask, NOT_EVIDENCE};

/// The column's machine name.
pub(super) const NAME: &str = "notice";

/// The column's header in Chinese and English.
pub(super) const HEADER: (&str, &str) = ("提示", "notice");

/// What stands in the row of a task: that it is a lead, and that a home must not simply be entered.
pub(super) fn notice(task: &FieldTask, lang: Lang) -> String {
    let mut text = lang.pick(NOT_EVIDENCE.0, NOT_EVIDENCE.1).to_owned();
    if task.courtyard {
        text.push_str(lang.pick("；", "; "));
        text.push_str(lang.pick(COURTYARD.0, COURTYARD.1));
    }
    text
}
