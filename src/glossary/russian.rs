//! Russian words in their cases.
//!
//! A stemmer would make "Павел" and "Павла" two words, and it would make one of some that differ. So
//! each word is looked at by its ending: which declensions a word with this ending may follow, which
//! stems it then has (a fleeting vowel gives two), and which endings. A word that *might* be declined
//! in two ways is accepted in both. What is accepted is a form, not an agreement: case and number are
//! the translator's business.

use super::tokens::folded;

/// Adjectives, participles, and surnames like Зеленский and Толстая.
const ADJECTIVE: &str = "ый ий ой ого его ому ему ым им ом ем ая яя ую юю ей ое ее ые ие ых их \
    ыми ими ою ею";
/// Masculine nouns that end in a consonant, hard or soft.
const CONSONANT: &str = "а у ом ем е ы и ов ев ей ам ами ах ям ями ях";
/// What surnames in -ов and -ин have besides.
const SURNAME: &str = "ым ых ыми ой";
/// Nouns in -ь of both genders.
const SOFT: &str = "ь я ю ем е и ей ью ям ями ях ам ами ах";
/// Nouns in -й.
const YOT: &str = "й я ю ем е и ев ям ями ях";
/// Nouns in -а and -я, and surnames in -ова.
const FEMININE: &str = "а я ы и е у ю ой ей ою ею ь й ам ами ах ям ями ях";
/// Nouns in -о and -е.
const NEUTER: &str = "о е а я у ю ом ем и й ь ам ами ах ям ями ях ей";
/// Nouns that are plural from the start: Афины, силы, Объединённые Нации.
const PLURAL: &str = "ы и ов ев ей й ь ам ами ах ям ями ях";
/// How words go on that are made of names of places and of currencies.
const DERIVED: &str = "ск ец ц ка ки ке ку анин янин чан зон";
/// What is put right behind an abbreviation that ends in a consonant: `МИДа`.
const ABBREVIATION: &str = "а у ом е ы ов ам ами ах";

/// Whether `found` may be `word`, which is in its basic form, in some case and number. Both are
/// single words without hyphens. Capitals do not count, except in abbreviations, and `ё` is `е`.
///
/// ```
/// use presslate::glossary::russian::is_form;
///
/// assert!(is_form("Павла", "Павел"));
/// assert!(is_form("Зеленскому", "Зеленский"));
/// assert!(!is_form("мировой", "мир"));
/// ```
pub fn is_form(found: &str, word: &str) -> bool {
    if is_abbreviation(word) {
        return found == word
            || word.chars().next_back().is_some_and(is_consonant)
                && found
                    .strip_prefix(word)
                    .is_some_and(|ending| has(ABBREVIATION, ending));
    }
    // The last syllable of Ким Чен Ын is declined: Ким Чен Ыном.
    let is_syllable = word.chars().next().is_some_and(char::is_uppercase)
        && word.chars().count() == 2
        && word.chars().next_back().is_some_and(is_consonant);
    let (found, word) = (folded(found), folded(word));
    found == word
        // "Ли", "и", "в": nothing would be left of them.
        || (word.chars().count() > 2 || is_syllable)
            && word.chars().all(is_cyrillic)
            && paradigms(&word).iter().any(|(stem, endings)| {
                found
                    .strip_prefix(stem.as_str())
                    .is_some_and(|ending| ending.is_empty() || has(endings, ending))
                    // An empty ending is a case of its own: only where it leaves a word.
                    && (found != *stem || may_be_bare(stem, &word))
            })
}

/// Whether `found` may be made of `word`, as adjectives and names of peoples are of countries' and
/// towns': it begins with the word less its ending, if four letters are left, and goes on as such
/// words do. Forms that end as surnames do are of people: the president is not his adjective.
///
/// ```
/// use presslate::glossary::russian::may_derive;
///
/// assert!(may_derive("дубайской", "Дубай") && may_derive("кенийка", "Кения"));
/// assert!(!may_derive("перуанский", "Пермь") && !may_derive("Нигерии", "Нигер"));
/// assert!(!may_derive("Путинский", "Путин"));
/// ```
pub fn may_derive(found: &str, word: &str) -> bool {
    const LEAST: usize = 4;
    let word = folded(word);
    if ["ин", "ов", "ев", "ский"]
        .iter()
        .any(|ending| word.ends_with(ending))
    {
        return false;
    }
    let stem = word
        .strip_suffix(['а', 'я', 'о', 'е', 'и', 'ы', 'ь', 'й', 'у', 'ю'])
        .filter(|stem| stem.chars().count() >= LEAST)
        .unwrap_or(&word);
    stem.chars().count() >= LEAST
        && stem.chars().all(is_cyrillic)
        && folded(found).strip_prefix(stem).is_some_and(|rest| {
            let rest = rest.trim_start_matches(['и', 'й']);
            DERIVED
                .split_whitespace()
                .any(|ending| rest.starts_with(ending))
        })
}

