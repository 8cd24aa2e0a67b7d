//! Glossaries as TBX (ISO 30042): what `TBX-Min` and `TBX-Basic` have in common, in both styles, and
//! the older dialect whose root is `martif`.
//!
//! English terms are sources. Of a target language, preferred terms come first, then those without
//! a status and those admitted; deprecated and superseded ones are forbidden. `its:translate="no"` on
//! an entry or an English term marks it do-not-translate. Other languages and fields are passed over.

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Draft, Wrong};
use crate::glossary::entry::Entry;
use crate::glossary::error::Place;
use crate::job::Lang;

pub(super) fn drafts(text: &str) -> Result<Vec<Draft>, Wrong> {
    let mut reader = Reader::from_str(text);
    let line = |at: u64| {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let before = text.bytes().take(at).filter(|byte| *byte == b'\n');
        1 + before.count()
    };
    let mut file = File::default();
    loop {
        let at = reader.buffer_position();
        let wrong = |what: String| (Some(Place::Line(line(at))), what);
        let event = reader.read_event().map_err(|error| {
            let place = Place::Line(line(reader.error_position()));
            (
                Some(place),
                format!("the file is not well-formed XML: {error}"),
            )
        })?;
        match event {
            Event::Start(tag) => file.open(&tag, || line(at)).map_err(wrong)?,
            Event::Empty(tag) => {
                file.open(&tag, || line(at)).map_err(wrong)?;
                file.close(tag.local_name().as_ref());
            }
            Event::End(tag) => file.close(tag.local_name().as_ref()),
            Event::Text(part) => file.text.push_str(&part),
            Event::CData(part) => file.text.push_str(&part),
            Event::GeneralRef(name) => {
                let number = name.resolve_char_ref().ok().flatten();
                match (number, resolve_xml_entity(&name)) {
                    (Some(c), _) => file.text.push(c),
                    (None, Some(part)) => file.text.push_str(part),
                    (None, None) => {
                        let name: &str = &name;
                        return Err(wrong(format!(
                            "the entity &{name}; is not known: write the character itself"
                        )));
                    }
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if file.has_root {
        Ok(file.drafts)
    } else {
        Err((None, NO_ROOT.to_owned()))
    }
}

const NO_ROOT: &str = "the root of the file is neither tbx nor martif: is it a TBX file?";

/// What has been read so far.
#[derive(Default)]
struct File {
    has_root: bool,
    drafts: Vec<Draft>,
    concept: Option<Concept>,
    /// The language of the section, where it is one of ours.
    lang: Option<Lang>,
    term: Option<Term>,
    /// What the `type` attribute of the innermost element says.
    kind: String,
    /// Text since the last tag.
    text: String,
}

/// An entry that is not at its end.
struct Concept {
    place: Place,
    entry: Entry,
    /// Preferred ones first.
    terms: Vec<(Lang, Term)>,
}

#[derive(Default)]
struct Term {
    form: String,
    status: Status,
    is_verbatim: bool,
}

/// In the order in which forms are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    Preferred,
    #[default]
    Unsaid,
    Admitted,
    Forbidden,
}

impl File {
    fn open(&mut self, tag: &BytesStart<'_>, line: impl Fn() -> usize) -> Result<(), String> {
        let name = tag.local_name();
        if !self.has_root {
            if !matches!(name.as_ref(), "tbx" | "martif") {
                return Err(NO_ROOT.to_owned());
            }
            self.has_root = true;
        }
        self.text.clear();
        self.kind = attribute(tag, "type");
        let is_verbatim = attribute(tag, "translate") == "no";
        match name.as_ref() {
            "conceptEntry" | "termEntry" => {
                let id = attribute(tag, "id");
                let place = if id.is_empty() {
                    Place::Line(line())
                } else {
                    Place::Entry(id)
                };
                self.concept = Some(Concept {
                    place,
                    entry: Entry {
                        do_not_translate: is_verbatim,
                        ..Entry::default()
                    },
                    terms: Vec::new(),
                });
            }
            "langSec" | "langSet" => self.lang = attribute(tag, "lang").parse().ok(),
            "termSec" | "tig" | "ntig" => self.term = Some(Term::default()),
            "term" if is_verbatim => {
                if let Some(term) = &mut self.term {
                    term.is_verbatim = true;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) {
        let kind = std::mem::take(&mut self.kind);
        let text = std::mem::take(&mut self.text);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let Some(concept) = &mut self.concept else {
            return;
        };
        match (name, kind.as_str()) {
            ("term", _) => {
                if let Some(term) = &mut self.term {
                    term.form = text;
                }
            }
            ("termNote", "administrativeStatus") | ("administrativeStatus", _) => {
                if let Some(term) = &mut self.term {
                    term.status = Status::of(&text);
                }
            }
            ("termSec" | "tig" | "ntig", _) => {
                if let (Some(term), Some(lang)) = (self.term.take(), self.lang) {
                    concept.terms.push((lang, term));
                }
            }
            ("langSec" | "langSet", _) => self.lang = None,
            ("note", _) if concept.entry.note.is_empty() => concept.entry.note = text,
            ("admin", "source") | ("source", _) if concept.entry.origin.is_empty() => {
                concept.entry.origin = text;
            }
            ("conceptEntry" | "termEntry", _) => {
                let done = self.concept.take().map(Concept::draft);
                self.drafts.extend(done);
            }
            _ => {}
        }
    }
}

impl Concept {
    fn draft(mut self) -> Draft {
        // Stable: terms of one status stay in the order of the file.
        self.terms.sort_by_key(|(_, term)| term.status);
        for (lang, term) in self.terms {
            if lang == Lang::En {
                self.entry.do_not_translate |= term.is_verbatim;
                // What writers should not write is looked for all the same.
                self.entry.sources.push(term.form);
            } else if term.status == Status::Forbidden {
                self.entry
                    .forbidden
                    .entry(lang)
                    .or_default()
                    .push(term.form);
            } else {
                self.entry.targets.entry(lang).or_default().push(term.form);
            }
        }
        Draft {
            place: self.place,
            entry: self.entry,
        }
    }
}

impl Status {
    /// By the picklist of TBX-Basic, which ends in `-admn-sts`; TBX-Min has the bare words.
    fn of(text: &str) -> Self {
        match text.strip_suffix("-admn-sts").unwrap_or(text) {
            "preferredTerm" | "preferred" => Self::Preferred,
            "admittedTerm" | "admitted" => Self::Admitted,
            "deprecatedTerm" | "supersededTerm" | "deprecated" | "superseded"
            | "notRecommended" | "obsolete" => Self::Forbidden,
            _ => Self::Unsaid,
        }
    }
}

/// An attribute by its local name; empty where there is none, or none that can be read.
fn attribute(tag: &BytesStart<'_>, name: &str) -> String {
    tag.attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)
        .and_then(|attribute| {
            attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .ok()
                .map(|value| value.trim().to_owned())
        })
        .unwrap_or_default()
}
