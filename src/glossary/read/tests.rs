use super::*;
use crate::glossary::{Case, GlossaryError};

fn parse(format: Format, text: &str) -> Result<Glossary, GlossaryError> {
    Glossary::parse("desk", "desk.file", format, text.as_bytes())
}

fn forms(glossary: &Glossary, at: usize, lang: Lang) -> Vec<&str> {
    let accepted = glossary.entries()[at].accepted(lang);
    accepted.iter().map(String::as_str).collect()
}

const CSV: &str = "\
source,ko,ru,case,translate,indeclinable,forbidden_ko,forbidden_ru,note,origin
Harbour Board|Port Board,항만위원회|항만위,совет порта,,,,항구위원회,правление порта|порткомиссия,\"Seven, elected\",own usage
Gullwing,,,exact,no,,,,,

Osaro,오사로,Осаро,insensitive,yes,yes,,,,transcription
Mill Bay,밀만,-,,,,,,,
";

const TOML: &str = r#"
[[term]]
source = ["Harbour Board", "Port Board"]
ko = ["항만위원회", "항만위"]
ru = "совет порта"
forbidden_ko = "항구위원회"
forbidden_ru = ["правление порта", "порткомиссия"]
note = "Seven, elected"
origin = "own usage"

[[term]]
source = "Gullwing"
case = "exact"
translate = false

[[term]]
source = "Osaro"
ko = "오사로"
ru = "Осаро"
case = "insensitive"
indeclinable = true
origin = "transcription"

[[term]]
source = "Mill Bay"
ko = "밀만"
"#;

const MARTIF: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE martif SYSTEM "TBXcoreStructV02.dtd">
<martif type="TBX-Basic" xml:lang="en"><martifHeader><fileDesc><sourceDesc><p>own</p></sourceDesc></fileDesc></martifHeader>
<text><body>
 <termEntry id="c1">
  <note>Seven, elected</note><admin type="source">own usage</admin>
  <langSet xml:lang="en-GB">
   <tig><term>Harbour Board</term></tig>
   <ntig><termGrp><term>Port Board</term></termGrp></ntig>
  </langSet>
  <langSet xml:lang="ko">
   <tig><term>항만위</term><termNote type="administrativeStatus">admittedTerm-admn-sts</termNote></tig>
   <tig><term>항구위원회</term><termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></tig>
   <tig><term>항만위원회</term><termNote type="administrativeStatus">preferredTerm-admn-sts</termNote></tig>
  </langSet>
  <langSet xml:lang="de"><tig><term>Hafenrat</term></tig></langSet>
  <langSet xml:lang="ru-RU">
   <tig><term>совет порта</term><termNote type="partOfSpeech">noun</termNote></tig>
   <tig><term>правление порта</term><termNote type="administrativeStatus">supersededTerm-admn-sts</termNote></tig>
  </langSet>
 </termEntry>
</body></text></martif>"#;

const TBX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<tbx style="dct" type="TBX-Basic" xml:lang="en" xmlns="urn:iso:std:iso:30042:ed-2"
     xmlns:basic="http://www.tbxinfo.net/ns/basic" xmlns:its="http://www.w3.org/2005/11/its">
 <text><body>
  <conceptEntry id="c1">
   <basic:source>own usage</basic:source>
   <langSec xml:lang="en"><termSec><term>Pitch &amp; Sons</term></termSec></langSec>
   <langSec xml:lang="ko">
    <termSec><term>피치앤드선스</term><basic:administrativeStatus>preferredTerm-admn-sts</basic:administrativeStatus></termSec>
    <termSec><term>핏치</term><basic:administrativeStatus>deprecatedTerm-admn-sts</basic:administrativeStatus></termSec>
   </langSec>
   <langSec xml:lang="ru"><termSec><term>&#x41F;итч</term></termSec></langSec>
  </conceptEntry>
  <conceptEntry id="c2">
   <langSec xml:lang="en"><termSec><term its:translate="no">Gullwing</term></termSec></langSec>
  </conceptEntry>
 </body></text>
</tbx>"#;

