//! What can safely be taken off an answer before it is judged, and the chat that cannot.

use crate::text::join_words;

/// Lines that only announce the answer, by a word they have.
const ANNOUNCEMENTS: [&str; 12] = [
    "translation",
    "translate",
    "here is",
    "here's",
    "here are",
    "sure",
    "certainly",
    "summary",
    "번역",
    "요약",
    "перевод",
    "краткое содержание",
];
/// Labels before the answer on its own line.
const LABELS: [&str; 16] = [
    "translation",
    "korean",
    "russian",
    "korean translation",
    "russian translation",
    "summary",
    "번역",
    "번역문",
    "한국어",
    "한국어 번역",
    "요약",
    "перевод",
    "русский",
    "по-русски",
    "перевод на русский",
    "перевод на русский язык",
];
/// Lines with which a model goes on after the answer.
const AFTERTHOUGHTS: [&str; 9] = [
    "note:",
    "(note",
    "please note",
    "explanation:",
    "english:",
    "참고:",
    "(참고",
    "примечание:",
    "(примечание",
];
/// Beginnings of an answer that is no translation.
const CHATTER: [&str; 17] = [
    "here is",
    "here's",
    "here are",
    "sure,",
    "sure!",
    "certainly,",
    "certainly!",
    "of course,",
    "i'm sorry",
    "i cannot",
    "i can't",
    "as an ai",
    "the translation",
    "вот перевод",
    "конечно, вот",
    "다음은 번역",
    "번역 결과",
];
/// No announcement is longer, in characters.
const LONGEST_ANNOUNCEMENT: usize = 120;
const QUOTES: [(char, char); 8] = [
    ('"', '"'),
    ('“', '”'),
    ('«', '»'),
    ('„', '“'),
    ('\'', '\''),
    ('‘', '’'),
    ('「', '」'),
    ('『', '』'),
];

/// Takes off code fences, announcements ("Here is the translation:"), labels ("번역:"), notes
/// after the answer, emphasis and quotation marks around the whole that the source does not have,
/// and puts what is left on one line.
pub fn tidy(source: &str, answer: &str) -> String {
    let mut lines: Vec<&str> = answer
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("```"))
        .collect();
    if lines.len() > 1 && lines.first().is_some_and(|line| is_announcement(line)) {
        lines.remove(0);
    }
    if let Some(end) = lines
        .iter()
        .skip(1)
        .position(|line| begins(line, &AFTERTHOUGHTS))
    {
        lines.truncate(end + 1);
    }
    let text = join_words(&lines.join(" "));
    let text = without_label(source, &text);
    let text = match text
        .strip_prefix("**")
        .and_then(|inner| inner.strip_suffix("**"))
    {
        Some(inner) if !source.contains('*') && !inner.contains('*') => inner,
        _ => text,
    };
    unquoted(source, text).trim().to_owned()
}

/// Whether a tidied text is still talk about the task, or has control tokens in it.
pub fn is_chatter(source: &str, text: &str) -> bool {
    let marks = ["```", "<|", "|>", "</s>"];
    (begins(text, &CHATTER) && !begins(source, &CHATTER))
        || marks
            .iter()
            .any(|mark| text.contains(mark) && !source.contains(mark))
}

fn begins(text: &str, with: &[&str]) -> bool {
    let start: String = text
        .chars()
        .take(40)
        .collect::<String>()
        .to_lowercase()
        .replace('’', "'");
    with.iter().any(|beginning| start.starts_with(beginning))
}

fn is_announcement(line: &str) -> bool {
    let line = line.trim_matches(['*', '#', ' ']);
    let lower = line.to_lowercase().replace('’', "'");
    line.ends_with(':')
        && line.chars().count() <= LONGEST_ANNOUNCEMENT
        && (ANNOUNCEMENTS.iter().any(|word| lower.contains(word)) || is_label(&lower))
}

fn is_label(lower: &str) -> bool {
    LABELS.contains(&lower.trim_matches(['*', '#', ':', ' ']))
}

fn without_label<'a>(source: &str, text: &'a str) -> &'a str {
    let Some((label, rest)) = text.split_once(':') else {
        return text;
    };
    let rest = rest.trim_start_matches(['*', ' ']);
    // A headline may begin with "Translation:", or be "Korean: The Language".
    let in_source = source
        .split_once(':')
        .is_some_and(|(label, _)| label.split_whitespace().count() <= 3);
    if is_label(&label.to_lowercase()) && !in_source && !rest.is_empty() {
        rest
    } else {
        text
    }
}

fn unquoted<'a>(source: &str, text: &'a str) -> &'a str {
    let source_is_quoted = source
        .trim_start()
        .starts_with(|c| QUOTES.iter().any(|&(open, _)| open == c));
    if source_is_quoted {
        return text;
    }
    QUOTES
        .iter()
        .find_map(|&(open, close)| {
            let inner = text.strip_prefix(open)?.strip_suffix(close)?;
            (!inner.contains([open, close]) && !inner.trim().is_empty()).then_some(inner)
        })
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "The minister left.";

    #[test]
    fn what_surrounds_an_answer_is_taken_off() {
        for answer in [
            "  장관이\n떠났다. ",
            "Here is the translation:\n\n장관이 떠났다.",
            "Sure! Here’s the Korean translation:\n장관이 떠났다.\n\nNote: honorifics were left out.",
            "번역: 장관이 떠났다.",
            "**Korean:** 장관이 떠났다.",
            "```\n장관이 떠났다.\n```",
            "“장관이 떠났다.”",
            "**장관이 떠났다.**",
        ] {
            assert_eq!(tidy(SOURCE, answer), "장관이 떠났다.", "{answer}");
        }
    }

    #[test]
    fn what_belongs_to_the_text_stays() {
        assert_eq!(tidy("“Go,” he said.", "“가라”"), "“가라”");
        assert_eq!(
            tidy("He said “no” and “yes”.", "«Нет» и «да»"),
            "«Нет» и «да»"
        );
        assert_eq!(
            tidy("Translation: a lost art", "번역: 잊힌 기술"),
            "번역: 잊힌 기술"
        );
        assert_eq!(tidy("The plan: leave", "План: уйти"), "План: уйти");
        assert_eq!(tidy(SOURCE, "번역:"), "번역:");
    }

    #[test]
    fn chat_that_is_left_is_seen() {
        assert!(is_chatter(SOURCE, "I’m sorry, but 번역할 수 없습니다."));
        assert!(is_chatter(SOURCE, "장관이 떠났다.<|im_end|>"));
        assert!(!is_chatter("Sure, he left.", "Sure, 장관"));
        assert!(!is_chatter(SOURCE, "장관이 떠났다."));
    }
}
