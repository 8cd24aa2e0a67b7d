//! What the library gets wrong in news text, put right.

use crate::job::Lang;
use crate::text::among;

/// Marks that end a sentence.
const TERMINAL: [char; 8] = ['.', '!', '?', '…', '。', '！', '？', '‼'];
/// Marks that close a quotation or a bracket. A straight quote both opens and closes.
const CLOSING: [char; 8] = ['”', '’', '»', ')', ']', '"', '\'', '›'];
const OPENING: [char; 9] = ['“', '‘', '«', '(', '[', '"', '\'', '‹', '—'];

/// Titles and the like: what follows belongs to them.
const BEFORE_NAME: &str = "\
    mr mrs ms mx dr prof gen lt col sgt capt cmdr adm maj brig pvt cpl pfc sen sens rep reps gov \
    govs pres rev hon st ste fr msgr supt insp det amb atty messrs mt ft vs cf approx ca mme \
    mlle pt lieut ald del e.g i.e v";
/// What follows is a figure.
const BEFORE_FIGURE: &str = "\
    no nos fig figs vol art arts sec ch p pp para c approx";
const MONTHS: &str = "\
    jan feb mar apr jun jul aug sep sept oct nov dec";
/// What follows goes on unless it plainly begins a sentence.
const IN_NAMES: &str = "\
    inc corp co ltd jr sr bros llc plc dept ave blvd calif mass conn ala ariz colo fla ga ill \
    ind kan ky md mich minn miss mo mont neb nev okla ore pa penn tenn tex va vt wash wis wyo \
    assn univ intl rd etc ph.d m.d b.a m.a";
/// What may follow a time of day and is part of it.
const AFTER_TIME: &str = "\
    gmt bst utc est edt et cst cdt ct mst mdt mt pst pdt pt cet cest eet msk ist kst jst sgt hkt \
    aest aedt local monday tuesday wednesday thursday friday saturday sunday january february \
    march april may june july august september october november december moscow eastern pacific \
    central greenwich";
/// Words that begin a sentence when they have a capital in mid-text.
const STARTERS: &str = "\
    the a an he she it they we you i this that these those there his her its their our my your \
    but and or so yet in on at by for from with without after before during since until when \
    while where if as although though because however meanwhile moreover still then now also \
    both some many most all no not one two three another other others what who why how which is \
    are was were did does do has have had will would could can should earlier later last nobody \
    nothing everybody here once only even instead to under over about despite according asked \
    critics experts officials police shares each every more neither none";
const ATTRIBUTION: &str = "\
    said says asked asks told tells added adds replied wrote writes shouted cried wondered \
    answered called demanded whispered joked exclaimed yelled insisted";

/// Where to cut: the proposals that hold, moved where a closing quote belongs to the sentence before,
/// and the ends that were overlooked. Ascending, each inside the text and on a character's edge.
pub(super) fn cuts(text: &str, proposed: &[usize], lang: Lang) -> Vec<usize> {
    let mut wanted: Vec<(usize, bool)> = proposed
        .iter()
        .map(|cut| (settle(text, *cut), true))
        .collect();
    wanted.extend(overlooked(text).into_iter().map(|cut| (cut, false)));
    // A proposal counts for more than a place that merely looks like an end.
    wanted.sort_unstable_by_key(|(cut, proposed)| (*cut, !proposed));
    wanted.dedup_by_key(|(cut, _)| *cut);
    let mut start = 0;
    let mut cuts = Vec::new();
    for (cut, proposed) in wanted {
        if cut > start && cut < text.len() && ends(text, start, cut, proposed, lang) {
            cuts.push(cut);
            start = cut;
        }
    }
    cuts
}

/// Moves a cut behind the closing quotes and the white space that follow it.
fn settle(text: &str, cut: usize) -> usize {
    let rest = text.get(cut..).unwrap_or_default();
    let spaces = |text: &str| text.len() - text.trim_start().len();
    let before = text.get(..cut).unwrap_or_default();
    let own_space = before.len() > before.trim_end().len();
    let mut at = 0;
    // `it. ” He`: the library swallowed the space before a closing quote.
    let loose = rest.trim_start();
    if loose.starts_with(['”', '’', '»', ')', ']']) || (!own_space && rest.starts_with(['"', '\'']))
    {
        let closers = loose.len() - loose.trim_start_matches(CLOSING).len();
        at = spaces(rest) + closers;
    }
    at += spaces(rest.get(at..).unwrap_or_default());
    cut + at
}

/// Ends that stand outside quotations: a mark, perhaps closing quotes, white space, and a beginning.
fn overlooked(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    let mut depth = 0_i32;
    let mut straight = false;
    let mut marked = false;
    let mut spaced = false;
    for (at, c) in text.char_indices() {
        match c {
            '\n' => (depth, straight) = (0, false),
            '“' | '«' => depth += 1,
            '”' | '»' => depth = (depth - 1).max(0),
            '"' => straight = !straight,
            _ => {}
        }
        if TERMINAL.contains(&c) {
            (marked, spaced) = (true, false);
        } else if marked && c.is_whitespace() {
            spaced = true;
        } else if marked && spaced {
            let opened = i32::from(matches!(c, '“' | '«'));
            let opens = opened == 1 || matches!(c, '‘' | '(') || (c == '"' && straight);
            let quiet = depth == opened && (!straight || c == '"');
            if quiet && (opens || c.is_uppercase() || c.is_numeric()) {
                found.push(at);
            }
            (marked, spaced) = (false, false);
        } else if !(marked && CLOSING.contains(&c)) {
            marked = false;
        }
    }
    found
}

