use super::*;

const LIMIT: usize = 1_000_000;

fn error(bytes: &[u8]) -> String {
    sniff(bytes, LIMIT).expect_err("refused").to_string()
}

#[test]
fn text_html_and_json_are_told_apart() {
    let text = |text: &str| InputKind::Text(text.to_owned());
    let html = |text: &str| InputKind::Html(text.to_owned());
    let json = |text: &str| InputKind::Json(text.to_owned());
    for expected in [
        text("The ferry left."),
        text("He said that 5 < 6 and 7 > 3."),
        text("Use the <p> tag, he said."),
        text("{Editor’s note: this was written in May.}"),
        text("<3 was all she wrote"),
        html("<!DOCTYPE html><html><body><p>Hi</p></body></html>"),
        html("\n  <HTML><body>Hi</body></html>"),
        html("<p>The ferry left.</p>"),
        html("<h2>Ferry</h2>\n<p>It left.</p>"),
        html("The ferry left.<p>It came back.</p><p>Twice.</p>"),
        html("<!-- story --><div>Hi</div>"),
        json("{\"id\": \"a-1\"}"),
        json("  {}"),
    ] {
        let (InputKind::Text(content) | InputKind::Html(content) | InputKind::Json(content)) =
            &expected;
        assert_eq!(sniff(content.as_bytes(), LIMIT).as_ref(), Ok(&expected));
    }
}

#[test]
fn a_byte_order_mark_is_taken_off() {
    assert_eq!(
        sniff("\u{feff}Ferry".as_bytes(), LIMIT),
        Ok(InputKind::Text("Ferry".to_owned()))
    );
}

#[test]
fn nothing_and_white_space_have_errors_of_their_own() {
    assert_eq!(sniff(b"", LIMIT), Err(InputError::Empty));
    assert_eq!(
        sniff("\u{feff} \r\n\t".as_bytes(), LIMIT),
        Err(InputError::Blank { bytes: 7 })
    );
    assert!(error(b"").starts_with("the input is empty"));
    assert!(error(b" \n").starts_with("the input has only white space"));
}

#[test]
fn files_of_other_kinds_are_named() {
    let utf16: Vec<u8> = "Ferry sails"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (bytes, name) in [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), "a PNG image"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
        (b"GIF89a\x01\0", "a GIF image"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "a WebP image"),
        (b"%PDF-1.7\n%", "a PDF document"),
        (b"PK\x03\x04\x14\0\0\0", "a ZIP archive"),
        (
            b"PK\x03\x04\x14\0\0\0\x08\0word/document.xml",
            "a Word document (docx)",
        ),
        (b"\x1f\x8b\x08\0\0\0", "gzip-compressed data"),
        (b"\xff\xfeF\0e\0", "UTF-16 text (little-endian)"),
        (b"\xfe\xff\0F\0e", "UTF-16 text (big-endian)"),
        (&utf16, "UTF-16 text"),
        (b"ferry\0sails", "a binary file"),
    ] {
        let message = error(bytes);
        assert!(
            message.starts_with(&format!("the input looks like {name}, not text: ")),
            "{name}: {message}"
        );
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_pointed_at() {
    let found = sniff(b"caf\xe9 au lait", LIMIT);
    assert_eq!(
        found,
        Err(InputError::NotUtf8 {
            offset: 3,
            byte: 0xe9
        })
    );
    assert!(
        error(b"caf\xe9").contains("byte 3 (0xe9)"),
        "{}",
        error(b"caf\xe9")
    );
}

#[test]
fn the_limit_is_in_characters_and_is_named() {
    assert!(sniff("é".repeat(10).as_bytes(), 10).is_ok());
    assert_eq!(
        sniff("é".repeat(11).as_bytes(), 10),
        Err(InputError::TooLong {
            found: 11,
            limit: 10
        })
    );
    let message = sniff("a b ".repeat(100).as_bytes(), 10)
        .expect_err("too long")
        .to_string();
    assert!(message.contains("at most 10 are accepted"), "{message}");
}

#[test]
fn broken_json_is_told_where_it_breaks() {
    let message = error(b"{\"id\": \"a-1\", ");
    assert!(
        message.contains("does not parse") && message.contains("line 1"),
        "{message}"
    );
}

#[test]
fn a_json_array_is_no_text_but_a_text_may_begin_with_a_bracket() {
    let message = error(b" [{\"headline\": \"Rain\"}, {\"headline\": \"Sun\"}]\n");
    assert!(
        message.starts_with("the input is a JSON array of 2 items") && message.contains("one job"),
        "{message}"
    );
    for text in ["[Leeds] It rained.", "[He laughs.]", "[1] The first note."] {
        assert_eq!(
            sniff(text.as_bytes(), LIMIT),
            Ok(InputKind::Text(text.to_owned()))
        );
    }
}

#[test]
fn input_made_to_keep_a_program_busy_is_refused() {
    let long_word = "a".repeat(MAX_WORD_BYTES + 1);
    let deep = format!("<html>{}text{}", "<div>".repeat(300), "</div>".repeat(300));
    let unclosed = format!("<html>{}", "<div><b id=1></div>".repeat(300));
    let misnested = format!("<html>{}", "<b><div></b>".repeat(300));
    let closing_nothing = format!("<html>{}", "<div></x>".repeat(300));
    let self_closing = format!("<html>{}", "<div/>".repeat(300));
    let tags = format!("<html><body>{}</body></html>", "<br><i></i>".repeat(10_000));
    let filler = "lorem ipsum ".repeat(5_000);
    for (text, why) in [
        (&long_word, "longer than 10000 bytes"),
        (&deep, "nested more than 256 deep"),
        (&unclosed, "nested more than 256 deep"),
        (&misnested, "nested more than 256 deep"),
        (&closing_nothing, "nested more than 256 deep"),
        (&self_closing, "nested more than 256 deep"),
        (&tags, "tags around"),
        (&filler, "2 words said again and again"),
    ] {
        let message = error(text.as_bytes());
        assert!(
            message.starts_with("the input is not an article: ") && message.contains(why),
            "{message}"
        );
    }
}

#[test]
fn ordinary_pages_are_not_taken_for_bombs() {
    let paragraphs = format!(
        "<html><body>{}</body></html>",
        "<p>One<br>two<li>three".repeat(1000)
    );
    let picture = format!(
        "<html><body><p>Ferry</p><img src=\"data:image/png;base64,{}\"></body></html>",
        "A".repeat(50_000)
    );
    let script = format!(
        "<html><script>{}</script><p>Ferry</p></html>",
        "x".repeat(50_000)
    );
    let icons = format!("<p>Ferry</p><svg>{}</svg>", "<path d='M0'/>".repeat(400));
    let chinese = "港口重新开放".repeat(2_000);
    for text in [paragraphs, picture, script, icons, chinese] {
        assert!(
            sniff(text.as_bytes(), LIMIT).is_ok(),
            "{:?}",
            sniff(text.as_bytes(), LIMIT)
        );
    }
    assert_eq!(markup_depth("<div><p>a<p>b<ul><li>c<li>d</ul></div>"), 2);
}
