//! Evaluation. CEL's functions live as long as the program and can borrow nothing; its variables can. So a function asks its context
//! for a variable whose name spells the call, and the resolver, which borrows the world, answers it: no thread-local, no copy.

use std::sync::LazyLock;

use cel::common::types::{CelBool, CelInt, CelNull, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use cel::{Context, ExecutionError, FunctionContext, IdedExpr};

use super::answer::answer;
use super::registry::functions;
use super::value::Value;
use crate::engine::Micros;
use crate::kafka::World;
use crate::lab::ledger::Ledger;

/// The state that an expression is asked about.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The world at the playhead.
    pub world: &'a World,
    /// What was seen on the way there.
    pub ledger: &'a Ledger,
    /// Virtual time of t = 0.
    pub start: Micros,
    /// The two states of a comparison, which `left.f()` and `right.f()` ask.
    pub sides: Option<[&'a Facts<'a>; 2]>,
}

/// Prefixes of functions that ask one side of a comparison.
pub(super) const SIDES: [&str; 2] = ["left", "right"];

/// A character that no id contains: between the parts of a spelled call.
const PART: char = '\u{1f}';
/// Begins an answer that is an error.
const ERROR: char = '\u{1}';

type CelFunction = Box<
    dyn for<'context, 'call> Fn(
            &mut FunctionContext<'context, 'call>,
        ) -> Result<CowVal<'context, 'call>, ExecutionError>
        + Send
        + Sync,
>;

static ROOT: LazyLock<Context<'static, 'static>> = LazyLock::new(|| {
    let mut context = Context::default();
    for function in functions().filter(|f| f.available) {
        let call: CelFunction = Box::new(|cx| forward(cx, ""));
        // A name that CEL itself declares would be refused; `registry` has none, which a test holds.
        let _ = context.add_function(function.name, call);
        for side in SIDES {
            let call: CelFunction = Box::new(move |cx| forward(cx, side));
            let _ = context.add_function(&format!("{side}.{}", function.name), call);
        }
    }
    context
});

/// Turns a call into a variable's name and asks for that.
fn forward<'context, 'call>(
    cx: &mut FunctionContext<'context, 'call>,
    side: &str,
) -> Result<CowVal<'context, 'call>, ExecutionError> {
    let mut spelled = format!("{PART}{side}.{}", cx.name);
    for arg in &cx.args {
        spelled.push(PART);
        spell(arg.as_ref(), &mut spelled)
            .ok_or_else(|| ExecutionError::function_error(cx.name, "an argument has the wrong kind"))?;
    }
    let found = cx.ptx.get_variable(&spelled).ok_or_else(|| ExecutionError::undeclared_reference(cx.name))?;
    match found.downcast_ref::<CelString>().and_then(|text| text.inner().strip_prefix(ERROR)) {
        Some(message) => Err(ExecutionError::function_error(cx.name, message)),
        None => Ok(found),
    }
}

fn spell(arg: &dyn Val, into: &mut String) -> Option<()> {
    if let Some(text) = arg.downcast_ref::<CelString>() {
        into.push('s');
        into.push_str(text.inner());
    } else if let Some(n) = arg.downcast_ref::<CelInt>() {
        into.push_str(&format!("i{}", n.inner()));
    } else if let Some(on) = arg.downcast_ref::<CelBool>() {
        into.push_str(if *on.inner() { "b1" } else { "b0" });
    } else if arg.downcast_ref::<CelNull>().is_some() {
        into.push('n');
    } else {
        return None;
    }
    Some(())
}

fn unspell(text: &str) -> Value {
    match text.split_at_checked(1) {
        Some(("s", rest)) => Value::Text(rest.to_owned()),
        Some(("i", rest)) => rest.parse().map_or(Value::Null, Value::Int),
        Some(("b", rest)) => Value::Bool(rest == "1"),
        _ => Value::Null,
    }
}

impl VariableResolver for Facts<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let mut parts = variable.strip_prefix(PART)?.split(PART);
        let spelled = parts.next()?;
        let args: Vec<Value> = parts.map(unspell).collect();
        let asked = match spelled.split_once('.')? {
            ("", name) => answer(self, name, &args),
            (side, name) => {
                let ix = SIDES.iter().position(|word| *word == side)?;
                let facts = self.sides.map(|sides| sides[ix]);
                facts.map_or_else(
                    || Err("there is only one lab here".to_owned()),
                    |facts| answer(facts, name, &args),
                )
            }
        };
        let value = asked.unwrap_or_else(|message| Value::Text(format!("{ERROR}{message}")));
        let boxed: Box<dyn Val> = value.into_cel().try_into().ok()?;
        Some(CowVal::Owned(boxed))
    }
}

pub(super) fn eval(ast: &IdedExpr, facts: &Facts<'_>) -> Result<Value, String> {
    in_context(ast, &ROOT, facts).map(|value| Value::from_cel(&value)).map_err(|e| e.to_string())
}

fn in_context<'v>(
    ast: &IdedExpr,
    root: &'v Context<'v, 'v>,
    facts: &'v Facts<'v>,
) -> Result<cel::Value, ExecutionError> {
    let mut context = root.new_inner_scope();
    context.set_variable_resolver(facts);
    context.resolve(ast)
}
