//! Products with weights as GGUF files store them, as an operation on candle's tensors.

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{CpuStorage, CustomOp1, Layout, Module, Result, Shape, Tensor, bail};

use super::products::products;
use crate::model::kernel::isa::Isa;
use crate::model::kernel::kquant::{Format, Input, Matrix};

/// `x · Wᵀ` for rows `x`. On a CPU, by our own kernel where there is one for the weights' format;
/// otherwise by candle's.
#[derive(Debug)]
pub(super) struct QuantizedLinear {
    weight: QMatMul,
    /// `None` where candle's product is to be taken.
    format: Option<Format>,
}

impl QuantizedLinear {
    /// From weights (outputs, inputs). `reference` asks for candle's product.
    pub(super) fn new(weight: QTensor, reference: bool) -> Result<Self> {
        let format = match weight.dtype() {
            GgmlDType::Q4K => Some(Format::Q4K),
            GgmlDType::Q6K => Some(Format::Q6K),
            GgmlDType::Q8_0 => Some(Format::Q8),
            _ => None,
        };
        Ok(Self {
            format: format.filter(|_| !reference && weight.device().is_cpu()),
            weight: QMatMul::from_qtensor(weight)?,
        })
    }

    /// Rows (…, inputs) to rows (…, outputs).
    pub(super) fn forward(&self, rows: &Tensor) -> Result<Tensor> {
        match (&self.weight, self.format) {
            (QMatMul::QTensor(weight), Some(format)) => rows
                .contiguous()?
                .apply_op1_no_bwd(&Product { weight, format }),
            (weight, _) => weight.forward(rows),
        }
    }
}

struct Product<'a> {
    weight: &'a QTensor,
    format: Format,
}

impl CustomOp1 for Product<'_> {
    fn name(&self) -> &'static str {
        "quantized-product"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (outputs, inputs) = self.weight.shape().dims2()?;
        let mut shape = layout.dims().to_vec();
        let (Some((start, end)), Some(last)) = (layout.contiguous_offsets(), shape.last_mut())
        else {
            bail!("rows are to lie one after the other")
        };
        if *last != inputs {
            bail!("the weights take {inputs} inputs and a row has {last}")
        }
        *last = outputs;
        let rows = storage.as_slice::<f32>()?.get(start..end);
        let bytes = self.weight.data()?;
        let Some(matrix) = Matrix::new(&bytes, self.format, outputs, inputs) else {
            bail!("the weights are no whole matrix")
        };
        let mut input = Input::default();
        input.set(
            Isa::best(),
            rows.unwrap_or_default(),
            inputs,
            self.format.need(),
        );
        let mut values = vec![0f32; input.rows() * outputs];
        products(Isa::best(), &input, vec![(matrix, None, &mut values)]);
        Ok((CpuStorage::F32(values), Shape::from(shape)))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn the_product_is_close_to_that_of_the_weights_as_floats() {
        let wave = |rows: u16, columns: u16| {
            let end = f32::from(rows) * f32::from(columns);
            let values = Tensor::arange(0f32, end, &Device::Cpu).unwrap();
            let shape = (usize::from(rows), usize::from(columns));
            (values * 0.37)
                .unwrap()
                .sin()
                .unwrap()
                .reshape(shape)
                .unwrap()
        };
        let weights = wave(70, 256);
        for rows in [1, 5] {
            let x = wave(rows, 256);
            for dtype in [
                GgmlDType::Q4K,
                GgmlDType::Q6K,
                GgmlDType::Q8_0,
                GgmlDType::F16,
            ] {
                let make = || QTensor::quantize(&weights, dtype).unwrap();
                let floats = make().dequantize(&Device::Cpu).unwrap();
                let exact = x.matmul(&floats.t().unwrap()).unwrap();
                for reference in [false, true] {
                    let linear = QuantizedLinear::new(make(), reference).unwrap();
                    let got = linear.forward(&x).unwrap();
                    let off = (got - &exact).unwrap().sqr().unwrap().sum_all().unwrap();
                    let size = exact.sqr().unwrap().sum_all().unwrap();
                    let share = (off / size).unwrap().sqrt().unwrap();
                    let share = share.to_scalar::<f32>().unwrap();
                    assert!(share < 0.02, "{dtype:?} is off by {share}");
                }
            }
        }
    }
}
