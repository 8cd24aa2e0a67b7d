//! The phrases of page chrome: a table that is read top to bottom, and the few tests that need more
//! than a phrase.

use super::measure::{glued_words, is_all_capitalised, key, terminal, word_count};
use crate::text::DropReason::{
    self, Advertisement, Consent, Furniture, Navigation, RelatedLinks, Sharing, Subscription,
};

/// Where in the line's key a phrase must stand.
enum At {
    /// It is the whole line.
    Whole,
    /// The line begins with it and has at most this many words.
    Start(usize),
    /// It stands anywhere in a line of at most this many words without a quotation in it: a story may
    /// quote such a sentence, a page says it in its own voice.
    Within(usize),
}
use At::{Start, Whole, Within};

/// Phrases that no story has as a line of its own.
const ANYWHERE: &[(DropReason, At, &[&str])] = &[
    (
        Consent,
        Within(90),
        &[
            "we use cookies",
            "our partners use cookies",
            "our use of cookies",
            "this site uses cookies",
            "this website uses cookies",
            "our site uses cookies",
            "our website uses cookies",
            "to the use of cookies",
            "store and or access information on",
            "our partners process data",
            "you consent to our",
            "manage your cookie",
        ],
    ),
    (
        Consent,
        Whole,
        &[
            "accept all",
            "reject all",
            "i accept",
            "i agree",
            "agree and close",
            "accept and continue",
            "accept and close",
            "manage preferences",
            "manage options",
            "manage cookies",
            "manage choices",
            "cookie settings",
            "cookie preferences",
            "cookie policy",
            "cookie notice",
            "accept cookies",
            "privacy policy",
            "privacy notice",
            "privacy settings",
            "your privacy choices",
            "do not sell my personal information",
            "do not sell or share my personal information",
            "accept all reject all",
            "accept all manage preferences",
            "accept all reject all manage preferences",
            "your privacy matters",
            "we value your privacy",
        ],
    ),
    (
        Subscription,
        Within(40),
        &[
            "sign up for our",
            "sign up to our",
            "subscribe to our",
            "in your inbox",
            "to your inbox",
            "our newsletter",
            "you agree to our terms",
            "agree to our terms of",
            "unsubscribe at any time",
            "unsubscribe anytime",
            "already a subscriber",
            "support our journalism",
            "free articles remaining",
            "free articles left",
            "protected by recaptcha",
        ],
    ),
    (
        Subscription,
        Start(8),
        &[
            "sign up for",
            "sign up to",
            "sign up now",
            "subscribe to",
            "subscribe now",
            "subscribe for",
            "subscribe today",
            "enter your email",
            "your email",
            "become a member",
            "become a subscriber",
            "get unlimited access",
            "register for free",
            "create a free account",
            "newsletter sign up",
            "sign up here",
            "join our mailing list",
        ],
    ),
    (
        Subscription,
        Whole,
        &[
            "subscribe",
            "sign up",
            "sign in",
            "log in",
            "login",
            "newsletter",
            "newsletters",
            "my account",
            "email address",
            "sign me up",
            "go premium",
            "subscribers only",
            "sign in subscribe",
            "subscribe sign in",
            "log in subscribe",
            "log in register",
            "download our app",
            "get the app",
        ],
    ),
    (
        Advertisement,
        Start(8),
        &[
            "advertisement",
            "story continues below",
            "article continues below",
            "article continues after",
            "continue reading below",
            "scroll to continue",
            "skip advertisement",
            "sponsored by",
            "promoted by",
            "paid content by",
            "this advertisement has not loaded",
        ],
    ),
    (
        Advertisement,
        Whole,
        &[
            "ad",
            "advert",
            "sponsored",
            "sponsored content",
            "promoted content",
            "paid content",
            "partner content",
            "remove ads",
        ],
    ),
    (
        Sharing,
        Start(9),
        &[
            "share this",
            "share on",
            "share via",
            "share the story",
            "share article",
            "share story",
            "copy link",
            "copy url",
            "follow us on",
            "follow us",
            "like us on",
            "join our whatsapp",
            "join us on",
            "leave a comment",
            "leave a reply",
            "post a comment",
            "add a comment",
            "add your comment",
            "view comments",
            "view all comments",
            "show comments",
            "read comments",
            "comments are closed",
            "join the conversation",
            "be the first to comment",
            "have your say",
            "listen to this",
            "listen to article",
            "print this",
            "email this",
            "save this",
            "save article",
            "save for later",
            "gift this article",
            "bookmark this",
            "add us as a preferred source",
        ],
    ),
    (RelatedLinks, Whole, RELATED),
    (
        RelatedLinks,
        Start(24),
        &[
            "read more about",
            "read also",
            "also read",
            "see also",
            "read next",
            "read related",
            "click here to",
        ],
    ),
    (
        Furniture,
        Within(60),
        &[
            "all rights reserved",
            "may not be published broadcast rewritten",
            "reproduction in whole or in part",
            "reproduced without permission",
            "without prior written permission",
        ],
    ),
    (
        Furniture,
        Start(20),
        &[
            "©",
            "copyright ©",
            "copyright c 19",
            "copyright c 20",
            "copyright 19",
            "copyright 20",
        ],
    ),
    (
        Furniture,
        Start(4),
        &["powered by", "designed by", "site by"],
    ),
    (
        Furniture,
        Start(6),
        &[
            "back to top",
            "return to top",
            "scroll to top",
            "go to top",
            "skip to",
            "jump to content",
            "terms of use",
            "terms of service",
            "terms and conditions",
            "advertise with us",
            "report an error",
            "report a correction",
            "suggest a correction",
            "report this",
            "loading comments",
            "sitemap",
            "rss feed",
            "download the app",
            "toggle navigation",
            "toggle menu",
            "show more",
            "load more",
            "see more",
            "view more",
            "show less",
            "read the full story",
            "view full image",
            "view image in fullscreen",
            "enlarge image",
            "hide caption",
            "toggle caption",
            "open in new",
            "opens in new",
        ],
    ),
    (
        Furniture,
        Whole,
        &[
            "close menu",
            "open menu",
            "rss",
            "imprint",
            "impressum",
            "help centre",
            "help center",
            "contact us",
            "about us",
            "accessibility statement",
            "previous article",
            "next article",
            "previous post",
            "next post",
            "loading",
            "click to enlarge",
            "read more",
            "continue reading",
            "full story",
            "site map",
            "advertise",
        ],
    ),
];

