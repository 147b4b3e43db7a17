//! Rows of a buffer, cut where the style changes.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use crate::text::width::width;

/// Neighbouring cells of one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Column of the first cell, counted from 0 at the buffer's left edge.
    pub column: u16,
    /// Width in cells.
    pub cells: u16,
    /// The characters.
    pub text: String,
    /// Their style.
    pub style: Style,
}

/// The runs of row `row`, counted from 0 at the buffer's top edge, from left to right; together they cover the row
/// exactly. The cell behind a wide character belongs to it; a wide character that hangs over the edge becomes a space.
pub fn runs(buffer: &Buffer, row: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut column = 0;
    while column < buffer.area.width {
        let cell = &buffer[(buffer.area.x + column, buffer.area.y + row)];
        let mut symbol = cell.symbol();
        let mut cells = u16::try_from(width(symbol)).unwrap_or(1);
        if cells == 0 || column + cells > buffer.area.width {
            (symbol, cells) = (" ", 1);
        }
        let style = cell.style();
        match runs.last_mut() {
            Some(run) if run.style == style => {
                run.text.push_str(symbol);
                run.cells += cells;
            }
            _ => runs.push(Run { column, cells, text: symbol.to_owned(), style }),
        }
        column += cells;
    }
    runs
}

/// What a style comes to: foreground and background with reverse applied, `None` for the terminal's own.
pub(super) fn resolved(style: Style, own: (u32, u32)) -> (u32, u32) {
    let foreground = style.fg.and_then(rgb).unwrap_or(own.0);
    let background = style.bg.and_then(rgb).unwrap_or(own.1);
    if style.add_modifier.contains(Modifier::REVERSED) {
        (background, foreground)
    } else {
        (foreground, background)
    }
}

/// A colour as `0xRRGGBB`; `None` for the terminal's own. The 16 colours are xterm's.
fn rgb(color: Color) -> Option<u32> {
    const XTERM: [u32; 16] = [
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000,
        0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    ];
    let number = match color {
        Color::Reset => return None,
        Color::Rgb(red, green, blue) => return Some(u32::from_be_bytes([0, red, green, blue])),
        Color::Indexed(number) => number,
        named => ansi_number(named)?,
    };
    match number {
        0..=15 => XTERM.get(usize::from(number)).copied(),
        16..=231 => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * u32::from(n) };
            let cube = number - 16;
            Some(level(cube / 36) << 16 | level(cube / 6 % 6) << 8 | level(cube % 6))
        }
        grey => Some((8 + 10 * u32::from(grey - 232)) * 0x01_0101),
    }
}

/// The number of one of the terminal's own 16 colours.
pub(super) fn ansi_number(color: Color) -> Option<u8> {
    Some(match color {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Reset | Color::Rgb(..) | Color::Indexed(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_the_row() {
        let mut buffer = Buffer::with_lines(["ab가나 c"]);
        buffer.set_string(2, 0, "가나", Color::Red);
        let runs = runs(&buffer, 0);
        let shape: Vec<_> = runs.iter().map(|run| (run.column, run.cells, run.text.as_str())).collect();
        assert_eq!(shape, [(0, 2, "ab"), (2, 4, "가나"), (6, 2, " c")]);
    }

    #[test]
    fn a_wide_character_over_the_edge_becomes_a_space() {
        let mut buffer = Buffer::with_lines(["ab"]);
        buffer[(1, 0)].set_symbol("가");
        assert_eq!(runs(&buffer, 0)[0].text, "a ");
    }

    #[test]
    fn colours_resolve_to_24_bits() {
        let own = (0x111111, 0xeeeeee);
        let style = Style::new().fg(Color::Indexed(214)).bg(Color::Red);
        assert_eq!(resolved(style, own), (0xffaf00, 0xcd0000));
        assert_eq!(resolved(Style::new().fg(Color::Reset), own), own);
        assert_eq!(resolved(Style::new().add_modifier(Modifier::REVERSED), own), (0xeeeeee, 0x111111));
        assert_eq!(resolved(Style::new().fg(Color::Indexed(235)), own).0, 0x262626);
    }
}
