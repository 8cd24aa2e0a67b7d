//! The way to the broker: TCP, TLS, and the files that belong to an address.
//!
//! The library would add a CA of ours to the roots of the machine, and fail where the machine has
//! none. Whoever names a CA means that one, so the TLS side is put together here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::{AsyncRead, AsyncWrite};
use lapin::tcp::{AMQPUriTcpExt, AsyncTcpStream, RustlsConnector, RustlsConnectorConfig};
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Connection, ConnectionProperties};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::{Address, Config, reason};
use crate::queue::QueueError;

/// Files that belong to the broker's address. They are read at every connect, so that what is in
/// them can be replaced under a running worker.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// The password, in place of the one in the address.
    pub password: Option<PathBuf>,
    /// Certificates (PEM) of those who may sign the broker's, in place of the machine's own.
    pub ca: Option<PathBuf>,
    /// Shown to the broker. It is also the login where the address names no user.
    pub client: Option<ClientFiles>,
}

/// A client certificate and its key, both PEM; the key without a passphrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFiles {
    /// The certificate, followed by those between it and a CA.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What it takes to open a stream to the broker, as the files were a moment ago.
pub(super) struct Access {
    /// Its scheme says AMQP in clear: TLS is put around the stream afterwards.
    pub(super) uri: AMQPUri,
    tls: Option<RustlsConnector>,
}

/// Opens a connection and logs in.
pub(super) async fn connect(
    config: &Config,
    address: &Address,
    name: &str,
) -> Result<Connection, QueueError> {
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    in_time(config.connect_timeout, address, async {
        let access = Access::read(address).await?;
        let connecting = async {
            let uri = access.uri.clone();
            let runtime = lapin::runtime::default_runtime()?;
            let stream = async move |uri: AMQPUri, runtime| {
                let plain = uri.connect_async(&runtime).await?;
                Ok(access.secure(plain).await?)
            };
            Connection::connector(uri, runtime, stream, properties).await
        };
        connecting
            .await
            .map_err(|error| reason::connecting(&error, address))
    })
    .await
}

/// Gives up when the broker does not answer.
pub(super) async fn in_time<T>(
    limit: Duration,
    address: &Address,
    answer: impl Future<Output = Result<T, QueueError>>,
) -> Result<T, QueueError> {
    // Boxed: a handshake keeps much on the stack, for a moment in a task that lives long.
    timeout(limit, Box::pin(answer)).await.unwrap_or_else(|_| {
        Err(QueueError::Lost(format!(
            "the broker at {} did not answer within {limit:?}",
            address.host()
        )))
    })
}

impl Access {
    /// Reads the files of an address.
    pub(super) async fn read(address: &Address) -> Result<Self, QueueError> {
        let Address { uri, files } = address.clone();
        // The machine's own certificates are files too, a hundred of them.
        let reading = spawn_blocking(move || Self::read_now(uri, &files));
        reading.await.map_err(|error| {
            QueueError::Lost(format!("the files of the address were not read: {error}"))
        })?
    }

    fn read_now(mut uri: AMQPUri, files: &Files) -> Result<Self, QueueError> {
        if let Some(file) = &files.password {
            uri.authority.userinfo.password = password(file)?;
        }
        let tls = match uri.scheme {
            AMQPScheme::AMQP => None,
            AMQPScheme::AMQPS => Some(connector(files)?),
        };
        uri.scheme = AMQPScheme::AMQP;
        Ok(Self { uri, tls })
    }

    /// Puts TLS around a stream, where the address asks for it.
    pub(super) async fn secure<S>(
        &self,
        stream: AsyncTcpStream<S>,
    ) -> std::io::Result<AsyncTcpStream<S>>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        match &self.tls {
            Some(connector) => {
                stream
                    .into_rustls(connector, &self.uri.authority.host)
                    .await
            }
            None => Ok(stream),
        }
    }
}