#[test]
fn a_table_and_toml_say_the_same() {
    let csv = parse(Format::Csv, CSV).unwrap();
    let toml = parse(Format::Toml, TOML).unwrap();
    assert_eq!(csv.entries(), toml.entries());
    assert_ne!(csv.hash(), toml.hash());
    assert_eq!(csv.hash().len(), 64);
    let [board, gullwing, osaro, bay] = csv.entries() else {
        panic!("{:?}", csv.entries());
    };
    assert_eq!(board.sources, ["Harbour Board", "Port Board"]);
    assert_eq!(board.accepted(Lang::Ko), ["항만위원회", "항만위"]);
    assert_eq!(
        board.forbidden(Lang::Ru),
        ["правление порта", "порткомиссия"]
    );
    assert_eq!(board.note, "Seven, elected");
    assert_eq!(board.origin, "own usage");
    assert!(gullwing.do_not_translate);
    assert_eq!(gullwing.accepted(Lang::Ru), ["Gullwing"]);
    assert_eq!(gullwing.case, Case::Exact);
    assert_eq!(osaro.case, Case::Insensitive);
    assert!(osaro.indeclinable);
    assert!(bay.is_for(Lang::Ko));
    assert!(!bay.is_for(Lang::Ru));
}

#[test]
fn tables_of_spreadsheets_are_read_too() {
    for text in [
        "\u{feff}source;ko\r\nOsaro, the;오사로\r\n",
        "Source\tKo\nOsaro, the\t오사로\n",
        "\"source\",\"ko\"\n\"Osaro, the\",\"오사로\"\n",
    ] {
        let glossary = parse(Format::Csv, text).unwrap();
        assert_eq!(glossary.entries()[0].sources, ["Osaro, the"], "{text}");
        assert_eq!(forms(&glossary, 0, Lang::Ko), ["오사로"]);
    }
}

