//! Options that several commands share, and the types of their values.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use crate::lab::named::{UnknownName, named};
use crate::text::Lang;
use crate::ui::app::Motion;
use crate::ui::theme::{ColorChoice, GlyphChoice, ThemeChoice};

/// Options that work everywhere.
#[derive(Args, Clone, Debug)]
pub struct Globals {
    #[arg(long, global = true, value_name = "LANG")]
    pub lang: Option<Lang>,
    #[arg(long, global = true, value_name = "NAME", default_value_t)]
    pub theme: ThemeChoice,
    #[arg(long, global = true, value_name = "COLORS", default_value_t)]
    pub color: ColorChoice,
    #[arg(long, global = true, value_name = "SET", default_value_t)]
    pub glyphs: GlyphChoice,
    #[arg(long, global = true, value_name = "HOW")]
    pub motion: Option<MotionChoice>,
    #[arg(long, global = true)]
    pub no_mouse: bool,
    #[arg(long, global = true, value_name = "DIR")]
    pub lessons: Option<PathBuf>,
}

/// The values that options with few values have, by the option's id.
pub fn known_values(id: &str) -> Vec<&'static str> {
    match id {
        "lang" => Lang::ALL.iter().map(|lang| lang.code()).collect(),
        "theme" => ThemeChoice::NAMED.iter().map(|(name, _)| *name).collect(),
        "color" => ColorChoice::NAMED.iter().map(|(name, _)| *name).collect(),
        "glyphs" => GlyphChoice::NAMED.iter().map(|(name, _)| *name).collect(),
        "motion" => MotionChoice::NAMED.iter().map(|(name, _)| *name).collect(),
        "profile" => crate::lab::fuzz::Profile::NAMED.iter().map(|(name, _)| *name).collect(),
        "scope" => crate::lab::explore::Profile::NAMED.iter().map(|(name, _)| *name).collect(),
        "trace" => TraceForm::NAMED.iter().map(|(name, _)| *name).collect(),
        "format" => PictureForm::NAMED.iter().map(|(name, _)| *name).collect(),
        _ => Vec::new(),
    }
}

named! {
    /// `--trace`.
    #[derive(Default)]
    pub enum TraceForm {
        /// A line a note, for people.
        #[default]
        Text = "text",
        /// A JSON object a note.
        Jsonl = "jsonl",
    }
}

named! {
    /// `--format`.
    #[derive(Default)]
    pub enum PictureForm {
        /// Characters.
        #[default]
        Text = "text",
        /// Characters and colours for a terminal.
        Ansi = "ansi",
        /// A picture.
        Svg = "svg",
    }
}

named! {
    /// `--motion`.
    pub enum MotionChoice {
        /// Everything moves.
        Full = "full",
        /// Things jump and are marked.
        Reduced = "reduced",
        /// Nothing moves.
        None = "none",
    }
}

impl From<MotionChoice> for Motion {
    fn from(choice: MotionChoice) -> Self {
        match choice {
            MotionChoice::Full => Motion::Full,
            MotionChoice::Reduced => Motion::Reduced,
            MotionChoice::None => Motion::None,
        }
    }
}

/// `--size`: columns and rows of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Size {
    /// Below this there is no room for a sentence.
    pub const SMALLEST: Size = Size { width: 20, height: 5 };
    /// Beyond this a picture is a mistake.
    pub const LARGEST: Size = Size { width: 500, height: 200 };
}

impl Default for Size {
    fn default() -> Self {
        Self { width: 120, height: 36 }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Size {
    type Err = UnknownName;

    fn from_str(given: &str) -> Result<Self, UnknownName> {
        let (width, height) = given.split_once(['x', 'X', '×']).ok_or(UnknownName)?;
        let number = |text: &str| text.parse::<u16>().map_err(|_| UnknownName);
        let size = Size { width: number(width)?, height: number(height)? };
        let fits = |size: Size, other: Size| size.width <= other.width && size.height <= other.height;
        if fits(Self::SMALLEST, size) && fits(size, Self::LARGEST) { Ok(size) } else { Err(UnknownName) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_columns_and_rows() {
        assert_eq!("80x24".parse(), Ok(Size { width: 80, height: 24 }));
        assert_eq!("200×55".parse(), Ok(Size { width: 200, height: 55 }));
        for bad in
            ["3x2", "80", "80x", "x24", "80x24x3", "-80x24", "80 x 24", "501x24", "80x99999", "열x둘", ""]
        {
            assert_eq!(bad.parse::<Size>(), Err(UnknownName), "{bad}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for &(name, form) in PictureForm::NAMED {
            assert_eq!((name.parse(), form.to_string().as_str()), (Ok(form), name));
        }
        assert_eq!("png".parse::<PictureForm>(), Err(UnknownName));
    }
}
