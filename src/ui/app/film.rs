//! Display time: how virtual time passes on the screen.
//!
//! The lab stands at loud instants only: a loud message leaves, arrives or is lost. Between two of them the picture is that of the
//! earlier one with packets drawn further along; so a picture is a function of (lab, display time), and nothing animates by counting.
//!
//! ```text
//!  lab:      L0 ───────────────▶ L1           (already there)
//!  picture:  L0, packets at `now` ──▶ L1      (600 ms for a 5 ms hop at ×1)
//! ```

use std::sync::Arc;

use crate::lab::view::{LostView, TankView};

/// At ×1 a virtual millisecond lasts this many milliseconds on the screen.
const SLOWDOWN: u64 = 120;
/// A stretch with nothing loud on its way lasts at most this long, however long it is.
const QUIET_MS: u64 = 800;

/// How fast time passes: from ×1/4 to ×8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed(i8);

impl Speed {
    /// Twice as fast, up to ×8.
    #[must_use]
    pub fn faster(self) -> Self {
        Self((self.0 + 1).min(3))
    }

    /// Half as fast, down to ×1/4.
    #[must_use]
    pub fn slower(self) -> Self {
        Self((self.0 - 1).max(-2))
    }

    fn scale(self, ms: u64) -> u64 {
        if self.0 >= 0 { ms << self.0 } else { ms >> -self.0 }
    }
}

impl std::fmt::Display for Speed {
    /// `×1`, `×1/4`, `×8`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 >= 0 { write!(f, "×{}", 1 << self.0) } else { write!(f, "×1/{}", 1 << -self.0) }
    }
}

/// What the person waits to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// One loud instant.
    Instant,
    /// The arrival or loss of a loud message.
    Hop,
}

#[derive(Clone, Debug, PartialEq)]
struct Moving {
    to: Arc<TankView>,
    lost: Vec<LostView>,
    spent: u64,
    total: u64,
    goal: Goal,
}

/// The picture and its way to the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct Film {
    shown: Arc<TankView>,
    before: Option<Arc<TankView>>,
    lost: Vec<LostView>,
    moving: Option<Moving>,
    /// Time runs by itself.
    pub playing: bool,
    /// How fast.
    pub speed: Speed,
    /// Something loud is on its way in the picture beside this one, so time passes as slowly as there.
    pub loud_beside: bool,
}

/// What to do when a picture has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// Nothing was moving, or it still moves.
    No,
    /// The picture is there.
    Done,
    /// The picture is there, and the hop it belongs to is not over.
    More,
}

impl Film {
    /// A still picture.
    #[must_use]
    pub fn still(view: TankView) -> Self {
        Self {
            shown: Arc::new(view),
            before: None,
            lost: Vec::new(),
            moving: None,
            playing: false,
            speed: Speed::default(),
            loud_beside: false,
        }
    }

    /// The moment that is drawn.
    #[must_use]
    pub fn shown(&self) -> &TankView {
        &self.shown
    }

    /// The moment before it: what has changed since is marked.
    #[must_use]
    pub fn before(&self) -> Option<&TankView> {
        self.before.as_deref()
    }

    /// Messages lost in the step that led here: their crosses stay until the next step.
    #[must_use]
    pub fn lost(&self) -> &[LostView] {
        &self.lost
    }

    /// Virtual time at which packets and clocks are drawn, µs since t = 0.
    #[must_use]
    pub fn now(&self) -> u64 {
        let Some(moving) = &self.moving else { return self.shown.now };
        let span = moving.to.now.saturating_sub(self.shown.now);
        let part = u128::from(span) * u128::from(moving.spent) / u128::from(moving.total.max(1));
        self.shown.now + u64::try_from(part).unwrap_or(span).min(span)
    }

    /// How far the step has come, in thousandths; 1000 = at rest.
    #[must_use]
    pub fn phase(&self) -> u64 {
        self.moving.as_ref().map_or(1000, |m| (m.spent * 1000 / m.total.max(1)).min(1000))
    }

    /// Whether something moves.
    #[must_use]
    pub const fn is_moving(&self) -> bool {
        self.moving.is_some()
    }

    /// Shows a moment at once.
    pub fn snap(&mut self, view: TankView, lost: Vec<LostView>) {
        self.moving = None;
        if *self.shown != view {
            self.before = Some(std::mem::replace(&mut self.shown, Arc::new(view)));
        }
        self.lost = lost;
    }

