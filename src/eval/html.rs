//! Evaluations and comparisons as pages: one file each that loads nothing, for screens light and
//! dark, for paper, and for those who do not see it. The macro escapes all text.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::eval::bleu::Bleu;
use crate::eval::chrf::Chrf;
use crate::eval::compare::{Comparison, Line};
use crate::eval::report::{About, Evaluation, Measured, WORST, codes};
use crate::eval::segment::{Segment, status_name};
use crate::eval::tokens::Tokeniser;
use crate::job::Lang;

const STYLE: &str = include_str!("html/page.css");
/// Nothing is loaded and nothing runs, whatever a text may smuggle in.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

pub(super) fn evaluation(evaluation: &Evaluation) -> String {
    let about = &evaluation.about;
    let title = format!("{} on {}", about.system, about.set);
    let body = html! {
        (about_list(about))
        section {
            h2 #scores { "Scores" }
            (scores(evaluation))
        }
        section {
            h2 #findings { "Findings" }
            (findings(evaluation))
        }
        @for language in &evaluation.languages {
            (worst(language))
        }
    };
    page(&title, "Evaluation", &body)
}

pub(super) fn comparison(comparison: &Comparison) -> String {
    let Comparison {
        baseline,
        system,
        languages,
    } = comparison;
    let title = format!("{} against {}", system.system, baseline.system);
    let body = html! {
        dl.about {
            dt { "A" } dd { (baseline.system) " on " (baseline.set) }
            dt { "B" } dd { (system.system) " on " (system.set) }
        }
        @for (lang, lines) in languages {
            @let id = format!("compared-{lang}");
            section {
                h2 id=(id) { (lang.name()) }
                (compared(&id, lines))
            }
        }
        p.small {
            "± and the interval hold 95 % of " (crate::eval::bootstrap::SAMPLES)
            " draws of segments with replacement, the same for both. P is the probability of a \
             difference as large as this one when there is none; better and worse are said where \
             it is at most " (crate::eval::compare::SIGNIFICANT) " and the interval leaves out 0."
        }
    };
    page(&title, "Comparison", &body)
}

fn page(title: &str, kind: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { (title) " – presslate" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    p.kind { (kind) }
                    h1 { (title) }
                }
                main { (body) }
                footer { p { "presslate " (env!("CARGO_PKG_VERSION")) } }
            }
        }
    };
    page.into_string()
}

fn about_list(about: &About) -> Markup {
    html! {
        @if !about.details.is_empty() {
            dl.about {
                @for (name, value) in &about.details {
                    dt { (name) } dd { (value) }
                }
            }
        }
    }
}

/// A table that can be scrolled sideways, with the keyboard too, where the window is narrow.
fn scrollable(labelled_by: &str, table: &Markup) -> Markup {
    html! {
        div.scroll role="region" aria-labelledby=(labelled_by) tabindex="0" { (table) }
    }
}

fn scores(evaluation: &Evaluation) -> Markup {
    let head = [
        "Segments",
        "chrF",
        "chrF++",
        "BLEU",
        "Needs review",
        "Retried",
        "Name errors",
        "Figure errors",
        "Covered",
        "Seconds",
        "Tokens/s",
    ];
    let row = |language: &Measured| {
        let (scores, rates) = (&language.scores, &language.rates);
        let percent = |segments| format!("{:.1} %", rates.share(segments));
        let cells = [
            rates.segments.to_string(),
            format!("{:.1}", scores.chrf),
            format!("{:.1}", scores.chrf_pp),
            format!("{:.1}", scores.bleu),
            percent(rates.needs_review),
            percent(rates.retried),
            percent(rates.names),
            percent(rates.figures),
            percent(rates.covered),
            format!("{:.1}", rates.seconds),
            format!("{:.1}", rates.tokens_per_second()),
        ];
        html! {
            tr {
                th scope="row" { (language.lang().name()) }
                @for cell in cells { td { (cell) } }
            }
        }
    };
    let table = html! {
        table {
            thead { tr {
                th scope="col" { "Language" }
                @for name in head { th scope="col" { (name) } }
            } }
            tbody { @for language in &evaluation.languages { (row(language)) } }
        }
    };
    html! {
        (scrollable("scores", &table))
        p.small {
            "Scores are of all segments together, 0 to 100, as sacrebleu computes them: chrF "
            code { (Chrf::Chars.signature()) } ", chrF++ " code { (Chrf::CharsAndWords.signature()) }
            @for language in &evaluation.languages {
                ", BLEU in " (language.lang().name()) " "
                code { (Bleu(Tokeniser::of(language.lang())).signature()) }
            }
            ". Shares are of segments; covered are those of which the checks miss no part."
        }
    }
}

fn findings(evaluation: &Evaluation) -> Markup {
    let codes = codes(evaluation);
    if codes.is_empty() {
        return html! { p { "The checks found nothing." } };
    }
    let table = html! {
        table {
            thead { tr {
                th scope="col" { "Code" }
                @for language in &evaluation.languages {
                    th scope="col" { (language.lang().name()) ", segments" }
                    th scope="col" { (language.lang().name()) ", share" }
                    th scope="col" { (language.lang().name()) ", findings" }
                }
            } }
            tbody {
                @for code in codes {
                    tr {
                        th scope="row" { code { (code) } }
                        @for language in &evaluation.languages {
                            @let found = language.rates.codes.get(code).copied().unwrap_or_default();
                            td { (found.segments) }
                            td { (format!("{:.1} %", language.rates.share(found.segments))) }
                            td { (found.findings) }
                        }
                    }
                }
            }
        }
    };
    scrollable("findings", &table)
}

