//! The loop: what happens becomes messages, messages become effects, and what changed is drawn.
//!
//! Between two happenings the program sleeps in the kernel. It ticks only while the picture moves by itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::{fs, future, io};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

use super::input::FromTerminal;
use super::input::decode::{Answer, Event};
use super::screen::Screen;
use super::signals::{Asked, Signals};
use super::store::{Store, replace};
use super::terminal::Terminal;
use super::trouble;
use crate::ui::app::{Effect, Message, State, update};
use crate::ui::theme::Background;
use crate::ui::view;

/// Between two pictures of something that moves.
const TICK: Duration = Duration::from_millis(80);
/// The same where the way to the eye is slow.
const SLOW_TICK: Duration = Duration::from_millis(160);
/// Between two slices of something that takes long.
const WORK_TICK: Duration = Duration::from_millis(1);
/// A frame that takes this long to write says that the way is slow.
const SLOW_WRITE: Duration = Duration::from_millis(20);
/// However much is typed or pasted, a picture comes this often.
const PATIENCE: Duration = Duration::from_millis(30);
/// Time that was spent stopped, or asleep with the lid closed, is not made up for.
const LONGEST_TICK: Duration = Duration::from_millis(500);
/// The exit code that nobody sees: the window is gone.
const HUNG_UP: u8 = 128 + 1;
/// A file that a person names is read up to here; a scenario is a few kilobytes.
const LARGEST_FILE: u64 = 1 << 22;

/// A running program.
pub struct Session {
    /// Where it runs.
    pub terminal: Arc<Terminal>,
    /// What is drawn there.
    pub screen: Screen,
    /// What it is doing.
    pub state: State,
    /// Where progress is kept.
    pub store: Store,
    /// Signals.
    pub signals: Signals,
    /// Keys and the like.
    pub keys: UnboundedReceiver<FromTerminal>,
    /// When the picture moves on.
    pub clock: Clock,
    /// Stopped, with the terminal given back.
    pub away: bool,
    /// What the window is called.
    pub title: String,
}

/// When the next tick is due.
pub struct Clock {
    interval: Duration,
    last: Option<Instant>,
}

impl Clock {
    /// A clock that stands still. `slow`: the terminal is known to be far away.
    pub const fn new(slow: bool) -> Self {
        Self { interval: if slow { SLOW_TICK } else { TICK }, last: None }
    }

    /// When the next tick is due, if there is to be one.
    fn next(&mut self, wanted: bool, at_work: bool) -> Option<Instant> {
        if !wanted {
            self.last = None;
            return None;
        }
        let interval = if at_work { WORK_TICK } else { self.interval };
        Some(*self.last.get_or_insert_with(Instant::now) + interval)
    }

    /// Ticks; answers how much time passed since the last one.
    fn tick(&mut self) -> Duration {
        let now = Instant::now();
        let last = self.last.replace(now).unwrap_or(now);
        (now - last).min(LONGEST_TICK)
    }
}

/// What ends the waiting.
enum Happened {
    Asked(Asked),
    Terminal(FromTerminal),
    Tick,
}

impl Session {
    /// Runs until the end; answers the exit code.
    pub async fn run(&mut self) -> u8 {
        loop {
            if let Err(error) = self.draw() {
                tracing::info!(%error, "the terminal is gone");
                return self.end(HUNG_UP);
            }
            let happened = self.wait().await;
            if let Some(code) = self.take(happened) {
                return code;
            }
            let patience = Instant::now() + PATIENCE;
            while Instant::now() < patience {
                let Ok(more) = self.keys.try_recv() else { break };
                if let Some(code) = self.take(Happened::Terminal(more)) {
                    return code;
                }
            }
        }
    }

