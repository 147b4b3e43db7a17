//! The one list of commands. Keymap, key bar, help and palette are made from it: a command that is not here cannot be pressed.

use super::key::{Code, Key};

/// Where keys mean what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// Everywhere, below all others.
    Everywhere,
    /// Home.
    Home,
    /// A lesson or the sandbox.
    Tank,
    /// The same with the inspector open: other keys than these are those of the tank.
    Inspector,
    /// An open prompt of a predict beat.
    Prompt,
    /// A list that is open over the picture (break menu, branches, events).
    List,
    /// A question with answers to choose from.
    Question,
    /// Help.
    Help,
}

impl Context {
    /// Whose keys it has where it has none of its own.
    const fn below(self) -> Option<Self> {
        match self {
            Self::Inspector => Some(Self::Tank),
            _ => None,
        }
    }
}

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident $name:literal $group:ident: $($context:ident [$($key:expr),*])+;)*) => {
        /// What the person wants, after keys have been forgotten.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Command { $($(#[$doc])* $variant,)* }

        impl Command {
            /// Every command, in the order of help.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name: the key of its sentence is `cmd.NAME` in the interface strings.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it has to do with; help is in these groups.
            #[must_use]
            pub const fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)* }
            }
        }

        /// Every key: command, context, keys.
        pub static BINDINGS: &[(Command, Context, &[Key])] = &[
            $($((Command::$variant, Context::$context, &[$($key),*]),)+)*
        ];
    };
}

/// Purposes, for help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Moving in time.
    Time,
    /// Looking.
    Look,
    /// Breaking.
    Break,
    /// Other futures.
    Branch,
    /// Answering.
    Answer,
    /// The program.
    Program,
}

impl Group {
    /// All, in the order of help.
    pub const ALL: &[Self] =
        &[Self::Time, Self::Look, Self::Break, Self::Branch, Self::Answer, Self::Program];

    /// Key of its title: `cmdgroup.NAME`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Look => "look",
            Self::Break => "break",
            Self::Branch => "branch",
            Self::Answer => "answer",
            Self::Program => "program",
        }
    }
}

const fn c(c: char) -> Key {
    Key::char(c)
}

const fn k(code: Code) -> Key {
    Key::plain(code)
}

commands! {
    /// To the next beat, or to the end of this one's run.
    NextBeat "next-beat" Time: Tank [c(' '), k(Code::PageDown)];
    /// To the beat before, or back to the script.
    PreviousBeat "previous-beat" Time: Tank [k(Code::Backspace), k(Code::PageUp)] Prompt [k(Code::Backspace), k(Code::PageUp)];
    /// To the arrival or loss of the next message.
    NextHop "next-hop" Time: Tank [k(Code::Right), c('l')];
    /// Back by one hop.
    PreviousHop "previous-hop" Time: Tank [k(Code::Left), c('h')] Prompt [k(Code::Left)];
    /// One event on.
    NextEvent "next-event" Time: Tank [c(']')];
    /// One event back.
    PreviousEvent "previous-event" Time: Tank [c('[')] Prompt [c('[')];
    /// Let time run, or stop it.
    PlayPause "play-pause" Time: Tank [c('p')];
    /// Twice as fast.
    Faster "faster" Time: Tank [c('+'), c('=')];
    /// Half as fast.
    Slower "slower" Time: Tank [c('-')];
    /// To the beginning.
    ToStart "to-start" Time: Tank [k(Code::Home)];
    /// To the furthest moment.
    ToEnd "to-end" Time: Tank [k(Code::End)];
    /// Show polling traffic too.
    ToggleQuiet "toggle-quiet" Look: Tank [c('z')];
    /// Select the next thing.
    SelectNext "select-next" Look: Tank [k(Code::Tab), c('j'), k(Code::Down)] Prompt [k(Code::Tab)];
    /// Select the thing before.
    SelectPrevious "select-previous" Look: Tank [k(Code::BackTab), c('k'), k(Code::Up)] Prompt [k(Code::BackTab)];
    /// Open the selected thing, or play and pause on the scrubber.
    Open "open" Look: Tank [k(Code::Enter)];
    /// What a curious expert wants beyond the narration.
    More "more" Look: Tank [c('m')];
    /// The list of events.
    Events "events" Look: Tank [c('e')];
    /// The other picture: the log beside the cluster.
    OtherScene "other-scene" Look: Tank [c('o')];
    /// The messages of the span, as a ladder.
    Ladder "ladder" Look: Tank [c('v')];
    /// Why it is so: from effect to cause.
    Why "why" Look: Tank [c('w')];
    /// The other one of two labs.
    OtherSide "other-side" Look: Tank [c('s')];
    /// To the first moment at which two labs differ.
    Difference "difference" Time: Tank [c('d')];
    /// What can be broken about the selected thing.
    Break "break" Break: Tank [c('x'), k(Code::Delete)];
    /// An action by name.
    Prompt "prompt" Break: Tank [c(':'), Key::ctrl('p')];
    /// Start another future here.
    Fork "fork" Branch: Tank [c('f')];
    /// The futures there are.
    Branches "branches" Branch: Tank [c('b')];
    /// The chosen future beside the present one.
    Compare "compare" Branch: List [c('='), c('c')];
    /// A hint.
    Hint "hint" Answer: Tank [c('i')] Prompt [c('i')];
    /// Not now.
    SkipPrompt "skip-prompt" Answer: Prompt [k(Code::Esc)];
    /// Move the choice.
    ChoiceDown "choice-down" Answer: Prompt [k(Code::Down), c('j')];
    /// Move the choice.
    ChoiceUp "choice-up" Answer: Prompt [k(Code::Up), c('k')];
    /// Take the choice.
    Choose "choose" Answer: Prompt [k(Code::Enter)];
    /// Next row.
    Down "down" Look: Home [k(Code::Down), c('j'), k(Code::Tab)] List [k(Code::Down), c('j'), k(Code::Tab)] Question [k(Code::Down), c('j'), k(Code::Tab), k(Code::Right)] Help [k(Code::Down), c('j')] Inspector [k(Code::Down), c('j')];
    /// Row before.
    Up "up" Look: Home [k(Code::Up), c('k'), k(Code::BackTab)] List [k(Code::Up), c('k'), k(Code::BackTab)] Question [k(Code::Up), c('k'), k(Code::BackTab), k(Code::Left)] Help [k(Code::Up), c('k')] Inspector [k(Code::Up), c('k')];
    /// Open the row.
    Enter "enter" Look: Home [k(Code::Enter), k(Code::Right), c(' ')] List [k(Code::Enter)] Question [k(Code::Enter), c(' ')] Inspector [k(Code::Enter)];
    /// A place of the course by words.
    Find "find" Look: Home [c('/')];
    /// An empty tank.
    Sandbox "sandbox" Program: Home [c('s')];
    /// Close what is open, or go home.
    Close "close" Program: Tank [k(Code::Esc)] List [k(Code::Esc), c('q')] Question [k(Code::Esc), c('q')] Help [k(Code::Esc), c('q'), c('?'), k(Code::F(1))] Home [k(Code::Left)];
    /// Home, or out.
    Quit "quit" Program: Home [c('q'), k(Code::Esc)] Tank [c('q')] Prompt [c('q')];
    /// Out at once.
    QuitNow "quit-now" Program: Everywhere [Key::ctrl('c')];
    /// Korean or English.
    Language "language" Program: Everywhere [k(Code::F(2))];
    /// Dark, light, projector.
    Theme "theme" Program: Everywhere [k(Code::F(4))];
    /// Listen to the mouse, or leave it to the terminal.
    Mouse "mouse" Program: Everywhere [k(Code::F(3))];
    /// Keys that work here.
    Help "help" Program: Everywhere [k(Code::F(1))] Home [c('?')] Tank [c('?')] Prompt [c('?')] List [c('?')] Question [c('?')];
    /// Draw everything again.
    Redraw "redraw" Program: Everywhere [Key::ctrl('l')];
    /// Give the terminal back for a while.
    Suspend "suspend" Program: Everywhere [Key::ctrl('z')];
}

