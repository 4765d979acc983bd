//! The code predictor: names the codes of a block book after book, each book seeing the sum of those before. It knows
//! no time.

use super::super::description::Description;
use super::choose::choose;
use crate::kernel::{Linear, add, rms_norm, silu};
use crate::weights::{LoadError, Weights};

const EPSILON: f32 = 1e-5;

#[derive(Debug, Clone, Copy)]
struct Shape {
    width: usize,
    books: usize,
    codes: usize,
    latent: usize,
}

/// How codes are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Drawing {
    /// Temperature of the first book and of the others.
    pub heat: (f32, f32),
    pub top: usize,
}

struct Layer {
    norm: Vec<f32>,
    up: Linear,
    down: Linear,
}

pub(super) struct Namer {
    shape: Shape,
    hidden: Linear,
    partial: Linear,
    book: Vec<f32>,
    layers: Vec<Layer>,
    last: Vec<f32>,
    /// One for each book.
    point: Vec<Linear>,
    keys: Vec<Linear>,
    /// `(books, codes, latent)`.
    tables: Vec<f32>,
}

impl Namer {
    /// `tables` `(books, codes, latent)`: what each code adds to the latent.
    pub fn load(weights: &Weights<'_>, description: &Description, tables: Vec<f32>) -> Result<Self, LoadError> {
        let (codec, talker) = (&description.codec, &description.talker);
        let shape = Shape { width: talker.width, books: codec.books, codes: codec.codes, latent: codec.latent };
        let Shape { width, books, codes, latent } = shape;
        let (hidden, depth) = (talker.namer_hidden, talker.namer_depth);
        let name = |part: &str| format!("talker.namer.{part}");
        let point = weights.tensor(&name("point"), &[books, latent, width])?;
        let offset = weights.tensor(&name("offset"), &[books, codes])?;
        let keys = tables.chunks_exact(codes * latent).zip(offset.chunks_exact(codes)).map(|(table, offset)| {
            let power = table.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>() / table.len() as f64;
            let size = (power.sqrt() as f32).max(1e-20);
            let scaled: Vec<f32> = table.iter().map(|v| v / size).collect();
            Linear::new(&scaled, Some(offset.to_vec()), codes, latent)
        });
        Ok(Self {
            shape,
            hidden: weights.linear(&name("hidden"), width, width)?,
            partial: weights.linear_without_bias(&name("partial"), width, latent)?,
            book: weights.tensor(&name("book"), &[books, width])?,
            layers: (0..depth)
                .map(|k| {
                    Ok(Layer {
                        norm: weights.tensor(&name(&format!("norms.{k}.weight")), &[width])?,
                        up: weights.linear(&name(&format!("ups.{k}")), hidden, width)?,
                        down: weights.linear(&name(&format!("downs.{k}")), width, hidden)?,
                    })
                })
                .collect::<Result<_, LoadError>>()?,
            last: weights.tensor(&name("last.weight"), &[width])?,
            point: point.chunks_exact(latent * width).map(|p| Linear::new(p, None, latent, width)).collect(),
            keys: keys.collect(),
            tables,
        })
    }

    /// Codes of one block for each row of `hidden` `(rows, width)`; `draws` are `(seed, step)` of the rows. Returns the
    /// codes `(rows, books)` and their latents `(rows, latent)`.
    pub fn name(&self, hidden: &[f32], draws: &[(u64, u64)], drawing: Drawing) -> (Vec<usize>, Vec<f32>) {
        let Shape { width, books, codes, latent } = self.shape;
        let rows = draws.len();
        let base = self.hidden.forward(hidden);
        let mut names = vec![0; rows * books];
        let mut total = vec![0.0; rows * latent];
        let mut x = vec![0.0; rows * width];
        let mut normed = vec![0.0; rows * width];
        for book in 0..books {
            self.partial.apply(&total, &mut x);
            add(&mut x, &base);
            for row in x.chunks_exact_mut(width) {
                add(row, &self.book[book * width..(book + 1) * width]);
            }
            for layer in &self.layers {
                rms_norm(&x, &layer.norm, EPSILON, &mut normed);
                let mut wide = layer.up.forward(&normed);
                silu(&mut wide);
                layer.down.apply(&wide, &mut normed);
                add(&mut x, &normed);
            }
            rms_norm(&x, &self.last, EPSILON, &mut normed);
            let scores = self.keys[book].forward(&self.point[book].forward(&normed));
            let heat = if book == 0 { drawing.heat.0 } else { drawing.heat.1 };
            for (row, (scores, &(seed, step))) in scores.chunks_exact(codes).zip(draws).enumerate() {
                let code = choose(scores, heat, drawing.top, seed, step, book as u64);
                names[row * books + book] = code;
                let table = &self.tables[(book * codes + code) * latent..][..latent];
                add(&mut total[row * latent..(row + 1) * latent], table);
            }
        }
        (names, total)
    }

    /// Multiply-adds of one block of one sequence.
    pub fn macs(&self) -> usize {
        let each = self.partial.macs()
            + self.layers.iter().map(|l| l.up.macs() + l.down.macs()).sum::<usize>()
            + self.point[0].macs()
            + self.keys[0].macs();
        self.hidden.macs() + self.shape.books * each
    }
}
