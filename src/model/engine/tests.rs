//! What is answered while a model has its turn.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::Poll;

use futures_util::poll;

use super::*;
use crate::model::{CountTokens, Decode, Model, Prompt, Stop, Strategy, Unwatched};

#[derive(Debug)]
struct Words;

impl CountTokens for Words {
    fn count(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }
}

/// Writes when it is told to, and lets the engine answer others when it is told to.
struct Obeys {
    id: ModelId,
    orders: Arc<std::sync::Mutex<Receiver<Order>>>,
    did: Sender<()>,
}

#[derive(Clone, Copy)]
enum Order {
    Pause,
    Write,
}

impl Model for Obeys {
    fn card(&self) -> Arc<Card> {
        Arc::new(Card {
            id: self.id.clone(),
            sha256: String::new(),
            quantization: String::new(),
            context_tokens: 8,
            batch: 2,
            tokens: Arc::new(Words),
        })
    }

    fn generate(&mut self, feed: &mut dyn Feed) {
        while let [(ticket, _), ..] = feed.more(Room::rows(1))[..] {
            self.did.send(()).unwrap();
            while let Order::Pause = self.orders.lock().unwrap().recv().unwrap() {
                feed.pause();
                self.did.send(()).unwrap();
            }
            let written = Generated {
                text: "written".to_owned(),
                stop: Stop::EndOfText,
                prompt_tokens: 1,
                tokens: 1,
            };
            feed.done(ticket, Ok(written));
        }
    }

    fn embed(
        &mut self,
        texts: &[Arc<str>],
        _cancel: &CancellationToken,
        _passed: &mut dyn FnMut(Pass),
    ) -> Result<Vec<Embedding>, ModelError> {
        let vectors = texts.iter().map(|_| Embedding::new(&[1.0], 1));
        Ok(vectors.collect())
    }
}

struct Obedient {
    orders: Arc<std::sync::Mutex<Receiver<Order>>>,
    did: Sender<()>,
}

impl Loader for Obedient {
    fn load(
        &mut self,
        id: &ModelId,
        _cancel: &CancellationToken,
    ) -> Result<Box<dyn Model>, ModelError> {
        Ok(Box::new(Obeys {
            id: id.clone(),
            orders: Arc::clone(&self.orders),
            did: self.did.clone(),
        }))
    }
}

#[tokio::test]
async fn while_a_model_writes_the_engine_says_what_it_knows_and_compares_sentences() {
    let (order, orders) = channel();
    let (did, done) = channel();
    let loader = Obedient {
        orders: Arc::new(std::sync::Mutex::new(orders)),
        did,
    };
    let settings = Settings {
        device: Device::Cpu,
        queue: 8,
        memory_bytes: u64::MAX,
        watch: Arc::new(Unwatched),
    };
    let (engine, thread) = Engine::start(loader, settings).unwrap();
    let go = CancellationToken::new();
    let [writer, comparer, stranger] = ["writer", "comparer", "stranger"].map(ModelId::new);
    engine.card(&comparer, &go).await.unwrap();

    let request = Request::new(Prompt::default(), Decode::plain(Strategy::Greedy, 1));
    let mut written = Box::pin(engine.generate(&writer, request));
    assert!(poll!(&mut written).is_pending());
    done.recv().unwrap();

    let mut its_own = Box::pin(engine.card(&writer, &go));
    let mut known = Box::pin(engine.card(&comparer, &go));
    let mut alike = Box::pin(engine.embed(&comparer, vec!["a text".into()], &go));
    let mut unloaded = Box::pin(engine.card(&stranger, &go));
    assert!(poll!(&mut its_own).is_pending());
    assert!(poll!(&mut known).is_pending());
    assert!(poll!(&mut alike).is_pending());
    assert!(poll!(&mut unloaded).is_pending());
    order.send(Order::Pause).unwrap();
    done.recv().unwrap();
    let ready = |card: Poll<Result<Arc<Card>, ModelError>>| match card {
        Poll::Ready(Ok(card)) => Some(card.id.clone()),
        _ => None,
    };
    assert_eq!(ready(poll!(&mut its_own)), Some(writer.clone()));
    assert_eq!(ready(poll!(&mut known)), Some(comparer.clone()));
    assert!(matches!(poll!(&mut alike), Poll::Ready(Ok(vectors)) if vectors.len() == 1));
    // To load a model takes long: that is done after the turn.
    assert!(poll!(&mut unloaded).is_pending());

    order.send(Order::Write).unwrap();
    assert_eq!(written.await.unwrap().text, "written");
    assert_eq!(unloaded.await.unwrap().id, stranger);
    drop((its_own, known, alike));
    drop(engine);
    thread.join();
}
