//! `kafkarium render`: a beat at rest, drawn as on the terminal.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::failure::Failure;
use super::options::{Globals, PictureForm, Size};
use super::{Outcome, lessons, output};
use crate::course::Progress;
use crate::export::{SvgOptions, TrailingSpaces, to_ansi, to_svg, to_text};
use crate::text::{Lang, tf};
use crate::ui::app::{Motion, Settings, State};
use crate::ui::theme::{ColorChoice, Depth, TerminalHints, Theme};
use crate::ui::view;

/// What `render` is given.
#[derive(Args, Debug)]
pub struct RenderArgs {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(long, value_name = "N", default_value = "1")]
    beat: String,
    #[arg(long, value_name = "WxH", default_value_t)]
    size: Size,
    #[arg(long, value_name = "FORM", default_value_t)]
    format: PictureForm,
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[arg(long)]
    done: bool,
}

/// Draws and prints.
pub fn run(args: &RenderArgs, globals: &Globals, lang: Lang) -> Outcome {
    let course = lessons::course(globals.lessons.as_deref(), lang)?;
    let (lesson, beat) = lessons::lesson_and_beat(&course, &args.id, Some(&args.beat), lang)?;
    let settings = settings(globals, lang);
    let size = (args.size.width, args.size.height);
    let mut state = State::new(settings, Arc::new(course), Progress::default(), size);
    let beat = beat.and_then(|slug| lesson.beat(&slug)).unwrap_or(0);
    state
        .show_beat(Arc::clone(&lesson), beat, args.done)
        .map_err(|error| Failure::line(tf(lang, "cli.error.unexpected", &[("why", &error)])))?;
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    let area = buffer.area;
    view::draw(&state, &mut buffer, area);
    let picture = match args.format {
        PictureForm::Text => to_text(&buffer, TrailingSpaces::Trim),
        PictureForm::Ansi => to_ansi(&buffer),
        PictureForm::Svg => svg(&state, &buffer, lesson.title.get(lang)),
    };
    match &args.output {
        None => output::print(&picture)?,
        Some(path) => fs::write(path, picture).map_err(|error| {
            let values: [(&str, &dyn std::fmt::Display); 2] = [("path", &path.display()), ("why", &error)];
            Failure::line(tf(lang, "cli.error.cannot_write", &values))
        })?,
    }
    Ok(0)
}

/// Settings that no terminal has a say in.
fn settings(globals: &Globals, lang: Lang) -> Settings {
    let terminal = TerminalHints::default();
    let color = match globals.color {
        ColorChoice::Auto => ColorChoice::Depth(Depth::Rgb),
        chosen => chosen,
    };
    Settings {
        lang,
        lang_chosen: globals.lang.is_some(),
        theme: Theme::resolve(globals.theme, color, &terminal),
        theme_follows: false,
        glyphs: globals.glyphs.resolve(None, true),
        // At rest nothing is on its way.
        motion: Motion::None,
        mouse: false,
        today: String::new(),
    }
}

fn svg(state: &State, buffer: &Buffer, title: &str) -> String {
    let (foreground, background) = state.settings.theme.ground();
    let caption = view::caption(state);
    let options = SvgOptions { title, caption: &caption, lang: state.lang().code(), foreground, background };
    to_svg(buffer, &options)
}
