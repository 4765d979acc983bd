//! One step of a script, with what is needed to take it back. What many lines have in common is kept once.

use super::{Line, Manner, Script, Whole};

/// A change that knows both of its sides.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Lines in place of lines.
    Splice { at: usize, before: Vec<Line>, after: Vec<Line> },
    /// The same lines, spoken in another manner; with it, maybe, the manner of the whole book.
    Manners { first: usize, before: Runs, after: Runs, whole: Option<(Whole, Whole)> },
}

impl Step {
    pub fn nothing() -> Self {
        Self::Splice { at: 0, before: Vec::new(), after: Vec::new() }
    }

    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Splice { before, after, .. } => before == after,
            Self::Manners { before, after, whole, .. } => {
                before == after && whole.as_ref().is_none_or(|(before, after)| before == after)
            }
        }
    }

    /// How many lines are another way on its other side.
    pub fn count(&self, script: &Script) -> usize {
        match self {
            Self::Splice { before, after, .. } if before == after => 0,
            Self::Splice { before, after, .. } => before.len().max(after.len()),
            Self::Manners { first, before, after, whole } => {
                let (old, new) = match whole {
                    Some((old, new)) => (old, new),
                    None => (&script.whole, &script.whole),
                };
                debug_assert!(first + before.len() <= script.lines.len());
                before
                    .iter()
                    .zip(after.iter())
                    .filter(|(before, after)| effect(before, old) != effect(after, new))
                    .count()
            }
        }
    }
}

/// What a manner comes to in a book.
fn effect<'a>(manner: &'a Manner, whole: &'a Whole) -> (&'a str, f32, bool) {
    (manner.voice.as_ref().unwrap_or(&whole.voice), manner.speed.unwrap_or(whole.speed), manner.locked.is_some())
}

/// Manners of lines one after another; equal neighbours are kept once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Runs(Vec<(usize, Manner)>);

impl Runs {
    pub fn of(manners: impl IntoIterator<Item = Manner>) -> Self {
        let mut runs: Vec<(usize, Manner)> = Vec::new();
        for manner in manners {
            match runs.last_mut() {
                Some((count, last)) if *last == manner => *count += 1,
                _ => runs.push((1, manner)),
            }
        }
        Self(runs)
    }

    pub fn len(&self) -> usize {
        self.0.iter().map(|(count, _)| count).sum()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Manner> {
        self.0.iter().flat_map(|(count, manner)| std::iter::repeat_n(manner, *count))
    }
}
