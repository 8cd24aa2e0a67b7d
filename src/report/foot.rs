//! What was left out, and how the result was made.

use maud::{Markup, html};

use crate::job::wire::ModelUse;
use crate::report::codes::words;
use crate::report::page::Page;
use crate::report::words::{count, grouped, moment, seconds, stage};

/// What was left out of the page, folded up.
pub(super) fn dropped(page: &Page<'_>) -> Markup {
    let dropped = &page.result.source.dropped;
    html! {
        @if !dropped.is_empty() {
            section.dropped aria-labelledby="dropped" {
                h2 id="dropped" { "Left out" }
                details {
                    summary { (count(dropped.len(), "piece")) " of the page, as no part of the article" }
                    ul {
                        @for piece in dropped {
                            li {
                                span.reason { (words(&piece.reason)) } " "
                                span lang=(page.lang(0)) { (piece.text) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Models, times and tokens.
pub(super) fn provenance(page: &Page<'_>) -> Markup {
    let result = page.result;
    let reused = result.segments.reused;
    html! {
        footer {
            h2 { "How this was made" }
            @if !result.models.is_empty() {
                p.machine {
                    strong { "Written by machine." }
                    " The texts above, except the original, come from the models below."
                }
            }
            div.columns {
                div {
                    h3 { "Models" }
                    @if result.models.is_empty() { p { "No model took part." } }
                    @for (model, tasks) in models(&result.models) {
                        dl.model {
                            dt { (model.id) }
                            dd { (tasks.join(", ")) }
                            dd { (model.quantization) " weights, SHA-256 " code.hash { (model.sha256) } }
                        }
                    }
                    h3 { "Job" }
                    dl.facts {
                        dt { "Id" } dd { code { (result.id) } }
                        @if result.revision > 0 { dt { "Revision" } dd { (result.revision) } }
                        @if let Some(until) = &result.embargoed_until { dt { "Embargo" } dd { (moment(until)) } }
                        dt { "Worker" } dd { (result.worker) }
                        dt { "Format" } dd { (result.version) }
                        dt { "Tokens" }
                        dd { (grouped(result.tokens.prompt)) " read, " (grouped(result.tokens.generated)) " written" }
                        @if reused > 0 {
                            dt { "Reused" }
                            dd { (grouped(reused)) " of " (grouped(result.segments.translated)) " segments, from earlier work" }
                        }
                    }
                    @if let Some(metadata) = &result.metadata {
                        details {
                            summary { "Metadata of the job" }
                            pre tabindex="0" role="region" aria-label="Metadata" { code { (metadata.as_json()) } }
                        }
                    }
                }
                @if !result.timings.is_empty() { div { h3 { "Time" } (times(page)) } }
            }
        }
    }
}

/// Each model once, with what it did.
fn models(uses: &[ModelUse]) -> Vec<(&ModelUse, Vec<String>)> {
    let mut models: Vec<(&ModelUse, Vec<String>)> = Vec::new();
    for used in uses {
        let same = |known: &ModelUse| {
            (&known.id, &known.sha256, &known.quantization)
                == (&used.id, &used.sha256, &used.quantization)
        };
        match models.iter_mut().find(|(known, _)| same(known)) {
            Some((_, tasks)) => tasks.push(stage(&used.task)),
            None => models.push((used, vec![stage(&used.task)])),
        }
    }
    models
}

fn times(page: &Page<'_>) -> Markup {
    let timings = &page.result.timings;
    let usable = |seconds: f64| {
        if seconds.is_finite() {
            seconds.max(0.0)
        } else {
            0.0
        }
    };
    // Stages that do not say when they began follow one another.
    let mut ended = 0.0;
    let mut placed = Vec::new();
    let mut all: f64 = 0.0;
    for timing in timings {
        let began = timing.began.map_or(ended, usable);
        ended = began + usable(timing.seconds);
        all = all.max(ended);
        placed.push((began, timing));
    }
    // In percent of the whole.
    let share = |seconds: f64| {
        if all > 0.0 {
            usable(seconds) / all * 100.0
        } else {
            0.0
        }
    };
    html! {
        table {
            thead { tr { th scope="col" { "Stage" } th scope="col" { "Took" } } }
            tbody {
                @for (began, timing) in placed {
                    tr {
                        th scope="row" {
                            (stage(&timing.stage))
                            svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" {
                                rect x=(format!("{:.2}", share(began))) width=(format!("{:.2}", share(timing.seconds))) height="4" {}
                            }
                        }
                        td { (seconds(timing.seconds)) }
                    }
                }
            }
            tfoot { tr { th scope="row" { "In all" } td { (seconds(all)) } } }
        }
    }
}
