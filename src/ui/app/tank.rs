//! An open lesson or sandbox: what is played, what is shown, what is selected.

use super::film::{Arrived, Film, Goal};
use super::inspector::Inspector;
use super::play::Play;
use super::tale::Tale;
use super::work::Work;
use crate::course::Pace;
use crate::course::player::{Kind, Moved, Phase};
use crate::lab::view::TankView;
use crate::lab::{Scenario, Side, Unit};
use crate::scene::Params;
use crate::scene::rungs;
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

/// A leap of the clock after which a sandbox stands still, µs.
const FAR: u64 = 60_000_000;

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

/// What two films say together: a hop is over when it is over on either side.
fn both(one: Arrived, other: Option<Arrived>) -> Arrived {
    match (one, other) {
        (Arrived::Done, _) | (_, Some(Arrived::Done)) => Arrived::Done,
        (one, _) => one,
    }
}

/// A lesson or the sandbox on the screen.
#[derive(Clone, Debug)]
pub struct Tank {
    /// What is played.
    pub play: Play,
    /// What is shown of it; of two labs side by side, the left one.
    pub film: Film,
    /// What is shown of the right one.
    pub beside: Option<Film>,
    /// Which of two has the selection; the one that is seen where only one fits.
    pub side: Side,
    /// What happened in the span that a ladder shows, on each side.
    pub tale: Tale,
    /// Selected element, by its id in the scene.
    pub selected: Option<String>,
    /// The inspector is open on the selected element.
    pub inspecting: bool,
    /// Its cursor, and the things that led to the present one.
    pub(super) inspector: Inspector,
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
    /// Something that takes long is being played.
    pub work: Option<Work>,
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
            beside: None,
            side: Side::Left,
            tale: Tale::default(),
            selected: None,
            inspecting: false,
            inspector: Inspector::default(),
            pane: Pane::default(),
            quiet_too: false,
            more: false,
            scene: None,
            prompt: Prompt::default(),
            hint: None,
            about: None,
            work: None,
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
        self.put_beside();
        self.tell();
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
            self.skip(film);
        } else if runs {
            self.next_picture(film);
        }
    }

    /// To the end of the run.
    pub fn skip(&mut self, film: bool) {
        self.set_to_work(Work::Run, film);
    }

    /// One loud instant on while time runs by itself.
    fn next_picture(&mut self, film: bool) {
        let leaps = self.play.player().is_some_and(|p| p.pace() == Pace::Skip && p.phase() == Phase::Running);
        if leaps {
            let before = self.film.shown().clone();
            self.skip(film);
            if self.work.is_none() {
                self.leap(&before, film);
            }
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
        let beside = self.play.beside().map(|lab| (lab.view(), lab.lost_now()));
        if let (Some(other), Some((view, lost))) = (&mut self.beside, beside) {
            let calm = TankView { messages: Vec::new(), ..other.shown().clone() };
            other.snap(calm, Vec::new());
            other.go(view, lost, Goal::Instant, film);
        }
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
        let lost = lab.lost_now();
        let beside = self.play.beside().map(|lab| (lab.view(), lab.lost_now()));
        let idle =
            idle && !beside.as_ref().is_some_and(|(to, _)| to.messages.iter().any(|m| !m.quiet && !m.held));
        let goal = if idle { Goal::Instant } else { goal };
        if let (Some(other), Some((to, lost))) = (&mut self.beside, beside) {
            other.loud_beside = self.film.is_loud();
            self.film.loud_beside = other.is_loud();
            other.go(to, lost, goal, film);
        }
        // Far ahead without anything to see: the person says when to go on.
        let far = to.now.saturating_sub(self.film.shown().now) >= FAR && self.play.player().is_none();
        self.film.go(to, lost, goal, film);
        let several = || self.play.player().is_some_and(|player| player.lines() > 1);
        if far || matches!(moved, Moved::Ended | Moved::Entered) || (line && several()) {
            self.film.playing = false;
        }
        true
    }

    /// The person wants the next hop: a picture under way ends first.
    pub fn next_hop(&mut self, film: bool) -> bool {
        self.film.playing = false;
        self.finish();
        let moved = self.step(Goal::Hop, film);
        for _ in 0..MOST_INSTANTS {
            if film || self.finish() != Arrived::More || !self.step(Goal::Hop, film) {
                break;
            }
        }
        self.forget_what_is_gone();
        moved
    }

    /// Display time passes.
    pub fn tick(&mut self, ms: u64, film: bool) {
        if self.work.is_some() {
            return self.work_on(film);
        }
        match self.tick_films(ms) {
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

    /// Ends the step that is under way, on both sides.
    pub fn finish(&mut self) -> Arrived {
        let other = self.beside.as_mut().map(Film::finish);
        both(self.film.finish(), other)
    }

    fn tick_films(&mut self, ms: u64) -> Arrived {
        let speed = self.film.speed;
        let other = self.beside.as_mut().map(|film| {
            film.speed = speed;
            film.tick(ms)
        });
        both(self.film.tick(ms), other)
    }

    /// The right picture comes and goes with beats that show both.
    fn put_beside(&mut self) {
        match self.play.beside() {
            None => {
                self.beside = None;
                self.side = Side::Left;
            }
            Some(lab) => {
                let (view, lost) = (lab.view(), lab.lost_now());
                match &mut self.beside {
                    Some(film) => film.snap(view, lost),
                    None => self.beside = Some(Film::still(view)),
                }
            }
        }
    }

    /// The picture of one side.
    #[must_use]
    pub fn film_of(&self, side: Side) -> &Film {
        self.beside.as_ref().filter(|_| side == Side::Right).unwrap_or(&self.film)
    }

    /// A selected message that has arrived is selected no more.
    fn forget_what_is_gone(&mut self) {
        if self.scene_name() == "ladder" {
            return; // its messages stay
        }
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
        let view = self.film_of(self.side).shown();
        let name = self.scene_name();
        if name == "ladder" {
            return rungs(&self.ladder(self.side, usize::MAX));
        }
        if !matches!(name, "cluster" | "log") {
            let params = self.play.player().map(|player| Params::read(&player.scene().params));
            let all = crate::scene::elements(name, &params.unwrap_or_default(), view);
            return all.into_iter().filter(|id| !id.contains('.')).collect(); // things, not their parts
        }
        let mut ids: Vec<String> = view.producers.iter().map(|p| p.id.clone()).collect();
        // Of a large cluster the brokers, as they are drawn; what is on them is found in their lists.
        let strips = view.summary.iter().flat_map(crate::scene::worst_first);
        ids.extend(strips.map(|load| load.id.clone()));
        for broker in view.brokers.iter().filter(|_| view.summary.is_none()) {
            ids.push(broker.id.clone());
            ids.extend(broker.replicas.iter().map(|r| format!("{}/{}", broker.id, r.partition)));
        }
        ids.extend(view.controllers.iter().map(|c| c.id.clone()));
        ids.extend(view.groups.iter().map(|g| g.id.clone()));
        ids.extend(view.transactions.iter().map(|t| t.id.clone()));
        ids.extend(view.consumers.iter().map(|c| c.id.clone()));
        if view.summary.is_some() {
            ids.extend(view.topics.iter().map(|t| t.id.clone()));
        }
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
            (None, _, true) => Some(self.first_selected(&ids)),
            (None, _, false) => None,
        };
        // Past the last of the left side comes the right one.
        let crosses = self.beside.is_some()
            && next.is_none()
            && self.pane == Pane::Stage
            && at.is_some()
            && (self.side == Side::Left) == forward;
        if crosses {
            self.side = if forward { Side::Right } else { Side::Left };
            let ids = self.selectable();
            self.selected = if forward { ids.first() } else { ids.last() }.cloned();
            return;
        }
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

    /// Where selecting begins: in a ladder with the row of the present moment.
    fn first_selected(&self, ids: &[String]) -> usize {
        if self.scene_name() != "ladder" {
            return 0;
        }
        let ladder = self.ladder(self.side, usize::MAX);
        let current = ladder.rungs.iter().rfind(|rung| !rung.ahead && !rung.id.is_empty());
        current.and_then(|rung| ids.iter().position(|id| *id == rung.id)).unwrap_or(0)
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
