//! Site ids and short codes within other words: names of files and folders, titles of sites.

/// The first id of a site in a text, such as `990101101201-2026R1-0007` or `…-K007` of a place drawn
/// by lot (`campaign/facts.rs`, `tasks/make.rs`), in capitals.
pub(super) fn site_id_in(text: &str) -> Option<String> {
    first_match(text, |from| {
        let mut at = Scanner(from);
        let found = at.digits(6, 14)
            && at.one_of("-")
            && at.digits(4, 4)
            && at.one_of("Rr")
            && at.digits(1, 2)
            && at.one_of("-")
            && {
                at.one_of("Kk");
                at.digits(3, 9)
            };
        found.then(|| from.len() - at.0.len())
    })
}

/// The first short code in a text, such as `101201-07` (`tasks/codes.rs`).
pub(super) fn code_in(text: &str) -> Option<String> {
    first_match(text, |from| {
        let mut at = Scanner(from);
        let found = at.digits(6, 6) && at.one_of("-") && at.digits(2, 4);
        // `202601-2026R1` is the beginning of another thing.
        let goes_on = matches!(at.0, [b'R' | b'r', digit, ..] if digit.is_ascii_digit());
        (found && !goes_on).then(|| from.len() - at.0.len())
    })
}

/// The first place, not within a longer number, where `matched` says how many bytes belong to it.
fn first_match(text: &str, matched: impl Fn(&[u8]) -> Option<usize>) -> Option<String> {
    // Phones and Chinese keyboards write other dashes, and digits of full width.
    let plain: String = text
        .chars()
        .map(|c| match c {
            '－' | '–' | '—' | '‐' | '‑' => '-',
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
            other => other,
        })
        .collect();
    let bytes = plain.as_bytes();
    (0..bytes.len())
        .filter(|at| *at == 0 || !bytes[at - 1].is_ascii_digit())
        .find_map(|at| Some((at, matched(&bytes[at..])?)))
        .and_then(|(at, length)| plain.get(at..at + length))
        .map(str::to_ascii_uppercase)
}

struct Scanner<'a>(&'a [u8]);

impl Scanner<'_> {
    /// Passes over all digits that follow; whether there are this many.
    fn digits(&mut self, least: usize, most: usize) -> bool {
        let count = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        self.0 = &self.0[count..];
        (least..=most).contains(&count)
    }

    /// Passes over one of these, if it follows.
    fn one_of(&mut self, bytes: &str) -> bool {
        match self.0 {
            [first, rest @ ..] if bytes.as_bytes().contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_codes_are_found_in_names() {
        for (text, wanted) in [
            ("990101101201-2026R1-0007", "990101101201-2026R1-0007"),
            ("照片990101101201-2026r1-k007近", "990101101201-2026R1-K007"),
            (
                "a_990101000000－2026R12－12345b",
                "990101000000-2026R12-12345",
            ),
        ] {
            assert_eq!(site_id_in(text).as_deref(), Some(wanted), "{text}");
            assert_eq!(code_in(text), None, "{text}");
        }
        for (text, wanted) in [
            ("101201-07", "101201-07"),
            ("101201-07_ctx_20260504103000123", "101201-07"),
            ("石门村101201-107全景", "101201-107"),
            ("101201-07 石门村 A", "101201-07"),
            ("101201-07b", "101201-07"),
            ("１０１２０１—０７", "101201-07"),
        ] {
            assert_eq!(code_in(text).as_deref(), Some(wanted), "{text}");
            assert_eq!(site_id_in(text), None, "{text}");
        }
        for text in [
            "",
            "IMG_20260504-103000",
            "20260504-10",
            "101201-1",
            "101201-2026R1",
            "101201_07",
            "x-07",
        ] {
            assert_eq!(code_in(text), None, "{text}");
            assert_eq!(site_id_in(text), None, "{text}");
        }
    }
}
