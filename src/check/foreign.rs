//! Is a sentence of an English article in another language?

use crate::check::letters;
use crate::text::among;

/// Words that few English sentences do without.
const ENGLISH: &str = "the of to and is was were that for with by it are have has had not this from will would said but \
    who which you we they he she his her their at on be been as if or an when what i my our";
/// Small words of French, Spanish, Italian, Portuguese and German that are no English words.
const OTHERS: &str = "le la les des du un une et est que qui il elle pas dans en au aux ce je nous vous sur avec pour ne \
    el los las del una por con es se lo su di non sono che per gli nel della o uma com da do os não e der das und ist \
    nicht ein eine zu den dem mit von ich wir sie auf für bien mais";

/// Whether a sentence has small words of another language, a third of its words at the least, and none
/// of English. Capitals inside a sentence do not count: "Los Angeles", "La Liga".
pub fn is_foreign(source: &str) -> bool {
    const LEAST: usize = 2;
    let words: Vec<&str> = letters::words(source).collect();
    let is_small = |(at, word): &(usize, &&str)| {
        (*at == 0 || word.starts_with(char::is_lowercase)) && among(OTHERS, &word.to_lowercase())
    };
    let small = words.iter().enumerate().filter(is_small).count();
    let english = words
        .iter()
        .any(|word| among(ENGLISH, &word.to_lowercase()));
    !english && small >= LEAST && 3 * small >= words.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sentences_of_other_languages_are_foreign() {
        for (source, foreign) in [
            ("Il ne passe pas par la porte.", true),
            ("La vida es sueño.", true),
            ("Ich bin ein Berliner und wir sind es auch.", true),
            ("“Non di solo pane,” he said.", false),
            ("Los Angeles beat Las Vegas", false),
            ("Le Monde hails La Liga", false),
            ("En route home, Da Silva paused.", false),
            ("Rain fell on Leeds.", false),
            ("", false),
        ] {
            assert_eq!(is_foreign(source), foreign, "{source}");
        }
    }
}