/// The command of a key in a context, or the one it has everywhere.
#[must_use]
pub fn command(context: Context, key: Key) -> Option<Command> {
    let bound = |wanted: Context| {
        BINDINGS
            .iter()
            .find(|(_, at, keys)| *at == wanted && keys.contains(&key))
            .map(|(command, ..)| *command)
    };
    bound(context).or_else(|| bound(context.below()?)).or_else(|| bound(Context::Everywhere))
}

/// The keys of a command in a context.
#[must_use]
pub fn keys(context: Context, command: Command) -> &'static [Key] {
    let bound = |wanted: Context| {
        BINDINGS.iter().find(|(c, at, _)| *c == command && *at == wanted).map(|(_, _, keys)| *keys)
    };
    let first =
        |keys: &&'static [Key]| keys.first().is_some_and(|key| self::command(context, *key) == Some(command));
    let lower = || context.below().and_then(bound).filter(first);
    bound(context).or_else(lower).or_else(|| bound(Context::Everywhere)).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::strings::lookup;

    #[test]
    fn no_key_has_two_commands_in_one_context() {
        for (n, (command, context, keys)) in BINDINGS.iter().enumerate() {
            for (other, at, others) in &BINDINGS[n + 1..] {
                let both = keys.iter().find(|key| others.contains(key));
                assert!(
                    at != context || both.is_none(),
                    "{command:?} and {other:?} share {both:?} in {context:?}"
                );
            }
        }
    }

    /// With a Hangul input method `L` and `l` are one jamo (only Q W E R T O P have two).
    #[test]
    fn no_two_commands_of_a_context_differ_by_shift_alone() {
        for (command, context, keys) in BINDINGS {
            for key in *keys {
                if let Code::Char(c) = key.code {
                    assert!(!c.is_ascii_uppercase(), "{command:?} in {context:?} needs Shift");
                }
            }
        }
    }

    #[test]
    fn every_command_has_a_sentence_and_every_group_a_title_in_both_languages() {
        for lang in [crate::text::Lang::Ko, crate::text::Lang::En] {
            for command in Command::ALL {
                assert!(lookup(lang, &format!("cmd.{}", command.name())).is_some(), "cmd.{}", command.name());
            }
            for group in Group::ALL {
                assert!(lookup(lang, &format!("cmdgroup.{}", group.name())).is_some(), "{}", group.name());
            }
        }
    }
}
