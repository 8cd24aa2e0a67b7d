//! A model that is small enough to be made here, and articles for it.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use presslate::capacity::random::SplitMix;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::common::tiny_marian;

/// The id of the model.
pub(super) const MODEL: &str = "tiny";
/// Sentences of a paragraph.
const PARAGRAPH: usize = 4;

/// Files of the model, and what each is.
const FILES: [(&str, &str); 5] = [
    ("model.safetensors", "weights"),
    ("config.json", "config"),
    ("source.spm", "source_spm"),
    ("target.spm", "target_spm"),
    ("vocab.json", "vocab"),
];

/// Writes a translator with random weights, and a catalogue that has it.
pub(super) fn write_model(folder: &Path) -> Result<()> {
    let weights = folder.join("weights").join(MODEL);
    std::fs::create_dir_all(&weights)?;
    tiny_marian::write(&weights, 5);
    let mut catalog = format!(
        "id = \"{MODEL}\"\ndescription = \"Random weights\"\ntasks = [\"translate\"]\n\
         source_langs = [\"en\"]\ntarget_langs = [\"ko\"]\narchitecture = \"marian\"\n\
         quantization = \"f32\"\ncontext_tokens = 64\nmemory_mib = 16\n\
         licence = {{ name = \"Apache-2.0\", url = \"https://example.com\", commercial = \"yes\" }}\n\
         sources = [{{ kind = \"hub\", repo = \"example/tiny\", revision = \"unpinned\" }}]\n\
         decode = {{ batch = 8 }}\n"
    );
    for (name, role) in FILES {
        let bytes = std::fs::read(weights.join(name)).with_context(|| name.to_owned())?;
        let mut sha256 = String::new();
        for byte in Sha256::digest(&bytes) {
            write!(sha256, "{byte:02x}")?;
        }
        let size = bytes.len();
        write!(
            catalog,
            "[[files]]\nname = \"{name}\"\nrole = \"{role}\"\nsize = {size}\nsha256 = \"{sha256}\"\n"
        )?;
    }
    let folder = folder.join("catalog");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(format!("{MODEL}.toml")), catalog)?;
    Ok(())
}

/// An article of each length. Jobs of one length are the same but for their id, so that they cost the
/// same.
#[derive(Debug)]
pub(super) struct Story {
    articles: Vec<String>,
}

impl Story {
    /// Articles of so many sentences each.
    pub(super) fn of(sentences: &[usize]) -> Self {
        let mut random = SplitMix::new(11);
        let articles = sentences.iter().map(|count| article(*count, &mut random));
        Self {
            articles: articles.collect(),
        }
    }

    /// How many lengths there are.
    pub(super) fn lengths(&self) -> usize {
        self.articles.len()
    }

    /// The job of this number, with an article of this length.
    pub(super) fn job(&self, number: usize, length: usize) -> Result<Vec<u8>> {
        let text = self.articles.get(length).context("no such length")?;
        let job = json!({
            "id": format!("job-{number}"),
            "article": {"text": text},
            "source_lang": "en",
            "targets": ["ko"],
            "tasks": ["translate"],
        });
        Ok(serde_json::to_vec(&job)?)
    }
}

fn article(sentences: usize, random: &mut SplitMix) -> String {
    const WORDS: [&str; 12] = [
        "harbour", "council", "rain", "minister", "budget", "ferry", "said", "the", "new", "after",
        "vote", "river",
    ];
    let mut text = String::new();
    for number in 1..=sentences {
        let words = (0..8).filter_map(|_| WORDS.get(random.below(WORDS.len())).copied());
        let words: Vec<&str> = words.collect();
        text += "The ";
        text += &words.join(" ");
        text += if number % PARAGRAPH == 0 {
            ".\n\n"
        } else {
            ". "
        };
    }
    text
}
