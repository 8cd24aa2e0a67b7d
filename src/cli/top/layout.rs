//! How the rows of a screen are shared out.

use super::panels::Kind;

/// What stands one below the other. The last holds three tables side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Queues,
    Workers,
    Jobs,
    Figures,
}

impl Section {
    const ALL: [Self; 4] = [Self::Queues, Self::Workers, Self::Jobs, Self::Figures];
    /// What is left out first where there is no room for all.
    const DISPENSABLE: [Self; 4] = [Self::Figures, Self::Queues, Self::Jobs, Self::Workers];
    /// What gets a spare row first.
    const HUNGRY: [Self; 4] = [Self::Workers, Self::Jobs, Self::Queues, Self::Figures];

    /// The rows without which it says little, the title and the names of the columns among them.
    fn least(self) -> u16 {
        match self {
            // The four queues that are always there: jobs, urgent ones, results, dead letters.
            Self::Queues => 6,
            Self::Workers | Self::Jobs | Self::Figures => 4,
        }
    }

    /// Where a table stands.
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Queues => Self::Queues,
            Kind::Workers => Self::Workers,
            Kind::Jobs => Self::Jobs,
            Kind::Steps | Kind::Outcomes | Kind::Findings => Self::Figures,
        }
    }
}

/// Shares `rows` out by what each section needs; what has none is not shown. The one in `focus` is
/// always there.
pub(super) fn heights(
    rows: u16,
    needs: &dyn Fn(Section) -> u16,
    focus: Section,
) -> Vec<(Section, u16)> {
    let mut shares: Vec<(Section, u16)> = Section::ALL
        .into_iter()
        .map(|section| (section, needs(section).min(section.least())))
        .collect();
    let total = |shares: &[(Section, u16)]| shares.iter().map(|(_, share)| *share).sum::<u16>();
    for dispensable in Section::DISPENSABLE {
        if total(&shares) > rows && dispensable != focus {
            shares.retain(|(section, _)| *section != dispensable);
        }
    }
    let mut spare = rows.saturating_sub(total(&shares));
    loop {
        let before = spare;
        for hungry in Section::HUNGRY {
            let fed = shares.iter_mut().find(|(section, _)| *section == hungry);
            if let Some((section, share)) = fed
                && spare > 0
                && *share < needs(*section)
            {
                *share += 1;
                spare -= 1;
            }
        }
        if spare == before {
            return shares;
        }
    }
}

/// Which of the three tables side by side fit into `columns`: one that is in `focus` always does.
pub(super) fn side_by_side(columns: u16, focus: Kind) -> &'static [Kind] {
    const ALL: [Kind; 3] = [Kind::Steps, Kind::Outcomes, Kind::Findings];
    match (columns, focus) {
        (78.., _) => &ALL,
        (_, Kind::Findings) => ALL.split_at(1).1,
        _ => ALL.split_at(2).0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn needs(section: Section) -> u16 {
        match section {
            Section::Queues => 8,
            Section::Workers => 5,
            Section::Jobs => 30,
            Section::Figures => 10,
        }
    }

    #[test]
    fn what_is_short_is_shown_whole_and_the_rest_shares_what_is_left() {
        assert_eq!(
            heights(36, &needs, Section::Workers),
            [
                (Section::Queues, 8),
                (Section::Workers, 5),
                (Section::Jobs, 13),
                (Section::Figures, 10)
            ]
        );
    }

    #[test]
    fn a_low_screen_leaves_out_what_is_not_in_focus() {
        let shown = |rows, focus| -> Vec<Section> {
            let heights = heights(rows, &needs, focus);
            heights.into_iter().map(|(section, _)| section).collect()
        };
        assert_eq!(
            shown(14, Section::Workers),
            [Section::Queues, Section::Workers, Section::Jobs]
        );
        assert_eq!(shown(10, Section::Jobs), [Section::Workers, Section::Jobs]);
        assert_eq!(
            shown(10, Section::Figures),
            [Section::Workers, Section::Figures]
        );
        assert_eq!(shown(2, Section::Queues), [Section::Queues]);
    }

    #[test]
    fn a_narrow_screen_shows_two_of_three_with_the_one_in_focus() {
        assert_eq!(side_by_side(120, Kind::Jobs).len(), 3);
        assert_eq!(side_by_side(60, Kind::Jobs), [Kind::Steps, Kind::Outcomes]);
        assert_eq!(
            side_by_side(60, Kind::Findings),
            [Kind::Outcomes, Kind::Findings]
        );
    }

    proptest! {
        #[test]
        fn no_screen_is_shared_out_beyond_its_rows(
            rows in 0_u16..200,
            wanted in proptest::array::uniform4(2_u16..60),
        ) {
            let needs = |section: Section| wanted[section as usize];
            let heights = heights(rows, &needs, Section::Jobs);
            let sum: u16 = heights.iter().map(|(_, height)| height).sum();
            prop_assert!(sum <= rows.max(Section::Jobs.least()));
            let all_fit = wanted.iter().sum::<u16>() <= rows;
            prop_assert!(!all_fit || heights.iter().all(|(section, height)| *height == needs(*section)));
        }
    }
}
