//! What is known of the crates in the program. `tests/notices.rs` makes both files from Cargo's own
//! words and compares them in every run, so that they cannot go stale.

/// A crate a line: name, version, licence, repository, builds and notices, with tabs between.
const CRATES: &str = include_str!("crates.tsv");

/// The texts of licences and notices, each below a line with its id.
const NOTICES: &str = include_str!("notices.txt");

/// What begins the line above a text.
const MARK: &str = "=====notice ";

/// A crate whose code is in the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crate {
    /// Its name on crates.io; `std` for the standard library.
    pub(super) name: &'static str,
    /// Which version.
    pub(super) version: &'static str,
    /// An SPDX expression.
    pub(super) licence: &'static str,
    /// Where its source is kept.
    pub(super) repository: &'static str,
    /// The ids of its notices.
    notices: Vec<&'static str>,
}

/// A text, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    /// As it came.
    pub(super) text: &'static str,
    /// Names and versions, with a space between.
    pub(super) crates: Vec<String>,
}

/// For what and how a program was built.
#[derive(Debug, Clone, Copy)]
pub(super) struct Build<'a> {
    /// As `x86_64-linux`.
    target: &'a str,
    /// Its features.
    features: &'a [&'a str],
}

/// The targets that the list tells apart.
const TARGETS: [&str; 3] = ["x86_64-linux", "aarch64-linux", "aarch64-macos"];

/// What this program was built for; empty for a system that the list does not know.
const TARGET: &str = if cfg!(all(target_arch = "x86_64", target_os = "linux")) {
    "x86_64-linux"
} else if cfg!(all(target_arch = "aarch64", target_os = "linux")) {
    "aarch64-linux"
} else if cfg!(all(target_arch = "aarch64", target_os = "macos")) {
    "aarch64-macos"
} else {
    ""
};

/// The features of this program.
const FEATURES: &[&str] = &[
    if cfg!(feature = "otlp") { "otlp" } else { "" },
    if cfg!(feature = "cuda") { "cuda" } else { "" },
    if cfg!(feature = "metal") { "metal" } else { "" },
];

impl Build<'static> {
    /// This program.
    pub(super) fn this() -> Self {
        Self {
            target: TARGET,
            features: FEATURES,
        }
    }
}

impl Build<'_> {
    /// Whether a crate is in the program, by the list of its builds: `*` is all of them, `+otlp` those
    /// with the feature, `aarch64-macos` those for the target, `aarch64-macos+otlp` those with both.
    /// On a system that is not listed, what is in any is taken to be in.
    fn has(self, builds: &str) -> bool {
        builds.split(',').any(|build| {
            let (target, feature) = build.split_once('+').unwrap_or((build, ""));
            let here = target.is_empty()
                || target == "*"
                || target == self.target
                || !TARGETS.contains(&self.target);
            here && (feature.is_empty() || self.features.contains(&feature))
        })
    }
}

/// The crates of a build, by name.
pub(super) fn crates(build: Build<'_>) -> Vec<Crate> {
    CRATES
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let name = fields.next()?;
            let version = fields.next()?;
            let licence = fields.next()?;
            let repository = fields.next()?;
            let builds = fields.next()?;
            let notices = fields.next()?.split(',').collect();
            build.has(builds).then_some(Crate {
                name,
                version,
                licence,
                repository,
                notices,
            })
        })
        .collect()
}

/// The texts that these crates come with, each once, those of many crates first.
pub(super) fn notices(crates: &[Crate]) -> Vec<Notice> {
    // What stands before the first mark says where the file comes from.
    let texts = NOTICES.split(MARK).skip(1);
    let mut notices: Vec<Notice> = texts
        .filter_map(|block| {
            let (id, text) = block.split_once('\n')?;
            let of = |one: &&Crate| one.notices.contains(&id);
            let named = |one: &Crate| format!("{} {}", one.name, one.version);
            let crates: Vec<String> = crates.iter().filter(of).map(named).collect();
            (!crates.is_empty()).then_some(Notice {
                text: text.trim_end(),
                crates,
            })
        })
        .collect();
    notices.sort_by_key(|notice| std::cmp::Reverse(notice.crates.len()));
    notices
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_read_and_every_crate_has_its_texts() {
        // Not a listed system: everything is in.
        let all = Build {
            target: "",
            features: &["otlp", "cuda", "metal"],
        };
        let crates = crates(all);
        assert_eq!(crates.len(), CRATES.lines().count() - 1);
        let notices = notices(&crates);
        assert_eq!(notices.len(), NOTICES.matches(MARK).count());
        for one in &crates {
            let named = format!("{} {}", one.name, one.version);
            let texts = notices
                .iter()
                .filter(|notice| notice.crates.contains(&named));
            assert_eq!(texts.count(), one.notices.len(), "{named}");
            assert!(
                !one.licence.is_empty() && one.repository.starts_with("https://"),
                "{one:?}"
            );
        }
        assert!(notices.iter().all(|notice| notice.text.len() > 30));
    }

    #[test]
    fn a_crate_is_listed_for_the_builds_that_it_is_in() {
        let linux = Build {
            target: "x86_64-linux",
            features: &["otlp"],
        };
        for there in [
            "*",
            "x86_64-linux",
            "+otlp",
            "aarch64-macos,x86_64-linux+otlp",
        ] {
            assert!(linux.has(there), "{there}");
        }
        for not in ["+cuda", "aarch64-linux", "aarch64-macos+otlp,+metal"] {
            assert!(!linux.has(not), "{not}");
        }
        let elsewhere = Build {
            target: "",
            features: &[""],
        };
        assert!(elsewhere.has("aarch64-macos") && !elsewhere.has("aarch64-macos+otlp"));
    }

    #[test]
    fn this_program_has_what_it_was_built_with() {
        let names: Vec<&str> = crates(Build::this()).iter().map(|one| one.name).collect();
        for name in ["std", "lapin", "candle-core", "aws-lc-sys", "tokenizers"] {
            assert!(names.contains(&name), "{name}");
        }
        assert_eq!(names.contains(&"opentelemetry"), cfg!(feature = "otlp"));
        assert_eq!(names.contains(&"cudarc"), cfg!(feature = "cuda"));
        assert!(
            !names.contains(&"insta"),
            "what only tests need is not in it"
        );
    }
}
