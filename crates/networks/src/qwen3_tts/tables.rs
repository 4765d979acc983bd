//! Tokens to rows: the tables of text and codes that prompts and frames are summed from (§ "Embedding" of the Qwen3-TTS
//! report). It knows no decoder.

use half::bf16;
use half::slice::HalfFloatSliceExt;

use super::config::Config;
use super::prompt::{Code, Layout, Script, Speaker};
use crate::checkpoint::Checkpoint;
use crate::kernel::{Crew, Linear, Precision, add, silu};
use crate::weights::LoadError;

/// Rows `(rows, width)`, rounded to bfloat16 where weights are not kept as they are.
pub(super) struct Table {
    width: usize,
    numbers: Numbers,
}

enum Numbers {
    Single(Vec<f32>),
    Brain(Vec<bf16>),
}

impl Table {
    pub(super) fn load(
        checkpoint: &Checkpoint,
        name: &str,
        (rows, width): (usize, usize),
        precision: Precision,
    ) -> Result<Self, LoadError> {
        let read = checkpoint.tensor(&format!("{name}.weight"), &[rows, width])?;
        let numbers = match precision {
            Precision::Single => Numbers::Single(read),
            Precision::Brain | Precision::Byte => Numbers::Brain(read.into_iter().map(bf16::from_f32).collect()),
        };
        Ok(Self { width, numbers })
    }

    /// Appends a row.
    pub(super) fn push(&self, row: usize, out: &mut Vec<f32>) {
        let place = row * self.width..(row + 1) * self.width;
        match &self.numbers {
            Numbers::Single(numbers) => out.extend_from_slice(&numbers[place]),
            Numbers::Brain(numbers) => {
                let from = out.len();
                out.resize(from + self.width, 0.0);
                numbers[place].convert_to_f32_slice(&mut out[from..]);
            }
        }
    }

    /// Adds a row.
    pub(super) fn add(&self, row: usize, out: &mut [f32]) {
        let place = row * self.width..(row + 1) * self.width;
        match &self.numbers {
            Numbers::Single(numbers) => add(out, &numbers[place]),
            Numbers::Brain(numbers) => add(out, &numbers[place].to_f32_vec()),
        }
    }
}

/// Text, codes of the first book and codes of the others.
pub(super) struct Tables {
    /// Read row by row: the text's table is a third of the smaller checkpoint.
    checkpoint: Checkpoint,
    text_width: usize,
    inner: Linear,
    outer: Linear,
    /// `(vocab, hidden)`: first codes and every mark.
    pub(super) first: Table,
    /// `(predictor's vocab, hidden)` for books 1, 2, ….
    pub(super) others: Vec<Table>,
    hidden: usize,
    pad: Vec<f32>,
    pad_id: u32,
}

impl Tables {
    pub(super) fn load(checkpoint: Checkpoint, config: &Config, precision: Precision) -> Result<Self, LoadError> {
        let talker = &config.talker_config;
        let (hidden, width) = (talker.decoder.hidden_size, talker.text_hidden_size);
        let rows = talker.text_vocab_size;
        if checkpoint.shape(TEXT) != Some(&[rows, width]) {
            // Says what is wrong with it; the table itself is never read whole.
            checkpoint.tensor(TEXT, &[rows, width])?;
        }
        let projection = |part: &str, outputs: usize| {
            checkpoint.linear(&format!("talker.text_projection.{part}"), (outputs, width), true, precision)
        };
        let books = talker.code_predictor_config.vocab_size;
        let others = (0..talker.num_code_groups - 1).map(|book| {
            let name = format!("talker.code_predictor.model.codec_embedding.{book}");
            Table::load(&checkpoint, &name, (books, hidden), precision)
        });
        let mut tables = Self {
            inner: projection("linear_fc1", width)?,
            outer: projection("linear_fc2", hidden)?,
            first: Table::load(&checkpoint, "talker.model.codec_embedding", (talker.vocab_size, hidden), precision)?,
            others: others.collect::<Result<_, _>>()?,
            checkpoint,
            text_width: width,
            hidden,
            pad: Vec::new(),
            pad_id: config.tts_pad_token_id,
        };
        tables.pad = tables.text(&Crew::alone(), &[config.tts_pad_token_id])?;
        Ok(tables)
    }

    /// What a text token is to the talker: `(tokens, hidden)`.
    pub(super) fn text(&self, crew: &Crew, tokens: &[u32]) -> Result<Vec<f32>, LoadError> {
        let mut rows = Vec::with_capacity(tokens.len() * self.text_width);
        for &token in tokens {
            rows.extend(self.checkpoint.row(TEXT, token as usize, self.text_width)?);
        }
        let mut inner = self.inner.product(crew, &rows);
        silu(&mut inner);
        Ok(self.outer.product(crew, &inner))
    }

    /// What the text says when it has nothing more to say: `(hidden)`.
    pub(super) fn pad(&self) -> &[f32] {
        &self.pad
    }

    /// A frame's row: the sum over its codes.
    pub(super) fn frame(&self, codes: &[u16]) -> Vec<f32> {
        let mut row = Vec::with_capacity(self.hidden);
        self.first.push(usize::from(codes[0]), &mut row);
        for (table, &code) in self.others.iter().zip(&codes[1..]) {
            table.add(usize::from(code), &mut row);
        }
        row
    }

    /// A layout as numbers: rows of the prompt and of what trails behind, `(positions, hidden)` each.
    pub(super) fn fill(
        &self,
        crew: &Crew,
        layout: &Layout,
        script: &Script<'_>,
    ) -> Result<(Vec<f32>, Vec<f32>), LoadError> {
        let spoken = |id: &u32| *id != self.pad_id;
        let tokens: Vec<u32> = layout.rows.iter().map(|(id, _)| *id).filter(spoken).collect();
        let text = self.text(crew, &tokens)?;
        let mut text = text.chunks_exact(self.hidden);
        let mut prompt = Vec::with_capacity(layout.rows.len() * self.hidden);
        for (id, code) in &layout.rows {
            let row = if spoken(id) { text.next().unwrap_or(&self.pad) } else { &self.pad };
            let from = prompt.len();
            prompt.extend_from_slice(row);
            let row = &mut prompt[from..];
            match (code, script.speaker, script.reference) {
                (Code::Id(id), ..) => self.first.add(*id, row),
                (Code::Speaker, Speaker::Vector(vector), _) => add(row, vector),
                (Code::Frame(frame), _, Some(reference)) => {
                    let groups = self.others.len() + 1;
                    add(row, &self.frame(&reference.codes[frame * groups..(frame + 1) * groups]));
                }
                _ => {}
            }
        }
        Ok((prompt, self.text(crew, &layout.trailing)?))
    }
}

const TEXT: &str = "talker.model.text_embedding.weight";
