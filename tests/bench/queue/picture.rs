//! A picture of the samples.

use std::fmt::Write;

use crate::memory::Sample;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 40.0;
const TOP: f64 = 30.0;

/// Memory over jobs, from zero, as SVG.
pub(crate) fn draw(samples: &[Sample]) -> String {
    let mebibytes = |sample: &Sample| f64::from(sample.kib) / 1024.0;
    let most = samples.iter().map(mebibytes).fold(1.0, f64::max);
    // The next round number.
    let step = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0]
        .into_iter()
        .find(|step| most / step <= 6.0)
        .unwrap_or(1000.0);
    let top = (most / step).ceil() * step;
    let jobs = samples.last().map_or(1, |sample| sample.jobs).max(1);
    let x = |jobs_done: usize| LEFT + (WIDTH - LEFT - 20.0) * fraction(jobs_done, jobs);
    let y = |value: f64| HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top;

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"18\">Resident memory of one worker, MiB</text>\n"
    );
    let mut value = 0.0;
    while value <= top {
        let at = y(value);
        let _infallible = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value:.0}</text>",
            WIDTH - 20.0,
            LEFT - 6.0,
            at + 4.0
        );
        value += step;
    }
    for fifth in 0..=5 {
        let done = jobs * fifth / 5;
        let _infallible = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{done}</text>",
            x(done),
            HEIGHT - BOTTOM + 18.0
        );
    }
    let line: Vec<String> = samples
        .iter()
        .map(|sample| format!("{:.1},{:.1}", x(sample.jobs), y(mebibytes(sample))))
        .collect();
    let _infallible = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">jobs</text>\n\
         <polyline fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"1.5\" points=\"{}\"/>\n</svg>",
        WIDTH - 20.0,
        HEIGHT - 6.0,
        line.join(" ")
    );
    svg
}

fn fraction(part: usize, whole: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    number(part) / number(whole)
}
