//! Scenario files, replayed.

use super::Report;
use crate::course::diagnostic::{Diagnostic, Source};
use crate::text::Text;

/// Replays a scenario and adds what was found to the report.
pub(super) fn replay(path: &str, text: &str, report: &mut Report) {
    let message = Text::new(
        "시나리오 파일은 이 버전에서 아직 다시 돌릴 수 없습니다",
        "scenario files cannot be replayed in this version yet",
    );
    report.fail(path, Diagnostic::new(&Source::new(path, text), 0..0, message));
}