/// Words that are buttons at the edges of a page and may be subheads inside a story.
const EDGE: &[(DropReason, &[&str])] = &[
    (
        Consent,
        &["accept", "cookies", "privacy", "reject", "decline"],
    ),
    (
        Subscription,
        &["register", "donate", "premium", "subscriber only"],
    ),
    (Advertisement, &["ads", "promoted", "advertising"]),
    (
        Furniture,
        &[
            "top",
            "close",
            "menu",
            "careers",
            "feedback",
            "legal",
            "faq",
            "help",
            "accessibility",
            "previous",
            "next",
            "image",
            "expand",
            "search",
            "exclusive",
            "breaking",
            "breaking news",
            "live updates",
            "updated",
            "free",
            "terms",
            "contact",
            "about",
        ],
    ),
    (
        Navigation,
        &[
            "tags",
            "tag",
            "topics",
            "topic",
            "filed under",
            "categories",
            "category",
            "in this article",
        ],
    ),
];

/// Headings of lists of other stories. What follows one goes with it.
const RELATED: &[&str] = &[
    "related",
    "related articles",
    "related article",
    "related stories",
    "related story",
    "related news",
    "related posts",
    "related topics",
    "related content",
    "related coverage",
    "related links",
    "related reading",
    "more stories",
    "more news",
    "more on this story",
    "more on this topic",
    "more like this",
    "more from this author",
    "more from",
    "most read",
    "most popular",
    "most viewed",
    "most shared",
    "trending",
    "trending now",
    "popular stories",
    "latest news",
    "latest stories",
    "top stories",
    "editors picks",
    "editors choice",
    "recommended",
    "recommended for you",
    "recommended stories",
    "you may also like",
    "you might also like",
    "you might like",
    "dont miss",
    "in case you missed it",
    "what to read next",
    "read next",
    "up next",
    "also read",
    "read also",
    "see also",
    "read more on this story",
    "further reading",
    "other stories",
    "other news",
    "around the web",
    "from our partners",
    "from the web",
    "keep reading",
    "explore more",
    "elsewhere on this site",
    "recent posts",
    "recent articles",
    "recent stories",
];

