//! Traces, sent to a stand-in of a collector: OTLP over HTTP, protobuf.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use lapin::types::{AMQPValue, FieldTable};
use prost::Message;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::run::with_tiny_model;
use crate::common::broker::{broker, header};
use crate::common::worker::{JOB, Worker};

/// As much of `ExportTraceServiceRequest` as is looked at, by the numbers of its fields.
#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, repeated, tag = "1")]
    resources: Vec<Resource>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "2")]
    scopes: Vec<Scope>,
}

#[derive(Clone, PartialEq, Message)]
struct Scope {
    #[prost(message, repeated, tag = "2")]
    spans: Vec<Span>,
}

#[derive(Clone, PartialEq, Message)]
struct Span {
    #[prost(bytes = "vec", tag = "1")]
    trace: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    text: String,
}

impl Span {
    fn attribute(&self, key: &str) -> Option<&str> {
        let attribute = self
            .attributes
            .iter()
            .find(|attribute| attribute.key == key)?;
        Some(&attribute.value.as_ref()?.text)
    }
}

type Spans = Arc<Mutex<Vec<Span>>>;

async fn collect(State(spans): State<Spans>, body: Bytes) {
    let request = Request::decode(body).unwrap();
    let new = request
        .resources
        .into_iter()
        .flat_map(|resource| resource.scopes);
    spans
        .lock()
        .unwrap()
        .extend(new.flat_map(|scope| scope.spans));
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_producers_trace_goes_through_the_stages_of_its_job_to_the_answer() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PRODUCER: &str = "00f067aa0ba902b7";

    let Some(broker) = broker().await else { return };
    let spans = Spans::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let collector = listener.local_addr().unwrap();
    let routes = Router::new()
        .route("/v1/traces", post(collect))
        .with_state(Arc::clone(&spans));
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, routes).await });

    let desk = with_tiny_model(None);
    let mut worker = Worker::start(
        &desk,
        &broker,
        &format!("--otlp-endpoint http://{collector}"),
    );
    worker.log_until("connected to the broker");
    let mut headers = FieldTable::default();
    let parent = format!("00-{TRACE}-{PRODUCER}-01");
    headers.insert("traceparent".into(), AMQPValue::LongString(parent.into()));
    broker.send_with(JOB.as_bytes(), headers).await;
    let answer = broker.take(&broker.names.results).await;
    let (output, log) = worker.stop();
    assert_eq!(output.status.code(), Some(0), "{log}");

    let spans = spans.lock().unwrap().clone();
    let named =
        |name: &str| -> Vec<&Span> { spans.iter().filter(|span| span.name == name).collect() };
    let [job] = named("job")[..] else {
        panic!("{spans:#?}");
    };
    assert_eq!(
        (hex(&job.trace), hex(&job.parent)),
        (TRACE.to_owned(), PRODUCER.to_owned())
    );
    assert_eq!(job.attribute("job"), Some("a-1"));
    let stages: Vec<&str> = named("stage")
        .iter()
        .inspect(|stage| assert_eq!(stage.parent, job.id, "{stage:?}"))
        .filter_map(|stage| stage.attribute("stage"))
        .collect();
    for stage in ["clean", "translate:ru"] {
        assert!(stages.contains(&stage), "{stage} is not among {stages:?}");
    }
    let [publish] = named("publish")[..] else {
        panic!("{spans:#?}");
    };
    assert_eq!(publish.parent, job.id);
    let own = format!("00-{TRACE}-{}-01", hex(&job.id));
    assert_eq!(header(&answer, "traceparent"), Some(own));
    let everything = format!("{spans:?}");
    assert!(
        !everything.contains("Leeds"),
        "article text in a span: {everything}"
    );
}
