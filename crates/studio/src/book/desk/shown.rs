//! A book as it is shown: its lines with how they stand, its chapters, its card. Changes nothing.

use std::ops::Range;

use super::super::script::Line;
use super::super::{BookCard, BookLine, BookView, Changed, ChapterCard, LineState};
use super::Desk;
use crate::check;

impl Desk {
    pub fn shown(&self, lines: Range<usize>) -> Vec<BookLine> {
        let start = lines.start;
        self.script.lines[lines].iter().zip(start..).map(|(line, index)| self.show(line, index)).collect()
    }

    fn show(&self, line: &Line, index: usize) -> BookLine {
        let known = self.known_of(line);
        let sound = self.account.of(&known.key).filter(|_| known.is_there);
        let doubt = match sound {
            Some((_, doubt)) => doubt.map(str::to_owned),
            None => self.failed.get(&known.key).cloned(),
        };
        let state = match (known.is_there, self.under_way.get(&known.key)) {
            (true, _) if line.manner.locked.is_some() => LineState::Locked,
            (true, _) if doubt.is_some() => LineState::Doubtful,
            (true, _) => LineState::Fresh,
            (false, Some(true)) => LineState::Rendering,
            (false, Some(false)) => LineState::Queued,
            (false, None) if self.account.was_made(line) => LineState::Stale,
            (false, None) => LineState::Draft,
        };
        BookLine {
            index,
            chapter: line.chapter as usize,
            paragraph: line.paragraph.map(|paragraph| paragraph as usize),
            text: line.text.to_string(),
            voice: line.manner.voice.as_deref().map(str::to_owned),
            speed: line.manner.speed,
            pause_seconds: line.pause_seconds,
            take: line.take,
            takes: self.script.takes(line),
            state,
            seconds: sound.map(|(seconds, _)| seconds),
            doubt,
        }
    }

    pub fn changed(&self, lines: Vec<BookLine>, reordered: bool) -> Changed {
        let (can_undo, can_redo) = (self.script.can_undo(), self.script.can_redo());
        Changed { lines, reordered, card: self.card(), can_undo, can_redo }
    }

    pub fn card(&self) -> BookCard {
        let lines = &self.script.lines;
        let mut chapters = 0;
        let mut before = None;
        let mut fresh = 0;
        let (mut sounds, mut pauses) = ((0.0, 0.0), 0.0);
        let mut guessed = 0.0;
        for line in lines {
            chapters += usize::from(before != Some(line.chapter));
            before = Some(line.chapter);
            let known = self.known_of(line);
            fresh += usize::from(known.is_there);
            let (_, speed) = self.script.spoken_by(line);
            let guess = check::expected_seconds(known.spoken.chars().count(), speed);
            match self.account.of(&known.key).filter(|_| known.is_there) {
                Some((seconds, _)) => sounds = (sounds.0 + seconds, sounds.1 + guess),
                None => guessed += guess,
            }
            pauses += f64::from(line.pause_seconds);
        }
        // How fast these voices really are is known once a minute of them is made.
        let pace = if sounds.1 > 60.0 { sounds.0 / sounds.1 } else { 1.0 };
        let expected_seconds = sounds.0 + guessed * pace + pauses;
        BookCard {
            id: self.id.0,
            title: self.head.book.title.clone(),
            author: self.head.book.author.clone(),
            voice: self.script.whole.voice.to_string(),
            speed: self.script.whole.speed,
            chapters,
            lines: lines.len(),
            fresh,
            expected_seconds,
            added: self.head.added,
        }
    }

    pub fn view(&self) -> BookView {
        let mut chapters: Vec<ChapterCard> = Vec::new();
        let mut before = None;
        for (at, line) in self.script.lines.iter().enumerate() {
            if before != Some(line.chapter) {
                before = Some(line.chapter);
                let title = self.title(line.chapter);
                chapters.push(ChapterCard { title, first_line: at, lines: 0 });
            }
            if let Some(last) = chapters.last_mut() {
                last.lines += 1;
            }
        }
        BookView {
            card: self.card(),
            chapters,
            lines: self.shown(0..self.script.lines.len()),
            warnings: self.head.warnings.clone(),
            can_undo: self.script.can_undo(),
            can_redo: self.script.can_redo(),
        }
    }

    /// Title of a chapter, by its number in the imported book.
    pub fn title(&self, chapter: u32) -> String {
        self.head.book.chapters.get(chapter as usize).map_or_else(String::new, |chapter| chapter.title.clone())
    }
}
