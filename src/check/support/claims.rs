//! What a sentence claims that can be looked up: its figures and its names.

use std::collections::HashSet;

use crate::check::letters::{key, words};
use crate::check::{Code, figures};
use crate::text::among;

const UNITS: [&str; 19] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [&str; 8] = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
];
const SCALES: [(&str, u64); 4] = [
    ("hundred", 100),
    ("thousand", 1_000),
    ("million", 1_000_000),
    ("billion", 1_000_000_000),
];
/// Words that begin sentences and are no names, whether or not the article has them.
const OPENERS: &str = "\
    a about above according across after afterwards again against ahead all almost along already \
    also although altogether amid among an and another any anyone are around as at authorities \
    back based because before behind being below besides between beyond both but by campaigners \
    can challenging citing communities companies compared consequently construction continuing \
    court crews critics currently customers despite did do does doctors down due during each \
    earlier early eight eighteen eighty either eleven employees even eventually every everyone \
    everything except experts failure families few fifteen fifty finally first five following \
    for former forty four fourteen from fully further furthermore given giving government half \
    has have having he hence her here his how however hundreds if immediately in including \
    increasingly indeed initially inside instead investigators is it its just last lastly late \
    later lawyers leaders less like local making many meanwhile members millions more moreover \
    most much my near nearby nearly neither never nevertheless new next nine nineteen ninety no \
    nobody none nonetheless nor not nothing notably now of off officers official officials often \
    on once one ongoing only operations opponents or organisers originally other others our out \
    outside over overall owners part people per perhaps plans police police previously prior \
    production protesters public recent recently representatives rescuers researchers residents \
    scientists second security separately seven seventeen seventy several she similarly since \
    six sixteen sixty so some someone sources speaking staff state still students subsequently \
    such supporters teachers ten than that the their then there thereafter therefore these they \
    third thirteen thirty this those though thousands three through throughout thus to today \
    together tomorrow tonight too toward towards twelve twenty two ultimately under unlike until \
    up upon us using victims voters was we well were what when where whereas whether which while \
    who whoever whose why will with within without witnesses women workers would yes yesterday \
    yet you your";
/// Endings that turn the name of a place into the word for its people, and back.
const DEMONYMS: [&str; 11] = [
    "n", "an", "ian", "s", "ns", "ans", "ians", "ese", "ish", "i", "is",
];
/// Names that news writes long and short.
const SHORT_FORMS: [(&str, &str); 4] = [
    ("us", "united states"),
    ("uk", "united kingdom"),
    ("un", "united nations"),
    ("eu", "european union"),
];
/// Capitalised for other reasons than being names.
const NOT_NAMES: [&str; 16] = [
    "i",
    "mr",
    "mrs",
    "ms",
    "dr",
    "gen",
    "lt",
    "col",
    "president",
    "minister",
    "prime",
    "the",
    "a",
    "an",
    "of",
    "and",
];

/// Something that a sentence says and a text has or has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Claim {
    /// A figure, in every reading.
    Figure(Vec<String>),
    /// A word of a name, as it stands.
    Name(String),
}

impl Claim {
    /// What is wrong where nothing supports it.
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Figure(_) => Code::UnsupportedFigure,
            Self::Name(_) => Code::UnsupportedName,
        }
    }

    /// As it stands in the sentence, or nearly.
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Figure(readings) => readings.first().map_or("", String::as_str),
            Self::Name(name) => name,
        }
    }
}

/// What a sentence claims.
pub(super) fn claims(sentence: &str) -> Vec<Claim> {
    let sentence = without_dots(sentence);
    let keys: Vec<String> = words(&sentence).map(key).collect();
    let in_digits = figures::plain(&sentence)
        .into_iter()
        .map(|figure| Claim::Figure(vec![figure]));
    let in_words = written_out(&keys)
        .into_iter()
        .map(|readings| Claim::Figure(readings.iter().map(u64::to_string).collect()));
    let names = names(&sentence)
        .into_iter()
        .map(|name| Claim::Name(name.to_owned()));
    in_digits.chain(in_words).chain(names).collect()
}

/// A text, ready to be asked whether it has a name or a figure.
#[derive(Debug)]
pub(super) struct Index {
    /// With single spaces and without full stops inside abbreviations ("U.S." is "us").
    words: HashSet<String>,
    phrase: String,
    initials: String,
    figures: HashSet<String>,
    /// Of every word: see [`stems`].
    stems: HashSet<String>,
}

