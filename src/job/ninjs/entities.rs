//! Whom and what an item is about.

use serde_json::Value;

use super::Item;
use crate::job::{Entity, EntityKind};

/// No article is about more.
const MOST: usize = 500;
/// A longer name is none, in characters.
const LONGEST: usize = 200;

/// The people, organisations and places that an item names, each once, in its order; at most 500, and
/// none with more than 200 characters. An entry of another form is passed over.
pub fn entities(item: &Item) -> Vec<Entity> {
    use EntityKind::{Organisation, Person, Place};
    // Version 1 has the singular.
    let lists = [
        ("person", Person),
        ("people", Person),
        ("organisation", Organisation),
        ("organisations", Organisation),
        ("place", Place),
        ("places", Place),
    ];
    let mut found: Vec<Entity> = Vec::new();
    for (field, kind) in lists {
        let entries = item.get(field).and_then(Value::as_array);
        for name in entries.into_iter().flatten().filter_map(name) {
            let entity = Entity { kind, name };
            if found.len() < MOST && !found.contains(&entity) {
                found.push(entity);
            }
        }
    }
    found
}

fn name(entry: &Value) -> Option<String> {
    let name = entry.get("name")?.as_str()?;
    let name: String = name
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty() && name.chars().count() <= LONGEST).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_organisations_and_places_are_found_in_every_version() {
        for json in [
            r#"{"person":[{"name":" Ada  Quay ","rel":"about"},{"name":"Ada Quay"},{"code":"x"}],
                "organisation":[{"name":"Harbour Board"}],"place":[{"name":"Leeds"},7]}"#,
            r#"{"people":[{"name":"Ada Quay"}],"organisations":[{"name":"Harbour Board"}],
                "places":[{"name":"Leeds"},{"name":""}]}"#,
        ] {
            let item: Item = serde_json::from_str(json).unwrap();
            let found: Vec<(EntityKind, String)> = entities(&item)
                .into_iter()
                .map(|entity| (entity.kind, entity.name))
                .collect();
            let expected = [
                (EntityKind::Person, "Ada Quay"),
                (EntityKind::Organisation, "Harbour Board"),
                (EntityKind::Place, "Leeds"),
            ];
            assert_eq!(found, expected.map(|(kind, name)| (kind, name.to_owned())));
        }
    }
}
