//! Tokens of a `tokenizer.json` that are never cut.

use serde_json::{Value, json};

/// The entries of `added_tokens` for tokens whose ids are their places.
pub(crate) fn special_tokens(contents: &[&str]) -> Vec<Value> {
    contents
        .iter()
        .enumerate()
        .map(|(id, content)| {
            json!({"id": id, "content": content, "special": true, "single_word": false, "lstrip": false,
                   "rstrip": false, "normalized": false})
        })
        .collect()
}
