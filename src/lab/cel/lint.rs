//! What can be wrong with an expression before it ever runs. CEL itself finds none of this: an unknown function fails only when it is
//! called, and `'B1' == 'b1'` is quietly false.

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr as Ast, LiteralValue, SourceInfo, operators,
};

use super::ExprError;
use super::eval::SIDES;
use super::registry::{BUILTINS, find, functions};
use super::signature::{Function, Gives, Kind};
use crate::kafka::config::SETTINGS;
use crate::kafka::{ErrorCode, GroupState};
use crate::lab::action::verbs;
use crate::lab::name::nearest;
use crate::lab::vocabulary::Vocabulary;
use crate::text::Text;

/// What is known of a value before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Map,
    Maps,
    Gives(Gives),
    Unknown,
}

pub(super) struct Linter<'a> {
    pub source: &'a SourceInfo,
    pub names: &'a Vocabulary,
    scope: Vec<(String, Shape)>,
}

type Lint<T = ()> = Result<T, ExprError>;

impl<'a> Linter<'a> {
    pub fn new(source: &'a SourceInfo, names: &'a Vocabulary) -> Self {
        Self { source, names, scope: Vec::new() }
    }

    /// Where an expression stands in its string, in bytes.
    fn place(&self, id: u64) -> Option<Range<usize>> {
        let (start, end) = self.source.offset_for(id)?;
        let byte = |at: u32| {
            let text = &self.source.source;
            text.char_indices().nth(at as usize).map_or(text.len(), |(byte, _)| byte)
        };
        let (start, end) = (byte(start), byte(end));
        // A call is placed at its parenthesis: people look for its name.
        let before = &self.source.source[..start];
        let name = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
        let is_call = self.source.source[start..].starts_with('(');
        Some(if is_call { name..start } else { start..end.max(start) })
    }

    fn error<T>(&self, id: u64, ko: String, en: String, near: Option<&str>) -> Lint<T> {
        let (hint_ko, hint_en) =
            near.map_or_else(Default::default, |n| (format!(" 혹시 {n}?"), format!(" Did you mean {n}?")));
        Err(ExprError {
            message: Text::new(ko + &hint_ko, en + &hint_en),
            at: self.place(id),
            suggestion: near.map(str::to_owned),
        })
    }

    pub fn check(&mut self, expr: &IdedExpr) -> Lint {
        self.shape(expr).map(|_| ())
    }

