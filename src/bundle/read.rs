//! Reading a bundle, once and from front to back, and taking nothing that its manifest does not lead
//! to.

use std::io::Read;

use sha2::{Digest, Sha256};

use super::header::{self, BLOCK, Block, END};
use super::manifest::{File, Manifest, Mode};
use super::{BundleError, CHUNK, Observe};
use crate::hash::{hex, of_bytes};

/// A bundle whose manifest has been read; its files have not.
#[derive(Debug)]
pub struct Bundle<R> {
    source: Source<R>,
    manifest: Manifest,
    bytes: Vec<u8>,
    sha256: String,
}

/// Where the files of a bundle go.
pub(super) trait Take {
    /// A file begins.
    fn begin(&mut self, file: &File) -> Result<(), BundleError>;
    /// Bytes of it, which nobody has checked yet.
    fn bytes(&mut self, bytes: &[u8]) -> Result<(), BundleError>;
    /// It was right.
    fn end(&mut self) -> Result<(), BundleError>;
}

/// For those who only want to know whether the bundle is whole.
struct Nowhere;

impl Take for Nowhere {
    fn begin(&mut self, _file: &File) -> Result<(), BundleError> {
        Ok(())
    }

    fn bytes(&mut self, _bytes: &[u8]) -> Result<(), BundleError> {
        Ok(())
    }

    fn end(&mut self) -> Result<(), BundleError> {
        Ok(())
    }
}

impl<R: Read> Bundle<R> {
    /// Reads the manifest. With `expect`, the SHA-256 of the manifest in hex, no other bundle is
    /// taken.
    ///
    /// # Errors
    /// When it is no bundle, another one, of a later format, or changed as far as can be seen yet.
    pub fn open(source: R, expect: Option<&str>) -> Result<Self, BundleError> {
        let mut source = Source { source, at: 0 };
        let first = source.block("the header of the manifest")?;
        let size = manifest_size(&first)?;
        // Small: `manifest_size` has seen to it.
        let bytes = source.few(size, Manifest::NAME)?;
        let sha256 = of_bytes(&bytes);
        if let Some(expected) = expect.filter(|expected| !expected.eq_ignore_ascii_case(&sha256)) {
            return Err(BundleError::Unexpected {
                expected: expected.to_owned(),
                found: sha256,
            });
        }
        let manifest = Manifest::parse(&bytes)?;
        source.filling(size, Manifest::NAME)?;
        let time = manifest.time();
        let expected = header::header(Manifest::NAME, size, Mode::Plain, time)?;
        if first != *expected.as_bytes() {
            return Err(BundleError::Misplaced {
                at: 0,
                found: header::describe(&first, &expected, &manifest, 0),
                expected: format!("the header of {}", Manifest::NAME),
            });
        }
        let mut bundle = Self {
            source,
            manifest,
            bytes,
            sha256,
        };
        let sums = bundle.sums();
        bundle.header(Manifest::SUMS, sums.len() as u64, Mode::Plain, 0)?;
        let at = bundle.source.at;
        let found = bundle.source.few(sums.len() as u64, Manifest::SUMS)?;
        if found != sums.as_bytes() {
            return Err(BundleError::Misplaced {
                at,
                found: "a list of other hashes".to_owned(),
                expected: format!("the {} that the manifest leads to", Manifest::SUMS),
            });
        }
        bundle.source.filling(sums.len() as u64, Manifest::SUMS)?;
        Ok(bundle)
    }

    /// What is in it, as it says itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The manifest as it stands in the archive.
    pub(super) fn manifest_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the manifest, in hex: names the bundle.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The list of hashes.
    pub(super) fn sums(&self) -> String {
        self.manifest.sums(&self.sha256)
    }

    /// Reads the rest and compares it with the manifest.
    ///
    /// # Errors
    /// At the first byte that is not what it should be; when the archive cannot be read; when
    /// `observe` said to stop.
    pub fn verify(self, observe: &dyn Observe) -> Result<(), BundleError> {
        self.take(&mut Nowhere, observe)
    }

    /// Reads the rest, compares it with the manifest, and gives it away on the way.
    pub(super) fn take(
        mut self,
        to: &mut dyn Take,
        observe: &dyn Observe,
    ) -> Result<(), BundleError> {
        let files = std::mem::take(&mut self.manifest.files);
        // Errors look into the list, so it stays what it was.
        self.manifest.files.clone_from(&files);
        for (done, file) in files.iter().enumerate() {
            observe.file(&file.path);
            self.header(&file.path, file.size, file.mode, done)?;
            to.begin(file)?;
            self.content(file, to, observe)?;
            self.source.filling(file.size, &file.path)?;
            to.end()?;
        }
        self.end()
    }