impl Index {
    /// Indexes a text.
    pub(super) fn new(text: &str) -> Self {
        let text = without_dots(text);
        let keys: Vec<String> = words(&text).map(key).collect();
        let mut figures: HashSet<String> = figures::plain(&text).into_iter().collect();
        let written = written_out(&keys);
        figures.extend(written.iter().flatten().map(u64::to_string));
        figures.extend(
            keys.iter()
                .filter(|word| *word == "one")
                .map(|_| "1".to_owned()),
        );
        Self {
            phrase: format!(" {} ", keys.join(" ")),
            initials: words(&text)
                .map(|word| word.chars().next().unwrap_or(' '))
                .collect(),
            stems: keys.iter().flat_map(|word| stems(word)).collect(),
            words: keys.into_iter().collect(),
            figures,
        }
    }

    /// Whether the text has what a sentence claims.
    pub(super) fn has(&self, claim: &Claim) -> bool {
        match claim {
            Claim::Figure(readings) => readings.iter().any(|figure| self.figures.contains(figure)),
            Claim::Name(name) => self.has_name(name),
        }
    }

    fn has_name(&self, name: &str) -> bool {
        let word = key(name);
        self.words.contains(&word)
            || NOT_NAMES.contains(&word.as_str())
            || self.has_related(&word)
            || self.has_initials(name)
            || SHORT_FORMS.iter().any(|&(short, long)| {
                (short == word && self.phrase.contains(&format!(" {long} ")))
                    || (long.split(' ').any(|part| part == word) && self.words.contains(short))
            })
    }

    /// "Russian" when the article has "Russia", and the other way round.
    fn has_related(&self, word: &str) -> bool {
        !self.stems.is_disjoint(&stems(word))
    }

    /// "KCNA" when the article spells it out.
    fn has_initials(&self, name: &str) -> bool {
        name.chars().count() >= 2
            && name.chars().all(char::is_uppercase)
            && self.initials.contains(name)
    }
}

/// A word, without the endings of peoples and places, as far as something is left of it.
fn stems(word: &str) -> HashSet<String> {
    const SHORTEST_STEM: usize = 4;
    let mut stems = HashSet::from([word.to_owned()]);
    stems.extend(
        DEMONYMS
            .iter()
            .filter_map(|ending| word.strip_suffix(ending))
            .map(str::to_owned),
    );
    let trimmed: Vec<String> = stems
        .iter()
        .map(|stem| stem.trim_end_matches(['a', 'e', 'y', 'o']).to_owned())
        .collect();
    stems.extend(trimmed);
    stems.retain(|stem| stem.chars().count() >= SHORTEST_STEM);
    stems
}

/// The numbers from two up that are written in words, each in every reading: "twenty-one" is 21,
/// and "three million" is 3000000, and 3 where the other text has "3 million".
fn written_out(keys: &[String]) -> Vec<Vec<u64>> {
    let mut found = Vec::new();
    let mut rest = keys;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        let Some(mut small) = small_number(word) else {
            continue;
        };
        if let (20.., Some((next, after))) = (small, rest.split_first())
            && let Some(unit @ 1..=9) = small_number(next)
        {
            small += unit;
            rest = after;
        }
        let mut readings = vec![small];
        let mut value = small;
        while let Some((next, after)) = rest.split_first()
            && let Some((_, scale)) = SCALES.iter().find(|(name, _)| name == next)
        {
            value = value.saturating_mul(*scale);
            readings.push(value);
            rest = after;
        }
        // "One" is more often a pronoun than a number.
        readings.retain(|reading| *reading > 1);
        found.extend((!readings.is_empty()).then_some(readings));
    }
    found
}

/// A number below a hundred that is one word.
fn small_number(word: &str) -> Option<u64> {
    let unit = UNITS.iter().zip(1..).find(|(name, _)| **name == word);
    let ten = || TENS.iter().zip(2..).find(|(name, _)| **name == word);
    unit.map(|(_, value)| value)
        .or_else(|| ten().map(|(_, value)| value * 10))
}

