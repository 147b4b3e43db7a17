//! An open lesson or sandbox: what is played, what is shown, what is selected.

use super::film::{Arrived, Film, Goal};
use super::play::Play;
use crate::course::Pace;
use crate::course::player::{Kind, Moved, Phase};
use crate::lab::view::TankView;
use crate::lab::{Scenario, Unit};
use crate::scene::Params;
use crate::text::Text;

/// What has the keys for opening and moving.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The picture.
    #[default]
    Stage,
    /// The scrubber.
    Scrubber,
}

/// Without film, a hop ends after this many loud instants at the latest.
const MOST_INSTANTS: usize = 1000;

/// An open prompt of a predict beat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Row under the cursor.
    pub row: usize,
    /// The choice made; confidence is asked next.
    pub picked: Option<usize>,
}

/// A lesson or the sandbox on the screen.
#[derive(Clone, Debug)]
pub struct Tank {
    /// What is played.
    pub play: Play,
    /// What is shown of it.
    pub film: Film,
    /// Selected element, by its id in the scene.
    pub selected: Option<String>,
    /// The inspector is open on the selected element.
    pub inspecting: bool,
    /// Which pane has the focus.
    pub pane: Pane,
    /// Polling traffic is drawn too.
    pub quiet_too: bool,
    /// The text for the curious is open.
    pub more: bool,
    /// The person looks at another scene than the lesson's.
    pub scene: Option<&'static str>,
    /// An open prompt.
    pub prompt: Prompt,
    /// Hints shown in a sandbox-free act beat, in the language of the moment.
    pub hint: Option<String>,
    /// The scenario that this is.
    pub about: Option<About>,
}

/// What a scenario says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// What it is called.
    pub title: Text,
    /// What to watch and what comes of it.
    pub tells: Text,
}

impl About {
    /// None if the file does not say.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Option<Self> {
        let title = scenario.title.clone()?;
        Some(Self { title, tells: scenario.tells.clone().unwrap_or_default() })
    }
}

impl Tank {
    /// A tank at rest.
    #[must_use]
    pub fn new(play: Play) -> Self {
        let film = Film::still(play.lab().view());
        Self {
            play,
            film,
            selected: None,
            inspecting: false,
            pane: Pane::default(),
            quiet_too: false,
            more: false,
            scene: None,
            prompt: Prompt::default(),
            hint: None,
            about: None,
        }
    }

    /// Name of the scene to draw.
    #[must_use]
    pub fn scene_name(&self) -> &str {
        self.scene
            .unwrap_or_else(|| self.play.player().map_or("cluster", |player| player.scene().name.as_str()))
    }

    /// Shows the lab's present moment at once.
    pub fn snap(&mut self) {
        let lab = self.play.lab();
        self.film.snap(lab.view(), lab.lost_now());
        self.forget_what_is_gone();
    }

    /// A beat was entered: its run begins by itself, or is leapt over.
    pub fn begin_beat(&mut self, film: bool) {
        self.more = false;
        self.hint = None;
        self.prompt = Prompt::default();
        self.scene = None;
        self.snap();
        let runs = self.play.phase() == Phase::Running;
        self.film.playing = runs && film;
        if runs && !film {
            self.skip();
        } else if runs {
            self.next_picture(film);
        }
    }

    /// To the end of the run, at once.
    pub fn skip(&mut self) -> Moved {
        self.film.playing = false;
        let moved = self.play.player_mut().map_or(Moved::Nothing, |player| player.skip_to_end());
        self.snap();
        moved
    }

    /// One loud instant on while time runs by itself.
    fn next_picture(&mut self, film: bool) {
        let leaps = self.play.player().is_some_and(|p| p.pace() == Pace::Skip && p.phase() == Phase::Running);
        if leaps {
            let before = self.film.shown().clone();
            if let Some(player) = self.play.player_mut() {
                player.skip_to_end();
            }
            self.film.playing = false;
            self.leap(&before, film);
            return;
        }
        if !self.step(Goal::Instant, film) {
            self.film.playing = false;
        }
    }

    /// A long stretch shown as one jump of the clock.
    fn leap(&mut self, before: &TankView, film: bool) {
        let lab = self.play.lab();
        let (view, lost) = (lab.view(), lab.lost_now());
        let calm = TankView { messages: Vec::new(), ..before.clone() };
        self.film.snap(calm, Vec::new());
        self.film.go(view, lost, Goal::Instant, film);
    }

