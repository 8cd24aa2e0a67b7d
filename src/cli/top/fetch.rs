//! One look: everything is asked at the same time, and what does not answer says why.

use std::collections::BTreeSet;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use reqwest::redirect::Policy;
use reqwest::{Client, header};

use super::answers::{self, Job, Ready};
use super::management::{self, Broker};
use super::scrape::Metrics;
use super::settings::{Endpoint, Management, Settings, Target};
use crate::queue::topology::Names;

/// How long anything may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// Bytes of an answer that are read. A broker may have ten thousand queues.
const LONGEST: usize = 16 << 20;
/// Workers asked at the same time.
const AT_ONCE: usize = 32;
/// The newer format of metrics where it is spoken, else the older.
const FORMATS: &str = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";

/// What was seen at one moment.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) workers: Vec<WorkerLook>,
    /// `None` when no management API is named.
    pub(super) broker: Option<Result<Broker, String>>,
}

/// What one worker said.
#[derive(Debug)]
pub(super) struct WorkerLook {
    /// Which one, as it is shown.
    pub(super) address: String,
    /// Or why there are none.
    pub(super) metrics: Result<Metrics, String>,
    pub(super) ready: Ready,
    pub(super) jobs: Vec<Job>,
}

impl WorkerLook {
    fn unreachable(address: String, why: String) -> Self {
        Self {
            address,
            metrics: Err(why.clone()),
            ready: Ready::Unreachable(why),
            jobs: Vec::new(),
        }
    }
}

/// Asks workers and broker.
#[derive(Debug)]
pub(super) struct Asker {
    client: Client,
}

struct Answer {
    status: u16,
    body: String,
}

