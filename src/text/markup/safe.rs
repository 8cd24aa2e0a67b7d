//! What may stand in HTML that goes out: a list of elements and of their attributes, and what an
//! address may begin with. Everything else is left out, whatever it is.

/// Elements and the attributes that each may have besides [`ANYWHERE`].
const ELEMENTS: &[(&str, &[&str])] = &[
    ("a", &["href", "hreflang", "rel", "target"]),
    ("abbr", &[]),
    (
        "audio",
        &["src", "controls", "preload", "loop", "muted", "crossorigin"],
    ),
    ("b", &[]),
    (
        "blockquote",
        &[
            "cite",
            "class",
            "data-bluesky-cid",
            "data-bluesky-uri",
            "data-embed-height",
            "data-href",
            "data-instgrm-permalink",
            "data-instgrm-version",
            "data-video-id",
        ],
    ),
    ("br", &[]),
    ("caption", &[]),
    ("cite", &[]),
    ("code", &[]),
    ("col", &["span"]),
    ("colgroup", &["span"]),
    ("dd", &[]),
    ("del", &["cite", "datetime"]),
    ("dfn", &[]),
    ("dl", &[]),
    ("dt", &[]),
    ("em", &[]),
    ("figcaption", &[]),
    ("figure", &[]),
    ("h1", &[]),
    ("h2", &[]),
    ("h3", &[]),
    ("h4", &[]),
    ("h5", &[]),
    ("h6", &[]),
    ("i", &[]),
    (
        "iframe",
        &[
            "src",
            "width",
            "height",
            "allow",
            "allowfullscreen",
            "loading",
            "sandbox",
            "referrerpolicy",
        ],
    ),
    (
        "img",
        &[
            "src",
            "srcset",
            "sizes",
            "alt",
            "width",
            "height",
            "loading",
            "decoding",
            "crossorigin",
        ],
    ),
    ("ins", &["cite", "datetime"]),
    ("kbd", &[]),
    ("li", &[]),
    ("mark", &[]),
    ("ol", &[]),
    ("p", &[]),
    ("picture", &[]),
    ("q", &["cite"]),
    ("s", &[]),
    ("small", &[]),
    (
        "source",
        &["src", "srcset", "sizes", "type", "media", "width", "height"],
    ),
    ("strong", &[]),
    ("sub", &[]),
    ("sup", &[]),
    ("table", &[]),
    ("tbody", &[]),
    ("td", &["colspan", "rowspan"]),
    ("tfoot", &[]),
    ("th", &["colspan", "rowspan", "scope", "abbr"]),
    ("thead", &[]),
    ("tr", &[]),
    ("track", &["src", "kind", "srclang", "label", "default"]),
    ("u", &[]),
    ("ul", &[]),
    ("var", &[]),
    (
        "video",
        &[
            "src",
            "poster",
            "controls",
            "preload",
            "loop",
            "muted",
            "playsinline",
            "width",
            "height",
            "crossorigin",
        ],
    ),
];
/// Attributes that any of them may have.
const ANYWHERE: &[&str] = &["title", "lang", "dir"];
/// Attributes whose value is an address.
const ADDRESSES: &[&str] = &[
    "href",
    "src",
    "cite",
    "poster",
    "data-href",
    "data-instgrm-permalink",
];
/// Classes by which the scripts of social networks know their posts.
pub(in crate::text) const POSTS: &[&str] = &[
    "bluesky-embed",
    "fb-post",
    "fb-video",
    "instagram-media",
    "mastodon-embed",
    "reddit-embed-bq",
    "tiktok-embed",
    "twitter-tweet",
    "twitter-video",
];

/// Elements that have no content and no closing tag.
pub(in crate::text) fn is_void(element: &str) -> bool {
    matches!(element, "br" | "col" | "img" | "source" | "track")
}

/// Whether an element may go out. Names are in small letters.
pub(in crate::text) fn is_element(element: &str) -> bool {
    ELEMENTS.iter().any(|(name, _)| *name == element)
}

