//! Frames: only the cells that changed, in one write, shown at once.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use ratatui::backend::{Backend, ClearType, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::terminal::{FRAME_BEGINS, FRAME_ENDS, Terminal};

/// Collects what the backend encodes, so that a frame leaves in one piece.
#[derive(Clone, Default)]
struct Out(Rc<RefCell<Vec<u8>>>);

impl io::Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Turns pictures into bytes. Knows what the terminal shows already.
pub struct Frames {
    backend: CrosstermBackend<Out>,
    out: Out,
    shown: Buffer,
    next: Buffer,
    cursor: Option<Position>,
    stale: bool,
}

impl Default for Frames {
    fn default() -> Self {
        let out = Out::default();
        Self {
            backend: CrosstermBackend::new(out.clone()),
            out,
            shown: Buffer::default(),
            next: Buffer::default(),
            cursor: None,
            stale: true,
        }
    }
}

impl Frames {
    /// Nobody knows any more what the terminal shows: the next frame draws every cell.
    pub fn forget(&mut self) {
        self.stale = true;
    }

    /// The bytes that bring the terminal to the picture that `paint` makes of an empty buffer of `width` x `height` cells.
    /// `paint` answers where the cursor stands, if it is to be seen. Nothing changed: no bytes.
    ///
    /// # Errors
    /// None in practice: the bytes go to memory.
    pub fn frame(
        &mut self,
        (width, height): (u16, u16),
        paint: impl FnOnce(&mut Buffer, Rect) -> Option<Position>,
    ) -> io::Result<Vec<u8>> {
        let area = Rect::new(0, 0, width, height);
        self.next.resize(area);
        self.next.reset();
        let cursor = paint(&mut self.next, area);
        if self.stale || self.shown.area != area {
            self.shown = Buffer::empty(area);
            self.backend.clear_region(ClearType::All)?;
            self.stale = false;
        }
        let changes = self.shown.diff(&self.next);
        if !changes.is_empty() {
            if self.cursor.take().is_some() {
                self.backend.hide_cursor()?;
            }
            self.backend.draw(changes.into_iter())?;
        }
        self.place_cursor(cursor)?;
        std::mem::swap(&mut self.shown, &mut self.next);
        let body = self.out.0.take();
        if body.is_empty() {
            return Ok(body);
        }
        Ok([FRAME_BEGINS.as_bytes(), &body, FRAME_ENDS.as_bytes()].concat())
    }

    fn place_cursor(&mut self, cursor: Option<Position>) -> io::Result<()> {
        if cursor == self.cursor {
            return Ok(());
        }
        match cursor {
            Some(at) => {
                self.backend.set_cursor_position(at)?;
                if self.cursor.is_none() {
                    self.backend.show_cursor()?;
                }
            }
            None => self.backend.hide_cursor()?,
        }
        self.cursor = cursor;
        Ok(())
    }
}

/// Frames on the way to a terminal.
pub struct Screen {
    terminal: Arc<Terminal>,
    frames: Frames,
}

impl Screen {
    /// A screen that shows nothing yet.
    pub fn new(terminal: Arc<Terminal>) -> Self {
        Self { terminal, frames: Frames::default() }
    }

    /// The next frame draws every cell.
    pub fn forget(&mut self) {
        self.frames.forget();
    }

    /// Draws what `paint` paints; see [`Frames::frame`].
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn draw(
        &mut self,
        size: (u16, u16),
        paint: impl FnOnce(&mut Buffer, Rect) -> Option<Position>,
    ) -> io::Result<()> {
        let bytes = self.frames.frame(size, paint)?;
        self.terminal.write(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    fn words<'a>(
        text: &'a str,
        cursor: Option<Position>,
    ) -> impl FnOnce(&mut Buffer, Rect) -> Option<Position> + 'a {
        move |buffer, area| {
            buffer.set_stringn(0, 0, text, area.width.into(), Style::new());
            cursor
        }
    }

    fn text(bytes: Vec<u8>) -> String {
        String::from_utf8(bytes).unwrap()
    }

    /// What a terminal shows after these bytes.
    fn shown(vt: &mut avt::Terminal, bytes: Vec<u8>) -> String {
        vt.feed(text(bytes).as_str());
        let lines = vt.screen().visible_lines().map(|line| line.text().trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
    }

    #[test]
    fn a_frame_that_changes_nothing_is_empty() {
        let mut frames = Frames::default();
        assert!(!frames.frame((20, 2), words("로그", None)).unwrap().is_empty());
        assert!(frames.frame((20, 2), words("로그", None)).unwrap().is_empty());
    }

    #[test]
    fn a_frame_stands_between_its_marks_and_ends_without_colours() {
        let mut frames = Frames::default();
        let frame = text(frames.frame((20, 2), words("log", None)).unwrap());
        assert!(frame.starts_with(FRAME_BEGINS) && frame.ends_with(FRAME_ENDS), "{frame:?}");
        assert!(frame.contains("log"));
    }

    #[test]
    fn the_terminal_shows_the_last_picture_also_after_a_change_of_size() {
        let mut frames = Frames::default();
        let mut vt = avt::Terminal::new(20, 2).unwrap();
        shown(&mut vt, frames.frame((20, 2), words("브로커 b1", None)).unwrap());
        assert_eq!(shown(&mut vt, frames.frame((20, 2), words("브b로커", None)).unwrap()), "브b로커");
        vt.resize(8, 1);
        assert_eq!(shown(&mut vt, frames.frame((8, 1), words("브로커 b1", None)).unwrap()), "브로커 b");
        frames.forget();
        assert_eq!(shown(&mut vt, frames.frame((8, 1), words("x", None)).unwrap()), "x");
    }

    #[test]
    fn the_cursor_is_seen_where_the_picture_wants_it() {
        let mut frames = Frames::default();
        let mut vt = avt::Terminal::new(20, 2).unwrap();
        vt.feed("\x1b[?25l");
        let at = Some(Position::new(4, 0));
        shown(&mut vt, frames.frame((20, 2), words("crash", at)).unwrap());
        assert_eq!((vt.cursor().col, vt.cursor().row, vt.cursor().visible), (4, 0, true));
        shown(&mut vt, frames.frame((20, 2), words("crash b1", at)).unwrap());
        assert_eq!((vt.cursor().col, vt.cursor().visible), (4, true));
        shown(&mut vt, frames.frame((20, 2), words("crash b1", None)).unwrap());
        assert!(!vt.cursor().visible);
    }

    #[test]
    fn no_size_is_too_small() {
        let mut frames = Frames::default();
        for size in [(0, 0), (1, 1), (0, 5), (3, 0), (2, 1)] {
            frames
                .frame(size, |buffer, area| {
                    assert_eq!((buffer.area, area.as_size().into()), (area, size));
                    None
                })
                .unwrap();
        }
    }
}
