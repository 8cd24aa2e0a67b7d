//! The sound that a word ends in when a Korean reads it aloud.

/// The end of a spoken word, as far as particles depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sound {
    /// A vowel.
    Vowel,
    /// ㄹ, which takes 로 and otherwise counts as a consonant.
    Rieul,
    /// Any other consonant.
    Consonant,
}

use Sound::{Consonant, Rieul, Vowel};

/// Acronyms of more than three letters, and a few short ones, that are read as words or whose last
/// letter misleads; with the sound that they end in (`v`, `l`, `c`).
const ACRONYMS: &str = "\
    NATO v UNESCO v UNICEF v OPEC c ASEAN c APEC c NASA v ESA v FIFA v UEFA v INTERPOL l THAAD v \
    AIDS v COVID v MERS v SARS v BRICS v AUKUS v QUAD v SWIFT v NASDAQ c KOSDAQ c KOSPI v EURATOM c \
    EUROPOL l UNRWA v OECD v UNHCR l IAEA v KCNA v OPCW v RCEP c FATF v OSCE v CPTPP v CCTV v \
    DARPA v LASER v RADAR v START v SALT v CERN c USAID v UNIFIL l AFP v TASS v NAFTA v USMCA v \
    GAVI v MERCOSUR v BBC v CNN c VIP v ISIS v SIPRI v YONHAP c FEMA v NORAD v SEATO v ECOWAS v";
/// Signs and units that are read aloud.
const SIGNS: [(char, Sound); 8] = [
    ('%', Vowel),
    ('％', Vowel),
    ('$', Vowel),
    ('€', Vowel),
    ('°', Vowel),
    ('℃', Vowel),
    ('㎏', Consonant),
    ('㎞', Vowel),
];

/// How `text` ends when it is read aloud; `None` where that cannot be told (other scripts).
///
/// Quotes and brackets at the end are not read. Numbers are read the Chinese way (1 is 일), but one
/// digit right after Latin letters the English way (K2 is 케이투). Latin words in capitals are read
/// letter by letter up to three letters, and where they have no vowel; others as words.
pub(super) fn last_sound(text: &str) -> Option<Sound> {
    let text = text.trim_end_matches(is_silent);
    // "U.S." is read by its letters; a full stop after anything else ends a sentence.
    let text = text
        .strip_suffix('.')
        .filter(|rest| rest.ends_with(|c: char| c.is_ascii_uppercase()))
        .unwrap_or(text);
    let last = text.chars().next_back()?;
    match last {
        '\u{ac00}'..='\u{d7a3}' => Some(match (u32::from(last) - 0xac00) % 28 {
            0 => Vowel,
            8 => Rieul,
            _ => Consonant,
        }),
        // Letters alone go by their names: 기역, 니은, 리을.
        'ㄹ' => Some(Rieul),
        'ㄱ'..='ㅎ' => Some(Consonant),
        'ㅏ'..='ㅣ' => Some(Vowel),
        '0'..='9' => number(text),
        c if c.is_ascii_alphabetic() => latin(text),
        c => SIGNS
            .iter()
            .find(|(sign, _)| *sign == c)
            .map(|(_, sound)| *sound),
    }
}

/// Marks at the end of a word that are not read.
pub(super) fn is_silent(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | '”'
            | '’'
            | '»'
            | ')'
            | ']'
            | '}'
            | '」'
            | '』'
            | '》'
            | '〉'
            | '】'
            | '*'
            | '_'
    )
}

/// A number by its last digit, or by what its noughts are called: 십, 백, 천, 만, 억 end in
/// consonants, 조 does not.
fn number(text: &str) -> Option<Sound> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.');
    let rest = text.trim_end_matches(is_part);
    let number = text.get(rest.len()..)?.trim_start_matches([',', '.']);
    let last = number.chars().next_back()?;
    if number.chars().count() == 1 && rest.ends_with(|c: char| c.is_ascii_alphabetic()) {
        // One, seven, nine: 원, 세븐, 나인; 제로, 투, 스리, 포, 파이브, 식스, 에이트.
        return Some(match last {
            '1' | '7' | '9' => Consonant,
            _ => Vowel,
        });
    }
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let noughts = digits.iter().rev().take_while(|c| **c == '0').count();
    let whole = !number.contains('.') && noughts < digits.len();
    Some(match last {
        '0' if whole && (12..16).contains(&noughts) => Vowel,
        '1' | '7' | '8' => Rieul,
        '0' | '3' | '6' => Consonant,
        _ => Vowel,
    })
}

fn latin(text: &str) -> Option<Sound> {
    let rest = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let word = text.get(rest.len()..)?;
    let upper = word.to_ascii_uppercase();
    let is_acronym = word == upper;
    if is_acronym && let Some(sound) = acronym(word) {
        return Some(sound);
    }
    let has_vowel = upper.contains(['A', 'E', 'I', 'O', 'U']);
    if is_acronym && (word.len() <= 3 || !has_vowel) || word.len() == 1 {
        return Some(letter_name(upper.chars().next_back()?));
    }
    Some(spelled(&word.to_ascii_lowercase()))
}