/// Capitalised words that are not so because a sentence or a quotation begins.
fn names(sentence: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut end = 0;
    let mut is_first = true;
    for word in words(sentence).filter(|word| word.chars().any(char::is_alphabetic)) {
        let start = sentence
            .get(end..)
            .and_then(|rest| rest.find(word))
            .map_or(end, |at| end + at);
        end = start + word.len();
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        let opens_sentence = std::mem::take(&mut is_first) && among(OPENERS, &key(word));
        let opens_quotation = sentence
            .get(..start)
            .is_some_and(|before| before.ends_with(['"', '“', '‘', '«']));
        if capital && !opens_sentence && !opens_quotation {
            names.push(word);
        }
    }
    names.dedup();
    names
}

/// Takes the full stops out of abbreviations, so that "U.S." is one word.
fn without_dots(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    characters
        .iter()
        .enumerate()
        .filter(|&(index, &c)| {
            let before = index.checked_sub(1).and_then(|index| characters.get(index));
            let before_that = index.checked_sub(2).and_then(|index| characters.get(index));
            let single = before.is_some_and(|c| c.is_uppercase())
                && before_that.is_none_or(|c| !c.is_alphanumeric());
            !(c == '.' && single)
        })
        .map(|(_, &c)| c)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The U.S. and Latvian navies found three mines off Liepaja on Monday, the Baltic Sea Institute said. \
                        Captain Anna Ozola counted 1,200 ships in 2021.";

    fn unsupported(sentence: &str) -> Vec<Code> {
        unsupported_in(TEXT, sentence)
    }

    fn unsupported_in(text: &str, sentence: &str) -> Vec<Code> {
        let index = Index::new(text);
        let mut codes: Vec<Code> = claims(sentence)
            .iter()
            .filter(|claim| !index.has(claim))
            .map(Claim::code)
            .collect();
        codes.dedup();
        codes
    }

    #[test]
    fn what_the_article_says_is_supported() {
        for sentence in [
            "Navies of the United States and Latvia found 3 mines near Liepaja.",
            "According to the BSI, Ozola’s crew counted 1200 ships.",
            "Officials said the US acted on Monday.",
            "“Ships were counted,” Anna Ozola said in 2021.",
        ] {
            assert_eq!(unsupported(sentence), [], "{sentence}");
        }
    }

    #[test]
    fn what_it_does_not_say_is_flagged() {
        assert_eq!(
            unsupported("They counted 1,300 ships."),
            [Code::UnsupportedFigure]
        );
        assert_eq!(
            unsupported("The mines lay off Ventspils."),
            [Code::UnsupportedName]
        );
        assert_eq!(
            unsupported("John Berzins found 4 mines."),
            [Code::UnsupportedFigure, Code::UnsupportedName]
        );
    }

    #[test]
    fn a_name_that_opens_a_sentence_is_looked_up_and_a_common_word_is_not() {
        assert_eq!(unsupported("Ventspils was mined."), [Code::UnsupportedName]);
        for sentence in [
            "Officials found mines.",
            "However, mines were found.",
            "Latvia’s navy found mines.",
        ] {
            assert_eq!(unsupported(sentence), [], "{sentence}");
        }
    }

    #[test]
    fn a_word_is_excused_where_a_quotation_begins_and_nowhere_else() {
        assert_eq!(unsupported("Ozola said: “Divers were there.”"), []);
        for sentence in [
            "Ozola said “Ventspils was mined”, but Ventspils denied it.",
            "Ozola, of Vent, said “Ventspils was mined”.",
        ] {
            assert_eq!(unsupported(sentence), [Code::UnsupportedName], "{sentence}");
        }
    }

    #[test]
    fn numbers_in_words_are_figures() {
        let text =
            "Crews found three mines and 21 shells, and spent 3 million euros and 200 days on one.";
        for sentence in [
            "Crews found 3 mines and twenty-one shells.",
            "They spent three million euros and two hundred days.",
            "They found 1 more, and no one knows which one.",
        ] {
            assert_eq!(unsupported_in(text, sentence), [], "{sentence}");
        }
        for sentence in [
            "Four mines were found.",
            "They found three mines and twenty-two shells.",
            "They spent two million euros.",
        ] {
            assert_eq!(
                unsupported_in(text, sentence),
                [Code::UnsupportedFigure],
                "{sentence}"
            );
        }
    }
}
