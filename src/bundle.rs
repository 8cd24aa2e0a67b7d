//! Everything that presslate needs on a machine without network, as one file: a plain tar archive
//! of the program, models, glossaries and licences, with a list of it all in front.
//!
//! The list ([`Manifest`]) says everything about the archive but what is in the files, and of that it
//! has the hashes. So there is one way to write a bundle, and reading compares: a header, a filling
//! byte or an order that the manifest does not lead to is refused, whatever a more patient reader of
//! archives would make of it. What is installed has passed that first.
//!
//! An archive that carries its own hashes shows that it is whole, not who made it. For that, the hash
//! of its manifest has to come another way; [`Bundle::open`] takes it.
//!
//! Everything here blocks, and no file is ever held in memory.

mod error;
mod hash;
mod header;
mod install;
mod manifest;
mod read;
mod write;

#[cfg(test)]
mod tests;

pub use error::BundleError;
pub use install::{Outcome, install, room};
pub use manifest::{File, Manifest, Mode, Model, Role};
pub use read::Bundle;
pub use write::{Content, Item, Plan, Written};

/// Bytes read or written between two looks at [`Observe::stopped`].
const CHUNK: usize = 1 << 20;

/// Is told of the progress, and says whether to go on. Must return soon.
pub trait Observe {
    /// The file of this path in the archive begins.
    fn file(&self, _path: &str) {}

    /// So many bytes more of it are done.
    fn bytes(&self, _more: u64) {}

    /// Whether to stop here.
    fn stopped(&self) -> bool {
        false
    }
}

/// An [`Observe`] that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quiet;

impl Observe for Quiet {}
