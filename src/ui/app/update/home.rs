//! Commands of Home, and opening a lesson or the sandbox.

use super::film;
use crate::course::player::Player;
use crate::lab::{Lab, Scenario, Spec};
use crate::text::tf;
use crate::ui::app::command::Command;
use crate::ui::app::find::Find;
use crate::ui::app::home::{Fold, Row};
use crate::ui::app::message::Effect;
use crate::ui::app::play::Play;
use crate::ui::app::state::{Overlay, Screen, State};
use crate::ui::app::tank::{About, Tank};
use crate::ui::app::work::Work;

/// Seed of the sandbox.
const SANDBOX_SEED: u64 = 1;

pub(super) fn run(state: &mut State, command: Command) -> Vec<Effect> {
    let rows = match &state.screen {
        Screen::Home(home) => home.rows(&state.course, &state.progress),
        Screen::Tank(_) => Vec::new(),
    };
    let Screen::Home(home) = &mut state.screen else { return Vec::new() };
    match command {
        Command::Down => home.row = (home.row + 1).min(rows.len().saturating_sub(1)),
        Command::Up => home.row = home.row.saturating_sub(1),
        Command::Find => {
            let find = Find::new(&state.course);
            state.overlays.push(Overlay::Find(Box::new(find)));
        }
        Command::Sandbox => state.open_sandbox(&Spec::default_tank(), SANDBOX_SEED),
        Command::Close => home.open = None,
        Command::Quit => return vec![Effect::Quit(0)],
        Command::Enter => match rows.get(home.row) {
            Some(Row::Part(part)) => home.toggle(Fold::Part(*part)),
            Some(Row::Scenarios) => home.toggle(Fold::Scenarios),
            Some(Row::Scenario(id)) => state.open_scenario(&id.clone()),
            Some(Row::Lesson(id)) => {
                let beat = state.progress.lessons.get(id).filter(|l| !l.done).map(|l| l.beat.clone());
                state.open_lesson(&id.clone(), beat.as_deref());
            }
            Some(Row::Continue { lesson, beat }) => {
                state.open_lesson(&lesson.clone(), beat.clone().as_deref())
            }
            Some(Row::Sandbox) => state.open_sandbox(&Spec::default_tank(), SANDBOX_SEED),
            None => {}
        },
        _ => {}
    }
    if let Screen::Home(home) = &mut state.screen {
        let last = home.rows(&state.course, &state.progress).len().saturating_sub(1);
        home.row = home.row.min(last);
    }
    Vec::new()
}

impl State {
    /// Opens a lesson at a beat, or says why it cannot be opened.
    pub fn open_lesson(&mut self, id: &str, beat: Option<&str>) {
        let lang = self.lang();
        let lesson = match self.course.open(id) {
            Ok(lesson) => lesson,
            Err(error) => return self.say(error.message().get(lang).to_owned(), true),
        };
        let beat = beat.and_then(|beat| lesson.beat(beat)).unwrap_or(0);
        match Player::new(lesson) {
            Ok(player) => {
                let mut tank = Tank::new(Play::Lesson(Box::new(player)));
                tank.set_to_work(Work::CatchUp(beat), film(self));
                self.screen = Screen::Tank(Box::new(tank));
                self.overlays.clear();
            }
            Err(error) => self.say(tf(lang, "app.no_boot", &[("why", &error)]), true),
        }
    }

    /// Opens a scenario of the course at its beginning, its whole course laid out on the scrubber.
    pub fn open_scenario(&mut self, id: &str) {
        let Some(entry) = self.course.scenario(id) else { return };
        match entry.open() {
            Ok(scenario) => self.open_replayed(&scenario, id, true),
            Err(error) => self.say(error.message.get(self.lang()).to_owned(), true),
        }
    }

    /// Plays a scenario and shows it: from the beginning, or where it was left.
    pub(super) fn open_replayed(&mut self, scenario: &Scenario, name: &str, from_start: bool) {
        match scenario.replay() {
            Ok(replayed) => {
                let mut lab = replayed.lab;
                if from_start {
                    lab.seek(0);
                }
                let mut tank = Tank::new(Play::Sandbox(Box::new(lab)));
                tank.about = About::of(scenario);
                let wanted = scenario.scene.as_deref();
                tank.scene = crate::scene::NAMES.iter().copied().find(|name| Some(*name) == wanted);
                tank.tell();
                self.screen = Screen::Tank(Box::new(tank));
                self.overlays.clear();
            }
            Err(error) => {
                let why = error.message.get(self.lang()).to_owned();
                self.say(tf(self.lang(), "file.not_read", &[("path", &name), ("why", &why)]), true);
            }
        }
    }

    /// Opens a tank without a script.
    pub fn open_sandbox(&mut self, spec: &Spec, seed: u64) {
        match Lab::new(spec, seed) {
            Ok(lab) => {
                self.screen = Screen::Tank(Box::new(Tank::new(Play::Sandbox(Box::new(lab)))));
                self.overlays.clear();
            }
            Err(error) => {
                let text = tf(self.lang(), "app.no_boot", &[("why", &error)]);
                self.say(text, true);
            }
        }
    }
}
