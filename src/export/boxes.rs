//! Box-drawing and block characters as SVG shapes.
//!
//! Fonts draw them with gaps between rows or not at all; drawn as shapes, borders close whatever font the reader has.

use super::svg::{ADVANCE, LINE};

/// Line weights towards up, right, down and left: 0 none, 1 light, 2 heavy.
type Arms = [u8; 4];

const ARMS: &[(char, Arms)] = &[
    ('─', [0, 1, 0, 1]),
    ('│', [1, 0, 1, 0]),
    ('┌', [0, 1, 1, 0]),
    ('┐', [0, 0, 1, 1]),
    ('└', [1, 1, 0, 0]),
    ('┘', [1, 0, 0, 1]),
    ('├', [1, 1, 1, 0]),
    ('┤', [1, 0, 1, 1]),
    ('┬', [0, 1, 1, 1]),
    ('┴', [1, 1, 0, 1]),
    ('┼', [1, 1, 1, 1]),
    ('━', [0, 2, 0, 2]),
    ('┃', [2, 0, 2, 0]),
    ('┏', [0, 2, 2, 0]),
    ('┓', [0, 0, 2, 2]),
    ('┗', [2, 2, 0, 0]),
    ('┛', [2, 0, 0, 2]),
    ('┣', [2, 2, 2, 0]),
    ('┫', [2, 0, 2, 2]),
    ('┳', [0, 2, 2, 2]),
    ('┻', [2, 2, 0, 2]),
    ('╋', [2, 2, 2, 2]),
];

/// The shape of `c` in the cell whose upper left corner is (`x`, `y`), in `fill`; `None` if `c` is not drawn as a
/// shape.
pub(super) fn shape(c: char, x: f64, y: f64, fill: &str) -> Option<String> {
    let (right, bottom) = (x + ADVANCE, y + LINE);
    let (middle, centre) = (x + ADVANCE / 2.0, y + LINE / 2.0);
    let stroke = |path: String, width: f64, dashes: &str| {
        let dashes =
            if dashes.is_empty() { String::new() } else { format!(r#" stroke-dasharray="{dashes}""#) };
        format!(r#"<path d="{path}" fill="none" stroke="{fill}" stroke-width="{width}"{dashes}/>"#)
    };
    let block = |x: f64, width: f64, opacity: &str| {
        format!(r#"<rect x="{x}" y="{y}" width="{width}" height="{LINE}" fill="{fill}"{opacity}/>"#)
    };
    let half = ADVANCE / 2.0;
    Some(match c {
        '▐' => block(middle, half, ""),
        '▌' => block(x, half, ""),
        '█' => block(x, ADVANCE, ""),
        '░' => block(x, ADVANCE, r#" fill-opacity="0.3""#),
        '╱' => stroke(format!("M{x} {bottom}L{right} {y}"), LIGHT, ""),
        '╲' => stroke(format!("M{x} {y}L{right} {bottom}"), LIGHT, ""),
        '╌' => stroke(format!("M{x} {centre}H{right}"), LIGHT, "3 1.5"),
        '┄' => stroke(format!("M{x} {centre}H{right}"), LIGHT, "2 1"),
        '╎' => stroke(format!("M{middle} {y}V{bottom}"), LIGHT, "6 3"),
        '┆' => stroke(format!("M{middle} {y}V{bottom}"), LIGHT, "4 2"),
        '╭' => stroke(format!("M{right} {centre}Q{middle} {centre} {middle} {bottom}"), LIGHT, ""),
        '╮' => stroke(format!("M{x} {centre}Q{middle} {centre} {middle} {bottom}"), LIGHT, ""),
        '╰' => stroke(format!("M{right} {centre}Q{middle} {centre} {middle} {y}"), LIGHT, ""),
        '╯' => stroke(format!("M{x} {centre}Q{middle} {centre} {middle} {y}"), LIGHT, ""),
        _ => {
            let (_, arms) = ARMS.iter().find(|(other, _)| *other == c)?;
            stroke(arms_path(*arms, x, y), if arms.contains(&2) { HEAVY } else { LIGHT }, "")
        }
    })
}

const LIGHT: f64 = 1.25;
const HEAVY: f64 = 3.0;

/// The path of lines from the centre of a cell; a corner is one line, so that its outside is closed.
fn arms_path([up, right, down, left]: Arms, x: f64, y: f64) -> String {
    let (far, bottom) = (x + ADVANCE, y + LINE);
    let (middle, centre) = (x + ADVANCE / 2.0, y + LINE / 2.0);
    let mut path = String::new();
    match (left > 0, right > 0) {
        (true, true) => path.push_str(&format!("M{x} {centre}H{far}")),
        (true, false) => path.push_str(&format!("M{x} {centre}H{middle}")),
        (false, true) => path.push_str(&format!("M{far} {centre}H{middle}")),
        (false, false) => {}
    }
    let corner = (left > 0) != (right > 0) && (up > 0) != (down > 0);
    match (up > 0, down > 0) {
        (true, true) => path.push_str(&format!("M{middle} {y}V{bottom}")),
        (true, false) if corner => path.push_str(&format!("V{y}")),
        (false, true) if corner => path.push_str(&format!("V{bottom}")),
        (true, false) => path.push_str(&format!("M{middle} {centre}V{y}")),
        (false, true) => path.push_str(&format!("M{middle} {centre}V{bottom}")),
        (false, false) => {}
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_one_line_and_tees_two() {
        let path = |c| shape(c, 0.0, 0.0, "#000").unwrap().matches('M').count();
        for c in "─│┌┐└┘━┃┏┓┗┛╭╮╰╯╌╎╱╲".chars() {
            assert_eq!(path(c), 1, "{c}");
        }
        for c in "├┤┬┴┼┣┫┳┻╋".chars() {
            assert_eq!(path(c), 2, "{c}");
        }
        assert_eq!(shape('a', 0.0, 0.0, "#000"), None);
        assert!(shape('┏', 9.0, 18.0, "#000").unwrap().contains("M18 27H13.5V36"));
    }
}