/// Whether a form stays the same in every case, as far as its letters tell: abbreviations, what is
/// not Cyrillic, and what ends in -у, -ю or -э. "Токио" and "Тбилиси" cannot be told from "окно" and
/// "Афины"; for those a glossary says so itself.
pub fn is_indeclinable(form: &str) -> bool {
    form.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .all(|word| {
            is_abbreviation(word)
                || !word.chars().any(is_cyrillic_letter)
                || word.to_lowercase().ends_with(['у', 'ю', 'э'])
        })
}

/// Whether a word is an abbreviation: more than one letter, all of them capitals.
pub fn is_abbreviation(word: &str) -> bool {
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let capitals = letters.clone().count();
    capitals > 1 && letters.all(char::is_uppercase)
}

/// The stems of a word and the endings that each may have.
fn paradigms(word: &str) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    let mut add = |stem: String, endings| found.push((stem, endings));
    for ending in ["ый", "ий", "ой", "ая", "яя", "ое", "ее", "ые", "ие"] {
        if let Some(stem) = word.strip_suffix(ending) {
            add(stem.to_owned(), ADJECTIVE);
        }
    }
    let Some(last) = word.chars().next_back() else {
        return found;
    };
    let stem = without_last(word);
    match last {
        'й' => {
            add(stem.clone(), YOT);
            // воробей, воробья
            if let Some(root) = stem.strip_suffix('е') {
                add(format!("{root}ь"), YOT);
            }
        }
        'ь' => {
            for short in without_fleeting(&stem) {
                add(short, SOFT);
            }
            add(stem, SOFT);
        }
        'а' | 'я' => {
            for long in with_fleeting(&stem) {
                add(long, "");
            }
            // время, времени
            if word.ends_with("мя") {
                add(format!("{stem}ен"), "и ем а ам ами ах");
            }
            add(stem, FEMININE);
        }
        'о' | 'е' => {
            for long in with_fleeting(&stem) {
                add(long, "");
            }
            add(stem, NEUTER);
        }
        'ы' | 'и' => {
            for long in with_fleeting(&stem) {
                add(long, "");
            }
            add(stem, PLURAL);
        }
        c if is_consonant(c) => {
            for short in without_fleeting(word) {
                add(short, CONSONANT);
            }
            if ["ов", "ев", "ин", "ын"]
                .iter()
                .any(|end| word.ends_with(end))
            {
                add(word.to_owned(), SURNAME);
            }
            // россиянин, россияне
            if word.ends_with("анин") || word.ends_with("янин") {
                add(without_last(&stem), "е ам ами ах");
            }
            add(word.to_owned(), CONSONANT);
        }
        // -у, -ю, -э and foreign letters: indeclinable.
        _ => {}
    }
    found
}

/// Whether a stem may stand without an ending: as the genitive of many ("девушек", "Афин", "стран").
fn may_be_bare(stem: &str, word: &str) -> bool {
    let vowel_ends = word
        .chars()
        .next_back()
        .is_some_and(|c| is_vowel(c) && !matches!(c, 'у' | 'ю' | 'э'));
    let is_plural = word.ends_with("анин") || word.ends_with("янин");
    stem.chars().count() > 1
        && stem.chars().any(is_vowel)
        && stem.chars().next_back().is_some_and(is_consonant)
        && (vowel_ends || is_plural)
        && !["ый", "ий", "ой"].iter().any(|end| word.ends_with(end))
}

/// A stem whose last vowel goes when an ending comes: отец, отца; день, дня; кореец, корейца.
fn without_fleeting(stem: &str) -> Vec<String> {
    let mut letters: Vec<char> = stem.chars().collect();
    let (Some(last), Some(vowel)) = (letters.pop(), letters.pop()) else {
        return Vec::new();
    };
    let Some(before) = letters.last().copied() else {
        return Vec::new();
    };
    if !is_consonant(last) || !matches!(vowel, 'о' | 'е') {
        return Vec::new();
    }
    let root: String = letters.into_iter().collect();
    match before {
        _ if is_vowel(before) => vec![format!("{root}й{last}")],
        // палец, пальца; лев, льва
        'л' => vec![format!("{root}{last}"), format!("{root}ь{last}")],
        'й' | 'ь' => Vec::new(),
        _ => vec![format!("{root}{last}")],
    }
}

/// A stem that takes a vowel when it loses its ending: девушка, девушек; письмо, писем.
fn with_fleeting(stem: &str) -> Vec<String> {
    let mut letters: Vec<char> = stem.chars().collect();
    let Some(last) = letters.pop().filter(|c| is_consonant(*c)) else {
        return Vec::new();
    };
    if letters.last().is_some_and(|c| matches!(c, 'ь' | 'й')) {
        letters.pop();
    } else if !letters.last().copied().is_some_and(is_consonant) {
        return Vec::new();
    }
    let root: String = letters.into_iter().collect();
    ["о", "е"]
        .iter()
        .map(|vowel| format!("{root}{vowel}{last}"))
        .collect()
}

fn without_last(word: &str) -> String {
    let mut chars = word.chars();
    chars.next_back();
    chars.as_str().to_owned()
}

