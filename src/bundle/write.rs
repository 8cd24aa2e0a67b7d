//! Writing a bundle: first what is in it, then the archive, in one pass.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::header::{self, END};
use super::manifest::{self, File, Manifest, Mode, Model, Role};
use super::{BundleError, CHUNK, Observe, hash};
use crate::hash::{Hashed, hex, of_bytes};

/// A file to pack.
#[derive(Debug, Clone)]
pub struct Item {
    /// What it is for; says the folder that it goes to.
    pub role: Role,
    /// Its name in that folder; for a model's file `MODEL/FILE`.
    pub name: String,
    /// What is in it.
    pub content: Content,
}

/// The content of a file to pack.
#[derive(Debug, Clone)]
pub enum Content {
    /// That of a file on the disk.
    File(PathBuf),
    /// That of a file on the disk whose SHA-256 is known, so that it is read only once.
    Known {
        /// The file.
        path: PathBuf,
        /// Its length in bytes.
        size: u64,
        /// Its SHA-256 in hex.
        sha256: String,
    },
    /// This text.
    Text(String),
}

/// A bundle that can be written.
#[derive(Debug)]
pub struct Plan {
    manifest: Manifest,
    /// In the order of the manifest.
    contents: Vec<Content>,
    front: Front,
}

/// The two files in front.
#[derive(Debug)]
struct Front {
    manifest: Vec<u8>,
    sha256: String,
    sums: String,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Length of the archive in bytes.
    pub bytes: u64,
    /// SHA-256 of the archive, in hex.
    pub archive: String,
    /// SHA-256 of its manifest, in hex: names the bundle.
    pub manifest: String,
}

impl Plan {
    /// Reads what is to be packed and lists it. `created` is in seconds since 1970.
    ///
    /// # Errors
    /// When a file cannot be read, or has a name that cannot be packed.
    pub fn new(
        (presslate, target, created): (&str, &str, u64),
        choice: Vec<String>,
        models: Vec<Model>,
        items: Vec<Item>,
        observe: &dyn Observe,
    ) -> Result<Self, BundleError> {
        let mut all = Vec::with_capacity(items.len());
        for item in items {
            let path = format!("{}/{}", item.role.folder(), item.name);
            observe.file(&path);
            let (size, sha256) = match &item.content {
                Content::File(source) => {
                    let Hashed { length, sha256 } = hash::of_file(source, observe)?;
                    (length, sha256)
                }
                Content::Known { size, sha256, .. } => (*size, sha256.clone()),
                Content::Text(text) => (text.len() as u64, of_bytes(text.as_bytes())),
            };
            let mode = match item.role {
                Role::Binary => Mode::Executable,
                _ => Mode::Plain,
            };
            let file = File {
                path,
                role: item.role,
                size,
                sha256,
                mode,
            };
            all.push((file, item.content));
        }
        all.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        let (files, contents) = all.into_iter().unzip();
        let manifest = Manifest {
            format: manifest::FORMAT,
            presslate: presslate.to_owned(),
            target: target.to_owned(),
            created: manifest::written(created).unwrap_or_default(),
            choice,
            models,
            files,
        };
        manifest.check().map_err(|what| BundleError::Unpackable {
            path: "the bundle".to_owned(),
            what,
        })?;
        let bytes = manifest.to_bytes()?;
        let sha256 = of_bytes(&bytes);
        let front = Front {
            sums: manifest.sums(&sha256),
            manifest: bytes,
            sha256,
        };
        Ok(Self {
            manifest,
            contents,
            front,
        })
    }

    /// What will be in the bundle.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Length of the archive, in bytes.
    pub fn size(&self) -> u64 {
        let front = [self.front.manifest.len(), self.front.sums.len()].map(|size| size as u64);
        let files = self.manifest.files.iter().map(|file| file.size);
        header::archive_size(front.into_iter().chain(files))
    }

    /// Writes the archive.
    ///
    /// # Errors
    /// When a file is not what it was when it was listed, something cannot be read or written, or
    /// `observe` said to stop. What was written until then is no bundle.
    pub fn write(&self, out: impl Write, observe: &dyn Observe) -> Result<Written, BundleError> {
        let time = self.manifest.time();
        let mut out = Archive {
            out,
            at: 0,
            hasher: Sha256::new(),
        };
        let front = [
            (Manifest::NAME, self.front.manifest.as_slice()),
            (Manifest::SUMS, self.front.sums.as_bytes()),
        ];
        for (name, bytes) in front {
            out.begin(name, bytes.len() as u64, Mode::Plain, time)?;
            out.add(bytes)?;
            out.fill(bytes.len() as u64)?;
        }
        for (file, content) in self.manifest.files.iter().zip(&self.contents) {
            observe.file(&file.path);
            out.begin(&file.path, file.size, file.mode, time)?;
            match content {
                Content::Text(text) => out.add(text.as_bytes())?,
                Content::File(path) | Content::Known { path, .. } => {
                    out.copy(file, path, observe)?;
                }
            }
            out.fill(file.size)?;
        }
        out.add(&[0; END])?;
        out.out
            .flush()
            .map_err(|source| BundleError::Write { at: out.at, source })?;
        Ok(Written {
            bytes: out.at,
            archive: hex(&out.hasher.finalize()),
            manifest: self.front.sha256.clone(),
        })
    }
}

/// The archive so far.
struct Archive<W> {
    out: W,
    at: u64,
    hasher: Sha256,
}

impl<W: Write> Archive<W> {
    fn begin(&mut self, path: &str, size: u64, mode: Mode, time: u64) -> Result<(), BundleError> {
        self.add(header::header(path, size, mode, time)?.as_bytes())
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), BundleError> {
        self.out
            .write_all(bytes)
            .map_err(|source| BundleError::Write {
                at: self.at,
                source,
            })?;
        self.hasher.update(bytes);
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn fill(&mut self, size: u64) -> Result<(), BundleError> {
        let zeros = [0; header::BLOCK];
        self.add(zeros.get(..header::filling(size)).unwrap_or_default())
    }

    fn copy(
        &mut self,
        file: &File,
        path: &PathBuf,
        observe: &dyn Observe,
    ) -> Result<(), BundleError> {
        let unsteady = || BundleError::Unsteady { path: path.clone() };
        let opened = fs::File::open(path).map_err(BundleError::io("open", path))?;
        // One byte more would show that the file has grown.
        let mut source = opened.take(file.size.saturating_add(1));
        let mut hasher = Sha256::new();
        let mut left = file.size;
        let mut buffer = vec![0; CHUNK];
        loop {
            if observe.stopped() {
                return Err(BundleError::Stopped);
            }
            let read = source
                .read(&mut buffer)
                .map_err(BundleError::io("read", path))?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
                break;
            };
            left = left.checked_sub(bytes.len() as u64).ok_or_else(unsteady)?;
            hasher.update(bytes);
            self.add(bytes)?;
            observe.bytes(bytes.len() as u64);
        }
        if left > 0 || hex(&hasher.finalize()) != file.sha256 {
            return Err(unsteady());
        }
        Ok(())
    }
}
