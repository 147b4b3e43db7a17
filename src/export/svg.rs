//! A buffer as an SVG picture.
//!
//! Every word stands at column × advance and is stretched to its exact width (`textLength`), so Hangul and Latin stay
//! aligned in whatever font the reader has. Boxes and blocks are shapes. The caption is the picture's text for those
//! who cannot see it.

use std::fmt::Write;

use ratatui::buffer::Buffer;
use ratatui::style::Modifier;

use super::boxes;
use super::runs::{Run, resolved, runs};
use crate::text::width::{graphemes, width};

/// Width of a cell in user units.
pub(super) const ADVANCE: f64 = 9.0;
/// Height of a row in user units.
pub(super) const LINE: f64 = 18.0;
const FONT_SIZE: u8 = 15;
/// From the top of a row down to the baseline.
const BASELINE: f64 = 13.5;
const MARGIN: f64 = 9.0;
const FONTS: &str = "'JetBrains Mono','D2Coding','Sarasa Mono K','Noto Sans Mono CJK KR','DejaVu Sans Mono',Menlo,\
                     Consolas,monospace";

/// What an SVG needs beside the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SvgOptions<'a> {
    /// The picture's name, shown as a tool tip.
    pub title: &'a str,
    /// The caption in words: what someone learns from the picture without seeing it.
    pub caption: &'a str,
    /// The language of the text: `ko` or `en`.
    pub lang: &'a str,
    /// `0xRRGGBB` of text in the terminal's own colour (`Theme::ground`).
    pub foreground: u32,
    /// `0xRRGGBB` of the terminal's own background, also around the picture.
    pub background: u32,
}

