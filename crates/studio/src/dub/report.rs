//! What a dub is worth, in numbers: onsets, lengths, tempo, overlaps, words, voices, loudness. Pure: it listens to
//! nothing itself; what an ear has judged comes in as numbers, and what was not judged stays open.

use serde::{Deserialize, Serialize};

use super::fit::Placed;

/// One cue with all that is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Who speaks.
    pub speaker: u16,
    /// Where the source speaks.
    pub source_ms: (u64, u64),
    /// Where its line sounds; `None` or a length of 0 where there is none.
    pub placed: Option<Placed>,
    /// Whether a person spoke it themselves, in place of a voice.
    pub is_recorded: bool,
    /// Share of the line's words that an ear heard again, 0 to 1.
    pub words_heard: Option<f64>,
    /// Likeness of the line to the voice it was meant for, -1 to 1.
    pub similarity: Option<f64>,
}

/// One cue in the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CueReport {
    /// Its place in the project, from 0.
    pub cue: usize,
    /// Who speaks.
    pub speaker: u16,
    /// Whether a person spoke it themselves.
    #[serde(default)]
    pub recorded: bool,
    /// How much later than the source it begins; negative is earlier. `None`: there is no line.
    pub onset_error_ms: Option<i64>,
    /// How much longer than the source it sounds; negative is shorter.
    pub duration_error_ms: Option<i64>,
    /// How much faster than its own tempo.
    pub tempo: Option<f64>,
    /// By how much its wording is too long.
    pub over_ms: u64,
    /// Share of its words that an ear heard again, where one judged.
    pub words_heard: Option<f64>,
    /// Likeness to its voice, where it was judged.
    pub similarity: Option<f64>,
}

/// Lines of one range of tempos.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TempoRange {
    /// From this tempo on.
    pub from: f64,
    /// Below this tempo.
    pub to: f64,
    /// How many lines.
    pub cues: usize,
}

/// Speech that sounds at the same time though the source's did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Overlaps {
    /// Pairs of lines.
    pub pairs: usize,
    /// All of it.
    pub total_ms: u64,
    /// The worst pair.
    pub most_ms: u64,
}

/// How like the dub's speakers are to the voices: the own voice should stand out in each row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SpeakerMatrix {
    /// The rows: speakers of the project.
    pub speakers: Vec<u16>,
    /// The columns: names of the reference voices.
    pub voices: Vec<String>,
    /// By row and column: mean likeness, -1 to 1; `None` where nothing was judged.
    pub similarity: Vec<Vec<Option<f64>>>,
}

/// Loudness before and after; `None` where it is not defined or was not measured.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Loudness {
    /// The original's, EBU R 128.
    pub original_lufs: Option<f64>,
    /// The mix's.
    pub mix_lufs: Option<f64>,
    /// The mix's largest value between the samples.
    pub true_peak_dbtp: Option<f64>,
}

/// The whole dub.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// By cue, in the project's order.
    pub cues: Vec<CueReport>,
    /// How many cues have a line.
    pub spoken: usize,
    /// How many of these a person spoke themselves.
    #[serde(default)]
    pub recorded: usize,
    /// How many lines are too long for their place.
    pub over: usize,
    /// Overlaps beyond the source.
    pub overlaps: Overlaps,
    /// Median of how far lines begin from their source, in either direction; `None` without any line.
    pub onset_median_ms: Option<u64>,
    /// The farthest.
    pub onset_max_ms: Option<u64>,
    /// Lines by tempo, from slow to fast.
    pub tempos: Vec<TempoRange>,
    /// Mean share of words heard again, over the lines that were judged.
    pub words_heard: Option<f64>,
    /// Speakers against voices, where it was judged.
    pub speakers: Option<SpeakerMatrix>,
    /// Loudness.
    pub loudness: Loudness,
    /// How well lines fit, 0 to 1; 1 without any line.
    pub fit_score: f64,
}

