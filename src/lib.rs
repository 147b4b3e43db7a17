//! Kafkarium: a Kafka cluster in a glass tank.
//!
//! The map of the house, from the ground up. Each room imports only rooms above it in this list
//! (`tests/architecture.rs` holds that):
//!
//! | room | what lives there |
//! |---|---|
//! | [`engine`] | deterministic discrete-event engine: virtual time, events, connections, faults, notes, checkpoints |
//! | [`kafka`] | the model of Kafka as processes on the engine: logs, brokers, controller, clients, groups, laws |
//! | [`text`] | widths, wrapping, Korean particles, interface strings |
//! | [`lab`] | a cluster spec and everything done to it: actions, history, branches, questions, scenario files |
//! | [`course`] | lessons as data: format, loader, diagnostics, player, progress |
//! | [`scene`] | what a diagram shows, in logical units |
//! | `ui` | application state and its drawing: pure functions from state to cells |
//! | `export` | a drawn buffer as text, ANSI or SVG |
//! | `shell` | the only impure layer: terminal, input thread, signals, files |
//! | `cli` | the command line, one file a subcommand |
//!
//! The world is a pure function of (spec, seed, actions): same inputs, same trace, byte for byte.
#![warn(missing_docs)]

pub mod course;
pub mod engine;
pub mod kafka;
pub mod lab;
pub mod scene;
pub mod text;

#[cfg(feature = "tui")]
pub mod cli;
#[cfg(feature = "tui")]
pub mod export;
#[cfg(feature = "tui")]
pub mod shell;
#[cfg(feature = "tui")]
pub mod ui;
