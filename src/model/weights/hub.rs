//! The Hugging Face hub as a source, through hf-hub.
//!
//! Bytes are streamed into a file of ours instead of hf-hub's cache: hf-hub starts a cut download
//! again from its first byte, and a gigabyte need not be on disk twice. What is in its cache
//! already, from Python say, is taken from there.

mod answer;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use hf_hub::repository::RepoTreeEntry;
use hf_hub::{HFClient, HFError, HFRepository, RepoTypeModel, split_id};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub use self::answer::without_login;
use self::answer::{describe, is_final, no_answer};
use super::error::Fail;
use super::record::{CHUNK, Partial, hash_file};
use super::{Progress, PullEvent, WeightsError, room};
use crate::model::catalog::ModelFile;

/// How the hub is reached. The caller reads the environment; nothing here does.
#[derive(Debug, Clone)]
pub struct HubConfig {
    /// Base address (`HF_ENDPOINT`).
    pub endpoint: String,
    /// For gated and private models (`HF_TOKEN`).
    pub token: Option<SecretString>,
    /// The hub's own cache (`HF_HUB_CACHE`, or `hub` in `HF_HOME`): read, never written.
    pub cache: Option<PathBuf>,
    /// Use the hub's cache only, and no network (`HF_HUB_OFFLINE`).
    pub offline: bool,
    /// A hub that does not answer for this long is passed over.
    pub connect_timeout: Duration,
    /// A download that brings no byte for this long counts as cut.
    pub stall_timeout: Duration,
    /// Cuts in a row, without a byte in between, before the source is passed over.
    pub attempts: u32,
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            endpoint: "https://huggingface.co".to_owned(),
            token: None,
            cache: None,
            offline: false,
            connect_timeout: Duration::from_secs(5),
            stall_timeout: Duration::from_secs(30),
            attempts: 5,
        }
    }
}

/// A file of a repository.
pub(super) struct Wanted<'a> {
    pub(super) file: &'a ModelFile,
    /// SHA-256 in hex, where it is pinned.
    pub(super) sha256: Option<&'a str>,
    /// `owner/name`.
    pub(super) repo: &'a str,
    /// A commit, where it is pinned.
    pub(super) revision: Option<&'a str>,
    /// Path in the repository.
    pub(super) path: &'a str,
}

/// What the hub says a file is.
#[derive(Debug, Default)]
pub(super) struct Announced {
    /// The commit it was taken from.
    pub(super) commit: Option<String>,
    /// SHA-256 in hex; the hub knows it for large files only.
    pub(super) sha256: Option<String>,
    size: Option<u64>,
}

/// Brings a file's bytes into `open(target)`'s partial file, where `target` says what they are.
pub(super) fn fetch(
    config: &HubConfig,
    wanted: &Wanted<'_>,
    open: &mut (dyn FnMut(&str) -> Result<Partial, WeightsError> + Send),
    progress: &dyn Progress,
    cancel: &CancellationToken,
) -> Result<(Partial, Announced), Fail> {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Fail::Skip(format!("no runtime: {error}")))?;
        runtime.block_on(async {
            tokio::select! {
                fetched = Box::pin(fetch_async(config, wanted, open, progress, cancel)) => fetched,
                () = cancel.cancelled() => Err(Fail::Stop(WeightsError::Cancelled)),
            }
        })
    };
    // On a thread of its own, because a runtime inside a caller's runtime panics.
    std::thread::scope(|scope| {
        let spawned = std::thread::Builder::new()
            .name("hub".to_owned())
            .spawn_scoped(scope, run);
        match spawned {
            Ok(thread) => thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => Err(Fail::Skip(format!("no thread: {error}"))),
        }
    })
}

async fn fetch_async(
    config: &HubConfig,
    wanted: &Wanted<'_>,
    open: &mut (dyn FnMut(&str) -> Result<Partial, WeightsError> + Send),
    progress: &dyn Progress,
    cancel: &CancellationToken,
) -> Result<(Partial, Announced), Fail> {
    let repo =
        repository(config, wanted.repo).map_err(|error| Fail::Skip(describe(&error, config)))?;

    if let Some((path, commit)) = cached(config, wanted, &repo).await
        && let Some(done) = copy_cached(wanted, &path, commit, open, progress, cancel)?
    {
        return Ok(done);
    }
    if config.offline {
        let place = config
            .cache
            .as_deref()
            .unwrap_or(Path::new("(none)"))
            .display();
        return Err(Fail::Skip(format!(
            "offline, and the file is not in the hub's cache {place}"
        )));
    }

    let announced = announced(config, wanted, &repo).await?;
    let total = wanted.file.size.or(announced.size);
    let target = match wanted.sha256.or(announced.sha256.as_deref()) {
        Some(sha256) => format!("sha256:{sha256}"),
        None => format!(
            "{}@{}:{}",
            wanted.repo,
            announced.commit.as_deref().unwrap_or("main"),
            wanted.path
        ),
    };
    let mut partial = open(&target)?;
    if let Some(total) = total {
        room(partial.path(), total.saturating_sub(partial.len()))?;
    }
    let event = PullEvent::Started {
        file: wanted.file.name.clone(),
        source: format!("hub {}", wanted.repo),
        total,
        already: partial.len(),
    };
    progress.event(event);
    let revision = announced
        .commit
        .as_deref()
        .or(wanted.revision)
        .unwrap_or("main");
    download(
        config,
        wanted,
        (&repo, revision),
        total,
        &mut partial,
        progress,
    )
    .await?;
    Ok((partial, announced))
}

