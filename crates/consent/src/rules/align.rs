//! Edit distance, and the cheapest way to lay what was heard beside what was expected. Knows no meaning.

/// Fewest insertions, deletions and substitutions from `a` to `b`.
pub(super) fn distance<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    table(a, b).last().and_then(|row| row.last()).copied().unwrap_or(0)
}

/// One step of an alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Expected and heard items lie together; equal or not.
    Both { expected: usize, heard: usize },
    /// An expected item was not heard.
    Missing { expected: usize },
    /// An item was heard before the expected item `before`.
    Extra { before: usize, heard: usize },
}

/// A cheapest alignment of `heard` to `expected`, in order.
pub(super) fn align<T: PartialEq>(expected: &[T], heard: &[T]) -> Vec<Step> {
    let table = table(expected, heard);
    let (mut i, mut j) = (expected.len(), heard.len());
    let mut steps = Vec::with_capacity(i + j);
    while i > 0 || j > 0 {
        let here = table[i][j];
        if i > 0 && j > 0 && here == table[i - 1][j - 1] + usize::from(expected[i - 1] != heard[j - 1]) {
            (i, j) = (i - 1, j - 1);
            steps.push(Step::Both { expected: i, heard: j });
        } else if j > 0 && here == table[i][j - 1] + 1 {
            j -= 1;
            steps.push(Step::Extra { before: i, heard: j });
        } else {
            i -= 1;
            steps.push(Step::Missing { expected: i });
        }
    }
    steps.reverse();
    steps
}

fn table<T: PartialEq>(a: &[T], b: &[T]) -> Vec<Vec<usize>> {
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, x) in a.iter().enumerate() {
        let above = &rows[i];
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            row.push((above[j] + usize::from(x != y)).min(above[j + 1] + 1).min(row[j] + 1));
        }
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_edits() {
        assert_eq!(distance(b"kitten", b"sitting"), 3);
        assert_eq!(distance(b"", b"abc"), 3);
    }

    proptest! {
        #[test]
        fn an_alignment_covers_everything_once_at_the_least_cost(a in "[ab]{0,12}", b in "[ab]{0,12}") {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            let steps = align(a, b);
            let (mut i, mut j, mut cost) = (0, 0, 0);
            for step in steps {
                match step {
                    Step::Both { expected, heard } => {
                        prop_assert_eq!((expected, heard), (i, j));
                        cost += usize::from(a[i] != b[j]);
                        (i, j) = (i + 1, j + 1);
                    }
                    Step::Missing { expected } => {
                        prop_assert_eq!(expected, i);
                        (i, cost) = (i + 1, cost + 1);
                    }
                    Step::Extra { before, heard } => {
                        prop_assert_eq!((before, heard), (i, j));
                        (j, cost) = (j + 1, cost + 1);
                    }
                }
            }
            prop_assert_eq!((i, j, cost), (a.len(), b.len(), distance(a, b)));
        }
    }
}
