//! Nobody imports upwards, and the pure rooms stay pure.
//!
//! The source is read as text: comments and strings are taken out, then every `crate::room` (and every `super::…` chain that
//! leaves its room) is an arrow from the room of the file to that room. The arrows that exist must be in [`MAY_KNOW`].

#![allow(clippy::unwrap_used)] // in tests it says what went wrong

use std::fs;
use std::path::{Path, PathBuf};

/// Who may know whom. A room may always know itself.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("kafka", &["engine"]),
    ("text", &[]),
    ("lab", &["kafka", "engine", "text"]),
    ("course", &["lab", "text"]),
    ("scene", &["lab", "text"]),
    ("ui", &["scene", "course", "lab", "text"]),
    ("export", &["ui", "text"]),
    ("shell", &["ui", "course", "lab", "text"]),
    ("cli", &["shell", "export", "ui", "scene", "course", "lab", "text"]),
];

/// Rooms whose behaviour is a function of their inputs alone.
const PURE: &[&str] = &["engine", "kafka", "lab", "course", "scene", "text"];

/// What a pure room never mentions outside its tests.
const IMPURE: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "std::time",
    "std::thread",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "HashMap",
    "HashSet",
    "RandomState",
    "tokio",
    "async fn",
    "crossterm",
    "ratatui",
    "println!",
    "eprintln!",
];

/// What only these rooms may mention, whatever else is pure.
const PRIVATE: &[(&str, &[&str])] =
    &[("crossterm::", &["shell"]), ("tokio::", &["shell"]), ("rustix::", &["shell"])];

struct Source {
    room: String,
    /// How many modules deep the file's own module is: `src/a.rs` and `src/a/mod.rs` are 1.
    depth: usize,
    path: PathBuf,
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut waiting = vec![root.clone()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            let inside = path.strip_prefix(&root).unwrap().with_extension("");
            let mut modules: Vec<String> =
                inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
            if modules.last().is_some_and(|name| name == "mod") {
                modules.pop();
            }
            let room = modules[0].clone();
            let code = bare(&fs::read_to_string(&path).unwrap());
            found.push(Source { room, depth: modules.len(), path, code });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// The code without comments and without the contents of strings and character literals; lines stay where they are.
fn bare(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut i = 0;
    while i < chars.len() {
        let end = match (chars[i], chars.get(i + 1)) {
            ('/', Some('/')) => find(&chars, i, |at| chars[at] == '\n'),
            ('/', Some('*')) => find(&chars, i + 2, |at| chars[at..].starts_with(&['*', '/'])) + 2,
            ('"', _) => end_of_string(&chars, i),
            ('r', Some('"' | '#')) if i == 0 || !is_word(chars[i - 1]) => end_of_raw_string(&chars, i),
            ('\'', Some('\\')) => find(&chars, i + 3, |at| chars[at] == '\'') + 1,
            ('\'', Some(_)) if chars.get(i + 2) == Some(&'\'') => i + 3,
            _ => i,
        };
        if end == i {
            out.push(chars[i]);
            i += 1;
        } else {
            let end = end.min(chars.len());
            out.push(' ');
            out.extend(chars[i..end].iter().filter(|c| **c == '\n'));
            i = end;
        }
    }
    out
}

fn find(chars: &[char], from: usize, stop: impl Fn(usize) -> bool) -> usize {
    (from..chars.len()).find(|at| stop(*at)).unwrap_or(chars.len())
}

fn end_of_string(chars: &[char], start: usize) -> usize {
    let mut i = start + 1;
    while i < chars.len() && chars[i] != '"' {
        i += if chars[i] == '\\' { 2 } else { 1 };
    }
    i + 1
}

/// The end of `r"…"` or `r#"…"#`; `start` itself if it is neither (`r#type`).
fn end_of_raw_string(chars: &[char], start: usize) -> usize {
    let hashes = chars[start + 1..].iter().take_while(|c| **c == '#').count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return start;
    }
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    find(chars, open + 1, |at| chars[at..].starts_with(&close)) + close.len()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The rooms that `code` names through `crate::`, or through more `super::` than it has modules around it.
fn rooms_named(code: &str, depth: usize) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if !code[..at].chars().next_back().is_some_and(is_word) {
            names.extend(first_names(&code[at + "crate::".len()..]));
        }
    }
    for (at, _) in code.match_indices("super::") {
        let before = &code[..at];
        if before.ends_with("super::") || before.chars().next_back().is_some_and(is_word) {
            continue;
        }
        let rest = &code[at..];
        let path = rest.trim_start_matches("super::");
        if (rest.len() - path.len()) / "super::".len() >= depth {
            names.extend(first_names(path));
        }
    }
    names.retain(|name| MAY_KNOW.iter().any(|(room, _)| room == name));
    names.sort();
    names.dedup();
    names
}

