//! Which language a text is in.
//!
//! whatlang names seventy languages with tables of a few hundred kilobytes. It goes by letter
//! triples, so a short text full of foreign names fools it; for Latin script its word is weighed
//! against the small words of English.

use std::collections::HashSet;

use whatlang::Script;

use crate::job::Lang;
use crate::text::among;

/// From this many words on, English text has small words of its own.
const TELLING_WORDS: usize = 12;
/// Enough to be sure; more only takes time.
const SAMPLE_CHARS: usize = 20_000;

/// The language of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// Its English name; `an unknown language` when there is too little text to tell.
    pub name: &'static str,
    /// The language, if it is one that presslate knows.
    pub lang: Option<Lang>,
    /// Whether the evidence is strong.
    pub reliable: bool,
    /// Whether it is written in Latin letters, and either too short to rule English out or with small
    /// words that speak for English. Says nothing where `reliable` is set.
    pub may_be_english: bool,
    /// Whether most of its letters are of another script than Latin.
    pub other_script: bool,
}

impl Detected {
    const UNKNOWN: Self = Self {
        name: "an unknown language",
        lang: None,
        reliable: false,
        may_be_english: true,
        other_script: false,
    };

    fn english(reliable: bool) -> Self {
        Self {
            name: Lang::En.name(),
            lang: Some(Lang::En),
            reliable,
            may_be_english: true,
            other_script: false,
        }
    }
}

/// Small words that English texts are full of and that few other languages have.
const ENGLISH: &str = "\
    the and of to that with for said from this have has had his her they their which were been \
    who would but are not it its be by as was is at on in a an he she will after over more than \
    about out up into could says new year years people may no off amid against between during \
    two first";
/// Of those, the ones that other languages have as well; they are no evidence alone.
const SHARED: &str = "\
    a an in is was as on at no he has her up of are be over may out it not new off for had";
/// Small words of the languages that are taken for English most often, and it for them.
const OTHERS: &str = "\
    der die das und ist nicht ein eine mit für le la les des est une du et dans pour que el los \
    las del por una con il che di della per os uma não em ao da do na para como het een van niet \
    och att som til ikke og på ang mga sa ng yang dan dengan untuk nie jest się că și bir ve";

/// Tells the language of `text`, plain and without markup. Works from a few words on; text in two
/// languages is in the one that has more of it.
///
/// ```
/// use presslate::text::detect::detect;
///
/// assert_eq!(detect("Der Hafen wurde am Mittwoch wieder geöffnet.").name, "German");
/// ```
pub fn detect(text: &str) -> Detected {
    let sample: String = text.chars().take(SAMPLE_CHARS).collect();
    let evidence = Evidence::of(&sample);
    let Some(info) = whatlang::detect(&sample) else {
        let other_script = !mostly_latin(&sample);
        return if evidence.is_english() {
            Detected::english(false)
        } else {
            Detected {
                may_be_english: !other_script && evidence.may_be_english(),
                other_script,
                ..Detected::UNKNOWN
            }
        };
    };
    let may_be_english = evidence.may_be_english();
    if info.script() == Script::Latin {
        if info.lang() == whatlang::Lang::Eng {
            // It knows no Welsh and no Albanian, and takes what it does not know for what it knows.
            if !may_be_english {
                return Detected {
                    may_be_english,
                    ..Detected::UNKNOWN
                };
            }
            return Detected::english(info.is_reliable() || evidence.is_strong());
        }
        // Reliable as it thinks it is, no text of another language is full of these words.
        if evidence.is_strong() || (!info.is_reliable() && evidence.is_english()) {
            return Detected::english(evidence.is_strong());
        }
    }
    let lang = match info.lang() {
        whatlang::Lang::Kor => Some(Lang::Ko),
        whatlang::Lang::Rus => Some(Lang::Ru),
        _ => None,
    };
    // A handful of letters is too little to name a language by; a script of its own is enough.
    if info.script() == Script::Latin && !info.is_reliable() && evidence.words < 3 {
        return Detected::UNKNOWN;
    }
    Detected {
        name: name(info.lang()),
        lang,
        reliable: info.is_reliable(),
        may_be_english: may_be_english && info.script() == Script::Latin,
        other_script: info.script() != Script::Latin,
    }
}

