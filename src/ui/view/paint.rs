//! The few strokes everything is drawn with. Nothing here lets a wide character hang over an edge or stay behind by half.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use crate::text::{Line, Mark, width};
use crate::ui::theme::{Role, Surface, Theme};

/// Which frame a thing has: square = a server, round = a client; heavy = what this step is about; dashed = not taking full part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A server.
    Square,
    /// A client.
    Round,
    /// The one thing this step is about.
    Heavy,
    /// Dead, refused or out of the in-sync set.
    Dashed,
}

impl Frame {
    /// Corners (clockwise from top left), horizontal, vertical.
    const fn glyphs(self) -> ([&'static str; 4], &'static str, &'static str) {
        match self {
            Self::Square => (["┌", "┐", "┘", "└"], "─", "│"),
            Self::Round => (["╭", "╮", "╯", "╰"], "─", "│"),
            Self::Heavy => (["┏", "┓", "┛", "┗"], "━", "┃"),
            Self::Dashed => (["┌", "┐", "┘", "└"], "╌", "╎"),
        }
    }
}

/// Sets one cell, if it is in the buffer.
pub fn cell(buffer: &mut Buffer, x: u16, y: u16, symbol: &str, style: Style) {
    if let Some(cell) = buffer.cell_mut((x, y)) {
        cell.set_symbol(symbol).set_style(style);
    }
}

/// Writes text from a cell on, at most `room` cells of it; gives the cells it took.
pub fn put(buffer: &mut Buffer, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
    let area = buffer.area;
    if y < area.y || y >= area.bottom() {
        return 0;
    }
    let limit = room.min(area.right().saturating_sub(x));
    let mut at = 0;
    for cluster in text.graphemes(true) {
        let cells = u16::try_from(width(cluster)).unwrap_or(0);
        if cells == 0 {
            continue;
        }
        if at + cells > limit {
            break;
        }
        cell(buffer, x + at, y, cluster, style);
        if cells == 2
            && let Some(second) = buffer.cell_mut((x + at + 1, y))
        {
            second.reset();
            second.set_symbol(" ").set_style(style);
        }
        at += cells;
    }
    at
}

/// Writes text so that it ends at `right` (exclusive).
pub fn put_right(buffer: &mut Buffer, right: u16, y: u16, text: &str, style: Style) -> u16 {
    let cells = u16::try_from(width(text)).unwrap_or(u16::MAX).min(right);
    put(buffer, right - cells, y, cells, text, style)
}

/// Paints an area with a surface, blank.
pub fn fill(buffer: &mut Buffer, area: Rect, theme: Theme, surface: Surface) {
    clear_under(buffer, area);
    let style = theme.surface(surface);
    for position in area.intersection(buffer.area).positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.reset();
            cell.set_style(style);
        }
    }
}

/// Blanks the wide characters that stand half inside an area.
pub fn clear_under(buffer: &mut Buffer, area: Rect) {
    let area = area.intersection(buffer.area);
    for y in area.top()..area.bottom() {
        for edge in [area.left(), area.right()] {
            let Some(before) = edge.checked_sub(1) else { continue };
            let wide = buffer.cell((before, y)).is_some_and(|cell| width(cell.symbol()) == 2);
            if wide {
                for x in [before, edge] {
                    if let Some(cell) = buffer.cell_mut((x, y)) {
                        cell.set_symbol(" ");
                    }
                }
            }
        }
    }
}

/// Draws a frame with a title in its upper edge.
pub fn boxed(buffer: &mut Buffer, area: Rect, frame: Frame, title: &str, style: Style, title_style: Style) {
    if area.width < 2 || area.height < 2 {
        return;
    }
    let ([tl, tr, br, bl], h, v) = frame.glyphs();
    let (left, right, top, bottom) = (area.left(), area.right() - 1, area.top(), area.bottom() - 1);
    for x in left + 1..right {
        cell(buffer, x, top, h, style);
        cell(buffer, x, bottom, h, style);
    }
    for y in top + 1..bottom {
        cell(buffer, left, y, v, style);
        cell(buffer, right, y, v, style);
    }
    for (x, y, corner) in [(left, top, tl), (right, top, tr), (right, bottom, br), (left, bottom, bl)] {
        cell(buffer, x, y, corner, style);
    }
    if !title.is_empty() && area.width > 6 {
        let text = format!(" {} ", crate::text::truncate(title, usize::from(area.width) - 6, "…"));
        put(buffer, left + 2, top, area.width - 4, &text, title_style);
    }
}

/// Writes a wrapped line with its key pills.
pub fn rich(buffer: &mut Buffer, x: u16, y: u16, room: u16, line: &Line, style: Style, theme: Theme) -> u16 {
    let mut at = 0;
    for span in &line.spans {
        let left = room.saturating_sub(at);
        at += match span.mark {
            Mark::Plain => put(buffer, x + at, y, left, &span.text, style),
            Mark::Key => pill(buffer, x + at, y, left, span.text.trim(), theme),
        };
    }
    at
}

/// Writes a key as a pill with its two outer cells.
pub fn pill(buffer: &mut Buffer, x: u16, y: u16, room: u16, key: &str, theme: Theme) -> u16 {
    let (left, right) = theme.key_ends();
    put(buffer, x, y, room, &format!("{left}{key}{right}"), theme.key())
}

/// A bar of `part` of `whole` in `cells` cells.
pub fn bar(
    buffer: &mut Buffer,
    (x, y): (u16, u16),
    cells: u16,
    part: u64,
    whole: u64,
    done: Style,
    rest: Style,
) {
    let filled = u64::from(cells) * part.min(whole) / whole.max(1);
    for n in 0..cells {
        let (glyph, style) = if u64::from(n) < filled { ("━", done) } else { ("─", rest) };
        cell(buffer, x + n, y, glyph, style);
    }
}

/// The colours of a label.
#[must_use]
pub fn muted(theme: Theme) -> Style {
    theme.style(Role::Muted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{Depth, ThemeName};

    fn row(buffer: &Buffer, y: u16) -> String {
        (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect()
    }

    #[test]
    fn a_wide_character_never_hangs_over_an_edge() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 5, 1));
        assert_eq!(put(&mut buffer, 0, 0, 9, "가나다", Style::new()), 4);
        assert_eq!(row(&buffer, 0), "가 나  ");
    }

    #[test]
    fn what_stands_half_under_a_box_is_blanked() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        put(&mut buffer, 0, 0, 6, "가나다", Style::new());
        let theme = Theme::new(ThemeName::Dark, Depth::Rgb);
        fill(&mut buffer, Rect::new(1, 0, 2, 1), theme, Surface::Panel);
        assert_eq!(row(&buffer, 0), "    다 ");
    }
}