/// `buffer` as a complete SVG document.
pub fn to_svg(buffer: &Buffer, options: &SvgOptions<'_>) -> String {
    let columns = f64::from(buffer.area.width);
    let rows = f64::from(buffer.area.height);
    let (full_width, full_height) = (columns * ADVANCE + 2.0 * MARGIN, rows * LINE + 2.0 * MARGIN);
    let mut svg =
        format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="{full_width}" height="{full_height}" "#);
    // Writing to a string does not fail.
    let _ = writeln!(
        svg,
        r#"viewBox="0 0 {full_width} {full_height}" role="img" lang="{}">"#,
        escape(options.lang)
    );
    let _ = writeln!(svg, "<title>{}</title>", escape(options.title));
    let _ = writeln!(svg, "<desc>{}</desc>", escape(options.caption));
    let _ = writeln!(svg, r#"<rect width="100%" height="100%" fill="{}"/>"#, hex(options.background));
    let _ = writeln!(svg, r#"<g font-family="{FONTS}" font-size="{FONT_SIZE}">"#);
    for row in 0..buffer.area.height {
        let y = MARGIN + f64::from(row) * LINE;
        let runs = runs(buffer, row);
        for run in &runs {
            push_background(&mut svg, run, y, options);
        }
        for run in &runs {
            push_text(&mut svg, run, y, options);
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn left_edge(column: u16) -> f64 {
    MARGIN + f64::from(column) * ADVANCE
}

fn push_background(svg: &mut String, run: &Run, y: f64, options: &SvgOptions<'_>) {
    let (_, background) = resolved(run.style, (options.foreground, options.background));
    if background != options.background {
        let (x, width, fill) = (left_edge(run.column), f64::from(run.cells) * ADVANCE, hex(background));
        let _ = writeln!(svg, r#"<rect x="{x}" y="{y}" width="{width}" height="{LINE}" fill="{fill}"/>"#);
    }
}

fn push_text(svg: &mut String, run: &Run, y: f64, options: &SvgOptions<'_>) {
    let (foreground, _) = resolved(run.style, (options.foreground, options.background));
    let fill = hex(foreground);
    for piece in pieces(run) {
        let x = left_edge(piece.column);
        if let Some(shape) = piece.lone_char().and_then(|c| boxes::shape(c, x, y, &fill)) {
            let _ = writeln!(svg, "{shape}");
            continue;
        }
        let (baseline, length) = (y + BASELINE, f64::from(piece.cells) * ADVANCE);
        let _ = write!(
            svg,
            r#"<text x="{x}" y="{baseline}" textLength="{length}" lengthAdjust="spacingAndGlyphs""#
        );
        let _ = writeln!(
            svg,
            r#" fill="{fill}"{}>{}</text>"#,
            attributes(run.style.add_modifier),
            escape(&piece.text)
        );
    }
}

fn attributes(modifier: Modifier) -> String {
    let mut attributes = String::new();
    for (flag, attribute) in [
        (Modifier::BOLD, r#" font-weight="bold""#),
        (Modifier::DIM, r#" fill-opacity="0.6""#),
        (Modifier::ITALIC, r#" font-style="italic""#),
        (Modifier::CROSSED_OUT, r#" text-decoration="line-through""#),
        (Modifier::UNDERLINED, r#" text-decoration="underline""#),
    ] {
        if modifier.contains(flag) && !(attribute.contains("decoration") && attributes.contains("decoration"))
        {
            attributes.push_str(attribute);
        }
    }
    attributes
}

/// A part of a run that is positioned on its own.
struct Piece {
    column: u16,
    cells: u16,
    text: String,
    wide: bool,
}

impl Piece {
    fn lone_char(&self) -> Option<char> {
        let mut chars = self.text.chars();
        chars.next().filter(|_| chars.next().is_none())
    }
}

/// The words of a run, cut again where wide and narrow characters meet; shapes stand alone.
fn pieces(run: &Run) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut column = run.column;
    let mut joins = false;
    for grapheme in graphemes(&run.text) {
        let cells = u16::try_from(width(grapheme)).unwrap_or(1);
        let wide = cells > 1;
        let drawn = grapheme.chars().next().is_some_and(|c| boxes::shape(c, 0.0, 0.0, "").is_some());
        match pieces.last_mut() {
            _ if grapheme == " " => joins = false,
            Some(piece) if joins && !drawn && piece.wide == wide => {
                piece.text.push_str(grapheme);
                piece.cells += cells;
            }
            _ => {
                pieces.push(Piece { column, cells, text: grapheme.to_owned(), wide });
                joins = !drawn;
            }
        }
        column += cells;
    }
    pieces
}

fn hex(color: u32) -> String {
    format!("#{color:06x}")
}

/// `text` as XML character data or attribute value. Characters XML does not allow become spaces.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push(' '),
            c if c.is_control() && c != '\n' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use ratatui::style::{Color, Style};

    use super::*;

    const OPTIONS: SvgOptions<'_> = SvgOptions {
        title: "A & B",
        caption: "리더 b1 <\"죽음\"> \u{1b}",
        lang: "ko",
        foreground: 0xdce4ee,
        background: 0x0f1521,
    };

    /// Checks that tags nest and that attributes and text hold no bare markup; returns (tag, attributes, text).
    fn elements(svg: &str) -> Vec<(String, String, String)> {
        let mut open: Vec<usize> = Vec::new();
        let mut found: Vec<(String, String, String)> = Vec::new();
        let mut rest = svg;
        while let Some(at) = rest.find('<') {
            let text = &rest[..at];
            assert!(
                !text.contains('>') && text.chars().all(|c| c == '\n' || !c.is_control()),
                "text {text:?}"
            );
            for (and, _) in text.match_indices('&') {
                assert!(
                    ["&amp;", "&lt;", "&gt;", "&quot;"].iter().any(|entity| text[and..].starts_with(entity))
                );
            }
            if let Some(&element) = open.last() {
                found[element].2.push_str(text);
            }
            let end = at + rest[at..].find('>').expect("a tag ends");
            let tag = &rest[at + 1..end];
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                let element = open.pop().expect("a tag was open");
                assert_eq!(found[element].0, name);
                continue;
            }
            let closed = tag.ends_with('/');
            let (name, attributes) = tag.trim_end_matches('/').split_once(' ').unwrap_or((tag, ""));
            assert_eq!(attributes.matches('"').count() % 2, 0, "{attributes}");
            found.push((name.to_owned(), attributes.to_owned(), String::new()));
            if !closed {
                open.push(found.len() - 1);
            }
        }
        assert!(open.is_empty(), "{open:?} stay open");
        found
    }

    fn picture() -> Buffer {
        let mut buffer = Buffer::with_lines(["┏━ b1 ★ 리더 <&> ┓", "┃▐가▌ acks=all이┃"]);
        buffer.set_string(2, 1, "가", Style::new().fg(Color::Black).bg(Color::Rgb(0x2f, 0xae, 0x98)));
        buffer.set_string(6, 0, "★", Style::new().fg(Color::Indexed(214)).add_modifier(Modifier::BOLD));
        buffer
    }

    #[test]
    fn it_is_well_formed_and_described() {
        let svg = to_svg(&picture(), &OPTIONS);
        let elements = elements(&svg);
        assert_eq!(elements[0].0, "svg");
        assert_eq!((elements[1].0.as_str(), elements[1].2.as_str()), ("title", "A &amp; B"));
        assert_eq!(
            (elements[2].0.as_str(), elements[2].2.as_str()),
            ("desc", "리더 b1 &lt;&quot;죽음&quot;&gt;  ")
        );
    }

    #[test]
    fn words_stand_on_their_columns_with_their_width() {
        let svg = to_svg(&picture(), &OPTIONS);
        let texts: Vec<_> = elements(&svg).into_iter().filter(|(name, ..)| name == "text").collect();
        let words: Vec<_> = texts.iter().map(|(_, _, text)| text.as_str()).collect();
        assert_eq!(words, ["b1", "★", "리더", "&lt;&amp;&gt;", "가", "acks=all", "이"]);
        let leader = &texts[2].1;
        // Column 8 and four cells.
        assert!(leader.contains(r#"x="81""#) && leader.contains(r#"textLength="36""#), "{leader}");
        assert!(texts[1].1.contains(r##"fill="#ffaf00""##) && texts[1].1.contains("bold"));
    }

    #[test]
    fn fills_and_borders_are_shapes() {
        let svg = to_svg(&picture(), &OPTIONS);
        let elements = elements(&svg);
        let fill =
            elements.iter().find(|(_, attributes, _)| attributes.contains("#2fae98")).expect("the tile");
        assert!(fill.1.contains(r#"x="27""#) && fill.1.contains(r#"width="18""#), "{}", fill.1);
        let paths = elements.iter().filter(|(name, ..)| name == "path").count();
        assert_eq!(paths, "┏━┓┃┃".chars().count());
    }
}
