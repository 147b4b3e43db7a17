//! The functions of the state model: names, what they take and give, and an example each. The table in `lessons/README.md` is
//! compared with this one.

mod clients;
mod cluster;
mod lab;
mod log;

use super::signature::Function;

/// Functions of CEL itself that may be used.
pub const BUILTINS: &[&str] = &["size", "contains", "startsWith", "endsWith", "int", "string"];

/// Every function, in the order of the documentation.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    [log::FUNCTIONS, clients::FUNCTIONS, cluster::FUNCTIONS, lab::FUNCTIONS].into_iter().flatten()
}

/// The function of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    functions().find(|function| function.name == name)
}
