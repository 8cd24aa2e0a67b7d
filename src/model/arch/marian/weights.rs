//! A model's tensors by name, from safetensors or from a PyTorch file that is read, never run.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use candle_core::pickle::PthTensors;
use candle_core::{DType, Device, Result, Tensor, bail};
use serde::Deserialize;

use super::legacy;

/// Tensors by name, read from the file one at a time.
pub struct WeightFile {
    source: Source,
    device: Device,
}

enum Source {
    /// The tensors' bytes lie in the file as they are: safetensors, and PyTorch before 1.6.
    Plain(BufReader<File>, HashMap<String, Extent>),
    /// A zip of them: PyTorch since 1.6.
    Zip(PthTensors),
}

/// Where a tensor lies in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
    /// From the beginning of the file, in bytes.
    pub(super) offset: u64,
}

impl std::fmt::Debug for WeightFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeightFile")
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

impl WeightFile {
    /// Opens a file; what it is shows in its first bytes, not in its name.
    ///
    /// # Errors
    /// When it cannot be read or is none of the formats.
    pub fn open(path: &Path, device: &Device) -> Result<Self> {
        let mut file = BufReader::new(File::open(path)?);
        let mut start = [0u8; 16];
        let read = read_up_to(&mut file, &mut start)?;
        file.seek(SeekFrom::Start(0))?;
        let start = start.get(..read).unwrap_or_default();
        let source = if start.starts_with(b"PK") {
            Source::Zip(PthTensors::new(path, None)?)
        } else if legacy::is_legacy(start) {
            let index = legacy::index(&mut file)?;
            Source::Plain(file, index)
        } else if start.get(8) == Some(&b'{') {
            let index = safetensors_index(&mut file)?;
            Source::Plain(file, index)
        } else {
            bail!(
                "{} is neither safetensors nor a PyTorch checkpoint; fetch it again",
                path.display()
            )
        };
        Ok(Self {
            source,
            device: device.clone(),
        })
    }

    /// The tensor with this name as f32 on the device, if the file has it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn get(&mut self, name: &str) -> Result<Option<Tensor>> {
        let tensor = match &mut self.source {
            Source::Zip(tensors) => tensors.get(name)?,
            Source::Plain(file, index) => match index.get(name) {
                Some(extent) => Some(read_tensor(file, extent, name)?),
                None => None,
            },
        };
        tensor
            .map(|tensor| tensor.to_dtype(DType::F32)?.to_device(&self.device))
            .transpose()
    }

    /// The tensor with this name, which must have this shape.
    ///
    /// # Errors
    /// When the file has no such tensor or its shape is another.
    pub fn require(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        match self.get(name)? {
            Some(tensor) if tensor.dims() == shape => Ok(tensor),
            Some(tensor) => {
                bail!(
                    "tensor {name} has shape {:?} and config.json says {shape:?}",
                    tensor.dims()
                )
            }
            None => bail!("the weights have no tensor {name}; are they those of a Marian model?"),
        }
    }

    /// The weights and biases of several dense layers with the same input as those of one: `names`
    /// under `prefix`, each (outputs, inputs), the first scaled.
    ///
    /// # Errors
    /// When a tensor is missing or has another shape.
    pub(super) fn fused(
        &mut self,
        prefix: &str,
        names: &[&str],
        (outputs, inputs): (usize, usize),
        scale_first: f64,
    ) -> Result<(Tensor, Tensor)> {
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for (index, name) in names.iter().enumerate() {
            let scale = if index == 0 { scale_first } else { 1.0 };
            let name = format!("{prefix}.{name}");
            let weight = self.require(&format!("{name}.weight"), &[outputs, inputs])?;
            weights.push((weight * scale)?);
            let bias = self.require(&format!("{name}.bias"), &[outputs])?;
            biases.push((bias * scale)?);
        }
        Ok((Tensor::cat(&weights, 0)?, Tensor::cat(&biases, 0)?))
    }
}

