//! Which rows of a table are meant, as SQL that every back end understands.

use crate::vector::Value;

/// Which rows are meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All rows.
    All,
    /// Rows with this value in a column.
    Equals(&'static str, Value<'static>),
    /// Rows with one of these values in a column; none where there are none.
    In(&'static str, Vec<Value<'static>>),
    /// Rows that all of these mean.
    And(Vec<Filter>),
}

impl Filter {
    /// The condition; `None` for all rows.
    pub(super) fn condition(&self) -> Option<String> {
        match self {
            Self::All => None,
            Self::Equals(field, Value::Null) => Some(format!("{} IS NULL", quoted(field))),
            Self::Equals(field, value) => Some(format!("{} = {}", quoted(field), literal(value))),
            Self::In(_, values) if values.is_empty() => Some("1 = 0".into()),
            Self::In(field, values) => {
                let values: Vec<String> = values.iter().map(literal).collect();
                Some(format!("{} IN ({})", quoted(field), values.join(", ")))
            }
            Self::And(filters) => {
                let parts: Vec<String> = filters.iter().filter_map(Self::condition).collect();
                (!parts.is_empty()).then(|| parts.join(" AND "))
            }
        }
    }

    /// ` WHERE …`; empty for all rows.
    pub(super) fn where_clause(&self) -> String {
        self.condition()
            .map_or_else(String::new, |c| format!(" WHERE {c}"))
    }
}

/// A name in double quotes.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value as a literal. Text cannot end it: quotes are doubled, and there are no NULs.
pub(super) fn literal(value: &Value<'_>) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Text(text) => format!("'{}'", text.replace('\0', " ").replace('\'', "''")),
        Value::Integer(number) => number.to_string(),
        // The shortest form that reads back as the same number.
        Value::Real(number) if number.is_finite() => format!("{number:?}"),
        Value::Real(_) => "NULL".into(),
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
            r#" WHERE "name" = 'x''; DROP TABLE sites; --' AND "n" IN (1, 0.1, NULL)"#
        );
        assert_eq!(Filter::All.where_clause(), "");
        assert_eq!(Filter::In("n", vec![]).where_clause(), " WHERE 1 = 0");
        let none = Filter::Equals("n", Value::Null);
        assert_eq!(none.where_clause(), r#" WHERE "n" IS NULL"#);
    }
}
