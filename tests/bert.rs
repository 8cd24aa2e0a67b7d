//! BERT on a tiny random model: against candle-transformers' own without padding, against itself in
//! batches, and on an engine; on real weights against the transformers library, where there are some.

pub(crate) mod real;

use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert as theirs;
use presslate::model::arch::bert::{BertFiles, BertModel};
use presslate::model::{
    Batch, Decode, Embedding, Engine, Generate, Loader, Model, ModelError, ModelId, Prompt,
    Request, Strategy, Unwatched, engine,
};
use tokio_util::sync::CancellationToken;

use crate::common::tiny_bert;

const TEXTS: [&str; 6] = [
    "The ferry was late.",
    "It waited for two hours, and nobody said why.",
    "No.",
    "",
    "A town on the coast, 17 boats & one [SEP] that is no end.",
    "The ferries waited.",
];

fn texts(of: &[&str]) -> Vec<Arc<str>> {
    of.iter().map(|text| Arc::from(*text)).collect()
}

fn embed(model: &mut BertModel, of: &[&str]) -> Vec<Embedding> {
    let go = CancellationToken::new();
    model.embed(&texts(of), &go, &mut |_| ()).unwrap()
}

/// The mean over candle-transformers' hidden states of one text alone, of length one.
fn theirs(files: &BertFiles, ids: &[u32]) -> Vec<f32> {
    let config: theirs::Config =
        serde_json::from_slice(&std::fs::read(&files.config).unwrap()).unwrap();
    let bytes = std::fs::read(&files.weights).unwrap();
    let weights = VarBuilder::from_buffered_safetensors(bytes, DType::F32, &Device::Cpu).unwrap();
    let network = theirs::BertModel::load(weights, &config).unwrap();
    let ids = Tensor::new(ids, &Device::Cpu)
        .unwrap()
        .unsqueeze(0)
        .unwrap();
    let hidden = network
        .forward(&ids, &ids.zeros_like().unwrap(), None)
        .unwrap();
    let mean: Vec<f32> = hidden
        .mean(1)
        .unwrap()
        .squeeze(0)
        .unwrap()
        .to_vec1()
        .unwrap();
    let length = mean.iter().map(|value| value * value).sum::<f32>().sqrt();
    mean.iter().map(|value| value / length).collect()
}

fn largest_difference(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    let pairs = left.iter().zip(right);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn a_padded_batch_agrees_with_candle_transformers_without_padding() {
    for seed in [31, 32] {
        let folder = tempfile::tempdir().unwrap();
        let files = tiny_bert::write(folder.path(), seed);
        let mut model = tiny_bert::load(&files, 64, TEXTS.len());
        for (text, ours) in TEXTS.iter().zip(embed(&mut model, &TEXTS)) {
            let ids = model.ids(text).unwrap();
            let difference = largest_difference(ours.vector(), &theirs(&files, &ids));
            assert!(difference < 1e-5, "{text:?} differs by {difference}");
            assert_eq!(ours.tokens(), ids.len());
        }
    }
}

#[test]
fn a_batch_gives_what_each_text_gives_alone_in_the_same_order() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_bert::write(folder.path(), 33);
    let mut model = tiny_bert::load(&files, 64, 4);
    let together = embed(&mut model, &TEXTS);
    for (text, together) in TEXTS.iter().zip(&together) {
        let alone = &embed(&mut model, &[text])[0];
        let difference = largest_difference(alone.vector(), together.vector());
        assert!(difference < 1e-5, "{text:?} differs by {difference}");
    }
    // The texts are told apart.
    for (at, one) in together.iter().enumerate() {
        for other in &together[at + 1..] {
            assert!(one.likeness(other) < 0.999, "{one:?} and {other:?}");
        }
    }
}

#[test]
fn what_stands_around_a_text_is_the_models_and_its_end_is_kept_where_it_is_too_long() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_bert::write(folder.path(), 34);
    let model = tiny_bert::load(&files, 10, 4);
    let (start, end) = (2, 3);
    assert_eq!(model.ids("").unwrap(), [start, end]);
    // The file asks for sixteen tokens of every text, and for no more than eight.
    let short = model.ids("late").unwrap();
    assert_eq!((short.len(), short[0], short[2]), (3, start, end));
    let long = model.ids(&"late ".repeat(40)).unwrap();
    assert_eq!((long.len(), long[0], long[9]), (10, start, end));
    // A control token in a text is text.
    assert!(!model.ids("[SEP]").unwrap()[1..4].contains(&end));
    let card = model.card();
    assert_eq!(card.tokens.count("late late"), 2);
    // No longer than the model has places for.
    let wide = tiny_bert::load(&files, 4096, 4);
    assert_eq!(wide.card().context_tokens, tiny_bert::PLACES);
    assert_eq!(
        wide.ids(&"late ".repeat(99)).unwrap().len(),
        tiny_bert::PLACES
    );
}