/// Where the ranges of tempo meet. Up to half a percent nothing was changed.
const TEMPOS: [f64; 7] = [0.5, 0.96, 0.995, 1.005, 1.04, 1.08, 2.0];

impl Report {
    /// Sums up all cues of a project.
    #[must_use]
    pub fn new(cues: &[Judged], speakers: Option<SpeakerMatrix>, loudness: Loudness) -> Self {
        let lines: Vec<(&Judged, &Placed)> = cues.iter().filter_map(|cue| Some((cue, cue.sounding()?))).collect();
        let mut onsets: Vec<u64> = lines.iter().map(|(_, line)| line.early_or_late_ms.unsigned_abs()).collect();
        onsets.sort_unstable();
        let tempos = TEMPOS.windows(2).map(|edges| {
            let within = |line: &Placed| (edges[0]..edges[1]).contains(&line.tempo);
            let cues = lines.iter().filter(|(_, line)| within(line)).count();
            TempoRange { from: edges[0], to: edges[1], cues }
        });
        Self {
            cues: cues.iter().enumerate().map(|(at, cue)| cue.told(at)).collect(),
            spoken: lines.len(),
            recorded: lines.iter().filter(|(cue, _)| cue.is_recorded).count(),
            over: lines.iter().filter(|(_, line)| line.over_ms > 0).count(),
            overlaps: overlaps(&lines),
            onset_median_ms: onsets.get(onsets.len() / 2).copied(),
            onset_max_ms: onsets.last().copied(),
            tempos: tempos.collect(),
            words_heard: mean(cues.iter().filter_map(|cue| cue.words_heard)),
            speakers,
            loudness,
            fit_score: mean(lines.iter().map(|(_, line)| line.score)).unwrap_or(1.0),
        }
    }
}

impl Report {
    /// The whole in a few lines, for people.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let or_none =
            |value: Option<f64>, unit: &str| value.map_or("-".to_owned(), |value| format!("{value:.1}{unit}"));
        let ms = |value: Option<u64>| value.map_or("-".to_owned(), |value| format!("{value} ms"));
        let mut lines = vec![
            format!(
                "fit {:.2}: {} lines, {} of them recorded, {} too long for their place",
                self.fit_score, self.spoken, self.recorded, self.over
            ),
            format!(
                "onset: median {}, worst {}; overlaps beyond the film's own: {} ms",
                ms(self.onset_median_ms),
                ms(self.onset_max_ms),
                self.overlaps.total_ms
            ),
        ];
        let tempos = self.tempos.iter().filter(|range| range.cues > 0);
        let tempos: Vec<String> =
            tempos.map(|range| format!("{:.3}-{:.3}: {}", range.from, range.to, range.cues)).collect();
        lines.push(format!("tempo: {}", tempos.join(", ")));
        let loudness = &self.loudness;
        lines.push(format!(
            "loudness: {} for {}, true peak {}",
            or_none(loudness.mix_lufs, " LUFS"),
            or_none(loudness.original_lufs, " LUFS"),
            or_none(loudness.true_peak_dbtp, " dBTP")
        ));
        if let Some(heard) = self.words_heard {
            lines.push(format!("words heard by the bundled ear, which only drafts: {:.0} %", heard * 100.0));
        }
        if let Some(matrix) = &self.speakers {
            for (row, name) in matrix.similarity.iter().zip(&matrix.voices) {
                let row: Vec<String> =
                    row.iter().map(|cell| cell.map_or("    -".to_owned(), |value| format!("{value:5.2}"))).collect();
                lines.push(format!("likeness of lines of {name:<12} {}", row.join(" ")));
            }
        }
        lines
    }
}

impl Judged {
    fn sounding(&self) -> Option<&Placed> {
        self.placed.as_ref().filter(|line| line.seconds > 0.0)
    }