fn read_up_to(file: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    let mut read = 0;
    while let Some(rest) = buffer.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read(rest)? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

fn read_tensor(file: &mut BufReader<File>, extent: &Extent, name: &str) -> Result<Tensor> {
    let elements = extent
        .shape
        .iter()
        .try_fold(1usize, |product, size| product.checked_mul(*size));
    let bytes = elements.and_then(|elements| elements.checked_mul(extent.dtype.size_in_bytes()));
    let length = file.get_ref().metadata()?.len();
    let end = bytes
        .and_then(|bytes| u64::try_from(bytes).ok())
        .and_then(|bytes| extent.offset.checked_add(bytes));
    let (Some(bytes), true) = (bytes, end.is_some_and(|end| end <= length)) else {
        bail!("tensor {name} lies beyond the end of the file: it is cut short; fetch it again")
    };
    file.seek(SeekFrom::Start(extent.offset))?;
    let mut data = vec![0u8; bytes];
    file.read_exact(&mut data)?;
    Tensor::from_raw_buffer(&data, extent.dtype, &extent.shape, &Device::Cpu)
}

#[derive(Deserialize)]
struct Header {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

/// The header of a safetensors file: its length (u64, little endian), then JSON.
fn safetensors_index(file: &mut BufReader<File>) -> Result<HashMap<String, Extent>> {
    let mut size = [0u8; 8];
    file.read_exact(&mut size)?;
    let size = u64::from_le_bytes(size);
    if size > file.get_ref().metadata()?.len() {
        bail!("the safetensors header is longer than its file: it is cut short; fetch it again")
    }
    let mut header = Vec::new();
    file.take(size).read_to_end(&mut header)?;
    let header: HashMap<String, serde_json::Value> =
        serde_json::from_slice(&header).map_err(candle_core::Error::wrap)?;
    let mut index = HashMap::new();
    for (name, value) in header
        .into_iter()
        .filter(|(name, _)| name != "__metadata__")
    {
        let header: Header = serde_json::from_value(value).map_err(candle_core::Error::wrap)?;
        let dtype = match header.dtype.as_str() {
            "F32" => DType::F32,
            "F16" => DType::F16,
            "BF16" => DType::BF16,
            "F64" => DType::F64,
            "I64" => DType::I64,
            "U8" => DType::U8,
            other => bail!("tensor {name} has elements of type {other}, which is not supported"),
        };
        let offset = header.data_offsets.0.saturating_add(8 + size);
        index.insert(
            name,
            Extent {
                dtype,
                shape: header.shape,
                offset,
            },
        );
    }
    Ok(index)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn a_safetensors_file_gives_its_tensors_as_f32() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w");
        let half = Tensor::new(&[[1f32, -2.5], [3., 4.]], &Device::Cpu)
            .unwrap()
            .to_dtype(DType::F16)
            .unwrap();
        let tensors = HashMap::from([
            ("a", half),
            ("b", Tensor::new(&[7f32], &Device::Cpu).unwrap()),
        ]);
        candle_core::safetensors::save(&tensors, &path).unwrap();
        let mut weights = WeightFile::open(&path, &Device::Cpu).unwrap();
        let a = weights.require("a", &[2, 2]).unwrap();
        assert_eq!(a.to_vec2::<f32>().unwrap(), [[1., -2.5], [3., 4.]]);
        assert_eq!(
            weights.get("b").unwrap().unwrap().to_vec1::<f32>().unwrap(),
            [7.]
        );
        assert!(weights.get("c").unwrap().is_none());
        assert!(
            weights
                .require("a", &[4])
                .unwrap_err()
                .to_string()
                .contains("[2, 2]")
        );
    }

    #[test]
    fn a_file_of_another_kind_or_cut_short_is_an_error() {
        for bytes in [
            &b""[..],
            b"GGUF",
            b"\x80\x02}q\x00.",
            b"\xff\xff\xff\xff\xff\xff\xff\xff{",
            b"PK\x03\x04",
        ] {
            assert!(
                WeightFile::open(file(bytes).path(), &Device::Cpu).is_err(),
                "{bytes:?}"
            );
        }
        let header = br#"{"a":{"dtype":"F32","shape":[1000],"data_offsets":[0,4000]}}"#;
        let mut bytes = u64::try_from(header.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend(header);
        let file = file(&bytes);
        let error = WeightFile::open(file.path(), &Device::Cpu)
            .unwrap()
            .get("a")
            .unwrap_err();
        assert!(error.to_string().contains("cut short"), "{error}");
    }
}