/// Sections, places and topics that sites put into their menus.
const MENU_WORDS: &[&str] = &[
    "home",
    "news",
    "world",
    "uk",
    "us",
    "usa",
    "eu",
    "europe",
    "asia",
    "pacific",
    "africa",
    "americas",
    "america",
    "middle",
    "east",
    "politics",
    "business",
    "economy",
    "markets",
    "money",
    "finance",
    "tech",
    "technology",
    "science",
    "health",
    "climate",
    "environment",
    "energy",
    "sport",
    "sports",
    "football",
    "culture",
    "arts",
    "art",
    "entertainment",
    "lifestyle",
    "life",
    "style",
    "travel",
    "food",
    "opinion",
    "opinions",
    "analysis",
    "comment",
    "editorial",
    "editorials",
    "letters",
    "video",
    "videos",
    "audio",
    "podcasts",
    "podcast",
    "photos",
    "pictures",
    "gallery",
    "live",
    "latest",
    "local",
    "national",
    "international",
    "global",
    "region",
    "regional",
    "weather",
    "education",
    "crime",
    "law",
    "courts",
    "defence",
    "defense",
    "military",
    "arms",
    "war",
    "conflict",
    "security",
    "society",
    "property",
    "jobs",
    "cars",
    "motoring",
    "obituaries",
    "puzzles",
    "crosswords",
    "games",
    "shop",
    "search",
    "menu",
    "more",
    "sections",
    "topics",
    "features",
    "explore",
    "live tv",
    "tv",
    "radio",
    "shows",
    "magazine",
    "community",
    "events",
    "city",
    "transport",
    "housing",
    "and",
    "e",
    "paper",
    "edition",
    "subscribe",
    "donate",
    "login",
    "newsletters",
    "newsletter",
    "contact",
    "about",
    "account",
    "all",
    "fact",
    "check",
    "investigations",
    "fixtures",
    "results",
    "tables",
    "scores",
    "standings",
    "teams",
    "trending",
    "archive",
    "blogs",
    "research",
];

/// Words of share bars and of counters beside them.
const SHARE_WORDS: &[&str] = &[
    "share",
    "shares",
    "tweet",
    "facebook",
    "twitter",
    "x",
    "whatsapp",
    "telegram",
    "linkedin",
    "reddit",
    "pinterest",
    "email",
    "e",
    "mail",
    "print",
    "copy",
    "link",
    "save",
    "bookmark",
    "messenger",
    "instagram",
    "youtube",
    "tiktok",
    "threads",
    "bluesky",
    "mastodon",
    "flipboard",
    "viber",
    "line",
    "vk",
    "tumblr",
    "like",
    "likes",
    "follow",
    "comment",
    "comments",
    "listen",
    "gift",
    "pocket",
    "on",
    "via",
    "this",
    "article",
    "url",
    "copied",
    "buffer",
    "more",
    "via",
];

/// Why the line is chrome wherever it stands on a page.
pub(super) fn chrome(text: &str) -> Option<DropReason> {
    let count = word_count(text);
    if count == 0 || count > 100 {
        return None;
    }
    let key = key(text);
    let quoted = text.contains(['“', '”', '"', '«']);
    let hit = |(_, at, phrases): &&(DropReason, At, &[&str])| match at {
        Whole => phrases.contains(&key.as_str()),
        Start(most) => {
            count <= *most && phrases.iter().any(|phrase| starts_with_words(&key, phrase))
        }
        Within(most) => {
            count <= *most && !quoted && phrases.iter().any(|phrase| has_words(&key, phrase))
        }
    };
    let found = ANYWHERE.iter().find(hit).map(|(reason, ..)| *reason);
    found
        .or_else(|| labelled_link(text, count).then_some(RelatedLinks))
        .or_else(|| is_share_bar(&key).then_some(Sharing))
}

/// Why the line is chrome where menus and labels stand: above the story and below it.
pub(super) fn edge_chrome(text: &str) -> Option<DropReason> {
    if terminal(text).is_some() || word_count(text) == 0 {
        return None;
    }
    if is_breadcrumb(text) || is_menu(text) {
        return Some(Navigation);
    }
    let key = key(text);
    let tagged = [
        "tags",
        "tag",
        "topics",
        "topic",
        "filed under",
        "categories",
        "category",
        "posted in",
    ];
    if text.contains(':') && tagged.iter().any(|tag| starts_with_words(&key, tag)) {
        return Some(Navigation);
    }
    EDGE.iter()
        .find(|(_, phrases)| phrases.contains(&key.as_str()))
        .map(|(reason, _)| *reason)
}

/// Category links that lost the space between them: short, all capitals at the start, and at least
/// one word glued to the next.
pub(super) fn is_glued_categories(text: &str) -> bool {
    word_count(text) <= 10
        && glued_words(text) >= 1
        && terminal(text).is_none()
        && is_all_capitalised(text)
}

/// Whether the line heads a list of other stories.
pub(super) fn is_related_heading(text: &str) -> bool {
    let key = key(text);
    let named = ["more from", "more on", "more in", "related"]
        .iter()
        .any(|phrase| starts_with_words(&key, phrase));
    RELATED.contains(&key.as_str()) || (named && terminal(text).is_none() && word_count(text) <= 5)
}

