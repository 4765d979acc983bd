//! Looking on while the networks run, for comparisons with a reference. It knows no file: the one who looks decides what
//! to keep.

use std::fmt::Write;

/// Sees numbers by the names that the reference's recordings use (`talker.layers.0`, `cp.logits`, …), each name once for
/// each pass.
pub trait Watch {
    /// Rows of numbers, one after another.
    fn see(&mut self, name: &str, numbers: &[f32]);
}

/// Somebody who looks on, or nobody.
pub(super) struct Watching<'a> {
    watch: Option<&'a mut dyn Watch>,
    name: String,
}

impl<'a> Watching<'a> {
    pub(super) fn nobody() -> Self {
        Self { watch: None, name: String::new() }
    }

    pub(super) fn by(watch: &'a mut dyn Watch) -> Self {
        Self { watch: Some(watch), name: String::new() }
    }

    pub(super) fn see(&mut self, name: &str, numbers: &[f32]) {
        if let Some(watch) = &mut self.watch {
            watch.see(name, numbers);
        }
    }

    pub(super) fn layer(&mut self, name: &str, number: usize, numbers: &[f32]) {
        if let Some(watch) = &mut self.watch {
            self.name.clear();
            // Writing to a String does not fail.
            let _ = write!(self.name, "{name}.{number}");
            watch.see(&self.name, numbers);
        }
    }
}
