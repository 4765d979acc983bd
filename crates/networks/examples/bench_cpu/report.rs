//! What was measured, as a table for people and as JSON for programs.

use std::fmt::{Display, Formatter, Result};

/// One piece at one precision and batch; times in seconds, one for each round.
pub struct Line {
    pub piece: String,
    pub precision: String,
    pub batch: usize,
    /// Distance of the two sides' outputs; from the other's in single precision where it has no such precision.
    pub apart: f64,
    /// Seconds that reading the weights once takes at the measured bandwidth.
    pub limit: f64,
    pub macs: usize,
    pub ours: Vec<f64>,
    /// None where the other side has no such precision.
    pub theirs: Vec<f64>,
}

impl Line {
    pub fn new(piece: &str, precision: &str, batch: usize, apart: f64, limit: f64, macs: usize) -> Self {
        let (piece, precision) = (piece.to_owned(), precision.to_owned());
        Self { piece, precision, batch, apart, limit, macs, ours: Vec::new(), theirs: Vec::new() }
    }
}

/// Quartiles: a quarter, half and three quarters of the values lie below. Not a number where there are none.
fn quartiles(mut values: Vec<f64>) -> [f64; 3] {
    if values.is_empty() {
        return [f64::NAN; 3];
    }
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn ratio(above: &[f64], below: &[f64]) -> [f64; 3] {
    quartiles(above.iter().zip(below).map(|(above, below)| above / below).collect())
}

/// One goal and what came of it.
struct Goal {
    what: String,
    found: [f64; 3],
    at_least: f64,
}

pub struct Report {
    head: String,
    bandwidth: f64,
    lines: Vec<Line>,
}

impl Report {
    pub fn new(torch: &str, instructions: &str, hands: usize, bandwidth: f64, rounds: usize) -> Self {
        let gigabytes = bandwidth / 1e9;
        let head = format!(
            "PyTorch {torch}, {hands} threads each, ours on {instructions}, memory reads {gigabytes:.1} GB/s, {rounds} rounds"
        );
        Self { head, bandwidth, lines: Vec::new() }
    }

    pub fn add(&mut self, lines: Vec<Line>) {
        self.lines.extend(lines);
    }

    fn find(&self, piece: &str, precision: &str, batch: usize) -> Option<&Line> {
        self.lines.iter().find(|l| l.piece == piece && l.precision == precision && l.batch == batch)
    }

    fn goals(&self) -> Vec<Goal> {
        let mut goals = Vec::new();
        for line in self.lines.iter().filter(|line| line.precision == "byte") {
            let (piece, batch) = (&line.piece, line.batch);
            let others = ["single", "brain"].map(|precision| self.find(piece, precision, batch));
            let [Some(single), Some(brain)] = others else { continue };
            for same in [single, brain] {
                let what = format!("{piece} {batch}: {} against {} in PyTorch", same.precision, same.precision);
                goals.push(Goal { what, found: ratio(&same.theirs, &same.ours), at_least: 1.5 });
            }
            let best: Vec<f64> = single.theirs.iter().zip(&brain.theirs).map(|(a, b)| a.min(*b)).collect();
            let what = format!("{piece} {batch}: byte against the better of single and brain in PyTorch");
            goals.push(Goal { what, found: ratio(&best, &line.ours), at_least: 3.0 });
        }
        for line in self.lines.iter().filter(|line| line.batch > 1) {
            let Some(alone) = self.find(&line.piece, &line.precision, 1) else { continue };
            let what = format!("{} {}: streams for the price of one alone, {}", line.piece, line.batch, line.precision);
            let each: Vec<f64> = line.ours.iter().map(|all| all / line.batch as f64).collect();
            goals.push(Goal { what, found: ratio(&alone.ours, &each), at_least: 2.0 });
        }
        goals
    }

    pub fn json(&self) -> String {
        let lines: Vec<serde_json::Value> = self
            .lines
            .iter()
            .map(|l| {
                serde_json::json!({
                    "piece": l.piece, "precision": l.precision, "batch": l.batch, "apart": l.apart,
                    "limit_seconds": l.limit, "macs": l.macs, "ours_seconds": l.ours, "torch_seconds": l.theirs,
                    "ratio_quartiles": ratio(&l.theirs, &l.ours),
                })
            })
            .collect();
        let goals: Vec<serde_json::Value> = self
            .goals()
            .iter()
            .map(|g| serde_json::json!({ "what": g.what, "quartiles": g.found, "at_least": g.at_least }))
            .collect();
        let all = serde_json::json!({
            "about": self.head, "bandwidth": self.bandwidth, "lines": lines, "goals": goals,
        });
        all.to_string()
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter) -> Result {
        writeln!(f, "{}", self.head)?;
        writeln!(
            f,
            "(ms: median [quartiles]; \"byte\" in PyTorch is its dynamic quantisation: 8-bit activations too)\n"
        )?;
        writeln!(
            f,
            "{:<10} {:<7} {:>2}  {:>24}  {:>24}  {:>18}  {:>6}  {:>9} {:>6}  {:>7}  {:>7}",
            "piece", "kept", "n", "ours", "PyTorch", "ratio", "bests", "limit", "of it", "GFLOP/s", "apart"
        )?;
        for line in &self.lines {
            let time = |values: &[f64]| {
                let [low, middle, high] = quartiles(values.to_vec()).map(|v| v * 1e3);
                if values.is_empty() { "-".to_owned() } else { format!("{middle:.2} [{low:.2}, {high:.2}]") }
            };
            let ratio = match ratio(&line.theirs, &line.ours) {
                _ if line.theirs.is_empty() => ["-"; 2].map(str::to_owned),
                [low, middle, high] => [
                    format!("{middle:.2} [{low:.2}, {high:.2}]"),
                    format!("{:.2}", least(&line.theirs) / least(&line.ours)),
                ],
            };
            writeln!(
                f,
                "{:<10} {:<7} {:>2}  {:>24}  {:>24}  {:>18}  {:>6}  {:>9.2} {:>4.0} %  {:>7.0}  {:>7.0e}",
                line.piece,
                line.precision,
                line.batch,
                time(&line.ours),
                time(&line.theirs),
                ratio[0],
                ratio[1],
                line.limit * 1e3,
                100.0 * line.limit / least(&line.ours),
                2e-9 * line.macs as f64 / least(&line.ours),
                line.apart,
            )?;
        }
        writeln!(
            f,
            "\n\"bests\" is the ratio of both sides' best rounds, the ones with the least of what else the machine does.\n\"limit\" is reading the weights once at the bandwidth above, and how near our best round comes to it;\n\"GFLOP/s\" is the arithmetic of that round. \"-\" is where PyTorch has no such thing.\n"
        )?;
        for goal in self.goals() {
            let [low, middle, high] = goal.found;
            let verdict = if middle >= goal.at_least { "reached" } else { "missed " };
            writeln!(f, "{verdict} {:.1}: {middle:.2} [{low:.2}, {high:.2}]  {}", goal.at_least, goal.what)?;
        }
        Ok(())
    }
}
