//! What takes long is played in slices: a picture says how far it is, and the keys are answered meanwhile.

use super::tank::{Prompt, Tank};
use crate::course::player::Player;
use crate::course::progress::Given;

/// What is being played, a slice a tick.
#[derive(Clone, Debug)]
pub enum Work {
    /// The way to this beat, along the lesson's own path.
    CatchUp(usize),
    /// The run of the present beat, to its end.
    Run,
    /// The future that a prompt asks about, up to the end of this beat; then the answer is judged.
    Foresee {
        /// Who plays it.
        future: Box<Player>,
        /// The beat.
        of: usize,
        /// The answer.
        given: Given,
        /// How sure the learner is.
        sure: u8,
    },
}

impl Tank {
    /// Begins to work; what is short is over at once.
    pub fn set_to_work(&mut self, work: Work, film: bool) {
        self.film.playing = false;
        self.work = Some(work);
        self.work_on(film);
    }

    /// One more slice.
    pub fn work_on(&mut self, film: bool) {
        let Some(player) = self.play.player_mut() else {
            self.work = None;
            return;
        };
        let done = match &mut self.work {
            Some(Work::CatchUp(beat)) => player.catch_up(*beat),
            Some(Work::Run) => player.run_on(),
            Some(Work::Foresee { future, of, .. }) => future.look_ahead(*of),
            None => return,
        };
        if !done {
            return;
        }
        match self.work.take() {
            Some(Work::CatchUp(_)) => self.begin_beat(film),
            Some(Work::Foresee { future, given, sure, .. }) => {
                player.answer_by(given, sure, Some(future));
                self.prompt = Prompt::default();
                self.snap();
            }
            Some(Work::Run) | None => self.snap(),
        }
    }

    /// How far the work is: beats passed and to pass, and the seconds that the cluster's clock shows.
    #[must_use]
    pub fn progress(&self) -> Option<(usize, usize, u64)> {
        let player = self.play.player()?;
        let (who, all) = match self.work.as_ref()? {
            Work::CatchUp(beat) => (player, *beat),
            Work::Run => (player, player.beat() + 1),
            Work::Foresee { future, of, .. } => (&**future, *of + 1),
        };
        Some((who.beat() + 1, all, who.labs().now() / 1_000_000))
    }

    /// Leaves the work where it is. False: the lesson cannot be shown from there.
    pub fn stop_work(&mut self) -> bool {
        let stays = !matches!(self.work.take(), Some(Work::CatchUp(_)));
        if stays {
            self.snap();
        }
        stays
    }
}
