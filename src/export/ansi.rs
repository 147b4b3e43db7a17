//! A buffer as text with SGR colour sequences.

use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

use super::runs::{ansi_number, runs};

/// The characters of `buffer` with their colours at the depth they were drawn in, one line a row. Each row begins and
/// ends in the terminal's own style and moves no cursor, so that the text can stand anywhere.
pub fn to_ansi(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in 0..buffer.area.height {
        let mut styled = false;
        for run in runs(buffer, row) {
            let sgr = sgr(run.style);
            match (sgr.is_empty(), styled) {
                (false, _) => push_sgr(&mut text, &format!("0;{sgr}")),
                (true, true) => push_sgr(&mut text, "0"),
                (true, false) => {}
            }
            styled = !sgr.is_empty();
            text.push_str(&run.text);
        }
        if styled {
            push_sgr(&mut text, "0");
        }
        text.push('\n');
    }
    text
}

fn push_sgr(text: &mut String, parameters: &str) {
    // Writing to a string does not fail.
    let _ = write!(text, "\u{1b}[{parameters}m");
}

/// The parameters that switch `style` on; empty for the terminal's own style.
fn sgr(style: Style) -> String {
    const MODIFIERS: [(Modifier, &str); 6] = [
        (Modifier::BOLD, "1"),
        (Modifier::DIM, "2"),
        (Modifier::ITALIC, "3"),
        (Modifier::UNDERLINED, "4"),
        (Modifier::REVERSED, "7"),
        (Modifier::CROSSED_OUT, "9"),
    ];
    let mut parameters: Vec<String> = MODIFIERS
        .into_iter()
        .filter(|(modifier, _)| style.add_modifier.contains(*modifier))
        .map(|(_, parameter)| parameter.to_owned())
        .collect();
    parameters.extend(style.fg.and_then(|color| color_parameter(color, 30)));
    parameters.extend(style.bg.and_then(|color| color_parameter(color, 40)));
    parameters.join(";")
}

/// The parameter for `color`, from `base` 30 for text and 40 for the background; none for the terminal's own.
fn color_parameter(color: Color, base: u8) -> Option<String> {
    match color {
        Color::Rgb(red, green, blue) => Some(format!("{};2;{red};{green};{blue}", base + 8)),
        Color::Indexed(number) => Some(format!("{};5;{number}", base + 8)),
        named => ansi_number(named).map(|number| match number {
            0..=7 => (base + number).to_string(),
            bright => (base + 60 + bright - 8).to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::sanitize::sanitize;

    #[test]
    fn styles_are_switched_on_and_off() {
        let mut buffer = Buffer::with_lines(["ab가c "]);
        buffer.set_string(1, 0, "b", Style::new().fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::BOLD));
        buffer.set_string(2, 0, "가", Style::new().fg(Color::Indexed(200)).bg(Color::LightRed));
        let expected = "a\u{1b}[0;1;38;2;1;2;3mb\u{1b}[0;38;5;200;101m가\u{1b}[0mc \n";
        assert_eq!(to_ansi(&buffer), expected);
    }

    #[test]
    fn a_row_ends_in_the_terminals_own_style() {
        let mut buffer = Buffer::with_lines(["가"]);
        buffer.set_string(0, 0, "가", Color::Red);
        assert_eq!(to_ansi(&buffer), "\u{1b}[0;31m가\u{1b}[0m\n");
    }

    #[test]
    fn without_its_sequences_it_is_the_plain_text() {
        let mut buffer = Buffer::with_lines(["┏━ b1 ★ 리더 ━┓", "┃ ▐a▌ ┃"]);
        buffer.set_string(3, 0, "b1", Modifier::REVERSED | Modifier::CROSSED_OUT);
        let plain = super::super::to_text(&buffer, super::super::TrailingSpaces::Keep);
        assert_eq!(sanitize(&to_ansi(&buffer)), plain);
    }
}
