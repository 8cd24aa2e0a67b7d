//! Jobs in house over time, measured and simulated.

use anyhow::Result;
use plotters::prelude::*;
use presslate::capacity::Outcome;

use super::compare::in_house;
use super::exchange::Kept;

const SIZE: (u32, u32) = (900, 420);
const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const GRID: RGBColor = RGBColor(0xDD, 0xDD, 0xDD);
const MEASURED: RGBColor = RGBColor(0x00, 0x72, 0xB2);
const SIMULATED: RGBColor = RGBColor(0xE6, 0x9F, 0x00);

fn text(size: i32) -> TextStyle<'static> {
    TextStyle::from(("sans-serif", size).into_font()).color(&INK)
}

/// As SVG.
pub(super) fn draw(kept: &Kept, simulated: &Outcome) -> Result<String> {
    let measured: Vec<(f64, f64)> = kept.sent.iter().map(|sent| (sent.at, sent.done)).collect();
    let foreseen: Vec<(f64, f64)> = simulated
        .jobs
        .iter()
        .map(|job| (job.at, job.done))
        .collect();
    let lines = [
        ("measured", MEASURED, 3, steps(&measured)),
        ("simulated", SIMULATED, 2, steps(&foreseen)),
    ];
    let all = || lines.iter().flat_map(|(.., points)| points.iter());
    let end = all().map(|(at, _)| *at).fold(1.0, f64::max);
    let most = all().map(|(_, count)| *count).fold(1.0, f64::max);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .caption("Jobs sent and not answered", text(17))
            .margin(14)
            .x_label_area_size(46)
            .y_label_area_size(60)
            .build_cartesian_2d(0.0..end, 0.0..most * 1.15)?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(INK)
            .label_style(text(14))
            .axis_desc_style(text(14))
            .x_label_formatter(&|at| format!("{at:.0}"))
            .y_label_formatter(&|count| format!("{count:.0}"))
            .x_desc("Seconds")
            .y_desc("Jobs")
            .draw()?;
        for (name, colour, width, points) in lines {
            let style = colour.stroke_width(width);
            chart
                .draw_series(LineSeries::new(points, style))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], style));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE)
            .border_style(GRID)
            .label_font(text(14))
            .draw()?;
        root.present()?;
    }
    Ok(svg)
}

/// The corners of a line that goes up and down by steps.
fn steps(jobs: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut corners = vec![(0.0, 0.0)];
    for (at, count) in in_house(jobs) {
        if let Some((_, before)) = corners.last().copied() {
            corners.push((at, before));
        }
        corners.push((at, f64::from(count)));
    }
    corners
}
