//! From text to the tables of [`super::format`]: TOML, known fields, right types. Nothing is judged beyond that.

mod toml_error;

use super::diagnostic::{Diagnostic, Source};
use super::format::{CourseFile, FORMAT, LessonFile};
use crate::text::Text;

/// Reads a lesson file.
pub(super) fn lesson(source: &Source) -> Result<LessonFile, Box<Diagnostic>> {
    toml::from_str(&source.text).map_err(|error| Box::new(toml_error::explain(source, &error)))
}

/// Reads the table of contents.
pub(super) fn contents(name: &str, text: &str) -> Result<CourseFile, Box<Diagnostic>> {
    let source = Source::new(name, text);
    let file: CourseFile =
        toml::from_str(text).map_err(|error| Box::new(toml_error::explain(&source, &error)))?;
    if *file.format.get_ref() == FORMAT {
        Ok(file)
    } else {
        Err(Box::new(wrong_format(&source, &file.format)))
    }
}

pub(super) fn wrong_format(source: &Source, format: &toml::Spanned<i64>) -> Diagnostic {
    let given = *format.get_ref();
    Diagnostic::new(
        source,
        format.span(),
        Text::new(
            format!("이 버전은 format {given} 파일을 읽지 못합니다"),
            format!("this version cannot read format {given}"),
        ),
    )
    .fix(Text::new(
        format!("format = {FORMAT}로 쓰거나 더 새로운 Kafkarium을 쓰세요"),
        format!("write format = {FORMAT}, or use a newer Kafkarium"),
    ))
}