    fn told(&self, cue: usize) -> CueReport {
        let line = self.sounding();
        let source_ms = self.source_ms.1.saturating_sub(self.source_ms.0) as i64;
        CueReport {
            cue,
            speaker: self.speaker,
            recorded: line.is_some() && self.is_recorded,
            onset_error_ms: line.map(|line| line.early_or_late_ms),
            duration_error_ms: line.map(|line| length_ms(line) as i64 - source_ms),
            tempo: line.map(|line| line.tempo),
            over_ms: line.map_or(0, |line| line.over_ms),
            words_heard: self.words_heard,
            similarity: self.similarity,
        }
    }
}

fn length_ms(line: &Placed) -> u64 {
    (line.seconds * 1_000.0).round() as u64
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn overlaps(lines: &[(&Judged, &Placed)]) -> Overlaps {
    let shared = |a: (u64, u64), b: (u64, u64)| a.1.min(b.1).saturating_sub(a.0.max(b.0));
    let sounds = |line: &Placed| (line.start_ms, line.start_ms + length_ms(line));
    let mut order: Vec<&(&Judged, &Placed)> = lines.iter().collect();
    order.sort_by_key(|(_, line)| line.start_ms);
    let mut found = Overlaps::default();
    for (n, (cue, line)) in order.iter().enumerate() {
        let end_ms = sounds(line).1;
        for (other, its) in order[n + 1..].iter().take_while(|(_, its)| its.start_ms < end_ms) {
            let beyond_ms = shared(sounds(line), sounds(its)).saturating_sub(shared(cue.source_ms, other.source_ms));
            found.pairs += usize::from(beyond_ms > 0);
            found.total_ms += beyond_ms;
            found.most_ms = found.most_ms.max(beyond_ms);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cue(source_ms: (u64, u64), start_ms: u64, seconds: f64, tempo: f64) -> Judged {
        let early_or_late_ms = start_ms as i64 - source_ms.0 as i64;
        let over_ms = if tempo > 1.1 { 70 } else { 0 };
        let placed = Placed { take: 0, start_ms, tempo, seconds, early_or_late_ms, over_ms, score: 0.5 };
        let (words_heard, is_recorded) = (Some(tempo / 2.0), tempo < 1.0);
        Judged { speaker: 1, source_ms, placed: Some(placed), is_recorded, words_heard, similarity: None }
    }

    #[test]
    fn the_numbers_are_those_of_the_lines() {
        let none = Judged { placed: None, words_heard: None, ..cue((9_000, 9_500), 0, 0.0, 1.0) };
        let cues = [
            cue((1_000, 2_000), 1_000, 1.2, 1.0),
            cue((2_000, 3_000), 2_100, 0.9, 1.12),
            cue((3_000, 5_000), 2_850, 2.0, 0.92),
            cue((4_800, 6_000), 4_700, 1.0, 1.0),
            none,
        ];
        let report = Report::new(&cues, None, Loudness::default());
        assert_eq!((report.spoken, report.over, report.cues.len()), (4, 1, 5));
        assert_eq!((report.recorded, report.cues[2].recorded, report.cues[0].recorded), (1, true, false));
        assert_eq!((report.onset_median_ms, report.onset_max_ms), (Some(100), Some(150)));
        assert_eq!(report.tempos.iter().map(|range| range.cues).collect::<Vec<_>>(), [1, 0, 2, 0, 0, 1]);
        // 2200 over 2100, 3000 over 2850; 4850 over 4700 is less than the source's own.
        assert_eq!(report.overlaps, Overlaps { pairs: 2, total_ms: 250, most_ms: 150 });
        assert_eq!(report.cues[1].duration_error_ms, Some(-100));
        assert_eq!((report.cues[4].onset_error_ms, report.cues[4].tempo), (None, None));
        assert!((report.words_heard.unwrap() - 0.505).abs() < 1e-9 && report.fit_score == 0.5);
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }

    #[test]
    fn nothing_is_no_error() {
        let report = Report::new(&[], None, Loudness::default());
        assert_eq!((report.onset_median_ms, report.words_heard, report.fit_score), (None, None, 1.0));
    }
}
