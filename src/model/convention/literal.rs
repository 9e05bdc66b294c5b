//! Values written as text: JSON, or a literal as Python prints it (`ast.literal_eval`
//! in Python's own library reads the same grammar).

use serde_json::{Map, Number, Value};

/// Deeper nesting is refused; metadata of real models has two levels.
const MAX_DEPTH: usize = 32;

/// Reads JSON, else a Python literal. Tuples become arrays, keys become strings.
pub(super) fn parse(text: &str) -> Result<Value, String> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let mut parser = Parser {
        chars: text.chars().collect(),
        at: 0,
    };
    let value = parser.value(0)?;
    parser.skip_space();
    if parser.at == parser.chars.len() {
        Ok(value)
    } else {
        Err(parser.wanted("the end"))
    }
}

struct Parser {
    chars: Vec<char>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Steps over `wanted`, with space before it, if it comes next.
    fn take(&mut self, wanted: char) -> bool {
        self.skip_space();
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn wanted(&self, wanted: &str) -> String {
        let seen = self
            .peek()
            .map_or_else(|| "the end".to_owned(), |c| format!("`{c}`"));
        format!(
            "is neither JSON nor a Python literal: {seen} at character {}, wanted {wanted}",
            self.at + 1
        )
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(format!("is nested deeper than {MAX_DEPTH} levels"));
        }
        self.skip_space();
        match self.peek() {
            Some('{') => self.dict(depth),
            Some('[') => self.list(']', depth),
            Some('(') => self.list(')', depth),
            Some('\'' | '"') => self.text().map(Value::String),
            Some(c) if c.is_ascii_digit() || "+-.".contains(c) => self.number().map(Value::Number),
            Some(c) if c.is_ascii_alphabetic() => self.word(),
            _ => Err(self.wanted("a value")),
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Value, String> {
        let mut entries = Map::new();
        self.at += 1;
        while !self.take('}') {
            let key = match self.value(depth + 1)? {
                Value::String(key) => key,
                Value::Number(key) => key.to_string(),
                _ => return Err(self.wanted("text or a number as key before it")),
            };
            if !self.take(':') {
                return Err(self.wanted("`:`"));
            }
            entries.insert(key, self.value(depth + 1)?);
            self.comma_or('}')?;
        }
        Ok(Value::Object(entries))
    }

    fn list(&mut self, end: char, depth: usize) -> Result<Value, String> {
        let mut items = Vec::new();
        let mut commas = 0;
        self.at += 1;
        while !self.take(end) {
            items.push(self.value(depth + 1)?);
            commas += usize::from(self.comma_or(end)?);
        }
        // One value in parentheses without a comma is that value, not a tuple.
        match items.pop() {
            Some(only) if end == ')' && items.is_empty() && commas == 0 => Ok(only),
            last => {
                items.extend(last);
                Ok(Value::Array(items))
            }
        }
    }

    /// Steps over a comma; without one, `end` must come next.
    fn comma_or(&mut self, end: char) -> Result<bool, String> {
        if self.take(',') {
            return Ok(true);
        }
        if self.peek() == Some(end) {
            Ok(false)
        } else {
            Err(self.wanted(&format!("`,` or `{end}`")))
        }
    }

    fn text(&mut self) -> Result<String, String> {
        let quote = self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.wanted("a closing quote")),
                c if c == quote => return Ok(text),
                Some('\\') => self.escape(&mut text)?,
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Result<(), String> {
        let Some(c) = self.next() else {
            return Err(self.wanted("an escaped character"));
        };
        let digits = match c {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => {
                match c {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    '\\' | '\'' | '"' => text.push(c),
                    // Python keeps the backslash of an escape that it does not know.
                    _ => text.extend(['\\', c]),
                }
                return Ok(());
            }
        };
        let mut code = 0_u32;
        for _ in 0..digits {
            let Some(digit) = self.peek().and_then(|c| c.to_digit(16)) else {
                return Err(self.wanted("a hexadecimal digit"));
            };
            self.at += 1;
            code = code.wrapping_mul(16).wrapping_add(digit);
        }
        let Some(c) = char::from_u32(code) else {
            return Err(self.wanted("the code of a character before it"));
        };
        text.push(c);
        Ok(())
    }

    fn number(&mut self) -> Result<Number, String> {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| c.is_ascii_alphanumeric() || "+-._".contains(c))
        {
            self.at += 1;
        }
        let text: String = self.chars[start..self.at].iter().collect();
        let text = text.replace('_', "");
        let number = text
            .parse::<i64>()
            .map(Number::from)
            .ok()
            .or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
        number.ok_or_else(|| {
            self.at = start;
            self.wanted("a number")
        })
    }

    fn word(&mut self) -> Result<Value, String> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.at += 1;
        }
        let word: String = self.chars[start..self.at].iter().collect();
        match word.as_str() {
            "True" | "true" => Ok(Value::Bool(true)),
            "False" | "false" => Ok(Value::Bool(false)),
            "None" | "null" => Ok(Value::Null),
            _ => {
                self.at = start;
                Err(self.wanted("a value"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn json_and_python_give_the_same_values() {
        for (text, value) in [
            (
                r#"{"0": "a", "1": [1, 2.5]}"#,
                json!({"0": "a", "1": [1, 2.5]}),
            ),
            ("{0: 'a', 1: [1, 2.5,],}", json!({"0": "a", "1": [1, 2.5]})),
            (
                r#"{0: "driver's, {a: 1}", 'k': 'say "x"', -1: 'it\'s'}"#,
                json!({"0": "driver's, {a: 1}", "k": "say \"x\"", "-1": "it's"}),
            ),
            (r"'tab\t \x41\u4e2d \d'", json!("tab\t A中 \\d")),
            (
                "{'nms': False, 'half': True, 'data': None, 'imgsz': (640, 480)}",
                json!({"nms": false, "half": true, "data": null, "imgsz": [640, 480]}),
            ),
            ("((1), (2,), ())", json!([1, [2], []])),
            (
                "[-1e-3, .5, 5., +2, 1_000]",
                json!([-1e-3, 0.5, 5.0, 2, 1000]),
            ),
            ("'Segmentor'", json!("Segmentor")),
        ] {
            assert_eq!(parse(text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn what_is_no_literal_is_said_with_its_place() {
        for (text, wanted) in [
            ("Segmentor", "`S` at character 1, wanted a value"),
            ("{0: 'a'", "the end at character 8, wanted `,` or `}`"),
            ("{0 'a'}", "wanted `:`"),
            ("['a' 'b']", "wanted `,` or `]`"),
            ("'a", "closing quote"),
            ("1e999", "wanted a number"),
            ("[1] 2", "wanted the end"),
            ("{[1]: 2}", "as key"),
            (r"'\ud800'", "code of a character"),
        ] {
            let message = parse(text).unwrap_err();
            assert!(message.contains(wanted), "{text}: {message}");
        }
    }

    #[test]
    fn deep_nesting_is_refused() {
        for open in ["[", "(", "{0:", "[{'a':("] {
            assert!(parse(&open.repeat(100_000)).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = parse(&text);
        }

        #[test]
        fn no_text_of_punctuation_panics(text in "[\\[\\](){}'\",:\\\\xuU0-9a-fTN+.e -]{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn class_names_survive_pythons_quoting(names in prop::collection::vec("[ -~]{0,12}", 0..6)) {
            let quoted = |name: &String| {
                let escaped = name.replace('\\', "\\\\").replace('\'', "\\'");
                format!("'{escaped}'")
            };
            let items: Vec<_> = names.iter().map(quoted).collect();
            prop_assert_eq!(parse(&format!("({},)", items.join(", "))).is_ok(), !names.is_empty());
            prop_assert_eq!(parse(&format!("[{}]", items.join(", "))).unwrap(), json!(names));
        }
    }
}
