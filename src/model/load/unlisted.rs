//! Models that no catalogue names: a folder or a file, taken as it is and not checked against any
//! hash. For measuring and trying; jobs run on models of the catalogue alone.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::gguf_file::{Content, Value};

use crate::model::arch::marian::MarianFiles;
use crate::model::catalog::{
    Architecture, Commercial, DecodeDefaults, Entry, Licence, ModelFile, Role,
};
use crate::model::weights::{Installed, InstalledFile};
use crate::model::{ModelError, ModelId};

/// The most of a GGUF file's context that is used: memory for it grows with every token.
const CONTEXT: usize = 8192;

/// What is said of files that nobody vouches for.
const UNCHECKED: &str = "unchecked";

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The model at `path`: a folder with the files of a Marian model, or a GGUF file. It is named
/// after its path.
///
/// # Errors
/// [`ModelError::Load`], when there is neither, or a file is missing or not readable.
pub fn unlisted(path: &Path) -> Result<Installed, ModelError> {
    let name = if path.is_dir() {
        path.file_name()
    } else {
        path.file_stem()
    };
    let id = name.map_or_else(
        || UNCHECKED.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    let found = if path.is_dir() {
        folder(&id, path)
    } else {
        gguf(&id, path)
    };
    found.map_err(|source| ModelError::Load {
        id: ModelId::new(&id),
        source,
    })
}

fn folder(id: &str, path: &Path) -> Outcome<Installed> {
    let MarianFiles {
        config,
        weights,
        source_spm,
        target_spm,
        vocab,
        vocabulary_map,
    } = MarianFiles::in_folder(path);
    let map = vocabulary_map.map(|path| (Role::VocabularyMap, path));
    let files = [
        (Role::Config, config),
        (Role::Weights, weights),
        (Role::SourceSpm, source_spm),
        (Role::TargetSpm, target_spm),
        (Role::Vocab, vocab),
    ];
    let files = files.into_iter().chain(map);
    let entry = entry(id, Architecture::Marian, "f32", usize::MAX);
    installed(entry, files)
}

fn gguf(id: &str, path: &Path) -> Outcome<Installed> {
    let mut reader = BufReader::new(File::open(path).map_err(|error| {
        format!(
            "{}: {error}; name a .gguf file or a folder with a Marian model",
            path.display()
        )
    })?);
    let content = Content::read(&mut reader)
        .map_err(|error| format!("{}: no GGUF file: {error}", path.display()))?;
    let metadata = |key: &str| content.metadata.get(key);
    let name = metadata("general.architecture")
        .and_then(|value| value.to_string().ok())
        .ok_or("the GGUF file does not say of which architecture it is")?;
    let architecture = match name.as_str() {
        "qwen2" => Architecture::Qwen2,
        "qwen3" => Architecture::Qwen3,
        "gemma3" => Architecture::Gemma3,
        "llama" => Architecture::Llama,
        other => {
            let known = "qwen2, qwen3, gemma3 and llama";
            return Err(format!("the GGUF file is of architecture {other:?}; {known} run").into());
        }
    };
    let positions = metadata(&format!("{name}.context_length"))
        .and_then(|value| value.to_u32().ok())
        .and_then(|positions| usize::try_from(positions).ok())
        .map_or(CONTEXT, |positions| positions.min(CONTEXT));
    let quantization = metadata("general.file_type").map_or("unknown", file_type);
    let entry = entry(id, architecture, quantization, positions);
    installed(entry, [(Role::Weights, path.to_owned())])
}

/// The name that llama.cpp has for a file's mixture of types.
fn file_type(value: &Value) -> &'static str {
    match value.to_u32() {
        Ok(0) => "F32",
        Ok(1) => "F16",
        Ok(2) => "Q4_0",
        Ok(3) => "Q4_1",
        Ok(7) => "Q8_0",
        Ok(8) => "Q5_0",
        Ok(9) => "Q5_1",
        Ok(10) => "Q2_K",
        Ok(11) => "Q3_K_S",
        Ok(12) => "Q3_K_M",
        Ok(13) => "Q3_K_L",
        Ok(14) => "Q4_K_S",
        Ok(15) => "Q4_K_M",
        Ok(16) => "Q5_K_S",
        Ok(17) => "Q5_K_M",
        Ok(18) => "Q6_K",
        Ok(32) => "BF16",
        _ => "unknown",
    }
}

fn entry(id: &str, architecture: Architecture, quantization: &str, context_tokens: usize) -> Entry {
    Entry {
        id: id.to_owned(),
        description: "Not in the catalogue".to_owned(),
        tasks: Vec::new(),
        source_langs: Vec::new(),
        target_langs: Vec::new(),
        architecture,
        quantization: quantization.to_owned(),
        context_tokens,
        memory_mib: 0,
        licence: Licence {
            name: "unknown".to_owned(),
            url: String::new(),
            commercial: Commercial::Conditions,
            note: String::new(),
        },
        files: Vec::new(),
        sources: Vec::new(),
        prompts: None,
        target_prefix: BTreeMap::new(),
        decode: DecodeDefaults {
            beam: 1,
            length_penalty: 1.0,
            repetition_penalty: 1.0,
            no_repeat_ngram: 0,
            batch: 1,
            batch_on_gpu: None,
        },
    }
}

fn installed(
    mut entry: Entry,
    files: impl IntoIterator<Item = (Role, PathBuf)>,
) -> Outcome<Installed> {
    let mut found = Vec::new();
    for (role, path) in files {
        let metadata = path
            .metadata()
            .map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        entry.files.push(ModelFile {
            name: name.into_owned(),
            role,
            size: Some(metadata.len()),
            sha256: None,
        });
        found.push(InstalledFile {
            role,
            path,
            size: metadata.len(),
            sha256: UNCHECKED.to_owned(),
        });
    }
    Ok(Installed {
        entry: Arc::new(entry),
        files: found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(path: &Path) -> String {
        let error = unlisted(path).unwrap_err();
        Error::source(&error).unwrap().to_string()
    }

    #[test]
    fn what_is_missing_or_no_model_is_named() {
        let dir = tempfile::tempdir().unwrap();
        assert!(refused(dir.path()).contains("config.json"));
        assert!(refused(&dir.path().join("none.gguf")).contains("none.gguf"));
        let text = dir.path().join("text.gguf");
        std::fs::write(&text, "no model at all").unwrap();
        assert!(refused(&text).contains("no GGUF file"));
    }

    #[test]
    fn a_folder_of_marian_files_is_a_model_named_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("opus");
        std::fs::create_dir(&folder).unwrap();
        for name in [
            "config.json",
            "pytorch_model.bin",
            "source.spm",
            "target.spm",
            "vocab.json",
        ] {
            std::fs::write(folder.join(name), "{}").unwrap();
        }
        let installed = unlisted(&folder).unwrap();
        assert_eq!(installed.entry.id, "opus");
        assert_eq!(installed.entry.architecture, Architecture::Marian);
        let weights = installed.file(Role::Weights).unwrap();
        assert!(weights.path.ends_with("pytorch_model.bin") && weights.size == 2);
    }
}
