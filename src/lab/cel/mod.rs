//! Questions about the state, in CEL: functions over a world, checked when a file is loaded, evaluated at the playhead.

mod answer;
mod assertion;
mod eval;
mod lint;
mod registry;
mod signature;
mod value;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use cel::IdedExpr;
use cel::parser::Parser;
use thiserror::Error;

pub(in crate::lab) use answer::{
    active_controller, committed_image, controller_node, coordinator, group, share_lag, share_window,
    zookeeper,
};
pub use assertion::{Assertion, Watch};
pub use eval::Facts;
pub use registry::{BUILTINS, functions};
pub use signature::{Function, Gives, Kind};
pub use value::Value;

use super::vocabulary::Vocabulary;
use crate::text::Text;

/// A checked expression.
#[derive(Clone)]
pub struct Expr {
    source: Arc<str>,
    ast: Arc<IdedExpr>,
}

/// Why a string is no expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprError {
    /// What is wrong and what would be right.
    pub message: Text,
    /// The place in the string, in bytes.
    pub at: Option<Range<usize>>,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for ExprError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message.en)
    }
}

impl std::error::Error for ExprError {}

/// Why an expression has no value now. CEL gives no position: the whole expression is reported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{source_text}` cannot be evaluated: {message}")]
pub struct EvalError {
    /// The expression.
    pub source_text: String,
    /// What went wrong, in English.
    pub message: String,
}

impl Expr {
    /// Reads and checks an expression.
    ///
    /// # Errors
    /// It is not CEL; it calls what does not exist (yet); a literal names nothing of the vocabulary; a macro runs over a map.
    pub fn compile(source: &str, names: &Vocabulary) -> Result<Self, ExprError> {
        if let Some((at, c)) = source.char_indices().find(|(_, c)| c.is_control() && *c != '\n') {
            let code = u32::from(c);
            let message = Text::new(
                format!("제어 문자(U+{code:04X})가 들어 있습니다."),
                format!("There is a control character (U+{code:04X})."),
            );
            return Err(ExprError { message, at: Some(at..at + c.len_utf8()), suggestion: None });
        }
        let parsed = Parser::new().max_recursion_depth(32).parse_with_source_info(source);
        let (ast, info) = parsed.map_err(|errors| syntax_error(source, &errors))?;
        lint::Linter::new(&info, names).check(&ast)?;
        Ok(Self { source: source.into(), ast: Arc::new(ast) })
    }

    /// The string it was made from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The function calls in it that name what they ask about, as they stand in the string: `leader('orders-0')`.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        let names = functions().filter(|f| f.available);
        let starts =
            names.flat_map(|f| self.source.match_indices(f.name).map(move |(at, _)| (at, f.name.len())));
        let mut found: Vec<std::ops::Range<usize>> =
            starts.filter_map(|(at, len)| self.call_at(at, len)).collect();
        found.sort_by_key(|range| range.start);
        found.into_iter().map(|range| &self.source[range])
    }

    fn call_at(&self, at: usize, len: usize) -> Option<Range<usize>> {
        let part_of_a_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        if self.source[..at].chars().next_back().is_some_and(part_of_a_word) {
            return None;
        }
        let inside = self.source[at + len..].strip_prefix('(')?;
        let end = inside.find(')')?;
        let args = &inside[..end];
        let plain = args.is_empty() || args.split(',').all(|arg| arg.trim().starts_with(['\'', '"']));
        (plain && !args.contains('(')).then(|| at..at + len + 1 + end + 1)
    }

    /// Its value in this state.
    ///
    /// # Errors
    /// Values of different kinds meet (`null < 1`), an index is out of range, a field does not exist.
    pub fn eval(&self, facts: &Facts<'_>) -> Result<Value, EvalError> {
        eval::eval(&self.ast, facts)
            .map_err(|message| EvalError { source_text: self.source.to_string(), message })
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({})", self.source)
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// CEL's own words are long and English; people get the place.
fn syntax_error(source: &str, errors: &cel::ParseErrors) -> ExprError {
    let first = errors.errors.first();
    let (line, column) = first.map_or((1, 1), |e| e.pos);
    let start: usize =
        source.split_inclusive('\n').take(usize::try_from(line - 1).unwrap_or(0)).map(str::len).sum();
    let skipped = usize::try_from(column - 1).unwrap_or(0);
    let rest = source.get(start..).unwrap_or("");
    let at = start + rest.char_indices().nth(skipped).map_or(rest.len(), |(byte, _)| byte);
    let end = at + source[at..].chars().next().map_or(0, char::len_utf8);
    let (ko, en) = if at >= source.trim_end().len() {
        ("식이 끝나지 않았습니다.", "The expression does not end.")
    } else {
        ("여기서 식을 읽을 수 없습니다.", "The expression cannot be read here.")
    };
    ExprError { message: Text::new(ko, en), at: Some(at..end), suggestion: None }
}

#[cfg(test)]
mod tests;