    /// Sets off to the next loud instant. False: there is none, or something must be answered first.
    pub fn step(&mut self, goal: Goal, film: bool) -> bool {
        let moved = self.play.forward(Unit::Instant);
        if !matches!(moved, Moved::Stepped | Moved::Line | Moved::Ended | Moved::Entered) {
            return false;
        }
        let lab = self.play.lab();
        let to = lab.view();
        // Nothing is on its way and nothing set off within the lab's patience: there is no hop to wait for.
        let line = moved == Moved::Line;
        let idle = line || !to.messages.iter().any(|m| !m.quiet && !m.held);
        self.film.go(to, lab.lost_now(), if idle { Goal::Instant } else { goal }, film);
        let several = || self.play.player().is_some_and(|player| player.lines() > 1);
        if matches!(moved, Moved::Ended | Moved::Entered) || (line && several()) {
            self.film.playing = false;
        }
        true
    }

    /// The person wants the next hop: a picture under way ends first.
    pub fn next_hop(&mut self, film: bool) -> bool {
        self.film.playing = false;
        self.film.finish();
        let moved = self.step(Goal::Hop, film);
        for _ in 0..MOST_INSTANTS {
            if film || self.film.finish() != Arrived::More || !self.step(Goal::Hop, film) {
                break;
            }
        }
        self.forget_what_is_gone();
        moved
    }

    /// Display time passes.
    pub fn tick(&mut self, ms: u64, film: bool) {
        match self.film.tick(ms) {
            Arrived::No if self.film.playing && !self.film.is_moving() => self.next_picture(film),
            Arrived::No => {}
            Arrived::More => {
                if self.play.phase() != Phase::Rest {
                    self.step(Goal::Hop, film);
                }
            }
            Arrived::Done if self.film.playing => self.next_picture(film),
            Arrived::Done => {}
        }
    }

    /// A selected message that has arrived is selected no more.
    fn forget_what_is_gone(&mut self) {
        if let Some(id) = self.selected.as_deref().and_then(|s| s.strip_prefix('#')) {
            let there = self.film.shown().messages.iter().any(|m| m.id.to_string() == id);
            if !there {
                self.selected = None;
                self.inspecting = false;
            }
        }
    }

    /// What can be selected, left to right, top to bottom: clients, brokers with their replicas, consumers, groups, messages.
    #[must_use]
    pub fn selectable(&self) -> Vec<String> {
        let view = self.film.shown();
        let name = self.scene_name();
        if !matches!(name, "cluster" | "log") {
            let params = self.play.player().map(|player| Params::read(&player.scene().params));
            let all = crate::scene::elements(name, &params.unwrap_or_default(), view);
            return all.into_iter().filter(|id| !id.contains('.')).collect(); // things, not their parts
        }
        let mut ids: Vec<String> = view.producers.iter().map(|p| p.id.clone()).collect();
        for broker in &view.brokers {
            ids.push(broker.id.clone());
            ids.extend(broker.replicas.iter().map(|r| format!("{}/{}", broker.id, r.partition)));
        }
        ids.extend(view.controllers.iter().map(|c| c.id.clone()));
        ids.extend(view.groups.iter().map(|g| g.id.clone()));
        ids.extend(view.transactions.iter().map(|t| t.id.clone()));
        ids.extend(view.consumers.iter().map(|c| c.id.clone()));
        ids.extend(view.topics.iter().flat_map(|t| t.partitions.iter().map(|p| p.id.clone())));
        let drawn = |quiet: bool| !quiet || self.quiet_too;
        ids.extend(view.messages.iter().filter(|m| drawn(m.quiet)).map(|m| format!("#{}", m.id)));
        ids
    }

    /// Moves the selection by one; past the last comes the scrubber.
    pub fn select(&mut self, forward: bool) {
        let ids = self.selectable();
        let at = self.selected.as_ref().and_then(|s| ids.iter().position(|id| id == s));
        let next = match (at, self.pane, forward) {
            (_, Pane::Scrubber, true) => Some(0),
            (_, Pane::Scrubber, false) => ids.len().checked_sub(1),
            (Some(at), _, true) => (at + 1 < ids.len()).then_some(at + 1),
            (Some(at), _, false) => at.checked_sub(1),
            (None, _, true) => Some(0),
            (None, _, false) => None,
        };
        match next.and_then(|at| ids.get(at)) {
            Some(id) => {
                self.pane = Pane::Stage;
                self.selected = Some(id.clone());
            }
            None => {
                self.pane = Pane::Scrubber;
                self.selected = None;
                self.inspecting = false;
            }
        }
    }

    /// Whether the beat at the playhead is a prompt that waits.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.play.phase() == Phase::Asking
    }

    /// Whether the learner is to do something now.
    #[must_use]
    pub fn waits_for_act(&self) -> bool {
        self.play.phase() == Phase::Acting && self.play.player().is_some_and(|p| p.kind() == Kind::Act)
    }
}