    /// Sets off to a later moment. `film`: take the time it needs; otherwise show it at once.
    pub fn go(&mut self, to: TankView, lost: Vec<LostView>, goal: Goal, film: bool) {
        let total = self.duration(&to);
        if !film || total == 0 {
            let over = hop_ends(&self.shown, &to);
            self.snap(to, lost);
            if goal == Goal::Hop && !over {
                // The caller looks at `Arrived` after the next tick; a zero-length move says it at once.
                self.moving = Some(Moving {
                    to: Arc::clone(&self.shown),
                    lost: self.lost.clone(),
                    spent: 1,
                    total: 1,
                    goal,
                });
            }
            return;
        }
        self.moving = Some(Moving { to: Arc::new(to), lost, spent: 0, total, goal });
    }

    /// Whether a loud message is on its way in the picture.
    #[must_use]
    pub fn is_loud(&self) -> bool {
        self.shown.messages.iter().any(|m| !m.quiet && !m.held)
    }

    /// Milliseconds on the screen at ×1 from what is shown to a later moment.
    fn duration(&self, to: &TankView) -> u64 {
        let span = to.now.saturating_sub(self.shown.now);
        let full = span.saturating_mul(SLOWDOWN) / 1000;
        if self.is_loud() || self.loud_beside { full } else { full.min(QUIET_MS) }
    }

    /// Lets display time pass.
    pub fn tick(&mut self, ms: u64) -> Arrived {
        let ms = self.speed.scale(ms);
        let Some(moving) = &mut self.moving else { return Arrived::No };
        moving.spent += ms;
        if moving.spent < moving.total { Arrived::No } else { self.finish() }
    }

    /// Ends the step that is under way.
    pub fn finish(&mut self) -> Arrived {
        let Some(moving) = self.moving.take() else { return Arrived::No };
        let over = hop_ends(&self.shown, &moving.to);
        if !Arc::ptr_eq(&self.shown, &moving.to) {
            self.before = Some(std::mem::replace(&mut self.shown, moving.to));
        }
        self.lost = moving.lost;
        if moving.goal == Goal::Hop && !over { Arrived::More } else { Arrived::Done }
    }
}

/// Whether a loud message of the first moment is no longer on its way in the second.
fn hop_ends(before: &TankView, after: &TankView) -> bool {
    before.messages.iter().any(|m| !m.quiet && !after.messages.iter().any(|n| n.id == m.id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::view::MessageView;

    fn moment(now_ms: u64, messages: &[u64]) -> TankView {
        let message = |id: &u64| MessageView {
            id: *id,
            from: "p".into(),
            to: "b1".into(),
            api: "Produce",
            answers: None,
            quiet: false,
            sent_at: 0,
            due: 5000,
            dies_at: None,
            held: false,
            label: String::new(),
            fields: Vec::new(),
        };
        TankView {
            now: now_ms * 1000,
            messages: messages.iter().map(message).collect(),
            ..TankView::default()
        }
    }

    #[test]
    fn a_hop_of_five_milliseconds_lasts_six_hundred() {
        let mut film = Film::still(moment(0, &[1]));
        film.go(moment(5, &[]), vec![], Goal::Hop, true);
        assert_eq!(film.tick(300), Arrived::No);
        assert_eq!(film.now(), 2500);
        assert_eq!(film.tick(300), Arrived::Done);
        assert_eq!(film.now(), 5000);
    }

    #[test]
    fn silence_is_short_however_long_it_is_and_is_no_hop() {
        let mut film = Film::still(moment(0, &[]));
        film.go(moment(45_000, &[2]), vec![], Goal::Hop, true);
        assert_eq!(film.tick(799), Arrived::No);
        assert_eq!(film.tick(1), Arrived::More);
    }

    #[test]
    fn speed_goes_from_a_quarter_to_eight() {
        let (mut slow, mut fast) = (Speed::default(), Speed::default());
        for _ in 0..9 {
            slow = slow.slower();
            fast = fast.faster();
        }
        assert_eq!((slow.to_string().as_str(), fast.to_string().as_str()), ("×1/4", "×8"));
        let mut film = Film::still(moment(0, &[1]));
        film.speed = fast;
        film.go(moment(5, &[]), vec![], Goal::Instant, true);
        assert_eq!(film.tick(75), Arrived::Done);
    }
}
