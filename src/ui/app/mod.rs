//! What the program is doing, and how messages change it. Pure: same state, same messages, same state.
//!
//! ```text
//!  key, tick, resize … ─▶ Message ─▶ update(&mut State) ─▶ Effects (files, quit) for the shell
//!                                        │
//!                                        ▼
//!                                  view(&State) ─▶ cells
//! ```

pub mod command;
mod film;
mod find;
mod hangul;
mod home;
mod inspector;
pub mod key;
mod line;
mod menu;
mod message;
mod mouse;
mod play;
mod state;
mod still;
mod tale;
mod tank;
mod update;
mod work;

pub use command::{Command, Context, Group};
pub use film::{Film, Speed};
pub use find::Find;
pub use home::{Fold, Home, Row};
pub use key::{Code, Key};
pub use line::CommandLine;
pub use menu::{Menu, MenuItem};
pub use message::{Effect, Message};
pub use mouse::{Gesture, Spot};
pub use play::{Futures, Play};
pub use state::{Ask, Motion, Overlay, Screen, Settings, State, Toast};
pub use tale::Tale;
pub use tank::{Pane, Prompt, Tank};
pub use update::update;
pub use work::Work;
