//! Text as it stands in markup.

use super::safe;

/// Appends text so that a parser reads the same characters. Those that markup cannot have, such as
/// NUL, are left out.
pub(super) fn push_text(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(c),
        }
    }
}

/// Appends an opening tag with those of the attributes that it may have; closed at once if the
/// element has no content.
pub(super) fn push_open<'a>(
    out: &mut String,
    element: &str,
    attributes: impl IntoIterator<Item = (&'a str, &'a str)>,
) {
    out.push('<');
    out.push_str(element);
    for (name, value) in attributes {
        if let Some(value) = safe::attribute(element, name, value) {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            push_text(out, &value);
            out.push('"');
        }
    }
    out.push_str(if safe::is_void(element) { "/>" } else { ">" });
}

/// Appends a closing tag, where the element has one.
pub(super) fn push_close(out: &mut String, element: &str) {
    if !safe::is_void(element) {
        out.push_str("</");
        out.push_str(element);
        out.push('>');
    }
}
