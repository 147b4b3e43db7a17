//! The run of a beat at the front: its inputs and waits in order, then on to its end.

use super::{Kind, Moved, Phase, Player, Trouble, What};
use crate::course::lesson::{Beat, Placed, Step, Until};
use crate::lab::{ActError, Aim, Budget, Claim, Ended, EvalError, Unit};

/// Where the script stands at the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// The learner has to answer or act.
    Waiting,
    /// This line of `do` is next, and has been since then (µs).
    Script { next: usize, since: u64 },
    /// What was done leads to the goal of an act: on to it, since then.
    Reaching { since: u64 },
    /// All lines are done since then; on to the end.
    Ending { since: u64 },
    /// The beat is through.
    Done,
}

impl Doing {
    pub(super) fn at_start(beat: &Beat, now: u64) -> Self {
        match beat.kind {
            Kind::Run | Kind::Compare => Self::Script { next: 0, since: now },
            Kind::Predict | Kind::Act => Self::Waiting,
            Kind::Recap => Self::Done,
        }
    }
}

/// What went wrong on the way.
#[derive(Clone, Debug, Default)]
pub(in crate::course) struct Played {
    /// Lines that the lab refused, with why.
    pub refused: Vec<(usize, ActError)>,
    /// The wait that never ended: a line of `do`, or none for the end of the run.
    pub stuck: Option<Option<usize>>,
    /// A question that had no value while it was waited for.
    pub unknown: Option<EvalError>,
    /// The reference path did not reach the goal.
    pub missed: bool,
}

/// How a part of the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The line is done, or waited for.
    Through,
    /// The events are used up.
    Paused,
    /// The beat is over.
    Over,
}

/// What a part of the run waits for, without borrowing the lesson.
enum Wait {
    Settled,
    Until(u64),
    All(Vec<Claim>),
}

impl Player {
    /// Moves the run of the beat by one unit, or to its end if that comes first.
    pub(super) fn run_by(&mut self, unit: Unit) -> Moved {
        let mut played = Played::default();
        let (mut acted, mut lined) = (false, false);
        let start = self.lab.event();
        loop {
            if self.next_is_a_line() {
                if acted || lined || self.lab.event() > start {
                    return if lined { Moved::Line } else { Moved::Stepped };
                }
                self.part(1, &mut played);
                lined = true;
                continue;
            }
            if self.next_is_an_input() {
                self.part(1, &mut played);
                acted = true;
                if unit == Unit::Event {
                    return Moved::Stepped;
                }
                continue;
            }
            if lined {
                return Moved::Line; // what it has called has returned, or has not: that is to be seen
            }
            if acted && unit == Unit::Moment {
                return Moved::Stepped; // the inputs were this moment
            }
            let target = self.lab.event() + self.events_of(unit);
            match self.part(target - self.lab.event(), &mut played) {
                Part::Over => return Moved::Ended,
                Part::Paused => return Moved::Stepped,
                Part::Through if self.lab.event() >= target => return Moved::Stepped,
                Part::Through => {}
            }
        }
    }

    /// Plays the run of the beat to its end.
    pub(super) fn run_to_end(&mut self, played: &mut Played) -> Moved {
        while self.part(u64::MAX, played) != Part::Over {}
        Moved::Ended
    }

    /// Plays what is left of the beat as its author would: prompts are passed, acts are done by the script.
    pub(in crate::course) fn play_reference(&mut self) -> Played {
        let mut played = Played::default();
        match self.phase() {
            Phase::Asking => self.mark(What::Answered),
            Phase::Acting => self.play_the_act(&mut played),
            _ => {}
        }
        if self.phase() == Phase::Running {
            self.run_to_end(&mut played);
        }
        played
    }

    /// Does the learner's part of an act beat by its `do`, up to the goal.
    pub(super) fn play_the_act(&mut self, played: &mut Played) {
        self.doing = Doing::Script { next: 0, since: self.lab.now() };
        while let Doing::Script { next, .. } = self.doing
            && next < self.current().run.doing.len()
        {
            if self.part(u64::MAX, played) != Part::Through {
                return;
            }
        }
        if self.goal_is_near() {
            self.reach_goal();
        } else {
            played.missed = true;
            self.end(Some(Trouble::Stuck));
        }
    }

    /// How many events a unit is from here, if nobody acts.
    pub(super) fn events_of(&self, unit: Unit) -> u64 {
        let mut scout = self.lab.clone();
        scout.step(unit);
        scout.event().saturating_sub(self.lab.event()).max(1)
    }

    fn next_is_an_input(&self) -> bool {
        let Doing::Script { next, .. } = self.doing else { return false };
        self.current().run.doing.get(next).is_some_and(|placed| matches!(placed.it, Step::Act(..)))
    }

    fn next_is_a_line(&self) -> bool {
        let Doing::Script { next, .. } = self.doing else { return false };
        self.current().run.doing.get(next).is_some_and(|placed| matches!(placed.it, Step::Line(_)))
    }

