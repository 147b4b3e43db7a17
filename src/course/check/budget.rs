//! How much text fits: the limits of the writing guide, measured in cells after values are filled in.

use crate::text::{Lang, Rich, Text, width, wrap};

/// Columns of a narration line.
pub(super) const COLUMNS: usize = 76;
/// Cells of a head line.
pub(super) const HEAD: usize = 60;

/// What a text is, with its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// `say` or `then`: a head line and three lines.
    Narration,
    /// `more`: nine lines.
    More,
    /// `mark`: three lines.
    Mark,
    /// `invite`: one line.
    Invite,
    /// `hint`: two lines.
    Hint,
    /// `ask`: two lines of 74.
    Ask,
    /// A choice: 68 cells.
    Choice,
    /// The feedback of a choice: two lines.
    Why,
    /// A line of a recap.
    Remember,
}

impl What {
    /// Columns and lines.
    const fn limits(self) -> (usize, usize) {
        match self {
            What::Narration | What::Mark => (COLUMNS, 3),
            What::More => (COLUMNS, 9),
            What::Ask => (74, 2),
            What::Choice => (68, 1),
            What::Hint | What::Why => (COLUMNS, 2),
            What::Invite | What::Remember => (COLUMNS, 1),
        }
    }

    const fn field(self) -> &'static str {
        match self {
            What::Narration => "say/then",
            What::More => "more",
            What::Mark => "mark",
            What::Invite => "invite",
            What::Hint => "hint",
            What::Ask => "ask",
            What::Choice => "choice",
            What::Why => "why",
            What::Remember => "remember",
        }
    }
}

/// What is too long in a filled-in text, if anything.
pub(super) fn too_long(what: What, lang: Lang, text: &str) -> Option<Text> {
    let body = if what == What::Narration {
        let (head, body) = text.split_once('\n').unwrap_or((text, ""));
        let head = wrap(&Rich::parse(head), usize::MAX).iter().map(|line| line.width()).sum::<usize>();
        if head > HEAD {
            return Some(Text::new(
                format!("첫 줄이 {head}칸입니다. {HEAD}칸까지 됩니다"),
                format!("the head line takes {head} cells of {HEAD}"),
            ));
        }
        let words = text.split_whitespace().count();
        if lang == Lang::En && words > 60 {
            return Some(Text::new(
                format!("영어 낱말이 {words}개입니다. 60개까지 됩니다"),
                format!("{words} words; 60 are allowed"),
            ));
        }
        body
    } else {
        text
    };
    let (columns, limit) = what.limits();
    let lines = wrap(&Rich::parse(body.trim_end()), columns);
    let field = what.field();
    if limit == 1 && lines.len() > 1 {
        let cells = width(body);
        return Some(Text::new(
            format!("{field}: {cells}칸입니다. 한 줄 {columns}칸까지 됩니다"),
            format!("{field}: {cells} cells; one line of {columns} is allowed"),
        ));
    }
    (lines.len() > limit).then(|| {
        let count = lines.len();
        Text::new(
            format!("{field}: {columns}칸 줄바꿈 뒤 {count}줄입니다. {limit}줄까지 됩니다"),
            format!("{field}: {count} lines of {columns} cells; {limit} are allowed"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_met_exactly_and_not_passed() {
        let line = |cells: usize| "a".repeat(cells);
        let lines = |n: usize, cells: usize| vec![line(cells); n].join("\n");
        for (what, columns, limit) in [
            (What::More, 76, 9),
            (What::Mark, 76, 3),
            (What::Ask, 74, 2),
            (What::Choice, 68, 1),
            (What::Why, 76, 2),
            (What::Hint, 76, 2),
            (What::Invite, 76, 1),
            (What::Remember, 76, 1),
        ] {
            assert_eq!(too_long(what, Lang::Ko, &lines(limit, columns)), None, "{what:?}");
            assert!(too_long(what, Lang::Ko, &lines(limit, columns + 1)).is_some(), "{what:?}");
            assert!(too_long(what, Lang::Ko, &lines(limit + 1, columns)).is_some(), "{what:?}");
        }
        let told = |head: usize, body: usize| format!("{}\n{}", line(head), lines(body, 76));
        assert_eq!(too_long(What::Narration, Lang::Ko, &told(60, 3)), None);
        assert!(too_long(What::Narration, Lang::Ko, &told(61, 3)).is_some());
        assert!(too_long(What::Narration, Lang::Ko, &told(60, 4)).is_some());
        assert!(too_long(What::Narration, Lang::Ko, &"가".repeat(31)).is_some());
        assert!(too_long(What::Narration, Lang::En, &"a ".repeat(61)).is_some());
    }
}
