//! Angles as people write them, read back: degrees, minutes and seconds, or decimal degrees.

use super::Axis;
use crate::{Error, Result};

/// Longer than any angle that makes sense, so that nothing is gone through in vain.
const MOST_CHARACTERS: usize = 64;

/// How much of a text that is not understood an error shows.
const SHOWN_CHARACTERS: usize = 40;

const BEHIND_THE_LETTER: &str = "nothing behind the letter N, S, E or W";

const DEGREE: char = '°';
const MINUTE: char = '′';
const SECOND: char = '″';

/// Reads an angle into decimal degrees, east and north positive.
///
/// Understood are decimal degrees (`101.63675`, `-33.9`), degrees and decimal minutes
/// (`101°38.205′`), and degrees, minutes and seconds, marked by `° ′ ″`, `° ' "`, `d m s`,
/// `度 分 秒`, blanks or colons. N, S, E, W, or 北, 南, 东, 西 with or without 纬 or 经, may stand
/// before or after; full-width characters count as plain ones. `s` means seconds where letters
/// in the same case mark the rest (`38d12m3s`), else south.
///
/// Anything doubtful is refused: two signs, a letter of the other axis, a decimal point before the
/// last part, minutes or seconds of 60 and more.
///
/// ```
/// use tianmu::georef::{Axis, parse_angle};
/// let degrees = parse_angle("东经101度38分12.3秒", Axis::Longitude)?;
/// assert!((degrees - 101.636_75).abs() < 1e-9);
/// # Ok::<(), tianmu::Error>(())
/// ```
pub fn parse_angle(text: &str, axis: Axis) -> Result<f64> {
    read(text, axis).map_err(|wanted| Error::coordinate(axis.name(), shown(text), wanted))
}

/// A number of the angle: degrees, minutes or seconds by its place.
struct Part {
    value: f64,
    whole: bool,
    /// A mark stands behind it.
    marked: bool,
    /// The mark, if it is a `d`, `m` or `s`, in the case as written.
    letter: Option<char>,
}

#[derive(Default)]
struct Reading {
    parts: Vec<Part>,
    sign: Option<f64>,
    side: Option<char>,
    /// The letter of the side stands behind the numbers: nothing may follow.
    closed: bool,
}

/// The angle, or what was wanted instead.
fn read(text: &str, axis: Axis) -> Result<f64, String> {
    let characters = plain(text)?;
    let mut reading = Reading::default();
    let mut rest = characters.as_slice();
    while let Some((&character, after)) = rest.split_first() {
        rest = if character.is_ascii_digit() || character == '.' {
            reading.number(rest)?
        } else {
            reading.mark(character, after)?
        };
    }
    reading.degrees(axis)
}