fn worst(language: &Measured) -> Markup {
    let id = format!("worst-{}", language.lang());
    let segments = language.worst(WORST);
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { "Lowest chrF in " (language.lang().name()) }
            ol.segments {
                @for (score, segment) in segments {
                    li { (shown(score, segment, language.lang())) }
                }
            }
        }
    }
}

fn shown(score: f64, segment: &Segment, lang: Lang) -> Markup {
    let status = status_name(segment.status);
    html! {
        article {
            h3 {
                (segment.doc) " "
                span.score { "chrF " (format!("{score:.1}")) } " "
                span.status.(status) { (status.replace('_', " ")) }
            }
            dl {
                dt { "Source" } dd lang="en" { (segment.source) }
                dt { "Output" }
                @if segment.output.is_empty() {
                    dd.none { "nothing" }
                } @else {
                    dd lang=(lang.tag()) { (segment.output) }
                }
                dt { "Reference" } dd lang=(lang.tag()) { (segment.reference) }
                @if !segment.flags.is_empty() {
                    dt { "Findings" }
                    @for flag in &segment.flags {
                        dd {
                            code { (flag.code) }
                            @if !flag.note.is_empty() { " " (flag.note) }
                        }
                    }
                }
            }
        }
    }
}

fn compared(id: &str, lines: &[Line]) -> Markup {
    let head = ["A", "B", "B − A", "95 % of B − A", "P", "B is"];
    let table = html! {
        table {
            thead { tr {
                th scope="col" { "Measure" }
                @for name in head { th scope="col" { (name) } }
            } }
            tbody {
                @for line in lines {
                    tr class=(line.verdict()) {
                        th scope="row" { (line.name) }
                        @for cell in line.cells() { td { (cell) } }
                    }
                }
            }
        }
    };
    scrollable(id, &table)
}

#[cfg(test)]
mod tests {
    use crate::eval::segment::tests::evaluation;
    use crate::eval::{Comparison, bootstrap};

    #[test]
    fn the_page_shows_scores_findings_and_the_worst() {
        let page = evaluation(0).to_html();
        for part in [
            "<!DOCTYPE html><html lang=\"en\">",
            "<title>first on segments.tsv – presslate</title>",
            "<th scope=\"row\">Korean</th><td>30</td><td>38.1</td>",
            "<th scope=\"row\">Russian</th><td>30</td><td>65.0</td>",
            "tok:char",
            "tok:13a",
            "<th scope=\"row\"><code>name</code></th><td>2</td><td>6.7 %</td><td>3</td>",
            "<span class=\"status needs_review\">needs review</span>",
            "<dd lang=\"en\">Twelve ships were still waiting in the bay.</dd>",
            "<dd class=\"none\">nothing</dd>",
            "<dd lang=\"ko\">배 열두 척이 여전히 만에서 기다리고 있었다.</dd>",
            "<dd lang=\"ru\">Двенадцать судов всё ещё ждали в бухте.</dd>",
            "<dt>device</dt><dd>cpu, 2 threads</dd>",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }

    #[test]
    fn nothing_of_a_text_is_markup() {
        let mut evaluation = evaluation(0);
        let nasty = "</dd><script>alert('네')</script><img src=x onerror=\"1\">&amp;";
        evaluation.about.set = nasty.to_owned();
        evaluation.about.system = nasty.to_owned();
        evaluation.about.details = vec![(nasty.to_owned(), nasty.to_owned())];
        for language in &mut evaluation.languages {
            language.chrf = vec![0.0; language.chrf.len()];
            for segment in &mut language.translated.segments {
                for text in [
                    &mut segment.doc,
                    &mut segment.source,
                    &mut segment.output,
                    &mut segment.reference,
                ] {
                    nasty.clone_into(text);
                }
                for flag in &mut segment.flags {
                    nasty.clone_into(&mut flag.code);
                    nasty.clone_into(&mut flag.note);
                }
            }
            let found = language.rates.codes["name"];
            language.rates.codes.insert(nasty.to_owned(), found);
        }
        let page = evaluation.to_html();
        assert!(page.matches("&lt;script&gt;").count() > 100);
        assert!(page.contains("&lt;img src=x onerror=&quot;1&quot;&gt;&amp;amp;"));
        let compared = Comparison::new(&evaluation, &evaluation, 1)
            .unwrap()
            .to_html();
        for page in [page, compared] {
            assert!(!page.contains("<script") && !page.contains("<img"));
            // Nothing from outside.
            assert!(!page.contains("http:") && !page.contains("https:"));
            assert!(!page.contains("url(") && !page.contains("@import"));
        }
    }

    #[test]
    fn every_label_is_there_once_and_names_one_thing() {
        let comparison = Comparison::new(&evaluation(0), &evaluation(1), bootstrap::SEED);
        for page in [evaluation(0).to_html(), comparison.unwrap().to_html()] {
            let labels: Vec<&str> = page
                .split("aria-labelledby=\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
                .collect();
            assert!(labels.len() >= 2);
            let once: std::collections::BTreeSet<&str> = labels.iter().copied().collect();
            assert_eq!(once.len(), labels.len(), "two landmarks of the same name");
            for label in labels {
                assert_eq!(
                    page.matches(&format!(" id=\"{label}\"")).count(),
                    1,
                    "{label}"
                );
            }
        }
    }

    #[test]
    fn a_comparison_says_what_is_better() {
        let comparison = Comparison::new(&evaluation(0), &evaluation(1), bootstrap::SEED);
        let page = comparison.unwrap().to_html();
        assert!(page.contains("<title>second against first – presslate</title>"));
        assert!(page.contains("<tr class=\"unclear\"><th scope=\"row\">BLEU</th>"));
        assert!(page.contains("<td>-12.9</td>"));
        assert!(page.contains("<td>unclear</td></tr>"));
    }
}
