//! Ports of the loopback for programs that must be told which to listen on.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{TcpListener, UdpSocket};

/// Ports that nobody listens on, and that no other test is given for as long as these are kept.
#[derive(Debug)]
pub(crate) struct Ports<const N: usize> {
    pub(crate) numbers: [u16; N],
    /// The same numbers of the other protocol, which nothing here speaks: the system gives each to one
    /// process only, and takes it back when that ends in whatever way.
    _marks: Vec<UdpSocket>,
}

impl<const N: usize> Ports<N> {
    /// Below those that the system gives to outgoing connections: a client that knocks on the port of
    /// a node that is down could else be given that very port, and talk to itself.
    ///
    /// Another program may still take one before it is listened to: then a test has to try again.
    pub(crate) fn take() -> Self {
        let mut marks = Vec::new();
        let mut numbers = Vec::new();
        while numbers.len() < N {
            let number = RandomState::new().build_hasher().finish() % 12_000 + 20_000;
            let number = u16::try_from(number).unwrap();
            let mark = UdpSocket::bind(("127.0.0.1", number));
            if let (Ok(mark), Ok(_)) = (mark, TcpListener::bind(("127.0.0.1", number))) {
                marks.push(mark);
                numbers.push(number);
            }
        }
        Self {
            numbers: numbers.try_into().unwrap(),
            _marks: marks,
        }
    }
}

#[test]
fn no_port_is_given_twice_while_it_is_kept() {
    let (first, second) = (Ports::<200>::take(), Ports::<200>::take());
    let mut all = [first.numbers, second.numbers].concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 400);
    // Free to be listened to, which is what they are for.
    for number in all {
        TcpListener::bind(("127.0.0.1", number)).unwrap();
    }
}