impl Reading {
    /// Takes the number that `rest` begins with; gives what follows.
    fn number<'a>(&mut self, rest: &'a [char]) -> Result<&'a [char], String> {
        let is_of_number = |c: &char| c.is_ascii_digit() || *c == '.';
        let end = rest.iter().position(|c| !is_of_number(c));
        let (digits, after) = rest.split_at(end.unwrap_or(rest.len()));
        let digits: String = digits.iter().collect();
        if self.closed {
            return Err(BEHIND_THE_LETTER.into());
        }
        if self.parts.len() == 3 {
            return Err("at most degrees, minutes and seconds: three numbers".into());
        }
        // `101 .5` is a slip of the finger rather than half a minute.
        if digits.starts_with('.') && !self.parts.is_empty() {
            return Err(format!("a digit before the point of `{digits}`"));
        }
        let value = digits
            .parse()
            .map_err(|_| format!("a number in place of `{digits}`"))?;
        self.parts.push(Part {
            value,
            whole: !digits.contains('.'),
            marked: false,
            letter: None,
        });
        Ok(after)
    }

    /// Takes anything that is no number; gives what follows.
    fn mark<'a>(&mut self, character: char, after: &'a [char]) -> Result<&'a [char], String> {
        // 0 degrees, 1 minutes, 2 seconds.
        let place = match character {
            ' ' | ':' => return Ok(after),
            '+' | '-' => {
                self.take_sign(character)?;
                return Ok(after);
            }
            DEGREE | 'd' | 'D' => 0,
            MINUTE | 'm' | 'M' => 1,
            SECOND => 2,
            's' | 'S' if self.marked_by_letters_like(character) => 2,
            'n' | 'N' | '北' | 's' | 'S' | '南' | 'e' | 'E' | '东' | 'w' | 'W' | '西' => {
                self.take_side(character)?;
                // The second character says again what the first said.
                return Ok(match (character, after) {
                    ('北' | '南', ['纬', after @ ..]) | ('东' | '西', ['经', after @ ..]) => {
                        after
                    }
                    _ => after,
                });
            }
            _ => {
                return Err(format!(
                    "an angle without `{}`",
                    shown(&character.to_string())
                ));
            }
        };
        if self.closed {
            return Err(BEHIND_THE_LETTER.into());
        }
        let is_in_place = self.parts.len() == place + 1;
        match self.parts.last_mut() {
            Some(part) if !part.marked && is_in_place => {
                part.marked = true;
                part.letter = character.is_ascii_alphabetic().then_some(character);
                Ok(after)
            }
            _ => Err("degrees, then minutes, then seconds, each mark behind its number".into()),
        }
    }

    fn take_sign(&mut self, character: char) -> Result<(), String> {
        if self.sign.is_some() || self.side.is_some() || !self.parts.is_empty() {
            return Err("a sign in front of everything, and no letter N, S, E or W with it".into());
        }
        self.sign = Some(if character == '-' { -1.0 } else { 1.0 });
        Ok(())
    }

    fn take_side(&mut self, character: char) -> Result<(), String> {
        if self.side.is_some() || self.sign.is_some() {
            return Err("one sign, or one letter N, S, E or W".into());
        }
        self.side = Some(match character {
            '北' => 'N',
            '南' => 'S',
            '东' => 'E',
            '西' => 'W',
            letter => letter.to_ascii_uppercase(),
        });
        self.closed = !self.parts.is_empty();
        Ok(())
    }

    /// Whether an `s` means seconds: the number before it has no mark yet, and others are
    /// marked by letters in the same case.
    fn marked_by_letters_like(&self, s: char) -> bool {
        let like = |letter: char| letter.is_ascii_uppercase() == s.is_ascii_uppercase();
        self.parts.last().is_some_and(|last| !last.marked)
            && self.parts.iter().any(|part| part.letter.is_some_and(like))
    }

    fn degrees(self, axis: Axis) -> Result<f64, String> {
        let Some((_, before)) = self.parts.split_last() else {
            return Err("an angle such as `101.636750` or `101°38′12.3″E`".into());
        };
        if before.iter().any(|part| !part.whole) {
            return Err("a decimal point in the last number only".into());
        }
        if self.parts[1..].iter().any(|part| part.value >= 60.0) {
            return Err("minutes and seconds below 60".into());
        }
        let negative = match self.side {
            None => self.sign == Some(-1.0),
            Some(side) if side == axis.letter(true) => true,
            Some(side) if side == axis.letter(false) => false,
            Some(side) => {
                let (plus, minus) = (axis.letter(false), axis.letter(true));
                return Err(format!(
                    "{plus} or {minus} for a {}, not {side}",
                    axis.name()
                ));
            }
        };
        let unit = [1.0, 60.0, 3600.0];
        let degrees: f64 = self.parts.iter().zip(unit).map(|(p, u)| p.value / u).sum();
        if degrees > f64::from(axis.most_degrees()) {
            return Err(format!("at most {} degrees", axis.most_degrees()));
        }
        Ok(if negative { -degrees } else { degrees })
    }
}

/// The text with one character for each meaning.
fn plain(text: &str) -> Result<Vec<char>, String> {
    let mut plain = Vec::new();
    for character in text.trim().chars() {
        if plain.len() == MOST_CHARACTERS {
            return Err(format!("at most {MOST_CHARACTERS} characters"));
        }
        let character = match character {
            // The full-width forms of ASCII stand in its order.
            '！'..='～' => char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character),
            other => other,
        };
        let character = match character {
            '度' | 'º' | '˚' => DEGREE,
            '分' | '\'' | '’' | '‘' | '´' | 'ʹ' => MINUTE,
            '秒' | '"' | '”' | '“' | '〃' | 'ʺ' | '˝' => SECOND,
            '\u{2212}' => '-',
            blank if blank.is_whitespace() => ' ',
            other => other,
        };
        // Two strokes side by side are how seconds are typed without a `"`.
        if character == MINUTE && plain.last() == Some(&MINUTE) {
            plain.pop();
            plain.push(SECOND);
        } else {
            plain.push(character);
        }
    }
    Ok(plain)
}

/// What an error shows of a text: one line, not too long.
fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN_CHARACTERS)
        .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
        .collect();
    if text.chars().nth(SHOWN_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
#[path = "written_angle_tests.rs"]
mod tests;