/// Whether at least half of the letters are Latin; so too where there are none.
fn mostly_latin(text: &str) -> bool {
    let (latin, other): (Vec<char>, Vec<char>) = text
        .chars()
        .filter(|c| c.is_alphabetic())
        .partition(|c| c.is_ascii() || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'));
    latin.len() >= other.len()
}

fn name(lang: whatlang::Lang) -> &'static str {
    match lang {
        whatlang::Lang::Cmn => "Chinese",
        whatlang::Lang::Pes => "Persian",
        other => other.eng_name(),
    }
}

/// What the small words of a text speak for.
struct Evidence {
    words: usize,
    /// Small words of English, and those among them that are of English alone.
    english: usize,
    own: usize,
    /// Different ones.
    kinds: usize,
    own_kinds: usize,
    others: usize,
    /// Whether every letter is in ASCII.
    ascii: bool,
}

impl Evidence {
    fn of(text: &str) -> Self {
        let ascii = text.chars().all(|c| c.is_ascii() || !c.is_alphabetic());
        let mut found = Self {
            words: 0,
            english: 0,
            own: 0,
            kinds: 0,
            own_kinds: 0,
            others: 0,
            ascii,
        };
        let mut seen = HashSet::new();
        for word in text
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
        {
            let word = word.to_lowercase();
            found.words += 1;
            if among(ENGLISH, &word) {
                found.english += 1;
                let own = !among(SHARED, &word);
                let new = seen.insert(word.clone());
                found.kinds += usize::from(new);
                found.own += usize::from(own);
                found.own_kinds += usize::from(own && new);
            }
            found.others += usize::from(among(OTHERS, &word));
        }
        found
    }

    /// At least one word of English alone, more of English than of others, one word in twelve; or three
    /// shared ones, one word in five, with nothing that speaks against English.
    fn is_english(&self) -> bool {
        let own = self.own >= 1 && self.own > self.others && self.english * 12 >= self.words;
        let shared =
            self.kinds >= 3 && self.others == 0 && self.ascii && self.english * 5 >= self.words;
        own || shared
    }

    /// Too few words to rule English out; or taken for English; or more words of English alone than of others, and not one
    /// that a language happens to have too, as Polish has `to`.
    fn may_be_english(&self) -> bool {
        self.words < TELLING_WORDS
            || self.is_english()
            || (self.own_kinds >= 2 && self.own > self.others)
    }

