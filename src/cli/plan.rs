//! Which model does what, of those that were asked for.

use std::sync::Arc;

use crate::job::{Job, Lang, Task};
use crate::model::catalog::{Entry, TaskName};
use crate::pipeline::Plan;

/// Gives each task to the first of `entries` that can do it.
pub(super) fn plan(entries: &[Arc<Entry>]) -> Plan {
    let first = |can: &dyn Fn(&Entry) -> bool| entries.iter().find(|entry| can(entry)).cloned();
    let reads = |entry: &Entry| Lang::SOURCES.iter().all(|lang| entry.source_langs.contains(lang));
    Plan {
        summarise: first(&|entry| entry.tasks.contains(&TaskName::Summarise) && reads(entry)),
        translate: Lang::TARGETS
            .into_iter()
            .filter_map(|lang| {
                let translates = |entry: &Entry| {
                    entry.tasks.contains(&TaskName::Translate) && entry.target_langs.contains(&lang) && reads(entry)
                };
                Some((lang, first(&translates)?))
            })
            .collect(),
    }
}

/// The part of a plan that a job needs, so that nothing else is fetched for it.
pub(super) fn needed(plan: Plan, job: &Job) -> Plan {
    let mut plan = plan;
    if !job.tasks.contains(&Task::Summarise) {
        plan.summarise = None;
    }
    // Summaries are translated too, so languages count whichever tasks there are.
    plan.translate.retain(|lang, _| job.targets.contains(lang));
    plan
}

/// The models of a plan, each once.
pub(super) fn models(plan: &Plan) -> Vec<Arc<Entry>> {
    let mut models: Vec<Arc<Entry>> = Vec::new();
    for entry in plan.summarise.iter().chain(plan.translate.values()) {
        if !models.iter().any(|known| known.id == entry.id) {
            models.push(Arc::clone(entry));
        }
    }
    models
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::wire::parse_job;

    fn entry(id: &str, tasks: &str, targets: &str) -> Arc<Entry> {
        let toml = format!(
            r#"
            id = "{id}"
            description = "A model for tests."
            tasks = {tasks}
            source_langs = ["en"]
            target_langs = {targets}
            architecture = "marian"
            quantization = "f32"
            context_tokens = 512
            memory_mib = 100
            licence = {{ name = "MIT", url = "https://example.com", commercial = "yes" }}
            files = []
            sources = []
            decode = {{}}
            "#
        );
        Arc::new(toml::from_str(&toml).unwrap())
    }

    fn ids(plan: &Plan) -> Vec<String> {
        let summarise = plan.summarise.iter().map(|entry| format!("summarise: {}", entry.id));
        summarise.chain(plan.translate.iter().map(|(lang, entry)| format!("{lang}: {}", entry.id))).collect()
    }

    #[test]
    fn each_task_goes_to_the_first_model_that_can_do_it() {
        let ru = entry("marian-ru", r#"["translate"]"#, r#"["ru"]"#);
        let all = entry("llm", r#"["summarise", "translate"]"#, r#"["en", "ko", "ru"]"#);
        assert_eq!(ids(&plan(&[ru.clone(), all.clone()])), ["summarise: llm", "ko: llm", "ru: marian-ru"]);
        assert_eq!(ids(&plan(&[all, ru.clone()])), ["summarise: llm", "ko: llm", "ru: llm"]);
        assert_eq!(ids(&plan(&[ru])), ["ru: marian-ru"]);
    }

    #[test]
    fn a_job_needs_only_the_models_of_its_tasks_and_languages() {
        let ru = entry("marian-ru", r#"["translate"]"#, r#"["ru"]"#);
        let all = entry("llm", r#"["summarise", "translate"]"#, r#"["en", "ko", "ru"]"#);
        let plan = plan(&[ru, all]);
        let job = |rest: &str| {
            parse_job(format!(r#"{{"id":"a","article":{{"text":"Rain."}},{rest}}}"#).as_bytes()).unwrap()
        };
        let translate_ru = needed(plan.clone(), &job(r#""targets":["ru"],"tasks":["translate"]"#));
        assert_eq!(models(&translate_ru).iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["marian-ru"]);
        let summary = needed(plan.clone(), &job(r#""tasks":["summarise"]"#));
        assert_eq!(ids(&summary), ["summarise: llm"]);
        let both = needed(plan, &job(r#""targets":["ko","ru"]"#));
        assert_eq!(models(&both).iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["llm", "marian-ru"]);
    }
}
