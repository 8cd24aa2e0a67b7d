//! A dense layer whose weights are f32 or blocks of 8 bits.

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{DType, Device, Module, Result, Tensor};

/// How weights are held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantization {
    /// As 32-bit floats.
    F32,
    /// As 8-bit integers, one scale to 32 of them. Layers whose input width is no multiple of 32
    /// stay f32.
    Q8_0,
    /// As 16-bit floats, and what is computed with them likewise: the fastest on a GPU. On a CPU it
    /// is f32, which is exact and no slower there.
    F16,
    /// As 7-bit integers, one scale to 32 of them, and activations likewise: the fastest on a CPU.
    /// On a GPU it is f16, and where the reference is asked for, f32.
    Int8,
}

impl Quantization {
    /// From its name in the catalogue, in either case.
    pub fn parse(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "f32" => Some(Self::F32),
            "q8_0" => Some(Self::Q8_0),
            "f16" => Some(Self::F16),
            "int8" => Some(Self::Int8),
            _ => None,
        }
    }

    /// The name in the catalogue.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Q8_0 => "q8_0",
            Self::F16 => "f16",
            Self::Int8 => "int8",
        }
    }

    /// What tensors on `device` are held in where this is asked for.
    pub(super) fn on(self, device: &Device) -> Self {
        match (self, device.is_cpu()) {
            (Self::Int8 | Self::F16, true) => Self::F32,
            (Self::Int8, false) => Self::F16,
            (other, _) => other,
        }
    }

    /// What is computed in.
    pub(super) fn dtype(self) -> DType {
        match self {
            Self::F16 => DType::F16,
            Self::F32 | Self::Q8_0 | Self::Int8 => DType::F32,
        }
    }
}

#[derive(Debug)]
enum Weight {
    Dense(Tensor),
    Quantized(QMatMul),
}

/// `x · Wᵀ + b` for rows `x`.
#[derive(Debug)]
pub(super) struct Linear {
    weight: Weight,
    bias: Tensor,
    outputs: usize,
}

impl Linear {
    /// candle's fast 8-bit kernel wants the number of outputs in multiples of this.
    const LANES: usize = 16;

    /// From `weight` (outputs, inputs) and `bias` (outputs).
    pub(super) fn new(weight: &Tensor, bias: &Tensor, quantization: Quantization) -> Result<Self> {
        let (outputs, inputs) = weight.dims2()?;
        let blocks = inputs.is_multiple_of(GgmlDType::Q8_0.block_size());
        let weight = match quantization {
            Quantization::Q8_0 if blocks => {
                let padded =
                    weight.pad_with_zeros(0, 0, outputs.next_multiple_of(Self::LANES) - outputs)?;
                Weight::Quantized(QMatMul::from_qtensor(QTensor::quantize(
                    &padded,
                    GgmlDType::Q8_0,
                )?)?)
            }
            _ => Weight::Dense(weight.to_dtype(quantization.dtype())?.contiguous()?),
        };
        Ok(Self {
            weight,
            bias: bias.to_dtype(quantization.dtype())?.contiguous()?,
            outputs,
        })
    }

    /// From rows (n, inputs) to rows (n, outputs).
    pub(super) fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        let product = match &self.weight {
            Weight::Dense(weight) => rows.matmul(&weight.t()?)?,
            Weight::Quantized(weight) => {
                let product = weight.forward(rows)?;
                if product.dim(1)? == self.outputs {
                    product
                } else {
                    product.narrow(1, 0, self.outputs)?
                }
            }
        };
        product.broadcast_add(&self.bias)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_gets_what_is_fastest_there_and_half_precision_only_where_it_is() {
        let cpu = Device::Cpu;
        let held = [
            Quantization::F32,
            Quantization::Q8_0,
            Quantization::F16,
            Quantization::Int8,
        ]
        .map(|asked| asked.on(&cpu));
        let (f32, q8) = (Quantization::F32, Quantization::Q8_0);
        assert_eq!(held, [f32, q8, f32, f32]);
    }

    #[test]
    fn eight_bits_are_close_to_f32_and_padding_is_cut_off() {
        let cpu = Device::Cpu;
        let weight = Tensor::arange(0f32, 19. * 64., &cpu)
            .unwrap()
            .sin()
            .unwrap()
            .reshape((19, 64))
            .unwrap();
        let bias = Tensor::arange(0f32, 19., &cpu).unwrap();
        let rows = Tensor::arange(0f32, 128., &cpu)
            .unwrap()
            .cos()
            .unwrap()
            .reshape((2, 64))
            .unwrap();
        let [exact, close] = [Quantization::F32, Quantization::Q8_0].map(|kind| {
            Linear::new(&weight, &bias, kind)
                .unwrap()
                .forward(&rows)
                .unwrap()
        });
        assert_eq!(close.dims(), [2, 19]);
        let far = (exact - close)
            .unwrap()
            .abs()
            .unwrap()
            .max_all()
            .unwrap()
            .to_scalar::<f32>()
            .unwrap();
        assert!(far > 0.0 && far < 0.1, "{far}");
    }
}