/// Whether the line is an agency's or a page's note on rights or origin, not text.
pub(super) fn is_agency(text: &str) -> bool {
    const AGENCIES: &[&str] = &[
        "afp",
        "reuters",
        "ap",
        "associated press",
        "the associated press",
        "agence france presse",
        "upi",
        "dpa",
        "efe",
        "ansa",
        "tass",
        "interfax",
        "kyodo",
        "kyodo news",
        "xinhua",
        "yonhap",
        "bloomberg",
        "pa media",
        "press association",
        "anadolu",
        "ians",
        "pti",
        "kcna",
    ];
    let key = key(text);
    let bare = key
        .trim_start_matches("source ")
        .trim_start_matches("with ")
        .trim_start_matches("via ");
    AGENCIES.contains(&bare) || bare.strip_prefix("agencies").is_some_and(str::is_empty)
}

/// `READ MORE: Ferry sails again`, `Related: …`.
fn labelled_link(text: &str, count: usize) -> bool {
    let Some((label, rest)) = text.split_once(':') else {
        return false;
    };
    let labels = [
        "read more",
        "related",
        "read",
        "more",
        "see also",
        "also read",
        "watch",
        "listen",
        "explained",
        "recommended",
    ];
    let shouted = label.chars().any(char::is_alphabetic) && !label.chars().any(char::is_lowercase);
    let key = key(label);
    let known = labels.contains(&key.as_str());
    // `Read: …` and `More: …` can be speech, so those must be shouted.
    let sure = !matches!(
        key.as_str(),
        "read" | "more" | "watch" | "listen" | "explained"
    );
    known && (sure || shouted) && !rest.trim().is_empty() && count <= 24
}

fn is_share_bar(key: &str) -> bool {
    let mut names = 0;
    let mut split = 0;
    for word in key.split(' ') {
        if word.chars().all(|c| c.is_ascii_digit()) {
            continue;
        }
        if SHARE_WORDS.contains(&word) {
            names += 1;
        } else if let Some(parts) = share_parts(word) {
            names += parts;
            split += 1;
        } else {
            return false;
        }
    }
    let sure = [
        "share", "shares", "tweet", "comments", "comment", "print", "facebook", "twitter",
        "whatsapp", "telegram",
    ];
    names > 0 && (split > 0 || names >= 3 || key.split(' ').any(|word| sure.contains(&word)))
}

/// How many networks are glued in a word such as `facebooktwitterwhatsapp`.
fn share_parts(word: &str) -> Option<usize> {
    let mut rest = word;
    let mut parts = 0;
    while !rest.is_empty() {
        let name = SHARE_WORDS
            .iter()
            .filter(|name| name.len() > 3 && rest.starts_with(**name))
            .max_by_key(|name| name.len())?;
        rest = rest.strip_prefix(name)?;
        parts += 1;
    }
    (parts >= 2).then_some(parts)
}

/// `Home > World > Europe`, `Home / News`, `Home » Story`.
fn is_breadcrumb(text: &str) -> bool {
    let steps: Vec<&str> = [" > ", " » ", " › ", " / ", " → ", ">", "»", "›"]
        .iter()
        .find(|mark| text.contains(**mark))
        .map(|mark| text.split(*mark).map(str::trim).collect())
        .unwrap_or_default();
    let first_is_menu = steps
        .first()
        .is_some_and(|step| key(step).split(' ').all(|word| MENU_WORDS.contains(&word)));
    steps.len() >= 2 && first_is_menu && text.len() <= 200
}

/// Nothing but names of sections, glued or apart.
fn is_menu(text: &str) -> bool {
    let separated = text.matches(['|', '•', '·', '/']).count() >= 2;
    let apart = split_joints(text);
    let key = key(&apart);
    let (mut known, mut all) = (0, 0);
    for word in key.split(' ') {
        all += 1;
        known += usize::from(MENU_WORDS.contains(&word));
    }
    let capitalised = is_all_capitalised(text) || separated;
    // Two thirds known, since every menu has a name or two of its own.
    capitalised && all > 0 && (known == all || (all >= 4 && known * 3 >= all * 2))
        || (separated && known * 2 >= all && all <= 20)
}

fn split_joints(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut lower = false;
    for c in text.chars() {
        if lower && c.is_uppercase() {
            out.push(' ');
        }
        lower = c.is_lowercase();
        out.push(c);
    }
    out
}

fn starts_with_words(key: &str, phrase: &str) -> bool {
    key.strip_prefix(phrase).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with(' ') || phrase.ends_with(['©', '9', '0'])
    })
}

fn has_words(key: &str, phrase: &str) -> bool {
    key.match_indices(phrase).any(|(at, _)| {
        let before = key
            .get(..at)
            .is_none_or(|head| head.is_empty() || head.ends_with(' '));
        let after = key
            .get(at + phrase.len()..)
            .is_none_or(|tail| tail.is_empty() || tail.starts_with(' '));
        before && after
    })
}
