//! The headers of the archive: the one that a file must have, and what another one is.

use tar::{EntryType, Header};

use super::BundleError;
use super::manifest::{File, Manifest, Mode};

/// Length of a header, and what content is filled up to a multiple of.
pub(super) const BLOCK: usize = 512;
/// Zeros at the end.
pub(super) const END: usize = 2 * BLOCK;

/// A block of an archive.
pub(super) type Block = [u8; BLOCK];

/// The header of a file. Owner, group and everything else that could differ from machine to machine
/// are left empty.
pub(super) fn header(path: &str, size: u64, mode: Mode, time: u64) -> Result<Header, BundleError> {
    let mut header = Header::new_gnu();
    header
        .set_path(path)
        .map_err(|error| BundleError::Unpackable {
            path: path.to_owned(),
            what: error.to_string(),
        })?;
    header.set_size(size);
    header.set_mode(mode.bits());
    header.set_mtime(time);
    header.set_uid(0);
    header.set_gid(0);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    Ok(header)
}

/// Zeros that follow content of this length.
pub(super) fn filling(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    if over == 0 { 0 } else { BLOCK - over }
}

/// Length of an archive whose files have these lengths.
pub(super) fn archive_size(files: impl IntoIterator<Item = u64>) -> u64 {
    files.into_iter().fold(END as u64, |sum, size| {
        sum.saturating_add(BLOCK as u64)
            .saturating_add(size)
            .saturating_add(filling(size) as u64)
    })
}

/// What stands in a block where a header was expected, for people. `done` files of the manifest have
/// been read before.
pub(super) fn describe(
    block: &Block,
    expected: &Header,
    manifest: &Manifest,
    done: usize,
) -> String {
    if block.iter().all(|byte| *byte == 0) {
        return "the end".to_owned();
    }
    let Some((path, header)) = readable(block) else {
        return "a damaged header".to_owned();
    };
    let named = quoted(&path);
    if header.entry_type() != EntryType::Regular {
        return format!("{} {named}", kind(header.entry_type()));
    }
    if path == *expected.path_bytes() {
        return format!("another header of {named} (of its length, mode, time or owner)");
    }
    let listed = |files: &[File]| files.iter().any(|file| file.path.as_bytes() == path);
    let (before, after) = manifest.files.split_at_checked(done).unwrap_or_default();
    let front = [Manifest::NAME, Manifest::SUMS];
    if listed(before) || front.iter().any(|name| name.as_bytes() == path) {
        format!("{named} a second time")
    } else if listed(after) {
        format!("{named}, which belongs further back,")
    } else {
        format!("{named}, which the manifest does not name,")
    }
}

/// The path in a header, if the block is one.
pub(super) fn readable(block: &Block) -> Option<(Vec<u8>, &Header)> {
    let header = Header::from_byte_slice(block);
    // The sum of all bytes, with spaces in place of the sum itself.
    let own = 148..156;
    let sum: u32 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| u32::from(if own.contains(&at) { b' ' } else { *byte }))
        .sum();
    (header.cksum().ok()? == sum).then(|| (header.path_bytes().into_owned(), header))
}

/// A path from outside, in a form that does nothing to a terminal.
pub(super) fn quoted(path: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(path))
}

fn kind(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Link | EntryType::Symlink => "a link",
        EntryType::Directory => "a folder",
        EntryType::Char | EntryType::Block | EntryType::Fifo => "a device",
        _ => "an extended header",
    }
}
