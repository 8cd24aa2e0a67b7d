use std::fmt::Write;

use super::*;
use crate::glossary::{Case, Format};

fn hits(glossary: &Glossary, source: &str) -> Vec<String> {
    glossary
        .hits(source, Lang::Ko)
        .iter()
        .map(|hit| format!("{}={}", &source[hit.range.clone()], hit.term))
        .collect()
}

fn desk() -> Glossary {
    Glossary::parse(
        "desk",
        "desk.csv",
        Format::Csv,
        "source;ko;ru;case\n\
         Bank;은행;-;\n\
         Bank of Sallow;샐로은행;-;\n\
         Sallow;샐로;-;\n\
         harbour board;항만위원회;-;\n\
         WHO;세계보건기구;-;\n\
         U.S.;미국;-;\n\
         AT&T;에이티앤드티;-;\n\
         C++;시 플러스 플러스;-;\n\
         mayor's office;시장실;-;\n\
         ferry;연락선;-;\n\
         Box;박스;-;\n\
         Turkey;튀르키예;-;exact\n\
         wren;렌;-;insensitive\n\
         Russian only;-;слово;\n\
         Côte d’Ivoire;코트디부아르;-;\n"
            .as_bytes(),
    )
    .unwrap()
}

#[test]
fn terms_are_whole_words_and_the_longest_counts() {
    let desk = desk();
    for (source, found) in [
        (
            "The Bank of Sallow fell.",
            vec!["Bank of Sallow=Bank of Sallow"],
        ),
        ("A bank in Sallow", vec!["bank=Bank", "Sallow=Sallow"]),
        ("The bank of the river", vec!["bank=Bank"]),
        ("bankers on the embankment", vec![]),
        (
            "The HARBOUR  BOARD met",
            vec!["HARBOUR  BOARD=harbour board"],
        ),
        ("the harbour\nboard", vec!["harbour\nboard=harbour board"]),
        ("the harbour, board", vec![]),
        (
            "the harbour board’s vote",
            vec!["harbour board=harbour board"],
        ),
        ("two harbour boards", vec!["harbour boards=harbour board"]),
        (
            "the harbour boards' vote",
            vec!["harbour boards=harbour board"],
        ),
        ("They boarded at the starboard", vec![]),
        ("two ferries", vec!["ferries=ferry"]),
        ("three boxes", vec!["boxes=Box"]),
        ("the U.S.'s vote", vec!["U.S.=U.S."]),
        ("in the U.S.", vec!["U.S.=U.S."]),
        ("AT&T, C++.", vec!["AT&T=AT&T", "C++=C++"]),
        (
            "The mayor’s office said",
            vec!["mayor’s office=mayor's office"],
        ),
        ("Côte d'Ivoire", vec!["Côte d'Ivoire=Côte d’Ivoire"]),
        ("Russian only", vec![]),
        ("", vec![]),
        ("Sallow-based", vec!["Sallow=Sallow"]),
        ("(Sallow)", vec!["Sallow=Sallow"]),
    ] {
        assert_eq!(hits(&desk, source), found, "{source}");
    }
}

#[test]
fn capitals_count_where_the_entry_says_so() {
    let desk = desk();
    for (source, found) in [
        ("The WHO said who", vec!["WHO=WHO"]),
        ("Turkey and turkey and TURKEY", vec!["Turkey=Turkey"]),
        (
            "WREN, Wren, wren",
            vec!["WREN=wren", "Wren=wren", "wren=wren"],
        ),
        ("SALLOW", vec!["SALLOW=Sallow"]),
    ] {
        assert_eq!(hits(&desk, source), found, "{source}");
    }
    assert!(Case::Auto.is_exact("U.S."));
    assert!(!Case::Auto.is_exact("iPhone"));
    assert!(!Case::Auto.is_exact("1812"));
}

#[test]
fn ten_thousand_terms_cost_no_more_than_the_words_of_the_text() {
    let mut csv = String::from("source,ko\n");
    for at in 0..10_000 {
        writeln!(csv, "term {at} of many,용어{at}").unwrap();
    }
    for at in 0..10_000 {
        writeln!(csv, "w{at} thing,것{at}").unwrap();
    }
    let glossary = Glossary::parse("big", "big.csv", Format::Csv, csv.as_bytes()).unwrap();
    assert_eq!(glossary.entries().len(), 20_000);
    let source = "It was term 777 of many, and w9999 things besides. ".repeat(20);
    let began = std::time::Instant::now();
    let found = glossary.hits(&source, Lang::Ko);
    assert_eq!(found.len(), 40);
    assert_eq!(found[0].preferred(Lang::Ko), Some("용어777"));
    // In a debug build, on a busy machine: a scan of every term for every word would take longer.
    assert!(began.elapsed().as_secs() < 2, "{:?}", began.elapsed());
}
