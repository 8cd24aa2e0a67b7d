//! What the broker says, in words that say what to do.

use std::io;

use lapin::ErrorKind;
use lapin::protocol::AMQPError;
use lapin::uri::AMQPScheme;
use rustls::{AlertDescription, CertificateError};

use super::{Address, ClientFiles};
use crate::queue::QueueError;

/// AMQP reply codes that stay until somebody changes something.
pub(super) mod code {
    pub(in crate::queue::amqp) const ACCESS_REFUSED: u16 = 403;
    pub(in crate::queue::amqp) const NOT_FOUND: u16 = 404;
    pub(in crate::queue::amqp) const RESOURCE_LOCKED: u16 = 405;
    pub(in crate::queue::amqp) const PRECONDITION_FAILED: u16 = 406;
    pub(in crate::queue::amqp) const NOT_ALLOWED: u16 = 530;
}

/// Explains an error while a connection was made.
pub(super) fn connecting(error: &lapin::Error, address: &Address) -> QueueError {
    let (host, vhost) = (address.host(), address.vhost());
    let protocol = match error.kind() {
        ErrorKind::ProtocolError(protocol) => protocol,
        ErrorKind::IOError(error) => return reaching(error, address),
        // A TLS alert or a page of HTML is no frame.
        ErrorKind::ParsingError(_) => return no_amqp(address),
        _ => return QueueError::Lost(format!("no connection to the broker at {host}: {error}")),
    };
    let said = said(protocol);
    match protocol.get_id() {
        code::ACCESS_REFUSED if address.is_external() => QueueError::Refused(format!(
            "the broker at {host} takes the client certificate ({}) for no user: its common name, or what \
             ssl_cert_login_from in rabbitmq.conf says, must be a user there, and the plugin \
             rabbitmq_auth_mechanism_ssl be enabled. {said}",
            certificate(address)
        )),
        code::ACCESS_REFUSED => QueueError::Refused(format!(
            "the broker at {host} refused the login of user {:?}: wrong user name or password, or user \
             \"guest\" from another machine; correct {}. {said}",
            address.user(),
            match &address.files.password {
                Some(file) => format!("{} (PRESSLATE_AMQP_PASSWORD_FILE)", file.display()),
                None => "the broker's address (PRESSLATE_AMQP_URL)".to_owned(),
            }
        )),
        code::NOT_ALLOWED => QueueError::Refused(format!(
            "the broker at {host} does not let user {:?} into virtual host {vhost:?}: it does not exist \
             (`rabbitmqctl add_vhost`), or the user has no permissions there (`rabbitmqctl set_permissions`). {said}",
            address.user()
        )),
        _ => QueueError::Lost(format!(
            "the broker at {host} broke the connection off. {said}"
        )),
    }
}

/// Explains why no stream to the broker could be opened, or why it ended before it was used.
pub(super) fn reaching(error: &io::Error, address: &Address) -> QueueError {
    let host = address.host();
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref());
    match tls {
        None => QueueError::Lost(format!("no connection to the broker at {host}: {error}")),
        Some(rustls::Error::InvalidCertificate(why)) => QueueError::Refused(format!(
            "the certificate of the broker at {host} is not accepted: {}",
            certificate_fault(why, address)
        )),
        Some(rustls::Error::AlertReceived(alert)) => alerted(*alert, address),
        Some(rustls::Error::InvalidMessage(_)) => QueueError::Refused(format!(
            "what listens at {host} speaks no TLS: write amqp:// for the broker's port without TLS (5672 as a rule), \
             or name its port for TLS (5671) in PRESSLATE_AMQP_URL"
        )),
        Some(error) => QueueError::Refused(format!(
            "no TLS connection to the broker at {host}: {error}"
        )),
    }
}

/// Something answered, and not as a broker does.
pub(super) fn no_amqp(address: &Address) -> QueueError {
    let host = address.host();
    QueueError::Refused(match address.uri.scheme {
        AMQPScheme::AMQP => format!(
            "what listens at {host} does not speak AMQP in clear: if it is the broker's port for TLS (5671 as a \
             rule), write amqps:// in PRESSLATE_AMQP_URL"
        ),
        AMQPScheme::AMQPS => format!(
            "what listens at {host} speaks TLS and no AMQP: look at the port in PRESSLATE_AMQP_URL"
        ),
    })
}