/// `a` of `a::b`, `a` and `c` of `{a::b, c::{d, e}}`.
fn first_names(path: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| is_word(*c)).collect::<String>();
    let Some(group) = path.strip_prefix('{') else { return vec![word(path)] };
    let (mut names, mut nested, mut fresh) = (Vec::new(), 0, true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => nested += 1,
            '}' if nested == 0 => break,
            '}' => nested -= 1,
            ',' if nested == 0 => fresh = true,
            c if fresh && is_word(c) => {
                names.push(word(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

/// The code that runs in the program: without `#[cfg(test)] mod … { … }` at the end of a file.
fn without_tests(code: &str) -> &str {
    let inline = code.match_indices("#[cfg(test)]").find(|(at, mark)| {
        let rest = code[at + mark.len()..].trim_start();
        rest.starts_with("mod ") && rest.find(['{', ';']).is_some_and(|end| rest[end..].starts_with('{'))
    });
    inline.map_or(code, |(at, _)| &code[..at])
}

/// Files that only tests have: `#[cfg(test)] mod name;` somewhere.
fn test_files(sources: &[Source]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for source in sources {
        let stem = source.path.with_extension("");
        let folder = if stem.ends_with("mod") { stem.parent().unwrap().to_owned() } else { stem };
        for (at, mark) in source.code.match_indices("#[cfg(test)]") {
            let rest = source.code[at + mark.len()..].trim_start();
            if let Some((name, _)) = rest.strip_prefix("mod ").and_then(|rest| rest.split_once(';')) {
                files.extend([folder.join(name).with_extension("rs"), folder.join(name).join("mod.rs")]);
            }
        }
    }
    files
}

/// Whether `code` mentions `what` as whole words.
fn mentions(code: &str, what: &str) -> bool {
    code.match_indices(what).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + what.len()..].chars().next();
        !before.is_some_and(is_word) && (!what.ends_with(is_word) || !after.is_some_and(is_word))
    })
}

#[test]
fn nothing_points_upwards() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some((_, allowed)) = MAY_KNOW.iter().find(|(room, _)| *room == source.room) else {
            assert!(
                ["lib", "main"].contains(&source.room.as_str()),
                "{}: a room without a place in the map",
                source.path.display()
            );
            continue;
        };
        for name in rooms_named(&source.code, source.depth) {
            if name != source.room && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{}: {} → {name}", source.path.display(), source.room));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the map does not have:\n{}", wrong.join("\n"));
}

#[test]
fn the_core_is_pure() {
    let mut wrong = Vec::new();
    let sources = sources();
    let tests = test_files(&sources);
    for source in sources.iter().filter(|source| !tests.contains(&source.path)) {
        let code = without_tests(&source.code);
        if PURE.contains(&source.room.as_str()) {
            let found = IMPURE.iter().filter(|word| mentions(code, word));
            wrong.extend(found.map(|word| format!("{}: {word}", source.path.display())));
        }
        for (word, rooms) in PRIVATE {
            if mentions(code, word) && !rooms.contains(&source.room.as_str()) {
                wrong.push(format!("{}: {word}", source.path.display()));
            }
        }
    }
    let wrong = wrong.join("\n");
    assert!(wrong.is_empty(), "clocks, files, threads or hash order where there must be none:\n{wrong}");
}

#[test]
fn arrows_are_found_in_every_spelling() {
    let code = bare(
        r##"
        use crate::{engine::{Micros, Note}, kafka};
        use super::super::text::Lang; // crate::shell in a comment
        fn f() -> crate::lab::Lab { g("crate::cli", r#"crate::ui"#, '"', "\"crate::export") }
        fn g<'a>(x: &'a str) { $crate::scene::h() }
        "##,
    );
    assert_eq!(rooms_named(&code, 2), ["engine", "kafka", "lab", "scene", "text"]);
    assert_eq!(rooms_named(&code, 3), ["engine", "kafka", "lab", "scene"]);
}

#[test]
fn impure_words_are_found_and_others_are_not() {
    let code = bare("use std::collections::{BTreeMap, HashMap}; let a = 1; // SystemTime");
    assert!(mentions(&code, "HashMap"));
    assert!(!mentions(&code, "Hash"));
    assert!(!mentions(&code, "SystemTime"));
    let tested = "fn a() {}\n#[cfg(test)]\nmod tests { use std::fs; }";
    assert!(!mentions(without_tests(tested), "std::fs"));
    let declared = "#[cfg(test)]\nmod tests;\nuse std::fs;";
    assert!(mentions(without_tests(declared), "std::fs"));
}

#[test]
fn the_map_has_no_circle() {
    let mut order: Vec<&str> = Vec::new();
    let mut left: Vec<_> = MAY_KNOW.to_vec();
    while !left.is_empty() {
        let ready = left.iter().position(|(_, knows)| knows.iter().all(|room| order.contains(room)));
        order.push(left.remove(ready.expect("a circle of rooms")).0);
    }
}
