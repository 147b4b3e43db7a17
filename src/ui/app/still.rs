//! A state at rest at a beat, without keys: for `render` and for pictures in documents.

use std::sync::Arc;

use super::play::Play;
use super::state::{Screen, State};
use super::tank::Tank;
use crate::course::Lesson;
use crate::course::player::{Kind, Phase, Player};
use crate::lab::LabError;

impl State {
    /// Shows a lesson at rest after the run of its beat with this index: a predict with its prompt open, an act before the learner acts
    /// (`done`: after).
    ///
    /// # Errors
    /// The lesson's lab cannot be booted.
    pub fn show_beat(&mut self, lesson: Arc<Lesson>, beat: usize, done: bool) -> Result<(), LabError> {
        let number = (beat + 1).to_string();
        let mut player = Player::resume(lesson, &number)?;
        if player.phase() == Phase::Running {
            player.skip_to_end();
        }
        if done && player.phase() == Phase::Acting {
            player.play_for_me();
            player.skip_to_end();
        }
        if done && player.kind() == Kind::Predict {
            player.skip_question();
        }
        player.take_news();
        let mut tank = Tank::new(Play::Lesson(Box::new(player)));
        tank.snap();
        self.screen = Screen::Tank(Box::new(tank));
        self.overlays.clear();
        Ok(())
    }
}
