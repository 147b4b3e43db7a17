//! The span of time that a ladder shows, told once and carried on as time goes on: a picture is drawn from it without replaying.

use super::play::Play;
use super::tank::Tank;
use crate::lab::{BranchId, Difference, Lab, Side, Sides, Subject, Told};
use crate::scene::{Ladder, Moment, Params};

/// What happened in a span, on each side.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tale {
    stories: [Vec<Told>; 2],
    /// What it is about: branch, first event on each side, polling traffic too, both sides.
    key: Option<Key>,
    /// The last event told, on each side.
    upto: [u64; 2],
    /// Where the two sides first differ.
    pub difference: Option<Difference>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    branch: BranchId,
    from: [u64; 2],
    since: u64,
    quiet: bool,
    sides: Sides,
}

impl Tale {
    /// The story of one side.
    #[must_use]
    pub fn of(&self, side: Side) -> &[Told] {
        &self.stories[usize::from(side == Side::Right)]
    }
}

impl Tank {
    /// Tells what happened since it was last told, if a ladder is shown or two labs are.
    pub fn tell(&mut self) {
        let shown = self.scene_name() == "ladder";
        if !shown && self.play.beside().is_none() {
            return;
        }
        let (key, ends) = (self.key(), self.ends());
        let goes_on = self.tale.key.as_ref() == Some(&key) && (0..2).all(|ix| self.tale.upto[ix] <= ends[ix]);
        if goes_on && self.tale.upto == ends {
            return;
        }
        let mut tale = if goes_on { std::mem::take(&mut self.tale) } else { Tale::default() };
        for (ix, side) in [Side::Left, Side::Right].into_iter().enumerate() {
            if side == Side::Right && self.play.beside().is_none() {
                continue;
            }
            let from = if goes_on { tale.upto[ix] } else { key.from[ix] };
            let lab = self.play.lab_of(side);
            let mut news = lab.story(lab.story_from(from, ends[ix]), ends[ix], key.quiet);
            news.retain(|told| u64::try_from(told.line.at).unwrap_or(0) >= key.since);
            tale.stories[ix].extend(news);
        }
        let differs = |right: &Lab| self.play.lab().first_difference(right);
        tale.difference = tale.difference.or_else(|| self.play.beside().and_then(differs));
        tale.upto = ends;
        tale.key = Some(key);
        self.tale = tale;
    }

    fn ends(&self) -> [u64; 2] {
        [self.play.lab().end(), self.play.beside().map_or(0, Lab::end)]
    }

    fn key(&self) -> Key {
        let params = self.params();
        let from = params.from.as_deref();
        let since = from.and_then(|text| text.parse::<crate::lab::Length>().ok()).map(|length| length.0.0);
        let (start, sides) = match self.play.player() {
            None => match &self.play {
                Play::Futures(futures) => ([futures.fork.saturating_sub(1); 2], Sides::Both),
                _ => ([0, 0], Sides::Left),
            },
            Some(_) if since.is_some() => ([0, 0], Sides::Both),
            Some(player) => {
                let start = player.span(from);
                let own = |side| player.labs().own_event(side, start);
                let both = self.play.beside().is_some();
                let first = if both { Side::Left } else { player.side().first() };
                ([own(first), own(Side::Right)], player.side())
            }
        };
        Key {
            branch: self.play.lab().branch_id(),
            from: start,
            since: since.unwrap_or(0),
            quiet: self.quiet_too,
            sides,
        }
    }

    /// Settings of the lesson's scene.
    #[must_use]
    pub fn params(&self) -> Params {
        self.play.player().map(|player| Params::read(&player.scene().params)).unwrap_or_default()
    }

    /// When the span that the picture asks for begins: the first action from its beat on, or the time that it says; µs since t = 0.
    #[must_use]
    pub fn since(&self, params: &Params) -> Option<u64> {
        let from = params.from.as_deref()?;
        if let Ok(length) = from.parse::<crate::lab::Length>() {
            return Some(length.0.0);
        }
        let player = self.play.player()?;
        let event = player.labs().own_event(Side::Left, player.span(Some(from)));
        let done = player.labs().lab(Side::Left).journal().iter().find(|input| input.after >= event);
        Some(done.map_or(self.film.now(), |input| input.at))
    }

    /// The ladder of one side, with at most so many lifelines.
    #[must_use]
    pub fn ladder(&self, side: Side, lanes: usize) -> Ladder {
        let film = self.film_of(side);
        let moment = Moment {
            view: film.shown(),
            before: film.before(),
            lost: film.lost(),
            now: film.now(),
            focus: &[],
            selected: None,
            quiet_too: self.quiet_too,
            story: self.tale.of(side),
            since: None,
            lanes,
            program: None,
        };
        Ladder::build(&self.params(), &moment, lanes)
    }

    /// The event of a selected row of the ladder, on the side that has the selection.
    #[must_use]
    pub fn selected_event(&self) -> Option<u64> {
        let id = self.selected.as_deref()?;
        if let Some(event) = id.strip_prefix('e').and_then(|rest| rest.split('-').next()?.parse().ok()) {
            return Some(event);
        }
        self.told_of(id).and_then(|told| u64::try_from(told.line.event).ok())
    }

    /// What a person asks about with `w`: the selected thing, in a ladder the selected or the present row.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let view = self.film_of(self.side).shown();
        if self.scene_name() == "ladder" {
            let current = || {
                let ladder = self.ladder(self.side, usize::MAX);
                ladder.rungs.iter().rfind(|rung| !rung.ahead && !rung.id.is_empty()).map(|rung| rung.event)
            };
            return self.selected_event().or_else(current).map_or(Subject::Latest, Subject::Event);
        }
        let Some(id) = self.selected.as_deref() else { return Subject::Latest };
        if let Some(msg) = id.strip_prefix('#').and_then(|msg| msg.parse().ok()) {
            return Subject::Message(msg);
        }
        if let Some((broker, rest)) = id.split_once('/') {
            let (partition, offset) = rest.split_once('@').map_or((rest, None), |(p, o)| (p, o.parse().ok()));
            let brokers = view.brokers.iter().filter(|b| b.id == broker);
            let replica = brokers.flat_map(|b| &b.replicas).find(|r| r.partition == partition);
            let last = replica.map_or(-1, |r| r.log_end - 1);
            return Subject::Offset(broker.to_owned(), partition.to_owned(), offset.unwrap_or(last));
        }
        if let Some(p) = view.topics.iter().flat_map(|t| &t.partitions).find(|p| p.id == id)
            && let Some(leader) = &p.leader
        {
            let copies = view.brokers.iter().filter(|b| b.id == *leader).flat_map(|b| &b.replicas);
            let last = copies.filter(|r| r.partition == id).map(|r| r.log_end - 1).max().unwrap_or(-1);
            return Subject::Offset(leader.clone(), id.to_owned(), last);
        }
        Subject::Process(id.split('.').next().unwrap_or(id).to_owned())
    }

    /// What was told under an id: `#17`, or the first of `e512-0`'s event that is no message.
    #[must_use]
    pub fn told_of(&self, id: &str) -> Option<&Told> {
        let story = self.tale.of(self.side);
        if let Some(msg) = id.strip_prefix('#') {
            return story.iter().find(|told| told.message.as_ref().is_some_and(|m| m.id.to_string() == msg));
        }
        let (event, nth) = id.strip_prefix('e')?.split_once('-')?;
        let (event, nth): (i64, usize) = (event.parse().ok()?, nth.parse().ok()?);
        story.iter().filter(|told| told.line.event == event).nth(nth)
    }
}
