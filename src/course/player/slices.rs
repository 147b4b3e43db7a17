//! Long stretches in slices, so that whoever shows them can draw and take keys in between.
//!
//! A slice ends after so much was stated, not after so much time: the core has no clock. It is about a tenth of a second.

use super::drive::{Part, Played};
use super::{Phase, Player, What};

/// Statements of a slice.
const STATED: u64 = 40_000;
/// Events of a slice.
const EVENTS: u64 = 20_000;
/// Events between two looks at what was used up, at least; twice as many after each stretch that stated little.
const FEW: u64 = 32;
/// That is little.
const LITTLE: u64 = 2_000;

/// Where a slice ends.
#[derive(Clone, Copy, Debug)]
struct Slice {
    stated: u64,
    event: u64,
}

impl Slice {
    fn of(player: &Player) -> Self {
        Self { stated: player.lab.stated() + STATED, event: player.lab.event() + EVENTS }
    }

    fn is_over(self, player: &Player) -> bool {
        player.lab.stated() >= self.stated || player.lab.event() >= self.event
    }
}

impl Player {
    /// Goes on towards the beginning of a beat along the reference path, for a slice. True: it is entered.
    pub fn catch_up(&mut self, target: usize) -> bool {
        let slice = Slice::of(self);
        let there = match target.checked_sub(1) {
            Some(last) if self.beat() < target => {
                let played = self.play_up_to(last, slice);
                if played {
                    self.enter(target);
                }
                played
            }
            _ => true,
        };
        self.news.clear();
        if there {
            let last = self.beat() + 1 == self.lesson.beats.len();
            self.news.push(super::News::Entered { beat: self.current().id.clone(), last });
        }
        there
    }

    /// Goes on with the run of this beat, for a slice. True: it is over, or nothing runs here.
    pub fn run_on(&mut self) -> bool {
        let over = !self.is_running() || self.run_within(Slice::of(self));
        self.wind_clock();
        over
    }

    /// A player of one's own for the future that the prompt at the playhead asks about; play it with [`Player::look_ahead`].
    pub fn foreseen(&self) -> Option<(Box<Self>, usize)> {
        let of = self.current().predict.as_ref()?.of;
        Some((Box::new(self.clone()), of))
    }

    /// Goes on to the end of a beat along the reference path, for a slice. True: it is there.
    pub fn look_ahead(&mut self, last: usize) -> bool {
        self.play_up_to(last, Slice::of(self))
    }

    fn play_up_to(&mut self, last: usize, slice: Slice) -> bool {
        loop {
            match self.phase() {
                Phase::Asking => self.mark(What::Answered),
                Phase::Acting => self.play_the_act(&mut Played::default()),
                _ => {}
            }
            if self.phase() == Phase::Running && !self.run_within(slice) {
                return false;
            }
            if self.beat() >= last {
                return true;
            }
            self.enter(self.beat() + 1);
        }
    }

    fn run_within(&mut self, slice: Slice) -> bool {
        let mut events = FEW;
        while !slice.is_over(self) {
            let stated = self.lab.stated();
            if self.part(events, &mut Played::default()) == Part::Over {
                return true;
            }
            events = if self.lab.stated() - stated < LITTLE { events * 2 } else { FEW };
        }
        false
    }
}
