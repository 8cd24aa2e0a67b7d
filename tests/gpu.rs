//! What the models compute on an NVIDIA GPU, against what they compute on the CPU. Said aloud to be
//! skipped where the build or the machine has none:
//!
//! ```sh
//! cargo test --release --features cuda --test it gpu:: -- --nocapture --test-threads 1
//! ```

use std::path::Path;
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{DType, Device, Module, Tensor};
use presslate::model::arch::decoder::{DecoderModel, Settings};
use presslate::model::arch::marian::MarianModel;
use presslate::model::arch::marian::linear::Quantization;
use presslate::model::catalog::Architecture;
use presslate::model::device::DeviceChoice;
use presslate::model::{
    Batch, Decode, Feed, Generated, Model, ModelError, ModelId, Part, Pass, Prompt, Request, Room,
    Strategy, Ticket,
};
use tokio_util::sync::CancellationToken;

use crate::common::tiny_gguf::{self, Family};
use crate::common::{skip, tiny_bert, tiny_marian, tiny_t5};

const TEXTS: [&str; 5] = [
    "the rain",
    "in the north of the island, on Monday",
    "a",
    "other things entirely; the end",
    "\"We are all right,\" said the mayor.",
];

/// The first GPU.
fn gpu() -> Option<Device> {
    match DeviceChoice::Cuda(0).open() {
        Ok(device) => Some(device),
        Err(error) => {
            skip::skip(&format!("nothing was computed on a GPU: {error}"));
            None
        }
    }
}

fn request(prefix: &str, text: &str, most: usize, strategy: Strategy) -> Request {
    let prompt = Prompt {
        prefix: prefix.into(),
        parts: vec![Part::Text(Arc::from(text))],
    };
    let decode = Decode {
        repetition_penalty: 1.1,
        no_repeat_ngram: 3,
        ..Decode::plain(strategy, most)
    };
    Request::new(prompt, decode)
}

/// A feed that keeps how many texts were read together.
struct Counted {
    batch: Batch,
    read: Vec<usize>,
}

impl Feed for Counted {
    fn more(&mut self, room: Room) -> Vec<(Ticket, Request)> {
        self.batch.more(room)
    }

    fn done(&mut self, ticket: Ticket, result: Result<Generated, ModelError>) {
        self.batch.done(ticket, result);
    }

    fn passed(&mut self, pass: Pass) {
        if pass.prefill {
            self.read.push(pass.texts);
        }
    }
}

/// What the requests are answered with, and how many texts were read together.
fn counted(model: &mut dyn Model, requests: &[Request]) -> (Vec<String>, Vec<usize>) {
    let mut feed = Counted {
        batch: Batch::new(requests.iter().cloned()),
        read: Vec::new(),
    };
    model.generate(&mut feed);
    let answers = feed.batch.into_answers().into_iter();
    let texts = answers.map(|answer| answer.unwrap().unwrap().text);
    (texts.collect(), feed.read)
}

fn texts(model: &mut dyn Model, requests: &[Request]) -> Vec<String> {
    counted(model, requests).0
}

/// How far `got` is from `expected`, as a share of its largest.
fn off(expected: &[f32], got: &[f32]) -> f32 {
    assert_eq!(expected.len(), got.len());
    let most = expected.iter().fold(0f32, |most, x| most.max(x.abs()));
    let pairs = expected.iter().zip(got);
    let off = pairs.map(|(a, b)| (a - b).abs()).fold(0f32, |most, x| {
        if x.is_nan() { f32::NAN } else { most.max(x) }
    });
    off / most
}

/// The length of the difference, as a share of the length of `expected`.
fn spread(expected: &Tensor, got: &Tensor) -> f32 {
    let (expected, got) = (values(expected), values(got));
    let length = |all: &mut dyn Iterator<Item = f32>| all.map(|x| x * x).sum::<f32>().sqrt();
    let off = length(&mut expected.iter().zip(&got).map(|(a, b)| a - b));
    off / length(&mut expected.iter().copied())
}

fn values(tensor: &Tensor) -> Vec<f32> {
    let flat = tensor.flatten_all().unwrap().to_dtype(DType::F32).unwrap();
    flat.to_vec1().unwrap()
}

/// Numbers without order between -1 and 1: sines that are far apart.
fn noise(rows: usize, columns: usize, step: f64) -> Tensor {
    let end = u16::try_from(rows * columns / 16).unwrap();
    let tensor = Tensor::arange(0f32, 16.0 * f32::from(end), &Device::Cpu).unwrap();
    let waves = (tensor * step).unwrap().sin().unwrap();
    waves.reshape((rows, columns)).unwrap()
}

