//! The admin port: probes, metrics, and what is in work. Plain HTTP without a login, for the machine
//! itself or the inside of a cluster; it shows ids of jobs and nothing of an article.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::metrics;

/// What the port shows. Asked for each request: must not block.
pub trait Station: Send + Sync + 'static {
    /// Why the process is to be started again, where it is.
    fn fault(&self) -> Option<String>;
    /// Why no jobs are taken just now, or none can be answered; nothing when all is well.
    fn obstacles(&self) -> Vec<String>;
    /// All metrics, in [`metrics::MEDIA_TYPE`].
    fn metrics(&self) -> String;
    /// The jobs in work, as JSON.
    fn jobs(&self) -> String;
    /// Program, version, features and models, as JSON.
    fn version(&self) -> String;
}

/// Answers requests until `stop` fires.
///
/// # Errors
/// When the port cannot be listened to any more.
pub async fn serve(
    listener: TcpListener,
    station: Arc<dyn Station>,
    stop: CancellationToken,
) -> io::Result<()> {
    let routes = Router::new()
        .route("/live", get(live))
        .route("/ready", get(ready))
        .route("/metrics", get(all_metrics))
        .route("/jobs", get(jobs))
        .route("/version", get(version))
        .fallback(elsewhere)
        .with_state(station);
    axum::serve(listener, routes)
        .with_graceful_shutdown(stop.cancelled_owned())
        .await
}

type Asked = State<Arc<dyn Station>>;

async fn live(State(station): Asked) -> Response {
    let fault = station.fault();
    probe("live", fault.as_slice())
}

async fn ready(State(station): Asked) -> Response {
    probe("ready", &station.obstacles())
}

async fn all_metrics(State(station): Asked) -> Response {
    ([(CONTENT_TYPE, metrics::MEDIA_TYPE)], station.metrics()).into_response()
}

async fn jobs(State(station): Asked) -> Response {
    json(StatusCode::OK, station.jobs())
}

async fn version(State(station): Asked) -> Response {
    json(StatusCode::OK, station.version())
}

async fn elsewhere() -> Response {
    (
        StatusCode::NOT_FOUND,
        "nothing is here: /live, /ready, /metrics, /jobs and /version are\n",
    )
        .into_response()
}

/// `{"ready": false, "reasons": ["…"]}`, with the status that probes go by.
fn probe(name: &str, reasons: &[String]) -> Response {
    let status = if reasons.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = serde_json::json!({ name: reasons.is_empty(), "reasons": reasons });
    json(status, body.to_string())
}

fn json(status: StatusCode, body: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        // A probe that is answered from memory is none.
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body + "\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::task::JoinSet;

    struct Stub {
        fault: Option<&'static str>,
        obstacles: Vec<&'static str>,
    }

    impl Station for Stub {
        fn fault(&self) -> Option<String> {
            self.fault.map(str::to_owned)
        }
        fn obstacles(&self) -> Vec<String> {
            self.obstacles.iter().map(|&text| text.to_owned()).collect()
        }
        fn metrics(&self) -> String {
            "# EOF\n".to_owned()
        }
        fn jobs(&self) -> String {
            r#"{"jobs":[]}"#.to_owned()
        }
        fn version(&self) -> String {
            r#"{"version":"1"}"#.to_owned()
        }
    }

    /// The answer to one request, head and body.
    async fn ask(stub: Stub, path: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let mut server = JoinSet::new();
        server.spawn(serve(listener, Arc::new(stub), stop.clone()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        stop.cancel();
        server.join_next().await.unwrap().unwrap().unwrap();
        answer
    }

    fn well() -> Stub {
        Stub {
            fault: None,
            obstacles: Vec::new(),
        }
    }

    #[tokio::test]
    async fn probes_go_by_the_status_and_give_their_reasons() {
        let answer = ask(well(), "/ready").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(
            answer.ends_with("{\"ready\":true,\"reasons\":[]}\n"),
            "{answer}"
        );
        let loading = || Stub {
            obstacles: vec!["models are being loaded"],
            ..well()
        };
        let answer = ask(loading(), "/ready").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("models are being loaded"), "{answer}");
        // Not being ready is no reason to be killed.
        assert!(ask(loading(), "/live").await.starts_with("HTTP/1.1 200"));
        let broken = Stub {
            fault: Some("the engine is stuck"),
            ..well()
        };
        let answer = ask(broken, "/live").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("the engine is stuck"), "{answer}");
    }

    #[tokio::test]
    async fn metrics_come_with_their_media_type_and_unknown_paths_with_what_there_is() {
        let answer = ask(well(), "/metrics").await;
        assert!(
            answer.contains("application/openmetrics-text; version=1.0.0"),
            "{answer}"
        );
        assert!(answer.ends_with("# EOF\n"), "{answer}");
        let answer = ask(well(), "/health").await;
        assert!(
            answer.starts_with("HTTP/1.1 404") && answer.contains("/ready"),
            "{answer}"
        );
    }
}
