//! One step of all conversations: who feeds which tokens, and what comes of it. Conversations that begin alike read their
//! beginning once.

use speech::{Fault, Progress, SlotId};

use super::answer::{Answer, Piece};
use super::{EMBEDDING, Qwen3Llm, ROWS};

/// Tokens that a beginning must have in common with another to be waited for or shared.
const WORTH_SHARING: usize = 32;

/// One place in the running batch.
#[derive(Default)]
pub(super) struct Slot {
    /// What is being said here.
    pub answer: Option<Answer>,
    /// Tokens whose keys and values are in the cache, also after the answer is over.
    pub read: Vec<u32>,
}

/// Tokens of one slot that go through in this step.
struct Feed {
    slot: usize,
    count: usize,
    /// Whether the last of them is the newest: then a token is chosen.
    newest: bool,
}

impl Qwen3Llm {
    pub(super) fn advance(
        &mut self,
        active: &[SlotId],
        emit: &mut dyn FnMut(SlotId, Progress<Piece>),
    ) -> Result<(), Fault> {
        let feeds = self.plan(active, emit);
        let fed: usize = feeds.iter().map(|feed| feed.count).sum();
        if fed == 0 {
            return Ok(());
        }
        let hidden = self.config.decoder.hidden_size;
        let mut x = Vec::with_capacity(fed * hidden);
        let mut owners = Vec::with_capacity(fed);
        for feed in &feeds {
            let Slot { answer: Some(answer), read } = &mut self.slots[feed.slot] else { continue };
            let tokens = &answer.tokens[read.len()..read.len() + feed.count];
            for &token in tokens {
                x.extend(self.checkpoint.row(&format!("{EMBEDDING}.weight"), token as usize, hidden)?);
                owners.push(feed.slot);
            }
            read.extend_from_slice(tokens);
        }
        let x = self.decoder.forward(&self.crew, x, &owners, &mut self.cache);

        let mut newest = Vec::new();
        let mut end = 0;
        for feed in &feeds {
            end += feed.count;
            if feed.newest {
                newest.extend_from_slice(&x[(end - 1) * hidden..end * hidden]);
            }
        }
        if newest.is_empty() {
            return Ok(());
        }
        let mut logits = self.head.product(&self.crew, &newest);
        let speakers = feeds.iter().filter(|feed| feed.newest).map(|feed| feed.slot);
        for (slot, logits) in speakers.zip(logits.chunks_exact_mut(self.config.vocab_size)) {
            let Some(answer) = &mut self.slots[slot].answer else { continue };
            if !logits.iter().all(|logit| logit.is_finite()) {
                answer.over = true;
                let message = "the model made numbers that are none; its weights are damaged";
                emit(SlotId(slot), Progress::Failed(Fault::new("no_numbers", message)));
                continue;
            }
            for piece in answer.hear(logits, &self.tokenizer, &self.defaults.stops) {
                let over = matches!(piece, Piece::End(_));
                emit(SlotId(slot), Progress::Chunk(piece));
                if over {
                    emit(SlotId(slot), Progress::Done);
                }
            }
        }
        Ok(())
    }

    /// Shares out this step's rows: one for every running answer, the rest for prompts, the first asked first.
    fn plan(&mut self, active: &[SlotId], emit: &mut dyn FnMut(SlotId, Progress<Piece>)) -> Vec<Feed> {
        let mut room = ROWS.max(active.len());
        let mut feeds: Vec<Feed> = Vec::new();
        for (number, &SlotId(slot)) in active.iter().enumerate() {
            let running = self.slots.get(slot).and_then(|slot| slot.answer.as_ref()).is_some_and(|answer| !answer.over);
            if !running || !self.begin(slot) {
                continue;
            }
            let Slot { answer: Some(answer), read } = &self.slots[slot] else { continue };
            let left = answer.tokens.len() - read.len();
            // Every slot that comes later is left its one row.
            let count = left.min(room - (active.len() - number - 1)).max(1);
            if !self.make_room(slot, count) {
                if let Some(answer) = &mut self.slots[slot].answer {
                    answer.over = true;
                }
                let message = "the model has no room left for this conversation; let fewer run side by side";
                emit(SlotId(slot), Progress::Failed(Fault::new("cache_full", message)));
                continue;
            }
            room -= count;
            feeds.push(Feed { slot, count, newest: count == left });
        }
        feeds
    }

    /// Lets a conversation begin with what others have read already. False if it is better to wait a step, because
    /// another is just reading the same.
    fn begin(&mut self, slot: usize) -> bool {
        let Some(answer) = self.slots[slot].answer.as_ref().filter(|answer| !answer.begun) else { return true };
        // The last token has to go through in any case: its outcome is what is asked for.
        let asked = &answer.tokens[..answer.tokens.len() - 1];
        let alike = |other: &[u32]| asked.iter().zip(other).take_while(|(a, b)| a == b).count();
        let (best, common) = self
            .slots
            .iter()
            .map(|other| alike(&other.read))
            .enumerate()
            // Of equals the own slot, else the first: nothing needs to be shared then.
            .max_by_key(|&(other, common)| (common, other == slot, std::cmp::Reverse(other)))
            .unwrap_or((slot, 0));
        let running = self.slots.iter().filter_map(|other| other.answer.as_ref()).filter(|a| a.begun && !a.over);
        let coming = running.map(|other| alike(&other.tokens[..other.prompt])).max().unwrap_or(0);
        if coming >= common + WORTH_SHARING {
            return false;
        }
        let common = if common < WORTH_SHARING { 0 } else { common };
        self.cache.share(best, slot, common);
        self.slots[slot].read = self.slots[best].read[..common].to_vec();
        if let Some(answer) = &mut self.slots[slot].answer {
            answer.begun = true;
        }
        true
    }

    /// Room for `count` more positions of `slot`, at the cost of what is kept from answers that are over.
    fn make_room(&mut self, slot: usize, count: usize) -> bool {
        loop {
            if self.cache.extend(slot, count) {
                return true;
            }
            let over = |slot: &Slot| {
                !slot.read.is_empty() && !slot.answer.as_ref().is_some_and(|answer| answer.begun && !answer.over)
            };
            let Some(idle) = self.slots.iter().position(over) else { return false };
            self.cache.clear(idle);
            self.slots[idle].read.clear();
        }
    }
}