/// The value with which an attribute may go out, if it may. An address is never changed, and classes
/// are cut down to the known ones.
pub(in crate::text) fn attribute(element: &str, name: &str, value: &str) -> Option<String> {
    let (_, own) = ELEMENTS.iter().find(|(known, _)| *known == element)?;
    if !own.contains(&name) && !ANYWHERE.contains(&name) {
        return None;
    }
    if ADDRESSES.contains(&name) {
        let embedded = matches!(name, "src" | "poster");
        return is_address(value, element, embedded).then(|| value.to_owned());
    }
    match name {
        "srcset" => {
            let plain = value
                .split_ascii_whitespace()
                .all(|part| is_address(part.trim_start_matches(','), element, true));
            plain.then(|| value.to_owned())
        }
        "class" => {
            let known: Vec<&str> = value
                .split_ascii_whitespace()
                .filter(|class| POSTS.contains(class))
                .collect();
            (!known.is_empty()).then(|| known.join(" "))
        }
        _ => Some(value.to_owned()),
    }
}

/// Whether an address is one that loads or opens something and runs nothing. It is read as browsers
/// do: they take tabs and line breaks out, and control characters and spaces off the beginning.
fn is_address(address: &str, element: &str, embedded: bool) -> bool {
    let read: String = address
        .trim_start_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect();
    let Some((scheme, rest)) = read.split_once(':') else {
        return true;
    };
    if scheme.contains(['/', '?', '#']) {
        // A path that has a colon in it.
        return true;
    }
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => true,
        "mailto" | "tel" | "sms" | "geo" | "news" | "ftp" => !embedded,
        // A picture cannot run anything, unless it is a drawing opened by itself.
        "data" => {
            let kind = rest.to_ascii_lowercase();
            element == "img" && kind.starts_with("image/") && !kind.starts_with("image/svg")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_run_something_are_refused_however_they_are_written() {
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            " \u{1}javascript:alert(1)",
            "java\nscript:alert(1)",
            "java\tscript\r:alert(1)",
            "vbscript:x",
            "data:text/html,<script>",
            "data:image/svg+xml,<svg onload=x>",
            "file:///etc/passwd",
            "blob:https://example.org/1",
        ] {
            assert_eq!(attribute("a", "href", bad), None, "{bad:?}");
            assert_eq!(attribute("img", "src", bad), None, "{bad:?}");
            assert_eq!(attribute("iframe", "src", bad), None, "{bad:?}");
        }
        assert_eq!(attribute("iframe", "src", "data:image/png;base64,AA"), None);
        assert_eq!(
            attribute("img", "srcset", "a.jpg 1x, javascript:x 2x"),
            None
        );
    }

    #[test]
    fn other_addresses_are_carried_through_untouched() {
        for good in [
            "https://example.org/a?b=c&d=e#f",
            "//cdn.example.org/x.js:1",
            "/a/b:c",
            "?x=javascript:1",
            "#top",
            "",
            "HTTP://EXAMPLE.ORG/한국",
        ] {
            assert_eq!(attribute("a", "href", good).as_deref(), Some(good));
        }
        assert!(attribute("a", "href", "mailto:desk@example.org").is_some());
        assert!(attribute("img", "src", "data:image/png;base64,AA==").is_some());
        assert!(attribute("img", "srcset", "a.jpg 1x, /b.jpg 2x").is_some());
    }

    #[test]
    fn what_is_not_on_the_list_is_left_out() {
        for (element, name, value) in [
            ("a", "onclick", "x"),
            ("p", "style", "color:red"),
            ("iframe", "srcdoc", "<b>"),
            ("script", "src", "https://example.org/x.js"),
            ("blockquote", "class", "lead big"),
        ] {
            assert_eq!(attribute(element, name, value), None, "{element} {name}");
        }
        let class = attribute("blockquote", "class", "x twitter-tweet y");
        assert_eq!(class.as_deref(), Some("twitter-tweet"));
        assert!(!is_element("script") && !is_element("style") && !is_element("form"));
    }
}
