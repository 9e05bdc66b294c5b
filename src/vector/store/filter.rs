//! Which rows of a table are meant, and values as text of SQL that every back end understands.

use crate::vector::Value;

/// Which rows are meant. Values are of the column's kind; the column `fid` holds a row's number.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All rows.
    All,
    /// Rows with this value in a column; `Null` means rows with nothing in it.
    Equals(&'static str, Value<'static>),
    /// Rows with one of these values in a column; none where there are none.
    In(&'static str, Vec<Value<'static>>),
    /// Rows with this value or a greater one in a column; text by its Unicode code points.
    AtLeast(&'static str, Value<'static>),
    /// Rows with this value or a smaller one in a column; text by its Unicode code points.
    AtMost(&'static str, Value<'static>),
    /// Rows that all of these mean.
    And(Vec<Filter>),
    /// Rows that at least one of these means; none where there are none.
    Or(Vec<Filter>),
    /// All other rows.
    Not(Box<Filter>),
}

impl Filter {
    /// The row with this number.
    #[must_use]
    pub fn row(fid: i64) -> Self {
        Self::Equals("fid", Value::Integer(fid))
    }

    /// The condition.
    pub(super) fn condition(&self) -> String {
        let joined = |filters: &[Filter], word: &str, none: &str| {
            let parts: Vec<String> = filters.iter().map(Self::condition).collect();
            if parts.is_empty() {
                none.to_owned()
            } else {
                format!("({})", parts.join(word))
            }
        };
        match self {
            Self::All => TRUE.into(),
            Self::Equals(field, Value::Null) => format!("{} IS NULL", quoted(field)),
            Self::Equals(field, value) => format!("{} = {}", quoted(field), literal(value)),
            Self::In(_, values) if values.is_empty() => FALSE.into(),
            Self::In(field, values) => {
                let values: Vec<String> = values.iter().map(literal).collect();
                format!("{} IN ({})", quoted(field), values.join(", "))
            }
            Self::AtLeast(field, value) => compared(field, ">=", value),
            Self::AtMost(field, value) => compared(field, "<=", value),
            Self::And(filters) => joined(filters, " AND ", TRUE),
            Self::Or(filters) => joined(filters, " OR ", FALSE),
            // Where a column holds nothing a comparison is neither true nor false.
            Self::Not(filter) => format!("({}) IS NOT TRUE", filter.condition()),
        }
    }

    /// ` WHERE …`; empty for all rows.
    pub(super) fn where_clause(&self) -> String {
        match self {
            Self::All => String::new(),
            other => format!(" WHERE {}", other.condition()),
        }
    }
}

const TRUE: &str = "1 = 1";
const FALSE: &str = "1 = 0";

fn compared(field: &str, sign: &str, value: &Value<'_>) -> String {
    format!("{} {sign} {}", quoted(field), literal(value))
}

/// A name in double quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value as a literal. Text cannot end it: quotes are doubled, and there are no NULs.
pub(super) fn literal(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => format!("'{}'", text.replace('\0', " ").replace('\'', "''")),
        Value::Integer(number) => number.to_string(),
        // The shortest form that reads back as the same number.
        Value::Real(number) if number.is_finite() => format!("{number:?}"),
        Value::Null | Value::Real(_) => "NULL".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_literal() {
        let filter = Filter::And(vec![
            Filter::All,
            Filter::Equals("name", "x'; DROP TABLE sites; --".into()),
            Filter::In("n", vec![Value::Integer(1), Value::Real(0.1), Value::Null]),
        ]);
        assert_eq!(
            filter.where_clause(),
            r#" WHERE (1 = 1 AND "name" = 'x''; DROP TABLE sites; --' AND "n" IN (1, 0.1, NULL))"#
        );
        assert_eq!(Filter::All.where_clause(), "");
        assert_eq!(Filter::In("n", vec![]).where_clause(), " WHERE 1 = 0");
        let none = Filter::Equals("n", Value::Null);
        assert_eq!(none.where_clause(), r#" WHERE "n" IS NULL"#);
        assert_eq!(
            Filter::Not(Box::new(Filter::Or(vec![none, Filter::row(7)]))).condition(),
            r#"(("n" IS NULL OR "fid" = 7)) IS NOT TRUE"#
        );
    }
}
