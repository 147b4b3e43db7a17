//! Which fields belong to which kind of beat.

use std::ops::Range;

use crate::course::format::BeatFile;
use crate::course::player::Kind;

/// Kinds that lessons will have and this version does not play.
pub(in crate::course) const LATER: [&str; 4] = ["recall", "explain", "bridge", "check"];

/// Fields of every beat.
pub(in crate::course) const COMMON: [&str; 8] =
    ["id", "kind", "scene", "params", "side", "focus", "needs", "more"];

/// Fields of one kind, beside [`COMMON`].
pub(in crate::course) const fn of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Run => {
            &["do", "lines", "until", "for", "pace", "budget", "long", "say", "then", "mark", "expect"]
        }
        Kind::Compare => &["do", "until", "for", "pace", "budget", "long", "say", "then", "mark", "expect"],
        Kind::Act => &[
            "do", "until", "for", "pace", "budget", "say", "then", "mark", "expect", "allow", "goal", "hint",
            "invite",
        ],
        Kind::Predict => &["of", "ask", "choice", "answer", "value", "why"],
        Kind::Recap => &["say", "remember", "retrieve", "challenge"],
    }
}

/// The fields that a beat has, with their places (a table has none).
pub(super) fn given(beat: &BeatFile) -> Vec<(&'static str, Range<usize>)> {
    macro_rules! given {
        ($($name:literal $field:ident),* $(,)?) => {
            [$(beat.$field.as_ref().map(|value| ($name, value.span()))),*]
        };
    }
    let fields = given![
        "scene" scene, "params" params, "side" side, "focus" focus, "needs" needs, "do" doing, "lines" lines, "until" until, "for" lasts,
        "pace" pace, "budget" budget, "long" long, "say" say, "then" then, "more" more, "mark" mark, "expect" expect, "of" of,
        "ask" ask, "answer" answer, "value" value, "why" why, "choice" choice, "invite" invite, "allow" allow,
        "goal" goal, "hint" hint, "remember" remember, "retrieve" retrieve, "challenge" challenge,
    ];
    fields.into_iter().flatten().collect()
}