#[test]
fn products_with_quantised_weights_are_close_to_those_of_floats() {
    let Some(gpu) = gpu() else { return };
    let weights = noise(512, 256, 7919.13);
    for dtype in [
        GgmlDType::Q4K,
        GgmlDType::Q5K,
        GgmlDType::Q6K,
        GgmlDType::Q8_0,
        GgmlDType::Q4_0,
        GgmlDType::Q5_0,
        GgmlDType::F16,
    ] {
        let stored = QTensor::quantize(&weights, dtype).unwrap();
        let floats = stored.dequantize(&Device::Cpu).unwrap();
        let there = QTensor::quantize(&weights.to_device(&gpu).unwrap(), dtype).unwrap();
        let product = QMatMul::from_qtensor(there).unwrap();
        for rows in [1, 2, 7, 8, 9, 33, 300] {
            let x = noise(rows, 256, 6007.7);
            let exact = x.matmul(&floats.t().unwrap()).unwrap();
            let got = product.forward(&x.to_device(&gpu).unwrap()).unwrap();
            // Activations have 8 bits there, as on the CPU.
            let off = spread(&exact, &got);
            assert!(off < 0.02, "{dtype:?}, {rows} rows: off by {off}");
        }
    }
}

fn decoder(path: &Path, architecture: Architecture, batch: usize, device: &Device) -> DecoderModel {
    let settings = Settings {
        id: ModelId::new("tiny"),
        architecture,
        sha256: "0".repeat(64),
        quantization: "F32".into(),
        context_tokens: 400,
        batch,
        reference: true,
        lookup: true,
        ignore_end: false,
    };
    DecoderModel::load(path, settings, device).unwrap()
}

const FAMILIES: [(Family, Architecture); 4] = [
    (Family::Qwen2, Architecture::Qwen2),
    (Family::Qwen3, Architecture::Qwen3),
    (Family::Gemma3, Architecture::Gemma3),
    (Family::Llama, Architecture::Llama),
];

#[test]
fn logits_of_language_models_are_those_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let ids: Vec<u32> = (0..40u32).map(|i| (i * 37 + 11) % 250).collect();
    for (family, architecture) in FAMILIES {
        // Half-precision attention; with weights of 8 bits a number a little off is rounded to the next.
        for (dtype, bound) in [(GgmlDType::F32, 0.01), (GgmlDType::Q8_0, 0.06)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("tiny.gguf");
            tiny_gguf::write_as(&path, family, 7, dtype);
            let [here, there] = [&Device::Cpu, &gpu].map(|on| decoder(&path, architecture, 8, on));
            let expected = here.logits(&ids, 1).unwrap().unwrap();
            for pieces in [1, 3, 40] {
                let got = there.logits(&ids, pieces).unwrap().unwrap();
                let off = off(&expected, &got);
                assert!(
                    off > 0.0 && off < bound,
                    "{family:?} {dtype:?} in {pieces}: off by {off}"
                );
            }
        }
    }
}

#[test]
fn language_models_write_what_they_write_on_the_cpu_alone_and_in_a_batch() {
    let Some(gpu) = gpu() else { return };
    for (family, architecture) in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tiny.gguf");
        tiny_gguf::write_as(&path, family, 7, GgmlDType::F32);
        let [mut here, mut there] =
            [&Device::Cpu, &gpu].map(|on| decoder(&path, architecture, 8, on));
        let requests: Vec<Request> = TEXTS
            .iter()
            .zip([9, 24, 3, 17, 12])
            .map(|(text, most)| request("Say: ", text, most, Strategy::Greedy))
            .collect();
        let expected = texts(&mut here, &requests);
        assert_eq!(texts(&mut there, &requests), expected, "{family:?}");
        for (request, expected) in requests.iter().zip(expected) {
            let alone = texts(&mut there, std::slice::from_ref(request));
            assert_eq!(alone, [expected], "{family:?}");
        }
    }
}

/// Logits of a few steps of Marian, for a batch of sentences.
fn marian_logits(model: &MarianModel) -> Vec<f32> {
    let sources = TEXTS.map(|text| model.tokens().encode("", text).unwrap());
    let sources: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();
    let mut steps = model.steps();
    steps.admit(&sources).unwrap();
    let mut all = Vec::new();
    for token in [9u32, 20, 31] {
        let tokens: Vec<u32> = (0..5).map(|row| token + row).collect();
        all.extend(steps.step(&tokens).unwrap().values);
    }
    all
}

