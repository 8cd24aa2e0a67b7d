//! Refuses files that are not what their role needs, before anything parses them. Formats that can
//! make their reader run code are not among those accepted: of the pickles in PyTorch files, new and
//! old, candle interprets the few instructions that tensors need, and executes nothing.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::WeightsError;
use crate::model::catalog::{Architecture, Role};

/// safetensors itself refuses longer headers.
const MAX_SAFETENSORS_HEADER: u64 = 100_000_000;
/// A checkpoint from before PyTorch 1.6: the pickle of the number that PyTorch puts first. Any other
/// bare pickle is no checkpoint.
const OLD_PYTORCH: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";

/// Checks the first bytes of a file against what its role needs.
pub(super) fn check(
    path: &Path,
    file: &str,
    origin: &str,
    role: Role,
    architecture: Architecture,
) -> Result<(), WeightsError> {
    let mut head = Vec::with_capacity(16);
    let opened = File::open(path).map_err(WeightsError::io("open", path))?;
    let size = opened
        .metadata()
        .map_err(WeightsError::io("read", path))?
        .len();
    opened
        .take(16)
        .read_to_end(&mut head)
        .map_err(WeightsError::io("read", path))?;

    let (expected, good) = match role {
        Role::Weights if architecture == Architecture::Marian => (
            "safetensors or a PyTorch checkpoint",
            is_safetensors(&head, size)
                || head.starts_with(b"PK\x03\x04")
                || head.starts_with(OLD_PYTORCH),
        ),
        Role::Weights if architecture == Architecture::Bert => {
            ("safetensors", is_safetensors(&head, size))
        }
        Role::Weights => ("GGUF", head.starts_with(b"GGUF")),
        Role::Config | Role::Tokenizer | Role::Vocab => (
            "JSON",
            head.iter()
                .find(|byte| !byte.is_ascii_whitespace())
                .is_some_and(|byte| *byte == b'{'),
        ),
        Role::VocabularyMap => ("a vocabulary map", head.contains(&b'\t')),
        // A protobuf whose first field is a piece: number 1, length-delimited.
        Role::SourceSpm | Role::TargetSpm => ("a SentencePiece model", head.first() == Some(&0x0a)),
    };
    if good {
        return Ok(());
    }
    Err(WeightsError::Format {
        file: file.to_owned(),
        origin: origin.to_owned(),
        expected,
        found: describe(&head, size),
    })
}

/// A safetensors file: the length of a header, then the header, which is a JSON object.
fn is_safetensors(head: &[u8], size: u64) -> bool {
    let Some((length, rest)) = head.split_first_chunk::<8>() else {
        return false;
    };
    let length = u64::from_le_bytes(*length);
    length <= MAX_SAFETENSORS_HEADER && length < size && rest.first() == Some(&b'{')
}

fn describe(head: &[u8], size: u64) -> String {
    match head {
        [] => "it is empty".to_owned(),
        _ if head.starts_with(OLD_PYTORCH) => {
            "it is a PyTorch checkpoint of the old kind".to_owned()
        }
        [0x80, 2..=5, ..] => {
            "it is a bare pickle, which could run code and is no PyTorch checkpoint; \
             use a safetensors file"
                .to_owned()
        }
        [b'<', ..] => "it is a web page, perhaps of a proxy that wants a login".to_owned(),
        [b'v', b'e', b'r', b's', b'i', b'o', b'n', b' ', ..] if size < 1024 => {
            "it is a Git LFS pointer, not the file itself".to_owned()
        }
        [b'G', b'G', b'U', b'F', ..] => "it is GGUF".to_owned(),
        [b'P', b'K', 3, 4, ..] => "it is a zip archive".to_owned(),
        _ if is_safetensors(head, size) => "it is safetensors".to_owned(),
        _ => format!(
            "it begins with {:02x?}",
            head.get(..head.len().min(8)).unwrap_or_default()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_pytorch_checkpoint_is_accepted_for_marian_and_no_other_pickle_is() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pytorch_model.bin");
        let checked = |bytes: &[u8], architecture| {
            std::fs::write(&path, bytes).unwrap();
            check(&path, "m", "hub", Role::Weights, architecture)
        };
        let old = [OLD_PYTORCH, b"\x80\x02M\xe9\x03."].concat();
        checked(&old, Architecture::Marian).unwrap();
        for (bytes, architecture, found) in [
            (&old[..], Architecture::T5, "checkpoint of the old kind"),
            (
                b"\x80\x02}q\x00(X\x05\x00",
                Architecture::Marian,
                "bare pickle",
            ),
        ] {
            let error = checked(bytes, architecture).unwrap_err().to_string();
            assert!(error.contains(found), "{error}");
        }
    }
}