/// Whether a sentence that began at `start` ends at `cut`.
fn ends(text: &str, start: usize, cut: usize, proposed: bool, lang: Lang) -> bool {
    let (Some(before), Some(after)) = (text.get(start..cut), text.get(cut..)) else {
        return false;
    };
    let gap = before.get(before.trim_end().len()..).unwrap_or_default();
    let body = before.trim_end();
    if body.is_empty() {
        return false;
    }
    if gap.contains('\n') {
        return proposed || gap.matches('\n').count() > 1;
    }
    let bare = body.trim_end_matches(CLOSING);
    let mark = bare.chars().next_back();
    if gap.is_empty() {
        // Scripts without spaces end sentences with marks of their own.
        return proposed && mark.is_some_and(|mark| matches!(mark, '。' | '！' | '？'));
    }
    let closed = bare.len() < body.len();
    let next = after.trim_start_matches(OPENING);
    let Some(first) = next.chars().next() else {
        return proposed;
    };
    if first.is_lowercase() || matches!(first, ',' | ';' | ':' | '–' | '—' | '-' | '.' | '&') {
        return false;
    }
    if lang != Lang::En {
        return proposed;
    }
    let word: String = next
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '’' | '\''))
        .collect();
    if closed && body.ends_with(['”', '"', '’', '\'', '»']) {
        // `“Why?” Ms. Kim asked.` is one sentence; `“It is over.” Kim left.` is two.
        return if mark == Some('.') {
            true
        } else {
            TERMINAL.iter().any(|c| mark == Some(*c)) && !attributed(next)
        };
    }
    if mark != Some('.') || bare.ends_with("..") {
        return proposed
            || matches!(mark, Some('!' | '?'))
            || among(STARTERS, &word.to_lowercase());
    }
    after_full_stop(body, bare, &word, first, proposed)
}

/// The rules for a full stop: `body` ends the sentence so far, `word` comes next.
fn after_full_stop(body: &str, bare: &str, word: &str, first: char, proposed: bool) -> bool {
    let token = bare
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '“' | '‘' | '"' | '/' | '–' | '—'))
        .next()
        .unwrap_or_default();
    let token = token.strip_suffix('.').unwrap_or(token);
    let lower = token.to_lowercase();
    let starter = among(STARTERS, &word.to_lowercase());
    let figure = first.is_numeric() || matches!(first, '$' | '€' | '£');
    let mut letters = token.chars();
    let first_letter = letters.next();
    if matches!(lower.as_str(), "a.m" | "p.m") {
        return !figure
            && !among(AFTER_TIME, &word.to_lowercase())
            && !among(MONTHS, &word.to_lowercase());
    }
    if matches!(lower.as_str(), "e.g" | "i.e" | "vs" | "v") {
        return false;
    }
    if first_letter.is_some_and(char::is_uppercase) && letters.next().is_none() {
        // `George W. Bush`, `N. Korea`; `Plan B. The`. The pronoun `I` ends no sentence by itself.
        return starter && word != "A" && word != "I" && !body.is_empty() && !is_initial(bare);
    }
    let dotted = token.contains('.')
        && token
            .split('.')
            .all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic));
    if dotted {
        return starter;
    }
    if among(BEFORE_FIGURE, &lower) {
        return if figure {
            false
        } else {
            proposed || !token.starts_with(char::is_uppercase)
        };
    }
    if among(MONTHS, &lower) && token.starts_with(char::is_uppercase) {
        return !figure && (starter || proposed);
    }
    // `St.` is a saint before a name and a street before a beginning.
    if among(BEFORE_NAME, &lower) && token.starts_with(char::is_uppercase) {
        return starter && matches!(lower.as_str(), "st" | "ft" | "mt" | "rep" | "pt");
    }
    if among(IN_NAMES, &lower) && token.starts_with(char::is_uppercase) {
        return starter;
    }
    // `1. First` at the beginning of an entry.
    if !token.is_empty()
        && token.chars().all(|c| c.is_ascii_digit())
        && body.len() <= token.len() + 1
    {
        return false;
    }
    // A full stop in no abbreviation, outside quotations, before a capital or a figure.
    proposed || !figure || body.split_whitespace().nth(2).is_some()
}

/// Whether the letter before the full stop follows another initial or a first name: `J. K.`, `J.K.`
fn is_initial(bare: &str) -> bool {
    let mut words = bare.split_whitespace().rev();
    let (_, previous) = (words.next(), words.next());
    previous.is_some_and(|word| {
        word.len() == 2 && word.ends_with('.') && word.starts_with(char::is_uppercase)
    })
}

/// Whether what follows a quotation says who spoke: a name of one to four words and a verb of saying.
fn attributed(next: &str) -> bool {
    let mut words = next
        .split_whitespace()
        .map(|word| word.trim_end_matches([',', '.', ':', ';']));
    for at in 0..5 {
        let Some(word) = words.next() else {
            return false;
        };
        if among(ATTRIBUTION, word) {
            return at > 0;
        }
        if !word.starts_with(char::is_uppercase)
            && at > 0
            && !matches!(word, "the" | "of" | "de" | "van")
        {
            return false;
        }
    }
    false
}
