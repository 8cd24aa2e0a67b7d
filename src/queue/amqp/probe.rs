//! Asks a broker what it is.
//!
//! The library keeps what the broker says of itself to itself, so this opens a stream of its own
//! and reads the first frame, which comes before any login. RabbitMQ logs a stream that ends there
//! as one closed by its client: a warning of one line, and the quietest of the ways to leave (a
//! close before the login is an error to it, and holds the stream for three seconds).

use futures_util::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use lapin::protocol::connection::AMQPMethod;
use lapin::protocol::{AMQPClass, parse_class};
use lapin::tcp::AMQPUriTcpExt;
use lapin::types::{AMQPValue, FieldTable};

use super::connect::{Access, in_time};
use super::{Address, Config, reason};
use crate::queue::QueueError;
use crate::queue::topology::Features;
use crate::telemetry::events;

/// What a broker says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Its name, such as `RabbitMQ`; empty when it gives none.
    pub product: String,
    /// Major, minor and patch version, where they could be read.
    pub version: Option<(u16, u16, u16)>,
}

impl Broker {
    /// What it can do beyond what every supported version can. Of another product, or without a
    /// version, nothing is expected.
    pub fn features(&self) -> Features {
        Features {
            delayed_retry: self.is_rabbitmq_since(4, 3),
        }
    }

    /// Whether it is RabbitMQ of this version or a later one.
    pub fn is_rabbitmq_since(&self, major: u16, minor: u16) -> bool {
        self.product == "RabbitMQ"
            && self
                .version
                .is_some_and(|(has, less, _)| (has, less) >= (major, minor))
    }

    fn is_known(&self) -> bool {
        self.is_rabbitmq_since(0, 0)
    }

    fn of(properties: &FieldTable) -> Self {
        let text = |name: &str| match properties.inner().get(name) {
            Some(AMQPValue::LongString(text)) => {
                String::from_utf8_lossy(text.as_bytes()).into_owned()
            }
            _ => String::new(),
        };
        Self {
            product: text("product"),
            version: version(&text("version")),
        }
    }
}

/// Such as `RabbitMQ 4.3.6`.
impl std::fmt::Display for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.product.as_str() {
            "" => f.write_str("a broker without a name")?,
            product => f.write_str(product)?,
        }
        match self.version {
            Some((major, minor, patch)) => write!(f, " {major}.{minor}.{patch}"),
            None => f.write_str(" of an unknown version"),
        }
    }
}

/// Asks the broker what it is, without logging in.
pub(super) async fn probe(config: &Config, address: &Address) -> Result<Broker, QueueError> {
    let broker = in_time(config.connect_timeout, address, async {
        let access = Access::read(address).await?;
        let reached = |error| reason::reaching(&error, address);
        let runtime = lapin::runtime::default_runtime()
            .map_err(|error| reason::connecting(&error, address))?;
        let stream = access.uri.connect_async(&runtime).await.map_err(reached)?;
        let mut stream = access.secure(stream).await.map_err(reached)?;
        let frame = greeting(&mut stream).await.map_err(reached)?;
        // It is being left either way.
        drop(stream.close().await);
        let properties = frame.as_deref().and_then(server_properties);
        properties
            .map(|properties| Broker::of(&properties))
            .ok_or_else(|| reason::no_amqp(address))
    })
    .await?;
    if !broker.is_known() {
        events::BrokerUnknown {
            product: &broker.product,
        }
        .emit();
    }
    Ok(broker)
}

/// Far above what any broker says.
const MAX_FRAME: u32 = 64 * 1024;
const METHOD_FRAME: u8 = 1;
const FRAME_END: u8 = 0xce;

