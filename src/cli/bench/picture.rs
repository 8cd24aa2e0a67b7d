//! What was measured, drawn: throughput against batch size, and latency against load.

use plotters::prelude::*;

use super::load::Load;
use super::measure::Run;
use super::report::Report;
use crate::cli::chart::{
    Area, BLUE, GRID, INK, LABEL, ORANGE, PANEL, RED, TITLE, cross, dot, highest, legend, short,
    text, triangle,
};

/// Draws a report as SVG, a panel for each kind of measurement in it.
///
/// # Errors
/// When the library cannot draw it.
pub(super) fn draw(report: &Report) -> anyhow::Result<String> {
    let panels = usize::from(!report.runs.is_empty()) + usize::from(!report.load.is_empty());
    anyhow::ensure!(panels > 0, "--svg: nothing was measured that is drawn");
    let width = PANEL.0 * u32::try_from(panels)?;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (width, PANEL.1 + TITLE)).into_drawing_area();
        root.fill(&WHITE)?;
        let root = root.titled(&report.title(), text(17))?;
        let areas = root.split_evenly((1, panels));
        let mut areas = areas.iter();
        if !report.runs.is_empty()
            && let Some(area) = areas.next()
        {
            throughput(area, &report.runs)?;
        }
        if !report.load.is_empty()
            && let Some(area) = areas.next()
        {
            latency(area, &report.load)?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// Tokens a second for each batch size; sizes stand side by side, however far apart they are.
fn throughput(area: &Area<'_>, runs: &[Run]) -> anyhow::Result<()> {
    let mut runs: Vec<&Run> = runs.iter().collect();
    runs.sort_by_key(|run| run.batch);
    let most = highest(runs.iter().map(|run| run.tokens_per_second()));
    let mut chart = ChartBuilder::on(area)
        .caption("Throughput", text(16))
        .margin(14)
        .x_label_area_size(46)
        .y_label_area_size(72)
        .build_cartesian_2d(
            (0..runs.len().saturating_sub(1)).into_segmented(),
            0.0..most,
        )?;
    let name = |at: &SegmentValue<usize>| match at {
        SegmentValue::Exact(at) | SegmentValue::CenterOf(at) => runs
            .get(*at)
            .map_or_else(String::new, |run| run.batch.to_string()),
        SegmentValue::Last => String::new(),
    };
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(text(LABEL))
        .axis_desc_style(text(LABEL))
        .x_labels(runs.len())
        .x_label_formatter(&name)
        .y_label_formatter(&|value| short(*value))
        .x_desc("Texts computed together (batch)")
        .y_desc("Tokens written per second")
        .draw()?;
    let points = || {
        runs.iter()
            .enumerate()
            .map(|(at, run)| (SegmentValue::CenterOf(at), run.tokens_per_second()))
    };
    let line = LineSeries::new(points(), BLUE.stroke_width(2));
    chart.draw_series(line)?;
    chart.draw_series(points().map(|(x, y)| {
        let label = Text::new(short(y), (-10, -20), text(LABEL));
        EmptyElement::at((x, y)) + Circle::new((0, 0), 4, BLUE.filled()) + label
    }))?;
    Ok(())
}

/// Percentiles of the time that a text takes, for each share of the capacity.
fn latency(area: &Area<'_>, load: &[Load]) -> anyhow::Result<()> {
    let mut load: Vec<&Load> = load.iter().collect();
    load.sort_by(|a, b| a.share.total_cmp(&b.share));
    let most = highest(load.iter().map(|load| load.latency(99)));
    let widest = load.iter().map(|load| load.share).fold(0.0, f64::max);
    let batch = load.first().map_or(0, |load| load.batch);
    let mut chart = ChartBuilder::on(area)
        .caption(
            format!("Latency, texts at random times, batch {batch}"),
            text(16),
        )
        .margin(14)
        .x_label_area_size(46)
        .y_label_area_size(72)
        .build_cartesian_2d(0.0..widest * 1.1, 0.0..most)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(text(LABEL))
        .axis_desc_style(text(LABEL))
        .x_label_formatter(&|share| format!("{share:.1}"))
        .y_label_formatter(&|value| short(*value))
        .x_desc("Load, as a share of the capacity with all texts at once")
        .y_desc("Seconds from arrival to text")
        .draw()?;
    for (percent, colour) in [(99, RED), (95, ORANGE), (50, BLUE)] {
        let points = || load.iter().map(|load| (load.share, load.latency(percent)));
        let line = LineSeries::new(points(), colour.stroke_width(2));
        chart
            .draw_series(line)?
            .label(format!("{percent} % within"))
            .legend(move |(x, y)| match percent {
                99 => triangle((x + 10, y), colour).into_dyn(),
                95 => cross((x + 10, y), colour).into_dyn(),
                _ => dot((x + 10, y), colour).into_dyn(),
            });
        // Each in its own shape, for prints without colour.
        match percent {
            99 => chart.draw_series(points().map(|at| triangle(at, colour)))?,
            95 => chart.draw_series(points().map(|at| cross(at, colour)))?,
            _ => chart.draw_series(points().map(|at| dot(at, colour)))?,
        };
    }
    legend(&mut chart, SeriesLabelPosition::UpperLeft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::bench::report::tests::report;
    use crate::cli::chart::tests::is_well_formed;

    #[test]
    fn a_report_is_drawn_with_its_axes_and_what_was_measured() {
        let mut report = report();
        report.model = "a<b>&c".to_owned();
        let svg = draw(&report).unwrap();
        assert!(svg.starts_with("<svg ") && is_well_formed(&svg), "{svg}");
        for text in [
            "a&lt;b&gt;&amp;c (f32) on cpu, 2 threads",
            "Tokens written per second",
            "Texts computed together (batch)",
            "Seconds from arrival to text",
            "share of the capacity",
            "99 % within",
        ] {
            assert!(svg.contains(text), "{text} is missing from\n{svg}");
        }
    }

    #[test]
    fn what_was_not_measured_is_not_drawn() {
        let mut report = report();
        report.load.clear();
        let svg = draw(&report).unwrap();
        assert!(svg.contains("Throughput") && !svg.contains("Latency"));
        report.runs.clear();
        assert!(draw(&report).is_err());
    }
}