    /// As running English text has it.
    fn is_strong(&self) -> bool {
        self.own >= 3 && self.own > 2 * self.others && self.english * 5 >= self.words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_named() {
        for (text, name, lang) in [
            (
                "The harbour was reopened on Wednesday after eleven years of repairs, the mayor said.",
                "English",
                Some(Lang::En),
            ),
            (
                "김정은 위원장이 화요일 러시아에 도착했다고 국영 통신이 전했다.",
                "Korean",
                Some(Lang::Ko),
            ),
            (
                "Порт снова открыли в среду после одиннадцати лет ремонта, сообщил мэр города.",
                "Russian",
                Some(Lang::Ru),
            ),
            (
                "Le port a été rouvert mercredi après onze ans de travaux, a déclaré le maire de la ville.",
                "French",
                None,
            ),
            (
                "Der Hafen wurde am Mittwoch nach elf Jahren Bauzeit wieder geöffnet, sagte der Bürgermeister.",
                "German",
                None,
            ),
            (
                "El puerto fue reabierto el miércoles tras once años de obras, dijo el alcalde de la ciudad.",
                "Spanish",
                None,
            ),
            (
                "港口在经过十一年的维修之后于星期三重新开放，市长说。",
                "Chinese",
                None,
            ),
            (
                "港は十一年の修理を終えて水曜日に再開されたと市長は述べた。",
                "Japanese",
                None,
            ),
            (
                "Порт знову відкрили в середу після одинадцяти років ремонту, повідомив міський голова.",
                "Ukrainian",
                None,
            ),
            (
                "أعيد فتح الميناء يوم الأربعاء بعد أحد عشر عاما من الإصلاحات، حسبما قال رئيس البلدية.",
                "Arabic",
                None,
            ),
            (
                "Il porto è stato riaperto mercoledì dopo undici anni di lavori, ha detto il sindaco della città.",
                "Italian",
                None,
            ),
            (
                "O porto foi reaberto na quarta-feira após onze anos de obras, disse o prefeito da cidade.",
                "Portuguese",
                None,
            ),
        ] {
            let found = detect(text);
            assert_eq!((found.name, found.lang), (name, lang), "{text}");
        }
    }

    #[test]
    fn short_english_full_of_names_and_figures_is_english() {
        for text in [
            "Kim in Russia for Putin Talks as US Warns on Arms Deal",
            "Rovers Win the Cup",
            "Mayor Henrik Dahl cut a ribbon in Solvik on Wednesday.",
            "Tanaka, Lindqvist and Okafor to meet Haddad",
            "Scores: 3-2, 1-0, 4-4 (after 120 min.), 38,412 people in the ground; $4.5m to the winner",
            "The council voted 12-4. “Nous avons perdu,” said Mr. Dahl, who is French, and left the hall.",
            "The sign says “환영합니다” and nothing else, the mayor of the town told us.",
        ] {
            assert_eq!(
                detect(text).lang,
                Some(Lang::En),
                "{text}: {:?}",
                detect(text)
            );
        }
    }

    #[test]
    fn short_text_of_other_languages_is_not_taken_for_english() {
        for text in [
            "Hafen nach elf Jahren wieder offen",
            "Le maire rouvre le port",
            "Se reabre el puerto en la ciudad",
            "De haven is weer open",
            "Il porto riapre dopo undici anni",
            "항구 다시 열려",
            "Порт открыт",
        ] {
            assert_ne!(detect(text).lang, Some(Lang::En), "{text}");
        }
    }

    #[test]
    fn a_paragraph_of_a_language_that_is_hardly_known_may_not_be_english() {
        for text in [
            // Danish
            "Havnen i Esbjerg blev onsdag genåbnet efter elleve års ombygning. Borgmesteren klippede snoren \
             foran flere hundrede gæster, og den første færge sejlede mod øerne kort efter middag. Byen har \
             brugt to milliarder kroner på kajerne, oplyser kommunen, der nu venter flere krydstogtskibe.",
            // Welsh
            "Cafodd yr harbwr ei ailagor ddydd Mercher ar ôl un mlynedd ar ddeg o waith. Dywedodd y maer fod \
             y dref wedi aros yn hir am y diwrnod hwn, a bod pobl leol yn falch iawn o weld y llongau yn ôl.",
            // Galician
            "O porto da vila abriu de novo este mércores despois de once anos de obras. A alcaldesa dixo que a \
             cidade agardaba este día dende hai moito tempo e que os veciños están moi contentos.",
            // Albanian
            "Porti i qytetit u rihap të mërkurën pas njëmbëdhjetë vjetësh punimesh. Kryetari i bashkisë tha se \
             banorët e kishin pritur gjatë këtë ditë dhe se anijet do të kthehen së shpejti.",
            // Icelandic
            "Höfnin var opnuð aftur á miðvikudag eftir ellefu ára framkvæmdir. Bæjarstjórinn sagði að íbúar \
             hefðu beðið lengi eftir þessum degi og að skipin kæmu brátt aftur til hafnar.",
            // Irish
            "Athosclaíodh an cuan Dé Céadaoin tar éis aon bhliain déag d'obair. Dúirt an méara go raibh muintir \
             an bhaile ag fanacht le fada leis an lá seo agus go bhfuil áthas mór orthu.",
            // Czech
            "Přístav byl ve středu znovu otevřen po jedenácti letech oprav. Starosta řekl, že to město čekalo \
             dlouho a že lidé jsou rádi, že se lodě vrátily.",
        ] {
            let found = detect(text);
            assert!(
                found.lang.is_none() && (found.reliable || !found.may_be_english),
                "{text}: {found:?}"
            );
        }
    }

    #[test]
    fn briefs_and_lists_of_names_may_still_be_english() {
        for text in [
            "Tanaka wins",
            "Lindqvist, Haddad, Okafor",
            "Results: Rovers 3 Solvik 2; Dahl United 1 Haddad Town 1; Okafor Athletic 4 Tanaka City 0. \
             They meet again on Saturday, and the winner goes to Oslo.",
        ] {
            let found = detect(text);
            assert!(found.may_be_english, "{text}: {found:?}");
        }
    }

    #[test]
    fn another_script_is_told() {
        for (text, other) in [
            ("항구 다시 열려", true),
            ("Порт открыт", true),
            ("港口重新开放", true),
            ("أعيد فتح الميناء", true),
            ("The sign says “환영합니다” and nothing else.", false),
            ("12.5%", false),
        ] {
            assert_eq!(detect(text).other_script, other, "{text}");
        }
    }

    #[test]
    fn what_has_no_words_is_in_no_language() {
        for text in ["", " \n", "12.5% 1,234 – 99", "🎉🎉"] {
            assert_eq!(detect(text), Detected::UNKNOWN, "{text:?}");
        }
    }
}