const PASSWORD_FILE: &str = "PRESSLATE_AMQP_PASSWORD_FILE";
const CA_FILE: &str = "PRESSLATE_AMQP_CA_FILE";
const CERT_FILE: &str = "PRESSLATE_AMQP_CERT_FILE";
const KEY_FILE: &str = "PRESSLATE_AMQP_KEY_FILE";

fn password(file: &Path) -> Result<String, QueueError> {
    let bytes = read(file, PASSWORD_FILE)?;
    let text =
        String::from_utf8(bytes).map_err(|_| unusable(file, PASSWORD_FILE, "is not UTF-8"))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

fn connector(files: &Files) -> Result<RustlsConnector, QueueError> {
    let roots = match &files.ca {
        Some(file) => RustlsConnectorConfig::default()
            .with_parsable_certificates(certificates(file, CA_FILE)?),
        None => RustlsConnectorConfig::new_with_native_certs().map_err(|error| {
            QueueError::Refused(format!(
                "this machine has no list of certificate authorities ({error}): install one (package \
                 ca-certificates), or name the authority of the broker's certificate with {CA_FILE}"
            ))
        })?,
    };
    let made = match &files.client {
        None => roots.connector_with_no_client_auth(),
        Some(ClientFiles { certificate, key }) => {
            let chain = certificates(certificate, CERT_FILE)?;
            let secret = PrivateKeyDer::from_pem_slice(&read(key, KEY_FILE)?).map_err(|_| {
                unusable(
                    key,
                    KEY_FILE,
                    "holds no private key in PEM without a passphrase",
                )
            })?;
            roots.connector_with_single_cert(chain, secret)
        }
    };
    made.map_err(|error| {
        QueueError::Refused(format!(
            "the certificates for the broker cannot be used together ({error}): look at {CA_FILE}, and whether \
             {KEY_FILE} is the key of {CERT_FILE}"
        ))
    })
}

fn certificates(
    file: &Path,
    setting: &'static str,
) -> Result<Vec<CertificateDer<'static>>, QueueError> {
    let pem = read(file, setting)?;
    CertificateDer::pem_slice_iter(&pem)
        .collect::<Result<Vec<_>, _>>()
        .ok()
        .filter(|found| !found.is_empty())
        .ok_or_else(|| unusable(file, setting, "holds no certificate in PEM"))
}

fn read(file: &Path, setting: &str) -> Result<Vec<u8>, QueueError> {
    std::fs::read(file)
        .map_err(|error| unusable(file, setting, &format!("cannot be read: {error}")))
}

fn unusable(file: &Path, setting: &str, why: &str) -> QueueError {
    QueueError::Refused(format!("{setting}: {} {why}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(url: &str, files: &Files) -> Result<Access, QueueError> {
        Access::read_now(url.parse().unwrap(), files)
    }

    #[test]
    fn a_password_is_taken_from_its_file_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("password");
        let files = Files {
            password: Some(file.clone()),
            ..Files::default()
        };
        for written in ["p@ss/wörd", "another"] {
            std::fs::write(&file, format!("{written}\n")).unwrap();
            let access = access("amqp://ed:old@broker:5672/news", &files).unwrap();
            assert_eq!(access.uri.authority.userinfo.password, written);
            assert_eq!(access.uri.vhost, "news");
        }
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named_with_its_setting() {
        let dir = tempfile::tempdir().unwrap();
        let (absent, empty) = (dir.path().join("absent"), dir.path().join("empty"));
        std::fs::write(&empty, "").unwrap();
        let ca = |file: &Path| Files {
            ca: Some(file.to_owned()),
            ..Files::default()
        };
        for (files, setting, why) in [
            (ca(&absent), CA_FILE, "cannot be read"),
            (ca(&empty), CA_FILE, "holds no certificate"),
        ] {
            let Err(QueueError::Refused(reason)) = access("amqps://broker", &files) else {
                panic!("{setting}: not refused");
            };
            assert!(
                reason.starts_with(setting) && reason.contains(why),
                "{reason}"
            );
        }
    }
}
