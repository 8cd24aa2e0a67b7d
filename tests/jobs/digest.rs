//! What makes two jobs the same.

use presslate::job::markup::{Container, ContainerTag, Inline, Mark};
use presslate::job::ninjs::parse_item;
use presslate::job::wire::parse_job;
use presslate::job::{
    ArticleInput, Body, Job, JobId, Lang, Metadata, Priority, Section, SectionKind, Task, Term,
};
use proptest::prelude::*;

use super::examples;

fn base() -> Job {
    let mut job = parse_job(&examples("valid")["every_field_of_1_0"]).unwrap();
    job.article.title = None;
    job
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{1,3}", ".{1,20}"]
}

fn body() -> impl Strategy<Value = Body> {
    let kind = prop_oneof![
        Just(SectionKind::Title),
        Just(SectionKind::Lead),
        Just(SectionKind::Heading),
        Just(SectionKind::Paragraph),
        Just(SectionKind::Quote),
        Just(SectionKind::Caption),
        Just(SectionKind::ListItem),
    ];
    let marks = prop::collection::vec((0_usize..2, 1_usize..3, "[ab]{0,1}"), 0..3);
    let within = prop::collection::vec(0_u32..2, 0..2);
    let level = prop::option::of(2_u8..4);
    let section =
        (kind, text(), marks, within, level).prop_map(|(kind, text, marks, within, level)| {
            let marks = marks.into_iter().map(|(start, end, href)| {
                let mark = Mark::new(Inline::ALL[start], start, end);
                if href.is_empty() {
                    mark
                } else {
                    mark.attribute("href", &href)
                }
            });
            let within = within.into_iter().map(|id| Container {
                tag: ContainerTag::Ul,
                id,
            });
            let mut section = Section::new(kind, text)
                .with_marks(marks.collect())
                .with_containers(within.collect());
            section.level = level;
            section
        });
    prop_oneof![
        text().prop_map(Body::Text),
        text().prop_map(Body::Html),
        prop::collection::vec(section, 0..3).prop_map(Body::Sections),
    ]
}

fn lang() -> impl Strategy<Value = Option<Lang>> {
    prop::option::of(prop_oneof![Just(Lang::Ko), Just(Lang::Ru)])
}

fn terms() -> impl Strategy<Value = Vec<Term>> {
    let term = ("[ab]{1,2}", "[ab]{1,2}", lang()).prop_map(|(source, target, lang)| Term {
        source,
        target,
        lang,
    });
    prop::collection::vec(term, 0..3)
}

prop_compose! {
    /// A job whose every covered field has one of few values, so that equal ones are met too.
    fn job()(
        id in "[ab]{1,2}",
        revision in 0_u64..3,
        targets in prop::collection::vec(prop_oneof![Just(Lang::Ko), Just(Lang::Ru)], 0..3),
        tasks in prop::collection::btree_set(prop_oneof![Just(Task::Summarise), Just(Task::Translate)], 1..3),
        summary_sentences in prop::option::of(1_usize..3),
        summary_words in prop::option::of(20_usize..22),
        title in prop::option::of(text()),
        body in body(),
        source_lang in prop::option::of(Just(Lang::En)),
        glossary_id in prop::option::of("[ab]{1,2}"),
        glossary in terms(),
        metadata in prop::option::of(0_u8..3),
        item in prop::option::of(0_u8..3),
    ) -> Job {
        Job {
            id: JobId::new(id).unwrap(),
            article: ArticleInput { title, body },
            targets, tasks, summary_sentences, summary_words, source_lang, revision, glossary_id, glossary,
            metadata: metadata.and_then(|number| Metadata::from_json(&number.to_string())),
            item: item.map(|number| {
                let json = format!(r#"{{"body_text":"a","x":{number}}}"#);
                Box::new(parse_item(&json).unwrap())
            }),
            ..base()
        }
    }
}

/// A job with one covered field of another job in it, for each of them.
fn changed(job: &Job, other: &Job) -> [(&'static str, Job); 13] {
    [
        (
            "id",
            Job {
                id: other.id.clone(),
                ..job.clone()
            },
        ),
        (
            "revision",
            Job {
                revision: other.revision,
                ..job.clone()
            },
        ),
        (
            "targets",
            Job {
                targets: other.targets.clone(),
                ..job.clone()
            },
        ),
        (
            "tasks",
            Job {
                tasks: other.tasks.clone(),
                ..job.clone()
            },
        ),
        (
            "title",
            Job {
                article: ArticleInput {
                    title: other.article.title.clone(),
                    ..job.article.clone()
                },
                ..job.clone()
            },
        ),
        (
            "body",
            Job {
                article: ArticleInput {
                    body: other.article.body.clone(),
                    ..job.article.clone()
                },
                ..job.clone()
            },
        ),
        (
            "summary_sentences",
            Job {
                summary_sentences: other.summary_sentences,
                ..job.clone()
            },
        ),
        (
            "summary_words",
            Job {
                summary_words: other.summary_words,
                ..job.clone()
            },
        ),
        (
            "source_lang",
            Job {
                source_lang: other.source_lang,
                ..job.clone()
            },
        ),
        (
            "glossary_id",
            Job {
                glossary_id: other.glossary_id.clone(),
                ..job.clone()
            },
        ),
        (
            "glossary",
            Job {
                glossary: other.glossary.clone(),
                ..job.clone()
            },
        ),
        (
            "metadata",
            Job {
                metadata: other.metadata.clone(),
                ..job.clone()
            },
        ),
        (
            "item",
            Job {
                item: other.item.clone(),
                ..job.clone()
            },
        ),
    ]
}

proptest! {
    #[test]
    fn changing_any_covered_field_changes_the_digest(job in job(), other in job()) {
        for (name, changed) in changed(&job, &other) {
            prop_assert_eq!(job == changed, job.digest() == changed.digest(), "{}", name);
        }
        prop_assert_eq!(job == other, job.digest() == other.digest());
    }

    #[test]
    fn where_and_when_the_answer_goes_does_not_change_the_digest(
        priority in 0_u8..=9, seconds in 0_i64..4_000_000_000, reply_to in prop::option::of("[a-z]{1,8}"),
    ) {
        let time = jiff::Timestamp::from_second(seconds).ok();
        let job = base();
        let other = Job {
            priority: Priority::new(priority).unwrap(),
            embargoed_until: None,
            expires: time,
            reply_to,
            ..job.clone()
        };
        prop_assert_eq!(job.digest(), other.digest());
    }
}

#[test]
fn a_digest_stays_the_same_from_build_to_build() {
    let start = u64::from_be_bytes(base().digest()[..8].try_into().unwrap());
    assert_eq!(start, 0xeddf_ee0c_7f6f_cf99);
}