#[test]
fn both_dialects_of_tbx_are_read() {
    let old = parse(Format::Tbx, MARTIF).unwrap();
    assert_eq!(old.entries()[0].sources, ["Harbour Board", "Port Board"]);
    assert_eq!(forms(&old, 0, Lang::Ko), ["항만위원회", "항만위"]);
    assert_eq!(forms(&old, 0, Lang::Ru), ["совет порта"]);
    assert_eq!(old.entries()[0].forbidden(Lang::Ko), ["항구위원회"]);
    assert_eq!(old.entries()[0].forbidden(Lang::Ru), ["правление порта"]);
    assert_eq!(old.entries()[0].note, "Seven, elected");
    assert_eq!(old.entries()[0].origin, "own usage");

    let new = parse(Format::Tbx, TBX).unwrap();
    assert_eq!(new.entries().len(), 2);
    assert_eq!(new.entries()[0].sources, ["Pitch & Sons"]);
    assert_eq!(forms(&new, 0, Lang::Ko), ["피치앤드선스"]);
    assert_eq!(forms(&new, 0, Lang::Ru), ["Питч"]);
    assert_eq!(new.entries()[0].forbidden(Lang::Ko), ["핏치"]);
    assert_eq!(new.entries()[0].origin, "own usage");
    assert!(new.entries()[1].do_not_translate);
    assert_eq!(forms(&new, 1, Lang::Ru), ["Gullwing"]);
    let style = TBX.replace(
        "<basic:administrativeStatus>deprecatedTerm-admn-sts</basic:administrativeStatus>",
        "<termNote type=\"administrativeStatus\">deprecatedTerm-admn-sts</termNote>",
    );
    assert_ne!(style, TBX);
    assert_eq!(parse(Format::Tbx, &style).unwrap().entries(), new.entries());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_is_wrong_is_said_with_its_place_and_a_way_out() {
    let long = format!("source,ko\n{},가\n", "x".repeat(201));
    for (format, text, wanted) in [
        (
            Format::Csv,
            "source,ko,ru\nOsaro,오사로,Осаро\n\nMill Bay,,Милл-Бей\n",
            "desk.file: line 4: column ko is empty and the term is not marked do-not-translate: give its form",
        ),
        (
            Format::Csv,
            "source,korean\na,나\n",
            "line 1: column \"korean\" is not known: the columns are source, ko",
        ),
        (
            Format::Csv,
            "ko,ru\na,б\n",
            "line 1: there is no column source",
        ),
        (
            Format::Csv,
            "source,ko,ko\n",
            "line 1: column ko comes twice",
        ),
        (
            Format::Csv,
            "source,ko\na,나,다\n",
            "line 2: has 3 fields where the first line names 2 columns",
        ),
        (
            Format::Csv,
            "source,ko,case\na,나,upper\n",
            "line 2: column case is \"upper\": write exact or insensitive",
        ),
        (
            Format::Csv,
            "source,ko,translate\na,나,maybe\n",
            "line 2: column translate is \"maybe\": write yes or no",
        ),
        (Format::Csv, "source,ko\n,나\n", "line 2: the term is empty"),
        (
            Format::Csv,
            "source,ko\nab,나\nb,다\nAb,라\n",
            "line 4: \"Ab\" has other forms here than in line 2",
        ),
        (
            Format::Csv,
            "source,ko,forbidden_ko\na,나,나\n",
            "line 2: \"나\" is both accepted and forbidden for \"a\" in ko",
        ),
        (
            Format::Csv,
            "source,note\na,b\n",
            "line 2: \"a\" has no form in any language",
        ),
        (
            Format::Csv,
            "source,ko\n…,나\n",
            "line 2: \"…\" has neither letter nor digit",
        ),
        (
            Format::Csv,
            "source,ko\n\"a\nb\",나\n",
            "line 2: \"a\\nb\" has a line break",
        ),
        (Format::Csv, long.as_str(), "line 2: \"xxxx"),
        (
            Format::Toml,
            "[[term]]\nsource = \"a\"\nko = 3\n",
            "line 3: the file cannot be read: ",
        ),
        (
            Format::Toml,
            "[[term]]\nsource = \"a\"\nkorean = \"나\"\n",
            "line 3: the file cannot be read: unknown field `korean`",
        ),
        (
            Format::Toml,
            "\n[[term]]\nsource = \"a\"\n",
            "line 2: \"a\" has no form in any language",
        ),
        (
            Format::Toml,
            "[[term]]\nsource = []\nko = \"나\"\n",
            "line 1: the term is empty",
        ),
        (
            Format::Tbx,
            "<html><p>no</p></html>",
            "line 1: the root of the file is neither tbx nor martif",
        ),
        (
            Format::Tbx,
            "",
            "desk.file: the root of the file is neither",
        ),
        (
            Format::Tbx,
            "<tbx>\n<text></tbx>",
            "line 2: the file is not well-formed XML: ",
        ),
        (
            Format::Tbx,
            "<tbx>\n&nope;</tbx>",
            "line 2: the entity &nope; is not known",
        ),
        (
            Format::Tbx,
            "<tbx><conceptEntry id='c7'><langSec xml:lang='en'><termSec><term>a</term></termSec></langSec></conceptEntry></tbx>",
            "entry c7: \"a\" has no form in any language",
        ),
    ] {
        let error = parse(format, text).unwrap_err().to_string();
        assert!(
            error.starts_with("desk.file: ") && error.contains(wanted),
            "{text}\n{error}\n{wanted}"
        );
    }
    let error =
        Glossary::parse("desk", "desk.csv", Format::Csv, b"source,ko\na,\xff\n").unwrap_err();
    assert_eq!(error.place, Some(Place::Line(2)));
    assert!(error.what.contains("not UTF-8"));
}

#[test]
fn what_is_said_twice_alike_counts_once() {
    let glossary = parse(
        Format::Csv,
        "source,ko\nOsaro,오사로\nosaro|Old Osaro,오사로\n",
    )
    .unwrap();
    assert_eq!(glossary.entries().len(), 2);
    assert_eq!(glossary.entries()[1].sources, ["Old Osaro"]);
    // An exact form beside one in any case is no contradiction.
    let text = "source,ko,case\nturkey,칠면조,exact\nTurkey,튀르키예,exact\n";
    assert_eq!(parse(Format::Csv, text).unwrap().entries().len(), 2);
}

#[test]
fn formats_go_by_the_ending() {
    for (ending, format) in [
        ("csv", Some(Format::Csv)),
        ("TSV", Some(Format::Csv)),
        ("toml", Some(Format::Toml)),
        ("tbx", Some(Format::Tbx)),
        ("md", None),
        ("", None),
    ] {
        assert_eq!(Format::of(ending), format, "{ending}");
    }
}

#[test]
fn the_examples_of_the_reference_are_read() {
    let text = include_str!("../../../models/glossaries/README.md");
    let example = |name: &str| {
        let (_, rest) = text.split_once(&format!("```{name}\n")).unwrap();
        rest.split_once("```").unwrap().0
    };
    let csv = parse(Format::Csv, example("csv")).unwrap();
    let toml = parse(Format::Toml, example("toml")).unwrap();
    let tbx = parse(Format::Tbx, example("xml"));
    assert_eq!(csv.entries().len(), 4);
    assert_eq!(toml.entries().len(), 2);
    for glossary in [csv, toml, tbx.unwrap()] {
        let found = glossary.check("Kyiv", "키예프", Lang::Ko);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code, crate::check::Code::GlossaryTermForbidden);
    }
}