fn repository(config: &HubConfig, id: &str) -> Result<HFRepository<RepoTypeModel>, HFError> {
    let mut builder = HFClient::builder()
        .endpoint(config.endpoint.clone())
        .user_agent(concat!("presslate/", env!("CARGO_PKG_VERSION")))
        // Retries are ours, so that a hub that is away is noticed in seconds.
        .retry_max_attempts(1)
        .retry_base_delay(Duration::from_millis(100));
    builder = match &config.cache {
        Some(cache) => builder.cache_dir(cache.clone()),
        None => builder.cache_enabled(false),
    };
    if let Some(token) = &config.token {
        builder = builder.token(token.expose_secret());
    }
    let (owner, name) = split_id(id);
    Ok(builder.build()?.model(owner, name))
}

/// The file in the hub's own cache, and the commit it belongs to.
async fn cached(
    config: &HubConfig,
    wanted: &Wanted<'_>,
    repo: &HFRepository<RepoTypeModel>,
) -> Option<(PathBuf, String)> {
    config.cache.as_ref()?;
    let lookup = repo
        .download_file()
        .filename(wanted.path)
        .local_files_only(true);
    let path = lookup.maybe_revision(wanted.revision).send().await.ok()?;
    // <cache>/models--owner--name/snapshots/<commit>/<path in the repository>
    let mut components = path
        .components()
        .map(|component| component.as_os_str().to_string_lossy());
    components.find(|component| component == "snapshots")?;
    let commit = components.next()?.into_owned();
    Some((path, commit))
}

/// Copies a file out of the hub's cache, unless it is not the one that is pinned.
fn copy_cached(
    wanted: &Wanted<'_>,
    path: &Path,
    commit: String,
    open: &mut (dyn FnMut(&str) -> Result<Partial, WeightsError> + Send),
    progress: &dyn Progress,
    cancel: &CancellationToken,
) -> Result<Option<(Partial, Announced)>, Fail> {
    let found = hash_file(path, cancel)?;
    if wanted.sha256.is_some_and(|expected| expected != found) {
        return Ok(None);
    }
    let mut source = File::open(path).map_err(WeightsError::io("open", path))?;
    let total = source
        .metadata()
        .map_err(WeightsError::io("read", path))?
        .len();
    let mut partial = open(&format!("sha256:{found}"))?;
    partial.truncate(0)?;
    room(partial.path(), total)?;
    progress.event(PullEvent::Started {
        file: wanted.file.name.clone(),
        source: format!("hub cache {}", path.display()),
        total: Some(total),
        already: 0,
    });
    let mut buffer = vec![0; CHUNK];
    loop {
        if cancel.is_cancelled() {
            return Err(Fail::Stop(WeightsError::Cancelled));
        }
        let read = source
            .read(&mut buffer)
            .map_err(WeightsError::io("read", path))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        partial.append(bytes)?;
        progress.event(PullEvent::Bytes {
            done: partial.len(),
            total: Some(total),
        });
    }
    Ok(Some((
        partial,
        Announced {
            commit: Some(commit),
            sha256: Some(found),
            size: Some(total),
        },
    )))
}