fn certificate_fault(why: &CertificateError, address: &Address) -> String {
    match why {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            match &address.files.ca {
                Some(file) => format!(
                    "it is signed by none of the authorities in {}; put the one that signed it there \
                 (PRESSLATE_AMQP_CA_FILE)",
                    file.display()
                ),
                None => {
                    "it is signed by none of the authorities that this machine knows; name the file of the one that \
                     signed it with PRESSLATE_AMQP_CA_FILE"
                        .to_owned()
                }
            }
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            let names = match why {
                CertificateError::NotValidForNameContext { presented, .. } => {
                    format!(" but for {}", presented.join(", "))
                }
                _ => String::new(),
            };
            format!(
                "it is not for {:?}{names}; write a name that it has in PRESSLATE_AMQP_URL, or give the broker one \
                 with this name",
                address.uri.authority.host
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired; give the broker a new one (or set this machine's clock)".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet; look at this machine's clock".to_owned()
        }
        other => other.to_string(),
    }
}

fn alerted(alert: AlertDescription, address: &Address) -> QueueError {
    let host = address.host();
    let certificate = certificate(address);
    QueueError::Refused(match alert {
        AlertDescription::CertificateRequired => format!(
            "the broker at {host} wants a client certificate: name one with PRESSLATE_AMQP_CERT_FILE and its key with \
             PRESSLATE_AMQP_KEY_FILE"
        ),
        // Before TLS 1.3 the lack of a certificate has no alert of its own.
        AlertDescription::HandshakeFailure if address.files.client.is_none() => format!(
            "the broker at {host} refused the TLS connection ({alert:?}): it may want a client certificate \
             (PRESSLATE_AMQP_CERT_FILE, PRESSLATE_AMQP_KEY_FILE)"
        ),
        AlertDescription::UnknownCA => format!(
            "the broker at {host} does not know who signed the client certificate ({certificate}): have it signed by \
             an authority in the broker's ssl_options.cacertfile"
        ),
        AlertDescription::CertificateExpired => format!(
            "the client certificate ({certificate}) has expired for the broker at {host}: put a new one in its place"
        ),
        AlertDescription::CertificateRevoked
        | AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => format!(
            "the broker at {host} refused the client certificate ({certificate}): {alert:?}"
        ),
        _ => format!("the broker at {host} refused the TLS connection: {alert:?}"),
    })
}

fn certificate(address: &Address) -> String {
    match &address.files.client {
        Some(ClientFiles { certificate, .. }) => certificate.display().to_string(),
        None => "none is given".to_owned(),
    }
}

/// Explains an error while doing something (such as `declaring queue "q"`) on a connection.
pub(super) fn doing(error: &lapin::Error, what: &str, address: &Address) -> QueueError {
    let ErrorKind::ProtocolError(protocol) = error.kind() else {
        return QueueError::Lost(format!("{what}: {error}"));
    };
    let said = said(protocol);
    match protocol.get_id() {
        code::ACCESS_REFUSED => QueueError::Refused(format!(
            "{what}: user {:?} may not do that in virtual host {:?}; give it the permissions (`presslate topology \
             print` writes the commands), or have an administrator run `presslate topology apply` and start with \
             --no-declare. {said}",
            address.user(),
            address.vhost()
        )),
        code::NOT_FOUND => QueueError::Refused(format!(
            "{what}: it does not exist in virtual host {:?}; have an administrator run `presslate topology \
             apply`, or start without --no-declare. {said}",
            address.vhost()
        )),
        code::RESOURCE_LOCKED => QueueError::Refused(format!(
            "{what}: another connection has it to itself; end that one. {said}"
        )),
        code::PRECONDITION_FAILED if said.contains("inequivalent") => QueueError::Refused(format!(
            "{what}: it exists already with other settings, which `presslate topology check` lists; delete it once it is \
             empty, or start with --no-declare to use it as it is. {said}"
        )),
        code::PRECONDITION_FAILED => QueueError::Lost(format!("{what}: {said}")),
        _ => QueueError::Lost(format!("{what}: the broker broke off. {said}")),
    }
}

/// Whether a publish failed because the message is over the broker's size limit.
pub(super) fn is_too_large(error: &lapin::Error) -> bool {
    match error.kind() {
        ErrorKind::ProtocolError(protocol) => {
            protocol.get_id() == code::PRECONDITION_FAILED
                && protocol.get_message().as_str().contains("larger than")
        }
        _ => false,
    }
}

fn said(error: &AMQPError) -> String {
    format!(
        "(The broker said: {} {})",
        error.get_id(),
        error.get_message()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::amqp::Config;

    fn reached(error: rustls::Error, ca: Option<&str>) -> String {
        let mut config = Config::new("amqps://desk:geheim@broker.example/news");
        config.files.ca = ca.map(Into::into);
        let address = Address::parse(&config).unwrap();
        let error = io::Error::new(io::ErrorKind::InvalidData, error);
        match reaching(&error, &address) {
            QueueError::Refused(reason) => reason,
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn every_fault_of_a_certificate_says_what_to_change() {
        use rustls::Error::{AlertReceived, InvalidCertificate};
        let cases = [
            (
                InvalidCertificate(CertificateError::UnknownIssuer),
                None,
                "name the file of the one that signed it with PRESSLATE_AMQP_CA_FILE",
            ),
            (
                InvalidCertificate(CertificateError::UnknownIssuer),
                Some("/etc/ca.pem"),
                "none of the authorities in /etc/ca.pem",
            ),
            (
                InvalidCertificate(CertificateError::Expired),
                None,
                "it has expired",
            ),
            (
                InvalidCertificate(CertificateError::NotValidForName),
                None,
                "it is not for \"broker.example\"",
            ),
            (
                AlertReceived(AlertDescription::CertificateRequired),
                None,
                "PRESSLATE_AMQP_CERT_FILE",
            ),
            (
                AlertReceived(AlertDescription::CertificateExpired),
                None,
                "put a new one in its place",
            ),
        ];
        for (error, ca, says) in cases {
            let reason = reached(error, ca);
            assert!(
                reason.contains(says) && reason.contains("broker.example:5671"),
                "{reason}"
            );
            assert!(!reason.contains("geheim"), "{reason}");
        }
    }
}
