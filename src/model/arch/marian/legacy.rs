//! PyTorch checkpoints from before version 1.6, as most of the opus-mt models still are.
//!
//! Such a file is a row of pickles (a magic number, a protocol version, facts about the machine,
//! the dictionary of tensors, the list of storage keys), then each storage: its number of elements
//! (u64, little endian) and its bytes. candle reads pickles without executing them, but only finds
//! them in the zip files that came later.

use std::collections::HashMap;
use std::io::{BufRead, Seek, SeekFrom};
use std::path::Path;

use candle_core::pickle::{Object, Stack, TensorInfo};
use candle_core::{DType, Result, bail};

use super::weights::Extent;

/// The pickle of `0x1950a86a20f9469cfc6c`, which PyTorch puts first. Compared as bytes because
/// candle's reader overflows on an integer of ten bytes.
const MAGIC: [u8; 15] = *b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
const PROTOCOL: i64 = 1001;

/// Whether a file that begins like this is such a checkpoint.
pub(super) fn is_legacy(start: &[u8]) -> bool {
    start.starts_with(&MAGIC)
}

/// Where each tensor lies in the file.
pub(super) fn index(file: &mut (impl BufRead + Seek)) -> Result<HashMap<String, Extent>> {
    file.seek(SeekFrom::Start(MAGIC.len() as u64))?;
    match unpickle(file)?.int_or_long() {
        Ok(PROTOCOL) => {}
        other => bail!("the PyTorch checkpoint has an unknown protocol version {other:?}"),
    }
    check_machine(unpickle(file)?)?;
    let Ok(tensors) = unpickle(file)?.dict() else {
        bail!("the PyTorch checkpoint is not a dictionary of tensors")
    };
    let mut infos = Vec::new();
    for (name, value) in tensors {
        infos.extend(value.into_tensor_info(name, Path::new(""))?);
    }
    let Object::List(keys) = unpickle(file)? else {
        bail!("the PyTorch checkpoint has no list of storages")
    };
    let dtypes: HashMap<String, DType> = infos
        .iter()
        .map(|info| (key_of(info), info.dtype))
        .collect();
    let mut starts = HashMap::new();
    for key in keys {
        let Ok(key) = key.unicode() else {
            bail!("a storage key of the PyTorch checkpoint is not text")
        };
        let mut elements = [0u8; 8];
        file.read_exact(&mut elements)?;
        let start = file.stream_position()?;
        // Without a tensor there is no element size, so nothing behind it could be found.
        let Some(dtype) = dtypes.get(&key) else {
            bail!("storage {key} of the PyTorch checkpoint has no tensor")
        };
        let bytes = u64::from_le_bytes(elements).checked_mul(dtype.size_in_bytes() as u64);
        let Some(end) = bytes.and_then(|bytes| start.checked_add(bytes)) else {
            bail!("storage {key} of the PyTorch checkpoint has an absurd size")
        };
        file.seek(SeekFrom::Start(end))?;
        starts.insert(key, (start, end));
    }
    infos.iter().map(|info| extent(info, &starts)).collect()
}

fn unpickle(file: &mut (impl BufRead + Seek)) -> Result<Object> {
    let mut stack = Stack::empty();
    stack.read_loop(file)?;
    stack.finalize()
}

fn check_machine(facts: Object) -> Result<()> {
    let little = Object::Unicode("little_endian".to_owned());
    let facts = facts.dict().unwrap_or_default();
    match facts.into_iter().find(|(key, _)| *key == little) {
        Some((_, Object::Bool(false))) => {
            bail!("the PyTorch checkpoint is big endian, which is not supported")
        }
        _ => Ok(()),
    }
}

/// `into_tensor_info` puts a folder before the key.
fn key_of(info: &TensorInfo) -> String {
    info.path.trim_start_matches('/').to_owned()
}

fn extent(info: &TensorInfo, starts: &HashMap<String, (u64, u64)>) -> Result<(String, Extent)> {
    let name = info.name.clone();
    if !info.layout.is_contiguous() {
        bail!("tensor {name} is not contiguous; save the model again as safetensors")
    }
    let Some((start, end)) = starts.get(&key_of(info)) else {
        bail!("the storage of tensor {name} is missing")
    };
    let offset = start + info.layout.start_offset() as u64;
    let bytes = (info.layout.shape().elem_count() * info.dtype.size_in_bytes()) as u64;
    if offset
        .checked_add(bytes)
        .is_none_or(|tensor_end| tensor_end > *end)
    {
        bail!("tensor {name} lies outside its storage")
    }
    Ok((
        name,
        Extent {
            dtype: info.dtype,
            shape: info.layout.dims().to_vec(),
            offset,
        },
    ))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Writes text as pickle does.
    fn text(text: &str) -> Vec<u8> {
        let mut bytes = vec![b'X'];
        bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes
    }

    /// Two tensors of one storage: `a` is its elements 0 to 2, `b` 2 to 4 as two rows.
    fn checkpoint() -> Vec<u8> {
        let tensor = |name: &str, offset: u8, size: &[u8], stride: &[u8]| {
            let mut bytes = text(name);
            bytes.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
            bytes.extend(text("storage"));
            bytes.extend(b"ctorch\nFloatStorage\n");
            bytes.extend(text("17"));
            bytes.extend(text("cpu"));
            bytes.extend([b'K', 4, b'N', b't', b'Q', b'K', offset]);
            for sizes in [size, stride] {
                bytes.push(b'(');
                bytes.extend(sizes.iter().flat_map(|size| [b'K', *size]));
                bytes.push(b't');
            }
            bytes.extend(b"\x89ccollections\nOrderedDict\n)RtR");
            bytes
        };
        let mut bytes = MAGIC.to_vec();
        bytes.extend(b"\x80\x02M\xe9\x03.\x80\x02}(");
        bytes.extend(text("little_endian"));
        bytes.extend(b"\x88u.\x80\x02}(");
        bytes.extend(tensor("a", 0, &[2], &[1]));
        bytes.extend(tensor("b", 2, &[2, 1], &[1, 1]));
        bytes.extend(b"u.\x80\x02](");
        bytes.extend(text("17"));
        bytes.extend(b"e.");
        bytes.extend(4u64.to_le_bytes());
        bytes.extend(
            [1f32, 2., 3., 4.]
                .iter()
                .flat_map(|value| value.to_le_bytes()),
        );
        bytes
    }

    #[test]
    fn tensors_are_found_where_they_lie() {
        let bytes = checkpoint();
        assert!(is_legacy(&bytes));
        let index = index(&mut Cursor::new(&bytes)).unwrap();
        let data = bytes.len() as u64 - 16;
        let extent = |shape: &[usize], offset| Extent {
            dtype: DType::F32,
            shape: shape.to_vec(),
            offset,
        };
        assert_eq!(
            index,
            HashMap::from([
                ("a".to_owned(), extent(&[2], data)),
                ("b".to_owned(), extent(&[2, 1], data + 8)),
            ])
        );
    }

    #[test]
    fn a_checkpoint_cut_short_is_an_error_wherever_it_is_cut() {
        let bytes = checkpoint();
        for end in MAGIC.len()..bytes.len() - 16 {
            assert!(
                index(&mut Cursor::new(&bytes[..end])).is_err(),
                "cut at {end}"
            );
        }
    }
}
