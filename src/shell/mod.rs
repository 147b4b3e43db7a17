//! The only impure layer: the terminal, its keys, signals, the clock, files.

pub mod input;
pub mod log;
pub mod probe;
pub mod screen;
mod session;
pub mod signals;
pub mod store;
pub mod terminal;
pub mod today;
mod trouble;

use std::env;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Builder;
use tokio::sync::mpsc::unbounded_channel;

use self::input::FromTerminal;
use self::input::decode::Decoder;
use self::probe::{Answers, Questions};
use self::screen::Screen;
use self::session::{Clock, Session};
use self::signals::Signals;
use self::store::Store;
use self::terminal::{NoTerminal, Terminal};
use crate::course::Course;
use crate::lab::Spec;
use crate::text::lang::locale_is_utf8;
use crate::text::{Lang, t, tf};
use crate::ui::app::{Message, Motion, Settings, State, update};
use crate::ui::theme::{Background, ColorChoice, GlyphChoice, TerminalHints, Theme, ThemeChoice};
use crate::ui::view;

/// Seed of a tank that says none.
const SEED: u64 = 1;

/// Where to begin.
pub enum Begin {
    /// Parts and lessons.
    Home,
    /// A lesson, at a beat or where the learner left it.
    Lesson {
        /// Its id.
        id: String,
        /// Its beat: slug, or number from 1.
        beat: Option<String>,
    },
    /// A scenario of the course, by id.
    Scenario(String),
    /// A tank without a script.
    Sandbox(Box<Spec>),
}

/// What a person asked for on the command line.
pub struct Options {
    /// Language of the locale, or the chosen one.
    pub lang: Lang,
    /// `--lang`.
    pub chosen: Option<Lang>,
    /// `--theme`.
    pub theme: ThemeChoice,
    /// `--color`.
    pub color: ColorChoice,
    /// `--glyphs`.
    pub glyphs: GlyphChoice,
    /// `--motion`.
    pub motion: Option<Motion>,
    /// Not `--no-mouse`.
    pub mouse: bool,
    /// The lessons.
    pub course: Arc<Course>,
    /// Where to begin.
    pub begin: Begin,
}

/// Why the tank could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// There is no terminal.
    #[error(transparent)]
    NoTerminal(#[from] NoTerminal),
    /// The terminal or the system refuses.
    #[error("{0:#}")]
    Broken(#[from] anyhow::Error),
}

impl From<io::Error> for Unfit {
    fn from(error: io::Error) -> Self {
        Self::Broken(error.into())
    }
}

/// Opens the tank, runs it, gives the terminal back; answers the exit code.
///
/// # Errors
/// [`Unfit`]; the terminal is as it was.
pub fn open(options: Options) -> Result<u8, Unfit> {
    let terminal = Arc::new(Terminal::find()?);
    let folder = store::state_folder();
    let log = folder.as_deref().and_then(log::begin);
    let (store, progress, trouble) = Store::open(folder);
    let lang = options.chosen.or(progress.lang).unwrap_or(options.lang);
    terminal.restore_on_panic(tf(lang, "shell.panicked", &[("version", &env!("CARGO_PKG_VERSION"))]));
    terminal.listen_to_mouse(options.mouse)?;
    terminal.enter()?;
    let mut decoder = Decoder::default();
    let answers = probe::ask(&terminal, &mut decoder, questions(&options))?;
    let (tell, keys) = unbounded_channel();
    for event in &answers.typed {
        let _ = tell.send(FromTerminal::Event(event.clone()));
    }
    input::listen(Arc::clone(&terminal), decoder, tell)?;
    let settings = settings(&options, &answers, lang, progress.lang.is_some());
    let mut screen = Screen::new(Arc::clone(&terminal));
    let mut state = State::new(settings, options.course, progress, terminal.size());
    begin(&mut state, options.begin, &mut screen)?;
    if let Some(trouble) = &trouble {
        tracing::warn!(?trouble, "progress");
        update(&mut state, Message::Notice(trouble::sentence(trouble, lang)));
    }
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let (code, session) = runtime.block_on(async {
        let mut session = Session {
            screen,
            terminal: Arc::clone(&terminal),
            state,
            store,
            signals: Signals::listen()?,
            keys,
            clock: Clock::new(env::var_os("SSH_TTY").is_some()),
            away: false,
            title: String::new(),
        };
        io::Result::Ok((session.run().await, session))
    })?;
    terminal.leave();
    tracing::info!(code, log = ?log, "end");
    say_farewell(session.state.lang(), session.store.path());
    Ok(code)
}

/// What only the terminal knows, if it matters.
fn questions(options: &Options) -> Questions {
    let variable = |name| env::var(name).unwrap_or_default();
    let multiplexed = env::var_os("TMUX").is_some()
        || ["tmux", "screen"].iter().any(|name| variable("TERM").starts_with(name));
    Questions {
        width: options.glyphs == GlyphChoice::Auto,
        // tmux keeps the question to itself, or answers for another window.
        background: options.theme.asks_for_background() && !multiplexed,
    }
}

fn settings(options: &Options, answers: &Answers, lang: Lang, chosen_before: bool) -> Settings {
    let variable = |name| env::var(name).ok();
    let (no_color, colorterm, term) = (variable("NO_COLOR"), variable("COLORTERM"), variable("TERM"));
    let background = answers.background.as_deref().and_then(Background::from_osc11);
    let terminal = TerminalHints {
        no_color: no_color.as_deref(),
        colorterm: colorterm.as_deref(),
        term: term.as_deref(),
        background,
    };
    let (all, ctype, locale) = (variable("LC_ALL"), variable("LC_CTYPE"), variable("LANG"));
    let utf8 = locale_is_utf8(all.as_deref(), ctype.as_deref(), locale.as_deref());
    if options.color != ColorChoice::Auto {
        // Whoever names a number of colours means it, NO_COLOR or not.
        crossterm::style::force_color_output(true);
    }
    Settings {
        lang,
        lang_chosen: options.chosen.is_some() || chosen_before,
        theme: Theme::resolve(options.theme, options.color, &terminal),
        theme_follows: options.theme.asks_for_background() && background.is_none(),
        glyphs: options.glyphs.resolve(answers.line_width, utf8),
        motion: options.motion.unwrap_or_default(),
        mouse: options.mouse,
        today: today::today(),
    }
}

/// Goes where the person wants to be. To boot a cluster takes a moment: something is seen meanwhile.
fn begin(state: &mut State, begin: Begin, screen: &mut Screen) -> io::Result<()> {
    if !matches!(begin, Begin::Home) {
        screen.draw(state.size, |buffer, area| {
            view::opening(state, buffer, area);
            None
        })?;
    }
    match begin {
        Begin::Home => {}
        Begin::Lesson { id, beat } => {
            let left = || state.progress.lessons.get(&id).filter(|lesson| !lesson.done);
            let beat = beat.or_else(|| left().map(|lesson| lesson.beat.clone()));
            state.open_lesson(&id, beat.as_deref());
        }
        Begin::Scenario(id) => state.open_scenario(&id),
        Begin::Sandbox(spec) => {
            let seed = spec.seed.unwrap_or(SEED);
            state.open_sandbox(&spec, seed);
        }
    }
    Ok(())
}

/// The last line, on the shell's own screen. If the window is gone, nobody misses it.
fn say_farewell(lang: Lang, kept: Option<&Path>) {
    let line = match kept {
        Some(path) if path.exists() => tf(lang, "shell.kept", &[("path", &path.display())]),
        _ => t(lang, "shell.not_kept").to_owned(),
    };
    let _ = writeln!(io::stdout(), "{line}");
}