fn acronym(word: &str) -> Option<Sound> {
    let mut table = ACRONYMS.split_ascii_whitespace();
    while let (Some(known), Some(sound)) = (table.next(), table.next()) {
        if known == word {
            return Some(match sound {
                "v" => Vowel,
                "l" => Rieul,
                _ => Consonant,
            });
        }
    }
    None
}

/// 에이, 비, 시 … 엘, 엠, 엔, 알.
fn letter_name(letter: char) -> Sound {
    match letter {
        'L' | 'R' => Rieul,
        'M' | 'N' => Consonant,
        _ => Vowel,
    }
}

/// The likely sound of an English word by its last letters.
fn spelled(word: &str) -> Sound {
    // A silent e: the sound before it counts. Apple, Chrome, iPhone; Google; but Skype, YouTube.
    if let Some(before) = word.strip_suffix('e') {
        return match before.chars().next_back() {
            Some('l') => Rieul,
            Some('m' | 'n') => Consonant,
            _ => Vowel,
        };
    }
    let mut letters = word.chars().rev();
    let last = letters.next().unwrap_or_default();
    let before = letters.next().unwrap_or_default();
    let after_vowel = matches!(before, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    match last {
        'l' => Rieul,
        'm' | 'n' => Consonant,
        'g' if before == 'n' => Consonant,
        'k' if before == 'c' => Consonant,
        // Stops are closed after a vowel (Facebook, TikTok, Internet, WhatsApp), and get a vowel of
        // their own after a consonant (Trump, Starlink, Microsoft).
        'k' | 't' | 'p' | 'c' | 'b' | 'q' if after_vowel => Consonant,
        'p' if before == 'p' => Consonant,
        _ => Vowel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_as_they_are_read() {
        for (text, sound) in [
            ("키이우", Vowel),
            ("서울", Rieul),
            ("워싱턴", Consonant),
            ("모스크바", Vowel),
            ("평양", Consonant),
            ("브뤼셀", Rieul),
            ("베이징", Consonant),
            ("“나토”", Vowel),
            ("‘대통령’", Consonant),
            ("『조선』", Consonant),
            ("ㄱ", Consonant),
            ("ㄹ", Rieul),
            ("ㅏ", Vowel),
            ("0", Consonant),
            ("1", Rieul),
            ("2", Vowel),
            ("3", Consonant),
            ("4", Vowel),
            ("5", Vowel),
            ("6", Consonant),
            ("7", Rieul),
            ("8", Rieul),
            ("9", Vowel),
            ("10", Consonant),
            ("300", Consonant),
            ("2,000", Consonant),
            ("10000", Consonant),
            ("100000000", Consonant),
            ("1,000,000,000,000", Vowel),
            ("3.5", Vowel),
            ("3.0", Consonant),
            ("2.8", Rieul),
            ("1945", Vowel),
            ("20%", Vowel),
            ("25℃", Vowel),
            ("A", Vowel),
            ("L", Rieul),
            ("M", Consonant),
            ("N", Consonant),
            ("R", Rieul),
            ("EU", Vowel),
            ("UN", Consonant),
            ("U.N.", Consonant),
            ("U.S.", Vowel),
            ("IMF", Vowel),
            ("WHO", Vowel),
            ("FBI", Vowel),
            ("PCR", Rieul),
            ("GDP", Vowel),
            ("NATO", Vowel),
            ("OPEC", Consonant),
            ("ASEAN", Consonant),
            ("INTERPOL", Rieul),
            ("UNHCR", Rieul),
            ("OECD", Vowel),
            ("IAEA", Vowel),
            ("HTML", Rieul),
            ("G7", Consonant),
            ("G20", Consonant),
            ("K2", Vowel),
            ("F1", Consonant),
            ("COVID-19", Vowel),
            ("F-16", Consonant),
            ("Google", Rieul),
            ("Apple", Rieul),
            ("Chrome", Consonant),
            ("YouTube", Vowel),
            ("Facebook", Consonant),
            ("TikTok", Consonant),
            ("Slack", Consonant),
            ("Starlink", Vowel),
            ("Microsoft", Vowel),
            ("Trump", Vowel),
            ("WhatsApp", Consonant),
            ("Twitter", Vowel),
            ("Reuters", Vowel),
            ("Samsung", Consonant),
            ("Amazon", Consonant),
            ("Intel", Rieul),
            ("Kyiv", Vowel),
            ("Pacific", Consonant),
            ("Nvidia", Vowel),
        ] {
            assert_eq!(last_sound(text), Some(sound), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_left() {
        for text in ["", "Киев", "東京", "…", " ", "α"] {
            assert_eq!(last_sound(text), None, "{text:?}");
        }
    }
}
