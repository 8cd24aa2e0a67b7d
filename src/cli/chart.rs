//! What the pictures of measurements and simulations have in common: sizes, colours, and how numbers
//! are written.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

/// A piece of a picture.
pub(super) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Width and height of one panel.
pub(super) const PANEL: (u32, u32) = (560, 420);
/// Height of the title above all panels.
pub(super) const TITLE: u32 = 40;
/// Size of the text at axes and in legends.
pub(super) const LABEL: i32 = 14;
/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Lines behind the data.
pub(super) const GRID: RGBColor = RGBColor(0xDD, 0xDD, 0xDD);
/// Okabe and Ito's, told apart by eyes of every kind.
pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
/// As above.
pub(super) const ORANGE: RGBColor = RGBColor(0xE6, 0x9F, 0x00);
/// As above.
pub(super) const RED: RGBColor = RGBColor(0xD5, 0x5E, 0x00);
const FONT: &str = "sans-serif";

/// Text of this size.
pub(super) fn text(size: i32) -> TextStyle<'static> {
    TextStyle::from((FONT, size).into_font()).color(&INK)
}

/// A mark for the worst of several lines. Each in its own shape, for prints without colour.
pub(super) fn triangle<C>(at: C, colour: RGBColor) -> TriangleMarker<C, i32> {
    TriangleMarker::new(at, 6, colour.filled())
}

/// A mark for the one in between.
pub(super) fn cross<C>(at: C, colour: RGBColor) -> Cross<C, i32> {
    Cross::new(at, 5, colour.stroke_width(2))
}

/// A mark for the usual one.
pub(super) fn dot<C>(at: C, colour: RGBColor) -> Circle<C, i32> {
    Circle::new(at, 4, colour.filled())
}

/// Says in a corner which line is which.
///
/// # Errors
/// When the library cannot draw it.
pub(super) fn legend<'a, 'svg: 'a>(
    chart: &mut ChartContext<'a, SVGBackend<'svg>, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    corner: SeriesLabelPosition,
) -> anyhow::Result<()> {
    chart
        .configure_series_labels()
        .position(corner)
        .background_style(WHITE)
        .border_style(GRID)
        .label_font(text(LABEL))
        .draw()?;
    Ok(())
}

/// The end of an axis from zero that leaves room above the highest value.
pub(super) fn highest(values: impl Iterator<Item = f64>) -> f64 {
    let most = values.fold(0.0, f64::max) * 1.15;
    if most > 0.0 { most } else { 1.0 }
}

/// With as many digits as there is use for.
pub(super) fn short(value: f64) -> String {
    if value >= 100.0 || value.fract().abs() < 1e-9 {
        format!("{value:.0}")
    } else if value >= 1.0 {
        format!("{value:.1}")
    } else {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').to_owned()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Whether every element that begins ends, in order.
    pub(in crate::cli) fn is_well_formed(svg: &str) -> bool {
        let mut open = Vec::new();
        for tag in svg.split('<').skip(1) {
            let Some((tag, text)) = tag.split_once('>') else {
                return false;
            };
            let name = |tag: &str| tag.split_whitespace().next().map(str::to_owned);
            if let Some(ended) = tag.strip_prefix('/') {
                if open.pop() != name(ended) {
                    return false;
                }
            } else if !tag.ends_with('/') && !tag.starts_with(['?', '!']) {
                open.extend(name(tag));
            }
            if text
                .replace("&lt;", "")
                .replace("&gt;", "")
                .replace("&amp;", "")
                .contains('&')
            {
                return false;
            }
        }
        open.is_empty()
    }

    #[test]
    fn numbers_have_the_digits_that_are_of_use() {
        for (value, text) in [(1234.5, "1234"), (2.0, "2"), (2.25, "2.2"), (0.05, "0.05")] {
            assert_eq!(short(value), text);
        }
    }
}