/// The payload of the first frame; `None` when what comes is no method frame on channel 0.
async fn greeting<S>(stream: &mut S) -> std::io::Result<Option<Vec<u8>>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
    stream.flush().await?;
    let mut head = [0; 7];
    stream.read_exact(&mut head).await?;
    let [METHOD_FRAME, 0, 0, size @ ..] = head else {
        return Ok(None);
    };
    let size = u32::from_be_bytes(size);
    if size > MAX_FRAME {
        return Ok(None);
    }
    let mut payload = Vec::new();
    let mut body = stream.take(u64::from(size) + 1);
    body.read_to_end(&mut payload).await?;
    let whole = payload.len()
        == usize::try_from(size)
            .unwrap_or(usize::MAX)
            .saturating_add(1);
    Ok((whole && payload.pop() == Some(FRAME_END)).then_some(payload))
}

fn server_properties(frame: &[u8]) -> Option<FieldTable> {
    match parse_class(frame).ok()? {
        ([], AMQPClass::Connection(AMQPMethod::Start(start))) => Some(start.server_properties),
        _ => None,
    }
}

/// Such as `3.10.8` or `4.4.0-alpha.1`.
fn version(text: &str) -> Option<(u16, u16, u16)> {
    let mut parts = text.split(['.', '-', '+']).map(str::parse);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch))) => Some((major, minor, patch)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::io::Cursor;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    fn broker(product: &str, text: &str) -> Broker {
        Broker {
            product: product.to_owned(),
            version: version(text),
        }
    }

    #[test]
    fn versions_are_read_and_what_follows_them_is_left_out() {
        for (text, expected) in [
            ("3.10.8", Some((3, 10, 8))),
            ("4.4.0-alpha.1", Some((4, 4, 0))),
            ("4.3.6+deb", Some((4, 3, 6))),
            ("4.3", None),
            ("four", None),
            ("", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
    }

    #[test]
    fn only_rabbitmq_since_4_3_delays_retries_by_itself() {
        for (product, version, delayed_retry) in [
            ("RabbitMQ", "4.3.0", true),
            ("RabbitMQ", "10.0.1", true),
            ("RabbitMQ", "4.2.9", false),
            ("RabbitMQ", "3.10.8", false),
            ("RabbitMQ", "", false),
            ("LavinMQ", "5.0.0", false),
        ] {
            let features = broker(product, version).features();
            assert_eq!(features, Features { delayed_retry }, "{product} {version}");
        }
        assert_eq!(
            broker("", "").to_string(),
            "a broker without a name of an unknown version"
        );
    }

    #[tokio::test]
    async fn what_is_no_first_frame_of_a_broker_is_told_from_one() {
        let mut huge = vec![METHOD_FRAME, 0, 0];
        huge.extend((MAX_FRAME + 1).to_be_bytes());
        for (bytes, whole) in [
            (b"\x01\x00\x00\x00\x00\x00\x02ab\xce".to_vec(), true),
            (b"\x01\x00\x00\x00\x00\x00\x02ab\xcd".to_vec(), false),
            (b"\x01\x00\x00\x00\x00\x00\x02ab".to_vec(), false),
            (b"HTTP/1.1 400 Bad Request".to_vec(), false),
            (b"AMQP\x00\x01\x00\x00".to_vec(), false),
            (huge, false),
        ] {
            // Reading goes on where writing has ended.
            let mut stream = Cursor::new([vec![0; 8], bytes.clone()].concat());
            let payload = greeting(&mut stream).await.unwrap();
            assert_eq!(payload.is_some(), whole, "{bytes:?}");
        }
        assert!(server_properties(b"ab").is_none());
        assert!(server_properties(b"").is_none());
    }

    #[tokio::test]
    async fn a_server_that_is_no_broker_or_says_nothing_is_not_waited_for() {
        for (says, expected) in [
            (
                &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
                "does not speak AMQP",
            ),
            (&b""[..], "did not answer within"),
        ] {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let mut config = Config::new(format!(
                "amqp://ed:geheim@127.0.0.1:{}",
                listener.local_addr().unwrap().port()
            ));
            config.connect_timeout = std::time::Duration::from_millis(300);
            let address = Address::parse(&config).unwrap();
            let server = async {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(says).await.unwrap();
                let mut rest = Vec::new();
                let _reset = stream.read_to_end(&mut rest).await;
            };
            let (probed, ()) = tokio::join!(probe(&config, &address), server);
            let error = probed.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }
}