    fn shape(&mut self, expr: &IdedExpr) -> Lint<Shape> {
        match &expr.expr {
            Ast::Call(call) => self.call(expr, call),
            Ast::Comprehension(macro_call) => self.comprehension(expr, macro_call),
            Ast::Ident(name) => self.ident(expr, name),
            Ast::List(list) => {
                for element in &list.elements {
                    self.shape(element)?;
                }
                Ok(Shape::Unknown)
            }
            Ast::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.shape(&entry.key)?;
                        self.shape(&entry.value)?;
                    }
                }
                Ok(Shape::Map)
            }
            Ast::Select(select) => match self.shape(&select.operand)? {
                Shape::Map => Ok(field(&select.field)),
                Shape::Maps | Shape::Gives(_) => self.error(
                    expr.id,
                    format!("`.{}`은 목록이나 값이 아니라 목록의 원소에 씁니다.", select.field),
                    format!("`.{}` belongs to an element of a list, not to this value.", select.field),
                    None,
                ),
                Shape::Unknown => Ok(Shape::Unknown),
            },
            Ast::Unspecified | Ast::Literal(_) | Ast::Struct(_) => Ok(Shape::Unknown),
        }
    }

    fn ident(&self, expr: &IdedExpr, name: &str) -> Lint<Shape> {
        if name.starts_with('@') {
            return Ok(Shape::Unknown);
        }
        if let Some((_, shape)) = self.scope.iter().rev().find(|(bound, _)| bound == name) {
            return Ok(*shape);
        }
        let call = find(name).map(|f| format!("{}(…)", f.name));
        let quoted = self.names.knows(name).then(|| format!("'{name}'"));
        let near = call.or(quoted);
        self.error(
            expr.id,
            format!("`{name}`: 모르는 이름입니다. id는 따옴표 안에, 함수는 괄호와 함께 씁니다."),
            format!("`{name}` is no name here: ids stand in quotes, functions have parentheses."),
            near.as_deref(),
        )
    }

    fn comprehension(&mut self, expr: &IdedExpr, macro_call: &ComprehensionExpr) -> Lint<Shape> {
        let range = self.shape(&macro_call.iter_range)?;
        if range == Shape::Map {
            return self.error(
                expr.id,
                "맵을 돌 수 없습니다. 순서가 정해져 있지 않습니다. 목록을 쓰세요.".into(),
                "A macro over a map has no order; use a list.".into(),
                None,
            );
        }
        let element = match range {
            Shape::Maps => Shape::Map,
            Shape::Gives(Gives::Ids(kind)) => Shape::Gives(Gives::Id(kind)),
            Shape::Gives(Gives::Texts) => Shape::Gives(Gives::Text),
            Shape::Map | Shape::Gives(_) | Shape::Unknown => Shape::Unknown,
        };
        let depth = self.scope.len();
        self.scope.push((macro_call.iter_var.clone(), element));
        self.scope.extend(macro_call.iter_var2.clone().map(|name| (name, element)));
        self.scope.push((macro_call.accu_var.clone(), Shape::Unknown));
        let parts = [&macro_call.accu_init, &macro_call.loop_cond, &macro_call.loop_step, &macro_call.result];
        let checked = parts.into_iter().try_for_each(|part| self.check(part));
        self.scope.truncate(depth);
        checked.map(|()| Shape::Unknown)
    }

    fn call(&mut self, expr: &IdedExpr, call: &CallExpr) -> Lint<Shape> {
        let name = call.func_name.as_str();
        if is_operator(name) {
            return self.operator(expr, call);
        }
        let side = side(call);
        if side.is_some() && !self.names.pair {
            return self.error(
                expr.id,
                "left와 right는 [compare]가 있는 수업에서, 지금을 묻는 식에만 씁니다.".into(),
                "left and right are for lessons with [compare], in expressions about the present.".into(),
                None,
            );
        }
        let target = call.target.as_ref().filter(|_| side.is_none());
        for part in target.iter().map(|t| &***t).chain(&call.args) {
            if BUILTINS.contains(&name) || target.is_some() {
                self.shape(part)?;
            }
        }
        if BUILTINS.contains(&name) {
            return Ok(if name == "size" { Shape::Gives(Gives::Int) } else { Shape::Unknown });
        }
        let Some(function) = find(name) else {
            let known = functions().map(|f| f.name).chain(BUILTINS.iter().copied());
            let near = nearest(name, known);
            return self.error(
                expr.id,
                format!("`{name}`: 그런 함수는 없습니다."),
                format!("There is no function `{name}`."),
                near,
            );
        };
        if !function.available {
            let ko = format!("`{name}`: 이 판에는 아직 없습니다.");
            return self.error(expr.id, ko, format!("`{name}` is not yet in this version."), None);
        }
        if target.is_some() || !(function.needs..=function.takes.len()).contains(&call.args.len()) {
            let signature = function.signature();
            return self.error(
                expr.id,
                format!("`{name}`: 인자가 맞지 않습니다. 쓰는 법: {signature}"),
                format!("`{name}` is called like this: {signature}"),
                None,
            );
        }
        for (arg, kind) in call.args.iter().zip(function.takes) {
            self.argument(function, arg, *kind)?;
        }
        Ok(if function.gives == Gives::Maps { Shape::Maps } else { Shape::Gives(function.gives) })
    }

    fn argument(&mut self, function: &Function, arg: &IdedExpr, kind: Kind) -> Lint {
        let ok = match &arg.expr {
            Ast::Literal(LiteralValue::String(text)) => return self.literal(arg.id, text.inner(), kind),
            Ast::Literal(LiteralValue::Int(_)) => kind == Kind::Number,
            Ast::Literal(_) => false,
            _ => return self.check(arg),
        };
        if ok {
            return Ok(());
        }
        let signature = function.signature();
        let ko = format!("`{}`: 인자가 맞지 않습니다. 쓰는 법: {signature}", function.name);
        self.error(arg.id, ko, format!("`{}` is called like this: {signature}", function.name), None)
    }

    /// A string that must name something of this kind.
    fn literal(&self, id: u64, text: &str, kind: Kind) -> Lint {
        let names = self.names;
        let has = |list: &[String]| list.iter().any(|x| x == text);
        let topic = || names.topics.iter().any(|(name, _)| name == text);
        let known = match kind {
            Kind::Partition => names.is_partition(text),
            Kind::Broker => has(&names.brokers),
            Kind::Process => names.role(text).is_some(),
            Kind::Client => has(&names.producers) || has(&names.consumers),
            Kind::Consumer => has(&names.consumers),
            Kind::Group => has(&names.groups),
            Kind::Reader => has(&names.groups) || has(&names.consumers),
            Kind::Topic => topic(),
            Kind::Subject => topic() || names.role(text).is_some(),
            Kind::Record => names.is_record(text),
            Kind::Verb => verbs().any(|verb| verb == text),
            Kind::Setting => SETTINGS.iter().any(|setting| setting.name == text),
            Kind::Number => false,
            Kind::Key | Kind::Path => true,
        };
        if known {
            return Ok(());
        }
        let near = match kind {
            Kind::Verb => nearest(text, verbs()).map(str::to_owned),
            Kind::Setting => nearest(text, SETTINGS.iter().map(|s| s.name)).map(str::to_owned),
            _ => names.nearest(text),
        };
        let word = kind.word();
        let ko = match kind {
            Kind::Record => format!("레코드 '{text}'을(를) 보내는 동작이 이 파일에 없습니다."),
            _ => format!("'{text}': 그런 이름은 없습니다 ({word})."),
        };
        let en = match kind {
            Kind::Record => format!("No action of this file sends a record '{text}'."),
            _ => format!("There is no {word} '{text}'."),
        };
        self.error(id, ko, en, near.as_deref())
    }

    /// `==`, `!=` and `in` compare entities with literals that must exist.
    fn operator(&mut self, expr: &IdedExpr, call: &CallExpr) -> Lint<Shape> {
        let mut shapes = Vec::new();
        for arg in &call.args {
            shapes.push(self.shape(arg)?);
        }
        if let ([left, right], [a, b]) = (call.args.as_slice(), shapes.as_slice()) {
            match call.func_name.as_str() {
                operators::EQUALS | operators::NOT_EQUALS | operators::IN => {
                    self.compared(left, *b)?;
                    self.compared(right, *a)?;
                }
                operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS => {
                    let name = |shape: &Shape| matches!(shape, Shape::Gives(Gives::Id(_)));
                    if name(a) || name(b) {
                        let ko = "이름은 크기를 비교할 수 없습니다.".to_owned();
                        return self.error(expr.id, ko, "Names have no order.".to_owned(), None);
                    }
                }
                operators::INDEX => {
                    return Ok(match a {
                        Shape::Maps => Shape::Map,
                        Shape::Gives(Gives::Ids(kind)) => Shape::Gives(Gives::Id(*kind)),
                        _ => Shape::Unknown,
                    });
                }
                _ => {}
            }
        }
        Ok(Shape::Unknown)
    }

    fn compared(&self, expr: &IdedExpr, with: Shape) -> Lint {
        let Shape::Gives(gives) = with else { return Ok(()) };
        match &expr.expr {
            Ast::List(list) => list.elements.iter().try_for_each(|element| self.compared(element, with)),
            Ast::Literal(LiteralValue::String(text)) => match gives {
                Gives::Id(kind) | Gives::Ids(kind) => self.literal(expr.id, text.inner(), kind),
                Gives::State => self.one_of(expr.id, text.inner(), &GROUP_STATES.map(GroupState::name)),
                Gives::Error => {
                    let codes: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
                    self.one_of(expr.id, text.inner(), &codes)
                }
                Gives::Int | Gives::Bool => {
                    let ko = format!("'{}': 숫자나 참거짓을 글과 비교합니다.", text.inner());
                    self.error(
                        expr.id,
                        ko,
                        format!("'{}' is compared with a number or bool.", text.inner()),
                        None,
                    )
                }
                Gives::Text | Gives::Texts | Gives::Maps => Ok(()),
            },
            Ast::Literal(LiteralValue::Null) if matches!(gives, Gives::Int | Gives::Bool) => self.error(
                expr.id,
                "없는 숫자는 null이 아니라 -1입니다.".into(),
                "An absent number is -1, not null.".into(),
                None,
            ),
            _ => Ok(()),
        }
    }

    fn one_of(&self, id: u64, text: &str, words: &[&str]) -> Lint {
        if words.contains(&text) {
            return Ok(());
        }
        let near = nearest(text, words.iter().copied());
        self.error(
            id,
            format!("'{text}': 그런 값은 없습니다."),
            format!("There is no value '{text}' here."),
            near,
        )
    }
}

const GROUP_STATES: [GroupState; 7] = [
    GroupState::Empty,
    GroupState::PreparingRebalance,
    GroupState::CompletingRebalance,
    GroupState::Assigning,
    GroupState::Reconciling,
    GroupState::Stable,
    GroupState::Dead,
];

/// What a field of an element gives, where its name says so.
fn field(name: &str) -> Shape {
    match name {
        "isr" | "replicas" => Shape::Gives(Gives::Ids(Kind::Broker)),
        "leader" => Shape::Gives(Gives::Id(Kind::Broker)),
        "owned" => Shape::Gives(Gives::Ids(Kind::Partition)),
        _ => Shape::Unknown,
    }
}

/// `left` or `right`, if the call asks one side of a comparison.
fn side(call: &CallExpr) -> Option<&str> {
    match &call.target.as_ref()?.expr {
        Ast::Ident(name) if SIDES.contains(&name.as_str()) => Some(name),
        _ => None,
    }
}

fn is_operator(name: &str) -> bool {
    name.contains(|c: char| !c.is_alphanumeric() && c != '_') || name.starts_with('_')
}