#[test]
fn passes_are_told_and_end_when_cancelled() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = tiny_bert::load(&tiny_bert::write(folder.path(), 35), 64, 4);
    let mut passes = Vec::new();
    let go = CancellationToken::new();
    let mut told = |pass| passes.push(pass);
    let embedded = model.embed(&texts(&TEXTS), &go, &mut told).unwrap();
    assert_eq!(
        passes.iter().map(|pass| pass.texts).collect::<Vec<_>>(),
        [4, 2]
    );
    let tokens: usize = embedded.iter().map(Embedding::tokens).sum();
    assert_eq!(passes.iter().map(|pass| pass.tokens).sum::<usize>(), tokens);
    assert!(passes.iter().all(|pass| pass.prefill));
    let stop = CancellationToken::new();
    let mut seen = 0;
    let stopped = model.embed(&texts(&TEXTS), &stop, &mut |_| {
        seen += 1;
        stop.cancel();
    });
    assert!(matches!(stopped, Err(ModelError::Cancelled)), "{stopped:?}");
    assert_eq!(seen, 1);
}

fn request() -> Request {
    Request::new(Prompt::default(), Decode::plain(Strategy::Greedy, 1))
}

#[test]
fn a_model_that_compares_does_not_write_and_one_that_writes_does_not_compare() {
    let folder = tempfile::tempdir().unwrap();
    let mut bert = tiny_bert::load(&tiny_bert::write(folder.path(), 36), 64, 4);
    let mut batch = Batch::new([request(), request()]);
    bert.generate(&mut batch);
    for answer in batch.into_answers() {
        let error = answer.unwrap().unwrap_err();
        assert!(matches!(error, ModelError::Unfit { .. }), "{error}");
    }
    let mut marian = crate::common::tiny_marian::model(1);
    let go = CancellationToken::new();
    let error = marian.embed(&texts(&TEXTS), &go, &mut |_| ()).unwrap_err();
    assert!(error.to_string().contains("tiny-marian"), "{error}");
}

/// Loads one model.
struct Only(BertFiles);

impl Loader for Only {
    fn load(
        &mut self,
        id: &ModelId,
        _cancel: &CancellationToken,
    ) -> Result<Box<dyn Model>, ModelError> {
        if id.as_str() == "tiny-bert" {
            Ok(Box::new(tiny_bert::load(&self.0, 64, 4)))
        } else {
            Err(ModelError::Unknown(id.to_string()))
        }
    }
}

#[tokio::test]
async fn an_engine_gives_the_models_vectors() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_bert::write(folder.path(), 37);
    let settings = engine::Settings {
        device: Device::Cpu,
        queue: 4,
        memory_bytes: u64::MAX,
        watch: Arc::new(Unwatched),
    };
    let (engine, thread) = Engine::start(Only(files.clone()), settings).unwrap();
    let (id, go) = (ModelId::new("tiny-bert"), CancellationToken::new());
    let embedded = engine.embed(&id, texts(&TEXTS), &go).await.unwrap();
    let direct = embed(&mut tiny_bert::load(&files, 64, 4), &TEXTS);
    assert_eq!(embedded, direct);
    let unknown = engine
        .embed(&ModelId::new("none"), texts(&TEXTS), &go)
        .await;
    assert!(
        matches!(unknown, Err(ModelError::Unknown(_))),
        "{unknown:?}"
    );
    let written = engine.generate(&id, request()).await;
    assert!(
        matches!(written, Err(ModelError::Unfit { .. })),
        "{written:?}"
    );
    drop(engine);
    thread.join();
}

#[test]
fn files_that_do_not_belong_together_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let files = tiny_bert::write(folder.path(), 38);
    let config = std::fs::read_to_string(&files.config).unwrap();
    for (from, to) in [
        ("\"hidden_size\":32", "\"hidden_size\":64"),
        ("\"vocab_size\":", "\"vocab_size\":1,\"was\":"),
        ("\"gelu\"", "\"swish\""),
        ("\"pad_token_id\":0", "\"pad_token_id\":99999"),
    ] {
        let changed = config.replace(from, to);
        assert_ne!(changed, config, "{from}");
        std::fs::write(&files.config, changed).unwrap();
        let settings = presslate::model::arch::bert::BertSettings {
            id: ModelId::new("tiny-bert"),
            sha256: String::new(),
            quantization: "f32".to_owned(),
            context_tokens: 64,
            batch: 1,
        };
        let error = BertModel::load(&files, settings, &Device::Cpu).unwrap_err();
        assert!(matches!(error, ModelError::Load { .. }), "{from}: {error}");
    }
}
