//! What the broker says, in words that say what to do.

use lapin::ErrorKind;
use lapin::protocol::AMQPError;

use super::Address;
use crate::queue::QueueError;

/// AMQP reply codes that stay until somebody changes something.
mod code {
    pub(super) const ACCESS_REFUSED: u16 = 403;
    pub(super) const NOT_FOUND: u16 = 404;
    pub(super) const RESOURCE_LOCKED: u16 = 405;
    pub(super) const PRECONDITION_FAILED: u16 = 406;
    pub(super) const NOT_ALLOWED: u16 = 530;
}

/// Explains an error while a connection was made.
pub(super) fn connecting(error: &lapin::Error, address: &Address) -> QueueError {
    let (host, user, vhost) = (address.host(), address.user(), address.vhost());
    let ErrorKind::ProtocolError(protocol) = error.kind() else {
        return QueueError::Lost(format!("no connection to the broker at {host}: {error}"));
    };
    let said = said(protocol);
    match protocol.get_id() {
        code::ACCESS_REFUSED => QueueError::Refused(format!(
            "the broker at {host} refused the login of user {user:?}: wrong user name or password, or user \
             \"guest\" from another machine; correct the broker's address (PRESSLATE_AMQP_URL). {said}"
        )),
        code::NOT_ALLOWED => QueueError::Refused(format!(
            "the broker at {host} does not let user {user:?} into virtual host {vhost:?}: it does not exist \
             (`rabbitmqctl add_vhost`), or the user has no permissions there (`rabbitmqctl set_permissions`). {said}"
        )),
        _ => QueueError::Lost(format!(
            "the broker at {host} broke the connection off. {said}"
        )),
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
            "{what}: user {:?} may not do that in virtual host {:?}; give it the permissions \
             (`rabbitmqctl set_permissions`), or have an administrator declare and start with --no-declare. {said}",
            address.user(),
            address.vhost()
        )),
        code::NOT_FOUND => QueueError::Refused(format!(
            "{what}: it does not exist in virtual host {:?}; start without --no-declare to have it declared, or \
             have an administrator do so. {said}",
            address.vhost()
        )),
        code::RESOURCE_LOCKED => QueueError::Refused(format!(
            "{what}: another connection has it to itself; end that one. {said}"
        )),
        code::PRECONDITION_FAILED if said.contains("inequivalent") => QueueError::Refused(format!(
            "{what}: it exists already with other settings; delete it once it is empty, or start with \
             --no-declare to use it as it is. {said}"
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