    async fn wait(&mut self) -> Happened {
        let due = self.clock.next(self.state.wants_tick() && !self.away, self.state.is_working());
        let tick = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => future::pending().await,
            }
        };
        tokio::select! {
            biased;
            asked = self.signals.next() => Happened::Asked(asked),
            key = self.keys.recv() => Happened::Terminal(key.unwrap_or(FromTerminal::Gone)),
            () = tick => Happened::Tick,
        }
    }

    /// Does what follows; answers the exit code if that was the end.
    fn take(&mut self, happened: Happened) -> Option<u8> {
        match happened {
            Happened::Tick => {
                let elapsed = self.clock.tick().as_millis();
                self.tell(Message::Tick(elapsed.try_into().unwrap_or(0)))
            }
            Happened::Terminal(FromTerminal::Event(event)) => match event {
                Event::Key(key) => self.tell(Message::Key(key)),
                Event::Mouse(gesture, x, y) => {
                    let spot = view::spot(&self.state, x, y);
                    self.tell(Message::Mouse(gesture, spot))
                }
                Event::Paste(text) => self.tell(Message::Paste(text)),
                // Late, but the theme may still follow it.
                Event::Answer(Answer::Osc(text)) => Background::from_osc11(&text)
                    .and_then(|background| self.tell(Message::Background(background))),
                Event::Focus(_) | Event::Answer(_) => None,
            },
            Happened::Terminal(FromTerminal::Gone) => Some(self.end(HUNG_UP)),
            Happened::Asked(Asked::Quit(signal)) => Some(self.end(128 + signal)),
            Happened::Asked(Asked::Resize) => None,
            Happened::Asked(Asked::Suspend) => self.suspend(),
            Happened::Asked(Asked::Continue) => self.resume(),
        }
    }

    /// Comes to an end that the person did not ask for.
    fn end(&mut self, code: u8) -> u8 {
        tracing::info!(code, "asked to end");
        self.tell(Message::Quit(code.into()));
        code
    }

    /// Gives a message to the application and does what it asks for.
    fn tell(&mut self, message: Message) -> Option<u8> {
        let mut end = None;
        for effect in update(&mut self.state, message) {
            end = end.or(self.perform(effect));
        }
        end
    }

    fn perform(&mut self, effect: Effect) -> Option<u8> {
        match effect {
            Effect::Quit(code) => Some(u8::try_from(code).unwrap_or(1)),
            Effect::SaveProgress(progress) => {
                let course = Arc::clone(&self.state.course);
                let saved = self.store.save(&progress, |lesson, beat| course.order(lesson, beat));
                let wrong = saved.err()?;
                tracing::warn!(?wrong, "progress");
                self.tell(Message::Notice(trouble::sentence(&wrong, self.state.lang())))
            }
            Effect::WriteFile { path, text } => {
                let result = replace(&PathBuf::from(&path), &text).map_err(|error| error.to_string());
                self.tell(Message::FileWritten { path, result })
            }
            Effect::ReadFile { path } => {
                let text = read_file(&path).map_err(|error| error.to_string());
                self.tell(Message::FileRead { path, text })
            }
            Effect::Mouse(on) => self.terminal.listen_to_mouse(on).err().map(|_| self.end(HUNG_UP)),
            Effect::Suspend => self.suspend(),
            Effect::Redraw => {
                self.screen.forget();
                None
            }
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        if self.away {
            return Ok(());
        }
        let size = self.terminal.size();
        if size != self.state.size {
            self.tell(Message::Resize(size.0, size.1));
        }
        let before = Instant::now();
        let state = &self.state;
        self.screen.draw(size, |buffer, area| view::draw(state, buffer, area))?;
        if before.elapsed() > SLOW_WRITE {
            self.clock.interval = SLOW_TICK;
        }
        self.name_window()
    }

    /// `Kafkarium — <lesson>`, when that changed.
    fn name_window(&mut self) -> io::Result<()> {
        let player = self.state.tank().and_then(|tank| tank.play.player());
        let title = match player {
            Some(player) => format!("Kafkarium — {}", player.lesson().title.get(self.state.lang())),
            None => "Kafkarium".to_owned(),
        };
        if title != self.title {
            self.terminal.set_title(&title)?;
            self.title = title;
        }
        Ok(())
    }

    /// Gives the terminal back and stops, together with whoever started this program in the same job.
    fn suspend(&mut self) -> Option<u8> {
        // Nobody could continue the leader of a session: the window would be dead.
        if rustix::process::getsid(None).ok() == Some(rustix::process::getpid()) {
            return None;
        }
        self.terminal.leave();
        self.away = true;
        match rustix::process::kill_current_process_group(rustix::process::Signal::STOP) {
            Ok(()) => None,
            Err(_) => self.resume(),
        }
    }

    /// Takes the terminal again; somebody else may have changed it meanwhile.
    fn resume(&mut self) -> Option<u8> {
        if !self.away {
            self.terminal.leave();
        }
        self.away = false;
        self.screen.forget();
        self.terminal.enter().err().map(|_| self.end(HUNG_UP))
    }
}

/// A file that a person named, as text.
fn read_file(path: &str) -> io::Result<String> {
    if fs::metadata(path)?.len() > LARGEST_FILE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    fs::read_to_string(path)
}
