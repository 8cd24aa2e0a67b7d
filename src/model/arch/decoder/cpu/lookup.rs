//! Guessing what a text will go on with: what stood after the same words before. Summaries and
//! lists copy from their source, and a pass over several tokens costs less than as many passes.
//! Guesses are only ever checked, so what is written is the same without them.

/// Tokens at the end that are compared with what stood before.
const LONGEST: usize = 6;
/// Below so many equal tokens, nothing is guessed.
const SHORTEST: usize = 2;
/// How much of what is thought of a kind of guess comes from the last one.
const FRESH: f32 = 0.15;
/// Guesses are checked when so many of their kind were right. Less does not pay: on two cores of
/// ours without VNNI, the second and third token of a pass cost half of the first each.
const ENOUGH: f32 = 0.65;

/// What a text may go on with.
#[derive(Debug)]
pub(super) struct Lookup {
    history: Vec<u32>,
    guess: Vec<u32>,
    /// Equal tokens before the guess.
    equal: usize,
    /// The share of right guesses, for every number of equal tokens.
    right: [f32; LONGEST + 1],
}

impl Lookup {
    /// For a text that begins with `prompt`.
    pub(super) fn new(prompt: &[u32]) -> Self {
        Self {
            history: prompt.to_vec(),
            guess: Vec::new(),
            equal: 0,
            right: [ENOUGH; LONGEST + 1],
        }
    }

    /// Guesses up to `most` tokens; none where guesses like this were often wrong.
    pub(super) fn guess(&mut self, most: usize) -> &[u32] {
        self.guess.clear();
        let Some((after, equal)) = self.longest_match() else {
            return &[];
        };
        self.equal = equal;
        let guess = self.history.iter().skip(after).take(most.max(1));
        self.guess.extend(guess);
        let trusted = self.right.get(equal).is_some_and(|right| *right >= ENOUGH);
        if trusted { &self.guess } else { &[] }
    }

    /// The place after the longest earlier copy of the last tokens, the latest of the longest, and
    /// how many tokens are equal.
    fn longest_match(&self) -> Option<(usize, usize)> {
        let mut best = None;
        let mut most = SHORTEST - 1;
        for after in (SHORTEST..self.history.len()).rev() {
            let (before, _) = self.history.split_at_checked(after)?;
            let equal = before
                .iter()
                .rev()
                .zip(self.history.iter().rev())
                .take(LONGEST)
                .take_while(|(a, b)| a == b)
                .count();
            if equal > most {
                most = equal;
                best = Some((after, equal));
                if equal == LONGEST {
                    break;
                }
            }
        }
        best
    }

    /// Takes note of what was written, and of whether that had been guessed, checked or not.
    pub(super) fn wrote(&mut self, tokens: &[u32]) {
        if let (Some(guess), Some(token)) = (self.guess.first(), tokens.first())
            && let Some(right) = self.right.get_mut(self.equal)
        {
            let hit = if guess == token { 1.0 } else { 0.0 };
            *right += (hit - *right) * FRESH;
        }
        self.guess.clear();
        self.history.extend(tokens);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_of_the_longest_matches_goes_on() {
        let mut lookup = Lookup::new(&[1, 2, 3, 9, 1, 2, 3, 8, 5, 2, 3, 7, 1, 2, 3]);
        assert_eq!(lookup.guess(2), [8, 5]);
        let mut lookup = Lookup::new(&[4, 1, 2, 3, 9, 1, 2, 3, 8, 4, 1, 2, 3]);
        assert_eq!(lookup.guess(1), [9], "four equal tokens before three");
    }

    #[test]
    fn nothing_is_guessed_from_one_token_or_none() {
        assert!(Lookup::new(&[]).guess(3).is_empty());
        assert!(Lookup::new(&[1]).guess(3).is_empty());
        assert!(Lookup::new(&[1, 2, 3, 1]).guess(3).is_empty());
        assert_eq!(Lookup::new(&[7, 7, 7]).guess(3), [7]);
    }

    #[test]
    fn wrong_guesses_are_no_longer_checked_and_right_ones_are_again() {
        let mut lookup = Lookup::new(&[1, 2, 3, 1, 2]);
        assert_eq!(lookup.guess(1), [3]);
        lookup.wrote(&[4, 1, 2]);
        assert!(lookup.guess(1).is_empty());
        for _ in 0..20 {
            lookup.wrote(&[4, 1, 2]);
            lookup.guess(1);
        }
        // More equal tokens are another kind of guess.
        assert_eq!(lookup.guess(1), [4]);
    }
}
