//! Which directions belong together: average linkage by chains of nearest neighbours (Murtagh 1983), without a matrix. It
//! knows no sound and no time.

/// Two clusters become one. Leaves are 0..n, the cluster of merge k is n + k.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Merge {
    one: usize,
    other: usize,
    /// Mean likeness of the pairs across.
    likeness: f32,
}

/// All merges, the most alike first.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    leaves: usize,
    merges: Vec<Merge>,
}

struct Cluster {
    /// Number of a leaf in it; merges are made between leaves' clusters, so that they can be put in order later.
    leaf: usize,
    weight: f32,
    /// Weighted mean of its directions: the product of two means is the mean of the products.
    mean: Vec<f32>,
}

impl Tree {
    /// `leaves` are directions of unit length with weights. Time grows with the square of their number, memory does not.
    pub fn grow(leaves: &[(&[f32], f32)]) -> Self {
        let mut alive: Vec<Cluster> = leaves
            .iter()
            .enumerate()
            .map(|(leaf, (direction, weight))| Cluster { leaf, weight: *weight, mean: direction.to_vec() })
            .collect();
        let mut merges = Vec::with_capacity(leaves.len().saturating_sub(1));
        // Places in `alive`; each is the nearest neighbour of the one before it.
        let mut chain: Vec<usize> = Vec::new();
        while alive.len() > 1 {
            let top = *chain.last().unwrap_or(&0);
            if chain.is_empty() {
                chain.push(0);
            }
            let before = chain.len().checked_sub(2).map(|at| chain[at]);
            // Of equals the one before wins, or the chain would never end.
            let mut nearest = before.map(|at| (at, dot(&alive[top].mean, &alive[at].mean)));
            for (at, cluster) in alive.iter().enumerate() {
                let likeness = if at == top { continue } else { dot(&alive[top].mean, &cluster.mean) };
                if nearest.is_none_or(|(_, best)| likeness > best) {
                    nearest = Some((at, likeness));
                }
            }
            let Some((nearest, likeness)) = nearest else { break };
            if before != Some(nearest) {
                chain.push(nearest);
                continue;
            }
            chain.truncate(chain.len() - 2);
            merges.push(Merge { one: alive[top].leaf, other: alive[nearest].leaf, likeness });
            let gone = alive.swap_remove(top.max(nearest));
            let kept = &mut alive[top.min(nearest)];
            let share = gone.weight / (gone.weight + kept.weight);
            kept.mean.iter_mut().zip(&gone.mean).for_each(|(kept, gone)| *kept += share * (gone - *kept));
            kept.weight += gone.weight;
            // The last cluster took the place of the one that is gone.
            let (moved, into) = (alive.len(), top.max(nearest));
            chain.iter_mut().filter(|at| **at == moved).for_each(|at| *at = into);
        }
        merges.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        Self { leaves: leaves.len(), merges }
    }

    /// Clusters that are at least `least_likeness` alike: the cluster of each leaf, and of each cluster whether it is
    /// large enough, `least_size` of the leaves' `sizes` together. The largest always is.
    pub fn cut_at(&self, least_likeness: f32, sizes: &[f64], least_size: f64) -> (Vec<usize>, Vec<bool>) {
        let made = self.merges.iter().take_while(|merge| merge.likeness >= least_likeness).count();
        self.cut(made, sizes, least_size)
    }

    /// As few merges undone as give `wanted` clusters that are large enough; where there never are as many, simply
    /// `wanted` clusters.
    pub fn cut_into(&self, wanted: usize, sizes: &[f64], least_size: f64) -> (Vec<usize>, Vec<bool>) {
        // Below this many merges there is an odd moment for nearly every window.
        let last = self.merges.len();
        for made in (0..=last).rev() {
            let (members, kept) = self.cut(made, sizes, least_size);
            if kept.iter().filter(|kept| **kept).count() >= wanted {
                return (members, kept);
            }
        }
        let (members, kept) = self.cut((self.leaves).saturating_sub(wanted), sizes, 0.0);
        (members, kept)
    }

    /// Likeness of each merge, the most alike first.
    #[cfg(test)]
    pub fn likenesses(&self) -> Vec<f32> {
        self.merges.iter().map(|merge| merge.likeness).collect()
    }

    fn cut(&self, made: usize, sizes: &[f64], least_size: f64) -> (Vec<usize>, Vec<bool>) {
        let mut roots: Vec<usize> = (0..self.leaves).collect();
        for merge in self.merges.iter().take(made) {
            let (one, other) = (root(&mut roots, merge.one), root(&mut roots, merge.other));
            roots[one.max(other)] = one.min(other);
        }
        let mut numbers = vec![usize::MAX; self.leaves];
        let mut totals: Vec<f64> = Vec::new();
        let members: Vec<usize> = (0..self.leaves)
            .map(|leaf| {
                let root = root(&mut roots, leaf);
                if numbers[root] == usize::MAX {
                    numbers[root] = totals.len();
                    totals.push(0.0);
                }
                totals[numbers[root]] += sizes.get(leaf).copied().unwrap_or(0.0);
                numbers[root]
            })
            .collect();
        let largest = totals.iter().copied().fold(0.0, f64::max);
        (members, totals.iter().map(|total| *total >= least_size || *total >= largest).collect())
    }
}

fn root(roots: &mut [usize], leaf: usize) -> usize {
    let mut at = leaf;
    while roots[at] != at {
        roots[at] = roots[roots[at]];
        at = roots[at];
    }
    at
}

/// In eight sums side by side, which the compiler can keep in one register.
fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (one_rows, other_rows) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest: f32 = one_rows.remainder().iter().zip(other_rows.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in one_rows.zip(other_rows) {
        for k in 0..8 {
            sums[k] += a[k] * b[k];
        }
    }
    sums.iter().sum::<f32>() + rest
}
