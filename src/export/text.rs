//! A buffer as plain text.

use ratatui::buffer::Buffer;

use super::runs::runs;

/// What happens to spaces at the end of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrailingSpaces {
    /// Every row is as wide as the buffer.
    Keep,
    /// Rows end with their last visible character.
    Trim,
}

/// The characters of `buffer`, one line a row, each ended by a line break.
pub fn to_text(buffer: &Buffer, trailing: TrailingSpaces) -> String {
    let mut text = String::new();
    for row in 0..buffer.area.height {
        let line: String = runs(buffer, row).into_iter().map(|run| run.text).collect();
        text.push_str(match trailing {
            TrailingSpaces::Keep => &line,
            TrailingSpaces::Trim => line.trim_end_matches(' '),
        });
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width;

    #[test]
    fn every_row_has_the_buffers_width() {
        let lines = [" ◉ Kafkarium  토픽과 파티션  ", "┃ ▐가▌▐나▌ · ┃", "", "끝"];
        let buffer = Buffer::with_lines(lines);
        let text = to_text(&buffer, TrailingSpaces::Keep);
        assert_eq!(text.lines().count(), 4);
        for line in text.lines() {
            assert_eq!(width(line), usize::from(buffer.area.width), "{line:?}");
        }
        let trimmed = to_text(&buffer, TrailingSpaces::Trim);
        let expected: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
        assert_eq!(trimmed.lines().collect::<Vec<_>>(), expected);
        assert!(trimmed.ends_with('\n'));
    }
}
