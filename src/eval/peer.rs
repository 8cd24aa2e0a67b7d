use std::collections::BTreeMap;

use serde_json::Value;

use crate::job::Lang;

/// Sentences in English, Korean and Russian, and what two invented systems make of them.
pub(super) const SEGMENTS: &str = include_str!("../../tests/data/eval/segments.tsv");
/// Lines that are hard to cut into words.
pub(super) const LINES: &str = include_str!("../../tests/data/eval/lines.txt");

pub(super) fn expected() -> Value {
    serde_json::from_str(include_str!("../../tests/data/eval/expected.json")).unwrap()
}

/// What one system writes in one language.
pub(super) struct System {
    pub(super) lang: Lang,
    pub(super) outputs: Vec<&'static str>,
    pub(super) references: Vec<&'static str>,
    pub(super) expected: Value,
}

impl System {
    /// Outputs with their references.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let references = self.references.iter().copied();
        self.outputs.iter().copied().zip(references)
    }
}

/// The first and the second in Korean, then in Russian.
pub(super) fn systems() -> Vec<System> {
    let mut lines = SEGMENTS.lines().map(|line| line.split('\t'));
    let head: Vec<&str> = lines.next().unwrap().collect();
    let mut columns: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for line in lines {
        for (name, text) in head.iter().zip(line) {
            columns.entry(name).or_default().push(text);
        }
    }
    let expected = expected();
    let mut systems = Vec::new();
    for lang in Lang::TARGETS {
        for system in ["first", "second"] {
            systems.push(System {
                lang,
                outputs: columns[format!("{lang}_{system}").as_str()].clone(),
                references: columns[lang.tag()].clone(),
                expected: expected[lang.tag()][system].clone(),
            });
        }
    }
    systems
}

pub(super) fn assert_near(found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap();
    assert!(
        (found - expected).abs() <= tolerance,
        "{found} is not {expected}"
    );
}
