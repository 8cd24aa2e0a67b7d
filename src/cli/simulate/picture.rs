//! A simulation, drawn: the length of the queue, the latency, and the workers over time.

use plotters::prelude::*;

use super::report::Report;
use crate::capacity::outcome::Sample;
use crate::cli::chart::{
    Area, BLUE, GRID, INK, LABEL, ORANGE, PANEL, RED, TITLE, highest, legend, short, text,
};

/// Width of the picture: panels lie above each other, so that their times can be compared.
const WIDTH: u32 = PANEL.0 * 2;
const HEIGHT: u32 = 280;

/// A line of a panel.
struct Line {
    name: &'static str,
    colour: RGBColor,
    /// Told apart by its width too, for prints without colour.
    width: u32,
    of: fn(&Sample) -> Option<f64>,
}

/// One of the pictures above each other.
struct Panel {
    title: &'static str,
    axis: &'static str,
    lines: &'static [Line],
}

const PANELS: [Panel; 3] = [
    Panel {
        title: "Jobs",
        axis: "Jobs",
        lines: &[
            Line {
                name: "waiting, at most",
                colour: RED,
                width: 1,
                of: |sample| {
                    Some(f64::from(
                        u32::try_from(sample.ready_most).unwrap_or(u32::MAX),
                    ))
                },
            },
            Line {
                name: "waiting",
                colour: BLUE,
                width: 2,
                of: |sample| Some(sample.ready),
            },
            Line {
                name: "in hand",
                colour: ORANGE,
                width: 3,
                of: |sample| Some(sample.unacked),
            },
        ],
    },
    Panel {
        title: "Latency, by the time at which jobs came",
        axis: "Seconds",
        lines: &[
            Line {
                name: "95 % within",
                colour: RED,
                width: 1,
                of: |sample| sample.latency_p95,
            },
            Line {
                name: "50 % within",
                colour: BLUE,
                width: 2,
                of: |sample| sample.latency_p50,
            },
        ],
    },
    Panel {
        title: "Workers that take jobs",
        axis: "Workers",
        lines: &[Line {
            name: "workers",
            colour: BLUE,
            width: 2,
            of: |sample| Some(sample.workers),
        }],
    },
];

/// Draws a simulation as SVG.
///
/// # Errors
/// When the library cannot draw it.
pub(super) fn draw(report: &Report<'_>) -> anyhow::Result<String> {
    let samples = report.samples();
    anyhow::ensure!(!samples.is_empty(), "--svg: there is no time to draw");
    let mut svg = String::new();
    {
        let height = HEIGHT * u32::try_from(PANELS.len())? + TITLE;
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        root.fill(&WHITE)?;
        let root = root.titled(&report.title(), text(17))?;
        for (area, panel) in root.split_evenly((PANELS.len(), 1)).iter().zip(&PANELS) {
            draw_panel(area, panel, samples)?;
        }
        root.present()?;
    }
    Ok(svg)
}

fn draw_panel(area: &Area<'_>, panel: &Panel, samples: &[Sample]) -> anyhow::Result<()> {
    let end = samples.last().map_or(1.0, |last| last.from + last.seconds);
    let (unit, length) = unit(end);
    let values = samples
        .iter()
        .flat_map(|sample| panel.lines.iter().filter_map(|line| (line.of)(sample)));
    // With a legend, room for it.
    let room = if panel.lines.len() > 1 { 1.3 } else { 1.0 };
    let most = highest(values) * room;
    let mut chart = ChartBuilder::on(area)
        .caption(panel.title, text(16))
        .margin(14)
        .x_label_area_size(46)
        .y_label_area_size(72)
        .build_cartesian_2d(0.0..end / length, 0.0..most)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(text(LABEL))
        .axis_desc_style(text(LABEL))
        .y_labels(5)
        .x_label_formatter(&|time| short(*time))
        .y_label_formatter(&|value| short(*value))
        .x_desc(unit)
        .y_desc(panel.axis)
        .draw()?;
    for line in panel.lines {
        let style = line.colour.stroke_width(line.width);
        let points = samples.iter().filter_map(|sample| {
            let middle = sample.from + sample.seconds / 2.0;
            Some((middle / length, (line.of)(sample)?))
        });
        chart
            .draw_series(LineSeries::new(points, style))?
            .label(line.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
    }
    if panel.lines.len() > 1 {
        legend(&mut chart, SeriesLabelPosition::UpperRight)?;
    }
    Ok(())
}

/// What the time is counted in, and how many seconds that is.
fn unit(seconds: f64) -> (&'static str, f64) {
    if seconds < 300.0 {
        ("Seconds", 1.0)
    } else if seconds < 4.0 * 3600.0 {
        ("Minutes", 60.0)
    } else {
        ("Hours", 3600.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::simulate;
    use crate::cli::chart::tests::is_well_formed;
    use crate::cli::simulate::report::tests::scenario;

    #[test]
    fn a_simulation_is_drawn_with_its_axes_and_legends() {
        let scenario = scenario();
        let outcome = simulate(&scenario).unwrap();
        let svg = draw(&Report {
            scenario: &scenario,
            outcome: &outcome,
            price: None,
        })
        .unwrap();
        assert!(svg.starts_with("<svg ") && is_well_formed(&svg), "{svg}");
        for text in [
            "100 jobs in",
            "Minutes",
            "in hand",
            "95 % within",
            "Workers that take jobs",
        ] {
            assert!(svg.contains(text), "{text} is missing from\n{svg}");
        }
    }

    #[test]
    fn time_is_counted_in_what_suits_it() {
        assert_eq!(unit(60.0).0, "Seconds");
        assert_eq!(unit(3600.0).0, "Minutes");
        assert_eq!(unit(86_400.0).0, "Hours");
    }
}