    /// Reads a header, which must be this one.
    fn header(
        &mut self,
        path: &str,
        size: u64,
        mode: Mode,
        done: usize,
    ) -> Result<(), BundleError> {
        let expected = header::header(path, size, mode, self.manifest.time())?;
        let at = self.source.at;
        let found = self.source.block(&format!("the header of {path}"))?;
        if found == *expected.as_bytes() {
            return Ok(());
        }
        Err(BundleError::Misplaced {
            at,
            found: header::describe(&found, &expected, &self.manifest, done),
            expected: format!("the header of {path}"),
        })
    }

    fn content(
        &mut self,
        file: &File,
        to: &mut dyn Take,
        observe: &dyn Observe,
    ) -> Result<(), BundleError> {
        let at = self.source.at;
        let mut hasher = Sha256::new();
        let mut left = file.size;
        let mut buffer = vec![0; usize::try_from(left).unwrap_or(CHUNK).min(CHUNK)];
        while left > 0 {
            if observe.stopped() {
                return Err(BundleError::Stopped);
            }
            let most = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            let chunk = buffer.get_mut(..most).unwrap_or_default();
            self.source.fill(chunk, &file.path)?;
            hasher.update(&*chunk);
            to.bytes(chunk)?;
            left -= chunk.len() as u64;
            observe.bytes(chunk.len() as u64);
        }
        let found = hex(&hasher.finalize());
        if found == file.sha256 {
            return Ok(());
        }
        Err(BundleError::Changed {
            path: file.path.clone(),
            at,
            expected: file.sha256.clone(),
            found,
        })
    }

    /// Reads two blocks of zeros, after which there is nothing.
    fn end(&mut self) -> Result<(), BundleError> {
        let expected = "the end of the archive";
        for _ in 0..END / BLOCK {
            let at = self.source.at;
            let block = self.source.block(expected)?;
            if block.iter().any(|byte| *byte != 0) {
                let none = tar::Header::new_gnu();
                let done = self.manifest.files.len();
                return Err(BundleError::Misplaced {
                    at,
                    found: header::describe(&block, &none, &self.manifest, done),
                    expected: expected.to_owned(),
                });
            }
        }
        let at = self.source.at;
        if self.source.read(&mut [0])? == 0 {
            return Ok(());
        }
        Err(BundleError::Misplaced {
            at,
            found: "something after the end of the archive,".to_owned(),
            expected: "nothing".to_owned(),
        })
    }
}

/// Length of the manifest, by its header.
fn manifest_size(first: &Block) -> Result<u64, BundleError> {
    let no_bundle = |why: String| BundleError::NoBundle { why };
    let Some((path, header)) = header::readable(first) else {
        return Err(no_bundle(
            "it does not begin like a tar archive, or its first bytes are damaged".to_owned(),
        ));
    };
    if path != Manifest::NAME.as_bytes() {
        return Err(no_bundle(format!(
            "it begins with {} and not with {}",
            header::quoted(&path),
            Manifest::NAME
        )));
    }
    match header.entry_size() {
        Ok(size) if size <= Manifest::MAX_BYTES => Ok(size),
        _ => Err(BundleError::Manifest {
            what: format!(
                "it is longer than the {} bytes that are read",
                Manifest::MAX_BYTES
            ),
        }),
    }
}

/// The archive, and how far it has been read.
#[derive(Debug)]
struct Source<R> {
    source: R,
    at: u64,
}

impl<R: Read> Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, BundleError> {
        loop {
            match self.source.read(buffer) {
                Ok(read) => {
                    self.at += read as u64;
                    return Ok(read);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(BundleError::Read {
                        at: self.at,
                        source,
                    });
                }
            }
        }
    }

    /// Fills a buffer to its end.
    fn fill(&mut self, buffer: &mut [u8], within: &str) -> Result<(), BundleError> {
        let mut rest = buffer;
        while !rest.is_empty() {
            let read = self.read(rest)?;
            if read == 0 {
                return Err(BundleError::CutOff {
                    at: self.at,
                    within: within.to_owned(),
                });
            }
            rest = rest.get_mut(read..).unwrap_or_default();
        }
        Ok(())
    }

    fn block(&mut self, within: &str) -> Result<Block, BundleError> {
        let mut block = [0; BLOCK];
        self.fill(&mut block, within)?;
        Ok(block)
    }

    /// Reads a file that is known to be small.
    fn few(&mut self, size: u64, within: &str) -> Result<Vec<u8>, BundleError> {
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        self.fill(&mut bytes, within)?;
        Ok(bytes)
    }

    /// Reads the zeros after content of this length.
    fn filling(&mut self, size: u64, after: &str) -> Result<(), BundleError> {
        let at = self.at;
        let mut block = [0; BLOCK];
        let zeros = block.get_mut(..header::filling(size)).unwrap_or_default();
        self.fill(zeros, after)?;
        let Some(first) = zeros.iter().position(|byte| *byte != 0) else {
            return Ok(());
        };
        Err(BundleError::Misplaced {
            at: at + first as u64,
            found: "something".to_owned(),
            expected: format!("nothing (after {after})"),
        })
    }
}