impl Asker {
    /// With no connections yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        // Workers and broker stand in the network that presslate runs in. A proxy is for what is
        // outside of it, and a redirect could carry the password somewhere else.
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .user_agent(concat!("presslate/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client })
    }

    /// Looks at everything.
    pub(super) async fn look(&self, settings: &Settings) -> Look {
        let broker = async {
            match &settings.management {
                Some(management) => Some(self.broker(management, &settings.names).await),
                None => None,
            }
        };
        let (workers, broker) = tokio::join!(self.workers(&settings.workers), broker);
        Look { workers, broker }
    }

    async fn workers(&self, targets: &[Target]) -> Vec<WorkerLook> {
        let mut endpoints = Vec::new();
        let mut looks = Vec::new();
        let mut seen = BTreeSet::new();
        for target in targets {
            let found = match target {
                Target::One(endpoint) => Ok(vec![endpoint.clone()]),
                Target::Every { host, port } => every(host, *port)
                    .await
                    .map_err(|why| WorkerLook::unreachable(format!("{host}:{port}"), why)),
            };
            match found {
                Ok(found) => {
                    // One that is named twice would be counted twice.
                    endpoints.extend(found.into_iter().filter(|one| seen.insert(one.shown())));
                }
                Err(look) => looks.push(look),
            }
        }
        let asked = stream::iter(endpoints)
            .map(|endpoint| async move { self.worker(&endpoint).await })
            .buffered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        looks.extend(asked);
        looks
    }

    async fn worker(&self, endpoint: &Endpoint) -> WorkerLook {
        let (metrics, ready, jobs) = tokio::join!(
            self.get(endpoint, &["metrics"], None),
            self.get(endpoint, &["ready"], None),
            self.get(endpoint, &["jobs"], None),
        );
        let metrics = metrics.and_then(|answer| match answer.status {
            200 => Metrics::parse(&answer.body)
                .ok_or_else(|| "answers /metrics with something else".to_owned()),
            status => Err(format!("answers /metrics with status {status}")),
        });
        let ready = match ready {
            Ok(answer) => Ready::read(answer.status, &answer.body),
            Err(why) => Ready::Unreachable(why),
        };
        // Where they cannot be had, the metrics still say how many there are.
        let jobs = jobs.ok().and_then(|answer| answers::jobs(&answer.body));
        WorkerLook {
            address: endpoint.shown(),
            metrics,
            ready,
            jobs: jobs.unwrap_or_default(),
        }
    }

    async fn broker(&self, management: &Management, names: &Names) -> Result<Broker, String> {
        let endpoint = management.current()?;
        let path = ["api", "queues", &management.vhost];
        let (queues, overview, nodes) = tokio::join!(
            self.get(&endpoint, &path, Some(management::QUEUE)),
            self.get(&endpoint, &["api", "overview"], Some(management::OVERVIEW)),
            self.get(&endpoint, &["api", "nodes"], Some(management::NODE)),
        );
        let queues = queues?;
        let queues = match queues.status {
            200 => management::queues(&queues.body, names)
                .ok_or("answers with something else than queues: is it the management API?")?,
            401 => return Err("refuses user or password".to_owned()),
            404 => return Err(format!("has no virtual host {:?}", management.vhost)),
            status => {
                return Err(format!(
                    "answers with status {status}: the user needs the tag `monitoring`, and permissions in {:?}",
                    management.vhost
                ));
            }
        };
        let body =
            |answer: Result<Answer, String>| answer.map(|answer| answer.body).unwrap_or_default();
        Ok(Broker {
            product: management::product(&body(overview)).unwrap_or_else(|| "RabbitMQ".to_owned()),
            queues,
            alarms: management::alarms(&body(nodes)),
        })
    }

    /// Asks for a path, and of the answer only for some columns.
    async fn get(
        &self,
        endpoint: &Endpoint,
        path: &[&str],
        columns: Option<&str>,
    ) -> Result<Answer, String> {
        let mut url = endpoint.url(path);
        if let Some(columns) = columns {
            url.query_pairs_mut().append_pair("columns", columns);
        }
        let accept = if path == ["metrics"] {
            FORMATS
        } else {
            "application/json"
        };
        let request = self.client.get(url).header(header::ACCEPT, accept);
        let mut answer = request.send().await.map_err(|error| why(&error))?;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| why(&error))? {
            body.extend_from_slice(&piece);
            if body.len() > LONGEST {
                return Err(format!("answers with more than {} MiB", LONGEST >> 20));
            }
        }
        Ok(Answer {
            status: answer.status().as_u16(),
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

/// All workers behind a name.
async fn every(host: &str, port: u16) -> Result<Vec<Endpoint>, String> {
    let asked = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host, port))).await;
    let found = match asked {
        Ok(Ok(found)) => of_one_kind(found.collect()),
        Ok(Err(error)) => return Err(format!("the name is not known: {error}")),
        Err(_) => return Err("the name is not known: no answer in 3 s".to_owned()),
    };
    if found.is_empty() {
        return Err("the name stands for no address".to_owned());
    }
    Ok(found.into_iter().filter_map(Endpoint::at).collect())
}

/// In order, each once, and of IPv4 alone where there are any: a worker that has an address of
/// either kind would be counted twice.
fn of_one_kind(mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    if addresses.iter().any(SocketAddr::is_ipv4) {
        addresses.retain(SocketAddr::is_ipv4);
    }
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// What went wrong, without the address: it may have a password in it.
fn why(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer in {} s", PATIENCE.as_secs());
    }
    // Only the innermost error says something that one can act on.
    let mut cause: Option<&dyn Error> = error.source();
    let mut innermost = None;
    while let Some(error) = cause {
        innermost = Some(error.to_string());
        cause = error.source();
    }
    let text = innermost.unwrap_or_else(|| "the connection broke".to_owned());
    // "Connection refused (os error 111)": the number helps nobody here.
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_lowercase().to_string());
    format!("{}{}", first.unwrap_or_default(), chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_with_addresses_of_both_kinds_is_looked_at_once() {
        let addresses = |list: &[&str]| -> Vec<SocketAddr> {
            list.iter().map(|text| text.parse().unwrap()).collect()
        };
        assert_eq!(
            of_one_kind(addresses(&[
                "[::1]:1",
                "10.0.0.2:1",
                "10.0.0.1:1",
                "10.0.0.2:1"
            ])),
            addresses(&["10.0.0.1:1", "10.0.0.2:1"])
        );
        assert_eq!(
            of_one_kind(addresses(&["[fd00::2]:1", "[fd00::1]:1"])),
            addresses(&["[fd00::1]:1", "[fd00::2]:1"])
        );
    }

    #[tokio::test]
    async fn a_port_that_nobody_listens_on_is_a_reason_and_no_error() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let look = Asker::new()
            .unwrap()
            .worker(&Endpoint::at(address).unwrap())
            .await;
        assert_eq!(look.metrics.unwrap_err(), "connection refused");
        assert_eq!(
            look.ready,
            Ready::Unreachable("connection refused".to_owned())
        );
    }

    #[tokio::test]
    async fn a_name_that_is_not_known_is_a_reason() {
        let why = every("no-such-host.invalid", 9464).await.unwrap_err();
        assert!(why.starts_with("the name is not known"), "{why}");
    }
}
