//! Flags of `bundle`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::config::{EmbedderArgs, ModelArgs};

/// Flags of `bundle`.
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct BundleArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: BundleCommand,
}

/// What to do with a bundle.
#[derive(Debug, Subcommand)]
pub enum BundleCommand {
    /// Pack the program, models, glossaries and licences into one archive
    ///
    /// Weights that are not here are fetched first. Prints the hash of the archive, and that of its
    /// manifest, which names the bundle. With `SOURCE_DATE_EPOCH` set to a time, the same files give
    /// the same archive, to the byte.
    Create(Box<BundleCreateArgs>),
    /// Read an archive and say whether each byte is what it should be
    ///
    /// An archive that carries its own hashes shows that it is whole, not who made it. For that,
    /// take the hash of the manifest another way than the archive, and give it with --expect.
    Verify(BundleVerifyArgs),
    /// Put what is in an archive into a folder, all of it or nothing
    ///
    /// Needs no network. The archive is verified on the way; the folder has its name only once all
    /// of it is there. Prints the settings that make presslate work from there. Installing the same
    /// again changes nothing.
    Install(BundleInstallArgs),
}

/// Flags of `bundle create`.
#[derive(Debug, Args)]
pub struct BundleCreateArgs {
    /// Write the archive to this file, all of it or nothing
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,

    /// The program to pack [default: this one]
    #[arg(long, value_name = "FILE")]
    pub binary: Option<PathBuf>,

    /// What that program runs on, such as x86_64-unknown-linux-gnu [default: what this one does]
    #[arg(long, value_name = "TRIPLE", requires = "binary")]
    pub target: Option<String>,

    /// A folder of glossaries, or one of them
    #[arg(
        long,
        value_name = "PATH",
        env = "PRESSLATE_GLOSSARIES",
        hide_env_values = true
    )]
    pub glossaries: Option<PathBuf>,

    /// Licence texts to pass on: a file, or a folder of files; may be repeated. Those of presslate and
    /// the crates in it, and what the catalogue says of those of the models, are always packed
    #[arg(long, value_name = "PATH")]
    pub licences: Vec<PathBuf>,

    /// Other files to pass on: a file, or a folder of files; may be repeated. The README of deploy/
    /// and the unit for systemd are always packed
    #[arg(long, value_name = "PATH")]
    pub documents: Vec<PathBuf>,

    /// Which models.
    #[command(flatten)]
    pub model: ModelArgs,
    /// Which compares sentences.
    #[command(flatten)]
    pub embedder: EmbedderArgs,
}

/// Flags of `bundle verify`.
#[derive(Debug, Args)]
pub struct BundleVerifyArgs {
    /// Which archive.
    #[command(flatten)]
    pub archive: ArchiveArgs,
}

/// Flags of `bundle install`.
#[derive(Debug, Args)]
pub struct BundleInstallArgs {
    /// Which archive.
    #[command(flatten)]
    pub archive: ArchiveArgs,

    /// The folder to make; the one around it has to be there
    #[arg(long, value_name = "DIR", default_value = "presslate")]
    pub to: PathBuf,

    /// Put a link to the installed program into this folder too, such as /usr/local/bin
    #[arg(long, value_name = "DIR")]
    pub bin: Option<PathBuf>,

    /// Replace another bundle in the folder, and another program of the same name in that of --bin.
    /// What came with no bundle is never deleted
    #[arg(long)]
    pub force: bool,
}

/// Which archive.
#[derive(Debug, Clone, Args)]
pub struct ArchiveArgs {
    /// The archive; `-` for stdin
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// Take no other bundle than the one whose manifest has this hash, as `bundle create` printed it.
    /// Without it, an archive that somebody else made and that is whole is taken too
    #[arg(long, value_name = "SHA256", value_parser = sha256)]
    pub expect: Option<String>,
}

fn sha256(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_lowercase();
    let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash
        .then_some(text)
        .ok_or_else(|| "a SHA-256 has 64 digits of 0-9 and a-f".to_owned())
}