fn has(endings: &str, ending: &str) -> bool {
    endings
        .split_ascii_whitespace()
        .any(|known| known == ending)
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, 'а'..='я')
}

fn is_cyrillic_letter(c: char) -> bool {
    matches!(c, 'А'..='я' | 'ё' | 'Ё')
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'а' | 'е' | 'и' | 'о' | 'у' | 'ы' | 'э' | 'ю' | 'я')
}

fn is_consonant(c: char) -> bool {
    let c = c.to_lowercase().next().unwrap_or(c);
    is_cyrillic(c) && !is_vowel(c) && !matches!(c, 'й' | 'ь' | 'ъ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_a_word_is_a_form_of_it() {
        for line in "\
            отец отца отцу отцом отце отцы отцов отцам отцами отцах
            Павел Павла Павлу Павлом Павле
            день дня дню днём дне дни дней дням днями днях
            поляк поляка поляку поляком поляки поляков
            кореец корейца корейцу корейцем корейцы корейцев
            палец пальца пальцем пальцы
            лев льва львом львы
            Песков Пескова Пескову Песковым Пескове Песковы Песковых
            Путин Путина Путину Путиным Путине
            Зеленский Зеленского Зеленскому Зеленским Зеленском
            Толстой Толстого Толстому Толстым Толстом
            Захарова Захаровой Захарову
            Зеленская Зеленской Зеленскую
            Королёв Королева Королевым
            Трамп Трампа Трампу Трампом Трампе
            Байден Байдена Байденом
            Меркель
            Макрон Макрона Макроном
            Сергей Сергея Сергею Сергеем Сергее
            Георгий Георгия Георгию Георгием Георгии
            Шойгу
            Москва Москвы Москве Москву Москвой
            Россия России Россию Россией
            Украина Украины Украине Украину Украиной
            Киев Киева Киеву Киевом Киеве
            Афины Афин Афинам Афинами Афинах
            Филиппины Филиппин Филиппинам Филиппинах
            штаты штатов штатам штатами штатах
            Соединённые Соединенных Соединённым Соединёнными
            нации наций нациям нациями нациях
            министерство министерства министерству министерством министерстве министерств
            агентство агентства агентству агентством агентств
            море моря морю морем морей морями
            соглашение соглашения соглашению соглашением соглашении соглашений
            девушка девушки девушке девушку девушкой девушек девушкам
            страна страны стран странам
            область области областью областей областям
            рубль рубля рублю рублём рубле рубли рублей
            Израиль Израиля Израилю Израилем Израиле
            Кремль Кремля Кремлю Кремлём Кремле
            китайский китайского китайскому китайским китайская китайскую китайское китайских
            военный военного военному военным военная военных
            россиянин россиянина россияне россиян россиянам
            войска войск войскам войсками войсках
            силы сил силам силами силах
            письмо письма письму писем письмами
            время времени временем времена
            генерал генерала генералу генералом генералы генералов
            мир мира миру миром мире
            США
            Ын Ына Ыном Ыну
            МИД МИДа МИДом МИДу
            ООН
            НАТО"
            .lines()
        {
            let forms: Vec<_> = line.split_whitespace().collect();
            for form in &forms {
                assert!(is_form(form, forms[0]), "{form} of {}", forms[0]);
                if !is_abbreviation(forms[0]) {
                    assert!(
                        is_form(&form.to_uppercase(), forms[0]),
                        "{form} in capitals"
                    );
                }
            }
        }
    }

    #[test]
    fn what_only_looks_alike_is_no_form() {
        for (found, word) in [
            ("мировой", "мир"),
            ("мировом", "мир"),
            ("портативный", "порт"),
            ("Москвич", "Москва"),
            ("российский", "Россия"),
            ("Путинский", "Путин"),
            ("решение", "ЕС"),
            ("ес", "ЕС"),
            ("НАТОа", "НАТО"),
            ("ООНа", "ОО"),
            ("США", "С"),
            ("Шойга", "Шойгу"),
            ("Шойгом", "Шойгу"),
            ("Песок", "Песков"),
            ("Трампизм", "Трамп"),
            ("Иранский", "Иран"),
            ("Ирак", "Иран"),
            ("Словении", "Словакия"),
            ("Австралии", "Австрия"),
            ("Нигера", "Нигерия"),
            ("Си", "Се"),
            ("Ли", "Лю"),
            ("Ыный", "Ын"),
            ("генеральный", "генерал"),
            ("минута", "министр"),
            ("Маск", "Москва"),
            ("BBCа", "BBC"),
            ("Киевский", "Киев"),
        ] {
            assert!(!is_form(found, word), "{found} is no form of {word}");
        }
    }

    #[test]
    fn what_never_changes_is_known_by_its_letters_where_they_tell() {
        for form in ["НАТО", "ООН", "Шойгу", "Баку", "BBC", "Reuters", "ЕС"] {
            assert!(is_indeclinable(form), "{form}");
        }
        for form in ["Киев", "Песков", "Совет Безопасности ООН", "Афины", "Токио"]
        {
            assert!(!is_indeclinable(form), "{form}");
        }
    }
}