#[test]
fn marian_computes_what_it_computes_on_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_marian::write(folder.path(), 5);
    let load = |quantization, on: &Device| tiny_marian::load_on(&files, quantization, 8, on);
    let mut here = load(Quantization::F32, &Device::Cpu);
    let expected = marian_logits(&here);
    let beam = Strategy::Beam {
        width: 4,
        length_penalty: 1.0,
    };
    let requests: Vec<Request> = [Strategy::Greedy, beam]
        .iter()
        .flat_map(|strategy| TEXTS.map(|text| request("", text, 20, *strategy)))
        .collect();
    let written = texts(&mut here, &requests);
    for (quantization, bound, name) in [
        (Quantization::F32, 1e-3, "f32"),
        (Quantization::F16, 0.01, "f16"),
        (Quantization::Int8, 0.01, "f16"),
        (Quantization::Q8_0, 0.06, "q8_0"),
    ] {
        let mut there = load(quantization, &gpu);
        assert_eq!(there.card().quantization, name);
        let off = off(&expected, &marian_logits(&there));
        assert!(off > 0.0 && off < bound, "{quantization:?} is off by {off}");
        let texts = texts(&mut there, &requests);
        let same = texts.iter().zip(&written).filter(|(a, b)| a == b).count();
        // A random model is never sure of what comes next, so a small error shows soon.
        let least = if name == "f32" { 10 } else { 3 };
        assert!(same >= least, "{quantization:?}: {texts:?} {written:?}");
    }
}

#[test]
fn t5_computes_what_it_computes_on_the_cpu() {
    let Some(gpu) = gpu() else { return };
    for (linears, bound) in [(GgmlDType::F32, 0.01), (GgmlDType::Q8_0, 0.06)] {
        let folder = tempfile::tempdir().unwrap();
        let files = tiny_t5::write(folder.path(), 21, linears);
        let [mut here, mut there] = [&Device::Cpu, &gpu].map(|on| tiny_t5::load_on(&files, on));
        let source: Vec<u32> = (0..40).map(|i| 3 + (i * 7) % 90).chain([1]).collect();
        let [expected, got] = [&here, &there].map(|model| {
            let mut decoding = model.network().encode(&[&source, &source[20..]]).unwrap();
            let steps = [[0u32, 0], [9, 14], [80, 33]].map(|tokens| decoding.logits(&tokens));
            steps.map(|logits| values(&logits.unwrap())).concat()
        });
        let off = off(&expected, &got);
        assert!(off < bound, "{linears:?} is off by {off}");
        let requests = TEXTS.map(|text| request("<2ru>", text, 12, Strategy::Greedy));
        let [here, there] = [&mut here, &mut there].map(|model| texts(model, &requests));
        if linears == GgmlDType::F32 {
            assert_eq!(here, there);
        }
    }
}

#[test]
fn embeddings_are_those_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_bert::write(folder.path(), 35);
    let [here, there] = [&Device::Cpu, &gpu].map(|on| {
        let mut model = tiny_bert::load_on(&files, 48, 4, on);
        let all = TEXTS.map(Arc::from);
        let go = CancellationToken::new();
        model.embed(&all, &go, &mut |_| ()).unwrap()
    });
    for (here, there) in here.iter().zip(&there) {
        let likeness = here.likeness(there);
        assert!(likeness > 0.9999, "{likeness}");
    }
}

/// Takes all of a GPU's memory but about `left` bytes, in blocks.
fn fill(gpu: &Device, left: usize) -> Vec<Tensor> {
    let mut blocks = Vec::new();
    let mut size = 1usize << 33;
    while size >= 1 << 20 {
        match Tensor::zeros(size, DType::U8, gpu) {
            Ok(block) => blocks.push(block),
            Err(_) => size /= 2,
        }
    }
    let mut freed = 0;
    while freed < left {
        match blocks.pop() {
            Some(block) => freed += block.elem_count(),
            None => break,
        }
    }
    gpu.synchronize().unwrap();
    blocks
}

#[test]
fn a_batch_that_the_memory_is_too_small_for_is_run_in_halves() {
    let Some(gpu) = gpu() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    tiny_gguf::write_as(&path, Family::Qwen2, 7, GgmlDType::F32);
    let mut model = decoder(&path, Architecture::Qwen2, 256, &gpu);
    // Keys and values of 300 places take 270 kB a text.
    let requests: Vec<Request> = (0..256)
        .map(|n| request("", &format!("{n} boats"), 290, Strategy::Greedy))
        .map(|mut request| {
            request.decode.no_repeat_ngram = 0;
            request
        })
        .collect();
    let (expected, read) = counted(&mut model, &requests);
    assert_eq!(read, [256]);
    let taken = fill(&gpu, 24 << 20);
    let (got, read) = counted(&mut model, &requests);
    drop(taken);
    assert!(read.len() > 1, "all fitted: {read:?}");
    assert_eq!(read.iter().sum::<usize>(), 256, "{read:?}");
    let same = got.iter().zip(&expected).filter(|(a, b)| a == b).count();
    // Sums in another order turn near-ties.
    assert!(same > 200, "{same} of 256 are the same");
}
