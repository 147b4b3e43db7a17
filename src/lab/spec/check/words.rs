//! Refused settings in words.

use super::{hint, ko};
use crate::kafka::config::{ConfigError, Configs, Family, Scope};
use crate::kafka::producer::Conflict;
use crate::text::Text;

/// A refused setting in both languages.
#[must_use]
pub fn config_text(error: &ConfigError) -> Text {
    match error {
        ConfigError::Unknown { name, near } => {
            let (near_ko, near_en) = hint(*near);
            Text::new(
                format!("`{name}`: 그런 설정은 없습니다.{near_ko}"),
                format!("`{name}`: there is no such setting.{near_en}"),
            )
        }
        ConfigError::BadValue { name, value, takes } => Text::new(
            format!("`{name}`에 {} 쓸 수 없습니다. 쓸 수 있는 값: {takes}", ko(&format!("`{value}`"), "은")),
            format!("`{name}` does not take `{value}`; it takes {takes}."),
        ),
    }
}

/// What Kafka calls the error of a setting that it does not take: an exception of the client, or the answer to an admin.
const fn refusal(configs: &Configs) -> &'static str {
    match (configs.scope(), configs.family()) {
        (Scope::Topic, _) => "INVALID_CONFIG",
        (Scope::Producer | Scope::Consumer, Family::Librdkafka) => "_INVALID_ARG",
        (Scope::Broker | Scope::Producer | Scope::Consumer, _) => "ConfigException",
    }
}

/// As [`config_text`], with the name that Kafka's error has. A Java client only warns of a name that it does not know.
#[must_use]
pub fn refused_config_text(error: &ConfigError, configs: &Configs) -> Text {
    let text = config_text(error);
    let warns = matches!(error, ConfigError::Unknown { .. }) && refusal(configs) == "ConfigException";
    if warns {
        return text;
    }
    let name = refusal(configs);
    Text::new(format!("{name}: {}", text.ko), format!("{name}: {}", text.en))
}

/// Settings of a producer that contradict each other, in words.
#[must_use]
pub fn conflict_text(conflict: Conflict, family: Family) -> Text {
    let name = refusal(&Configs::new(Scope::Producer, family));
    let (one, needs) = conflict.settings();
    Text::new(
        format!("{name}: {one}에는 {needs} 조건이 필요합니다. 프로듀서가 시작되지 않습니다."),
        format!("{name}: {conflict}; the producer would not start."),
    )
}