    /// One line of the script, or its end, for at most so many events.
    pub(super) fn part(&mut self, events: u64, played: &mut Played) -> Part {
        match self.doing {
            Doing::Script { next, since } => match self.current().run.doing.get(next) {
                Some(Placed { it, .. }) => {
                    let step = it.clone();
                    self.line(next, since, step, events, played)
                }
                None => {
                    self.doing = Doing::Ending { since: self.lab.now() };
                    Part::Through
                }
            },
            Doing::Reaching { since } => match self.wait(&Wait::All(self.goal()), since, events) {
                Ended::Budget if self.may_go_on(since, events) => Part::Paused,
                _ => {
                    self.doing = Doing::Ending { since: self.lab.now() };
                    Part::Through
                }
            },
            Doing::Ending { since } => match self.wait(&self.end_of_run(since), since, events) {
                Ended::Reached => {
                    self.end(None);
                    Part::Over
                }
                Ended::Budget if self.may_go_on(since, events) => Part::Paused,
                ended => {
                    played.stuck = Some(None);
                    if let Ended::Unknown(error) = ended {
                        played.unknown = Some(error);
                    }
                    self.end(Some(Trouble::Stuck));
                    Part::Over
                }
            },
            Doing::Waiting | Doing::Done => Part::Over,
        }
    }

    fn line(&mut self, next: usize, since: u64, step: Step, events: u64, played: &mut Played) -> Part {
        let wait = match step {
            Step::Act(action, sides) => {
                if let Err(error) = self.lab.act_on(sides, &action) {
                    played.refused.push((next, error));
                }
                self.doing = Doing::Script { next: next + 1, since: self.lab.now() };
                return Part::Through;
            }
            Step::Line(line) => {
                self.mark(What::Line(line));
                self.doing = Doing::Script { next: next + 1, since: self.lab.now() };
                return Part::Through;
            }
            Step::Wait(length) => Wait::Until(since.saturating_add(length.0)),
            Step::WaitUntil(claim) => Wait::All(vec![claim]),
        };
        match self.wait(&wait, since, events) {
            Ended::Budget if self.may_go_on(since, events) => return Part::Paused,
            Ended::Reached => {}
            ended => {
                played.stuck = Some(Some(next));
                if let Ended::Unknown(error) = ended {
                    played.unknown = Some(error);
                }
                self.end(Some(Trouble::Stuck));
                return Part::Over;
            }
        }
        self.doing = Doing::Script { next: next + 1, since: self.lab.now() };
        Part::Through
    }

    /// Lets time pass towards something.
    fn wait(&mut self, wait: &Wait, since: u64, events: u64) -> Ended {
        let run = &self.current().run;
        let spent = self.lab.now().saturating_sub(since);
        let events = events.min(run.events());
        let budget = Budget { time: run.budget.0.saturating_sub(spent), events };
        match wait {
            Wait::All(list) => self.lab.run_until(Aim::All(list), budget),
            Wait::Settled => self.lab.run_until(Aim::Settled, budget),
            // A length of time is its own budget.
            Wait::Until(at) => {
                let length = at.saturating_sub(self.lab.now());
                self.lab.run_until(Aim::For(length), Budget { time: u64::MAX, events })
            }
        }
        .why
    }

    /// Whether a pause is only a pause: fewer events were asked for than the run may take, and there is time left.
    fn may_go_on(&self, since: u64, events: u64) -> bool {
        let run = &self.current().run;
        events < run.events() && self.lab.now().saturating_sub(since) < run.budget.0
    }

    fn end_of_run(&self, since: u64) -> Wait {
        match &self.current().run.until {
            Until::Settled => Wait::Settled,
            Until::Elapsed(length) => Wait::Until(since.saturating_add(length.0)),
            Until::Holds(list) => Wait::All(list.iter().map(|placed| placed.it.clone()).collect()),
        }
    }

    /// The run has ended here.
    fn end(&mut self, trouble: Option<Trouble>) {
        let told = self.current().expect.iter().all(|placed| self.holds(placed));
        let trouble = trouble.or((!told).then_some(Trouble::Expect));
        self.doing = Doing::Done;
        self.mark(What::Ended(trouble));
    }

    pub(super) fn holds(&self, placed: &Placed<Claim>) -> bool {
        self.lab.holds(&placed.it).unwrap_or(false)
    }

    fn goal(&self) -> Vec<Claim> {
        let goal = self.current().act.iter().flat_map(|act| &act.goal);
        goal.map(|placed| placed.it.clone()).collect()
    }

    /// Whether the goal of an act beat holds, or will when what is under way has settled: an orderly stop takes a
    /// while.
    pub(super) fn goal_is_near(&self) -> bool {
        let goal = self.goal();
        let mut scout = self.lab.clone();
        let budget = Budget { time: self.current().run.budget.0, events: self.current().run.events() };
        let settled = scout.run_until(Aim::Settled, budget).event;
        let mut scout = self.lab.clone();
        let events = settled.saturating_sub(self.lab.event());
        scout.run_until(Aim::All(&goal), Budget { time: budget.time, events }).reached()
    }

    /// The goal is reached, or near: the run begins.
    pub(super) fn reach_goal(&mut self) {
        self.mark(What::Goal);
        self.doing = Doing::Reaching { since: self.lab.now() };
    }

    /// Lets time pass by a unit while an act beat waits, up to its goal.
    pub(super) fn wait_by(&mut self, unit: Unit) -> Moved {
        let goal = self.goal();
        let before = self.lab.event();
        let events = self.events_of(unit);
        let end = self.lab.run_until(Aim::All(&goal), Budget { time: u64::MAX, events });
        if end.reached() {
            self.reach_goal();
        }
        if self.lab.event() > before { Moved::Stepped } else { Moved::Nothing }
    }
}
