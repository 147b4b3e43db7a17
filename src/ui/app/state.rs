//! Everything the program knows while it runs.

use std::sync::Arc;

use super::command::Context;
use super::find::Find;
use super::home::Home;
use super::line::CommandLine;
use super::menu::Menu;
use super::tank::Tank;
use crate::course::player::Phase;
use crate::course::{Course, Progress};
use crate::lab::{Action, Reason, Side};
use crate::text::Lang;
use crate::ui::theme::{GlyphSet, Theme};

/// How much may move.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Motion {
    /// Packets travel.
    #[default]
    Full,
    /// Things jump; what changed is marked.
    Reduced,
    /// Nothing moves.
    None,
}

/// What a person has chosen, or the terminal says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Language.
    pub lang: Lang,
    /// The person chose the language (otherwise the locale did).
    pub lang_chosen: bool,
    /// Colours.
    pub theme: Theme,
    /// The theme follows the terminal's background, once that is known.
    pub theme_follows: bool,
    /// Which glyphs the last pass leaves.
    pub glyphs: GlyphSet,
    /// How much may move.
    pub motion: Motion,
    /// The mouse is listened to; else it selects text, as the terminal does by itself.
    pub mouse: bool,
    /// Today, `2026-11-22`; the core has no calendar.
    pub today: String,
}

/// What fills the screen.
#[derive(Clone, Debug)]
pub enum Screen {
    /// Parts and lessons.
    Home(Home),
    /// A lesson or the sandbox.
    Tank(Box<Tank>),
}

/// A question that must be answered before anything else.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// This action would leave the script.
    LeaveScript(Box<Action>),
    /// The tank is not as the next beat needs it.
    Apart,
    /// All branches are in use.
    TooManyBranches,
}

impl Ask {
    /// Keys of the answers' texts in the interface strings; the first is the safe one.
    #[must_use]
    pub const fn answers(&self) -> &'static [&'static str] {
        match self {
            Self::LeaveScript(_) => &["ask.stay", "ask.leave"],
            Self::Apart => &["ask.beat_before", "ask.go_on_alone"],
            Self::TooManyBranches => &["ask.keep", "ask.drop_oldest"],
        }
    }

    /// Key of the question's text.
    #[must_use]
    pub const fn text(&self) -> &'static str {
        match self {
            Self::LeaveScript(_) => "ask.leave_script",
            Self::Apart => "ask.apart",
            Self::TooManyBranches => "ask.too_many_branches",
        }
    }
}

/// What lies over the picture; the last takes the keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// Keys that work here.
    Help {
        /// First line shown.
        scroll: usize,
    },
    /// What can be broken.
    Break(Menu),
    /// An action by name.
    Line(CommandLine),
    /// The search on Home.
    Find(Box<Find>),
    /// The futures there are.
    Branches {
        /// Selected row.
        row: usize,
    },
    /// The list of events, newest last.
    Events {
        /// Rows scrolled up from the newest.
        back: usize,
    },
    /// From an effect back to its cause.
    Why {
        /// The answer.
        why: Box<Reason>,
        /// On which side of two labs.
        side: Side,
        /// Selected link.
        row: usize,
    },
    /// A question.
    Question {
        /// Which.
        ask: Ask,
        /// Selected answer.
        row: usize,
    },
}

/// A short message that goes away by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// What it says.
    pub text: String,
    /// Something did not work.
    pub warning: bool,
    /// Milliseconds it stays.
    pub left: u64,
}

/// The state of the program.
#[derive(Clone, Debug)]
pub struct State {
    /// What was chosen.
    pub settings: Settings,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The lessons.
    pub course: Arc<Course>,
    /// What the learner has done.
    pub progress: Progress,
    /// What fills the screen.
    pub screen: Screen,
    /// What lies over it.
    pub overlays: Vec<Overlay>,
    /// A short message.
    pub toast: Option<Toast>,
    /// The learner has been told that a Hangul input method is on.
    pub hangul_told: bool,
    /// Milliseconds of display time that decorations have seen.
    pub clock: u64,
    /// Where decorations rest (the reader on Home).
    pub(super) rests_at: u64,
}

/// Decorations move for this long after Home opens, then rest.
const DECORATION_MS: u64 = 12_000;

impl State {
    /// Home, before the first key.
    #[must_use]
    pub fn new(settings: Settings, course: Arc<Course>, progress: Progress, size: (u16, u16)) -> Self {
        let home = Home::new(&course, &progress);
        let rests_at = if settings.motion == Motion::Full { DECORATION_MS } else { 0 };
        Self {
            settings,
            size,
            course,
            progress,
            screen: Screen::Home(home),
            overlays: Vec::new(),
            toast: None,
            hangul_told: false,
            clock: 0,
            rests_at,
        }
    }

    /// The language in force.
    #[must_use]
    pub const fn lang(&self) -> Lang {
        self.settings.lang
    }

    /// The lesson or sandbox, if one is open.
    #[must_use]
    pub fn tank(&self) -> Option<&Tank> {
        match &self.screen {
            Screen::Tank(tank) => Some(tank),
            Screen::Home(_) => None,
        }
    }

    /// The lesson or sandbox, to be moved.
    pub fn tank_mut(&mut self) -> Option<&mut Tank> {
        match &mut self.screen {
            Screen::Tank(tank) => Some(tank),
            Screen::Home(_) => None,
        }
    }

    /// Where a key would go now. Text fields take characters before this is asked.
    #[must_use]
    pub fn context(&self) -> Context {
        match self.overlays.last() {
            Some(Overlay::Help { .. }) => Context::Help,
            Some(Overlay::Question { .. }) => Context::Question,
            Some(_) => Context::List,
            None => match &self.screen {
                Screen::Home(_) => Context::Home,
                Screen::Tank(tank) if tank.play.phase() == Phase::Asking => Context::Prompt,
                Screen::Tank(tank) if tank.inspecting => Context::Inspector,
                Screen::Tank(_) => Context::Tank,
            },
        }
    }

    /// Whether a text field has the keys.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::Line(_) | Overlay::Find(_)))
    }

    /// Whether something long is being played, a slice a tick.
    #[must_use]
    pub fn is_working(&self) -> bool {
        self.tank().is_some_and(|tank| tank.work.is_some())
    }

    /// Whether something moves, so that the shell should tick.
    #[must_use]
    pub fn wants_tick(&self) -> bool {
        let decorates = matches!(self.screen, Screen::Home(_)) && self.clock < self.rests_at;
        let moves = self.tank().is_some_and(|tank| tank.film.is_moving() || tank.film.playing);
        decorates || moves || self.is_working() || self.toast.is_some()
    }

    /// Says something for a few seconds.
    pub(super) fn say(&mut self, text: String, warning: bool) {
        self.toast = Some(Toast { text, warning, left: 4000 });
    }
}
