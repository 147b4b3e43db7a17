//! What must hold: now, at some time, for a while, in an order, or unchanged. The forms that speak of time are followed from event to
//! event by a [`Watch`].

use std::fmt;

use super::{EvalError, Expr, ExprError, Facts, Value};
use crate::engine::Micros;
use crate::lab::length::Length;
use crate::lab::vocabulary::Vocabulary;

/// One assertion.
#[derive(Clone, Debug, PartialEq)]
pub enum Assertion {
    /// True now.
    Now(Expr),
    /// True at some event since t = 0.
    Ever(Expr),
    /// True without a break for so long, up to now.
    Hold {
        /// What.
        expr: Expr,
        /// How long.
        for_: Micros,
    },
    /// The second at some event after one where the first was true.
    FirstThen {
        /// The first.
        first: Expr,
        /// The second.
        then: Expr,
    },
    /// Equal to its value when the beat (or challenge, or scenario) began.
    Same(Expr),
}

impl Assertion {
    /// A plain assertion: true now.
    ///
    /// # Errors
    /// As [`Expr::compile`].
    pub fn now(source: &str, names: &Vocabulary) -> Result<Self, ExprError> {
        Expr::compile(source, names).map(Self::Now)
    }

    /// Its expressions.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let (a, b) = match self {
            Self::Now(e) | Self::Ever(e) | Self::Hold { expr: e, .. } | Self::Same(e) => (e, None),
            Self::FirstThen { first, then } => (first, Some(then)),
        };
        [a].into_iter().chain(b)
    }
}

impl fmt::Display for Assertion {
    /// As it stands in a file, without braces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(expr) => f.write_str(expr.source()),
            Self::Ever(expr) => write!(f, "ever: {}", expr.source()),
            Self::Hold { expr, for_ } => write!(f, "for {}: {}", Length(*for_), expr.source()),
            Self::FirstThen { first, then } => {
                write!(f, "first: {}, then: {}", first.source(), then.source())
            }
            Self::Same(expr) => write!(f, "same: {}", expr.source()),
        }
    }
}

/// An assertion and what was seen of it so far. Part of each checkpoint, so that it goes back with the world.
#[derive(Clone, Debug, PartialEq)]
pub struct Watch {
    /// What is followed.
    pub assertion: Assertion,
    /// It was true once, and since when it has been true without a break.
    seen: bool,
    since: Option<Micros>,
    first_seen: bool,
    base: Option<Value>,
}

impl Watch {
    /// Begins to follow an assertion in this state.
    #[must_use]
    pub fn begin(assertion: Assertion, facts: &Facts<'_>) -> Self {
        let base = if let Assertion::Same(expr) = &assertion { expr.eval(facts).ok() } else { None };
        let mut watch = Self { assertion, seen: false, since: None, first_seen: false, base };
        watch.follow(facts);
        watch
    }

    /// Looks at the state after an event. What cannot be evaluated counts as false.
    pub fn follow(&mut self, facts: &Facts<'_>) {
        let is = |expr: &Expr| expr.eval(facts).is_ok_and(|value| value.is_true());
        match &self.assertion {
            Assertion::Now(_) | Assertion::Same(_) => {}
            Assertion::Ever(expr) => self.seen = self.seen || is(expr),
            Assertion::Hold { expr, .. } => {
                self.since = is(expr).then(|| self.since.unwrap_or(facts.world.now()));
            }
            Assertion::FirstThen { first, then } => {
                if self.first_seen {
                    self.seen = self.seen || is(then);
                } else {
                    self.first_seen = is(first);
                }
            }
        }
    }

    /// Whether it must be asked after every event, even if nobody waits for it.
    #[must_use]
    pub const fn is_temporal(&self) -> bool {
        matches!(self.assertion, Assertion::Ever(_) | Assertion::Hold { .. } | Assertion::FirstThen { .. })
    }

    /// Whether it holds in this state.
    ///
    /// # Errors
    /// An expression cannot be evaluated.
    pub fn holds(&self, facts: &Facts<'_>) -> Result<bool, EvalError> {
        match &self.assertion {
            Assertion::Now(expr) => expr.eval(facts).map(|value| value.is_true()),
            Assertion::Ever(_) | Assertion::FirstThen { .. } => Ok(self.seen),
            Assertion::Hold { for_, .. } => {
                Ok(self.since.is_some_and(|since| facts.world.now().since(since) >= *for_))
            }
            Assertion::Same(expr) => Ok(self.base.as_ref() == Some(&expr.eval(facts)?)),
        }
    }

    /// When it may become true by the passing of time alone.
    #[must_use]
    pub fn due(&self) -> Option<Micros> {
        match &self.assertion {
            Assertion::Hold { for_, .. } => self.since.map(|since| since + *for_),
            _ => None,
        }
    }
}