/// Asks the hub about the file; also the probe that tells whether there is a hub at all.
async fn announced(
    config: &HubConfig,
    wanted: &Wanted<'_>,
    repo: &HFRepository<RepoTypeModel>,
) -> Result<Announced, Fail> {
    let revision = wanted.revision.unwrap_or("main");
    let info = match timeout(
        config.connect_timeout,
        repo.info().revision(revision).send(),
    )
    .await
    {
        Ok(Ok(info)) => info,
        Ok(Err(error)) => return Err(Fail::Skip(describe(&error, config))),
        Err(_) => return Err(Fail::Skip(no_answer(config))),
    };
    let commit = info.sha.or_else(|| wanted.revision.map(str::to_owned));
    let mut announced = Announced {
        commit,
        ..Announced::default()
    };
    let revision = announced
        .commit
        .clone()
        .unwrap_or_else(|| revision.to_owned());

    // Mirrors that lack this call still serve files, so a failure here is no failure.
    let paths = repo
        .get_paths_info()
        .paths(vec![wanted.path.to_owned()])
        .revision(revision)
        .send();
    if let Ok(Ok(entries)) = timeout(config.connect_timeout, paths).await {
        let found = entries.into_iter().find_map(|entry| match entry {
            RepoTreeEntry::File {
                path, size, lfs, ..
            } if path == wanted.path => Some((size, lfs)),
            _ => None,
        });
        let Some((size, lfs)) = found else {
            return Err(Fail::Skip(format!(
                "the repository has no file {}",
                wanted.path
            )));
        };
        announced.sha256 = lfs
            .and_then(|lfs| lfs.sha256)
            .map(|sha256| sha256.to_ascii_lowercase());
        announced.size = Some(size);
    }
    // Better said now than after a gigabyte.
    if let (Some(expected), Some(found)) = (wanted.sha256, announced.sha256.as_deref())
        && expected != found
    {
        return Err(Fail::Skip(format!(
            "it has another file there now: sha256 {found}, and {expected} is expected"
        )));
    }
    if let (Some(_), Some(expected), Some(found)) =
        (wanted.sha256, wanted.file.size, announced.size)
        && expected != found
    {
        return Err(Fail::Skip(format!(
            "it has another file there now: {found} bytes, and {expected} are expected"
        )));
    }
    Ok(announced)
}

/// Streams what is missing, going on after cuts for as long as bytes keep coming.
async fn download(
    config: &HubConfig,
    wanted: &Wanted<'_>,
    (repo, revision): (&HFRepository<RepoTypeModel>, &str),
    total: Option<u64>,
    partial: &mut Partial,
    progress: &dyn Progress,
) -> Result<(), Fail> {
    let mut cuts = 0;
    loop {
        if total.is_some_and(|total| partial.len() > total) {
            partial.truncate(0)?;
        }
        if total.is_some_and(|total| partial.len() == total) {
            return Ok(());
        }
        let before = partial.len();
        let Err(why) = stream(config, wanted, (repo, revision), total, partial, progress).await?
        else {
            return Ok(());
        };
        if partial.len() > before {
            cuts = 0;
        }
        cuts += 1;
        if cuts >= config.attempts {
            return Err(Fail::Skip(format!(
                "the download broke off after {} bytes: {why}",
                partial.len()
            )));
        }
        tracing::debug!(
            file = wanted.path,
            done = partial.len(),
            why,
            "download cut; going on"
        );
        tokio::time::sleep(Duration::from_millis(200) * cuts).await;
    }
}

/// One request. The inner error is a cut, after which another request may go on.
async fn stream(
    config: &HubConfig,
    wanted: &Wanted<'_>,
    (repo, revision): (&HFRepository<RepoTypeModel>, &str),
    total: Option<u64>,
    partial: &mut Partial,
    progress: &dyn Progress,
) -> Result<Result<(), String>, Fail> {
    let offset = partial.len();
    let range = total
        .filter(|total| offset > 0 && offset < *total)
        .map(|total| offset..total);
    if range.is_none() {
        partial.truncate(0)?;
    }
    let request = repo
        .download_file_stream()
        .filename(wanted.path)
        .revision(revision)
        .maybe_range(range.clone())
        .send();
    let (length, mut bytes) = match timeout(config.stall_timeout, request).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) if is_final(&error) => return Err(Fail::Skip(describe(&error, config))),
        Ok(Err(error)) => return Ok(Err(describe(&error, config))),
        Err(_) => return Ok(Err(no_answer(config))),
    };
    // A server that does not know ranges sends the whole file.
    if range.is_some_and(|range| length.is_some_and(|length| length != range.end - range.start)) {
        partial.truncate(0)?;
    }
    let total = total.or(length);
    loop {
        let chunk = match timeout(config.stall_timeout, bytes.next()).await {
            Ok(Some(Ok(chunk))) => chunk,
            Ok(Some(Err(error))) => return Ok(Err(describe(&error, config))),
            Ok(None) => break,
            Err(_) => {
                return Ok(Err(format!(
                    "no byte came for {} s",
                    config.stall_timeout.as_secs()
                )));
            }
        };
        if total.is_some_and(|total| partial.len() + chunk.len() as u64 > total) {
            return Err(Fail::Skip(format!(
                "it sends more than the {} bytes announced",
                total.unwrap_or_default()
            )));
        }
        partial.append(&chunk)?;
        progress.event(PullEvent::Bytes {
            done: partial.len(),
            total,
        });
    }
    if total.is_some_and(|total| partial.len() < total) {
        return Ok(Err("the connection was closed early".to_owned()));
    }
    Ok(Ok(()))
}
