//! The table of models for people, as the README shows it: every figure is computed from the entries.

use std::fmt::Write;

use networks::kernel::Precision;

use super::{Catalog, CatalogError};

/// How numbers can be kept, with the word for it.
pub const KINDS_OF_NUMBERS: [(Precision, &str); 3] =
    [(Precision::Single, "f32"), (Precision::Brain, "bf16"), (Precision::Byte, "int8")];

/// The catalog as a table in Markdown.
pub fn table(catalog: &Catalog) -> Result<String, CatalogError> {
    let mut text = String::from(
        "| model | for | languages | download | weights in memory: f32 | bf16 | int8 | 1000 positions | each slot | licence |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for entry in catalog.entries() {
        let layout = entry.layout().map_err(|error| CatalogError::BadEntry { why: error.to_string() })?;
        let kind = format!("{:?}", entry.kind).to_lowercase();
        let languages = if entry.languages.is_empty() { "any".into() } else { entry.languages.len().to_string() };
        let _ = write!(text, "| `{}` | {kind} | {languages} | {} |", entry.id, size(entry.bytes()));
        match layout {
            Some(layout) => {
                let memory = layout.memory();
                for (precision, _) in KINDS_OF_NUMBERS {
                    let _ = write!(text, " {} |", size(memory.weights(precision)));
                }
                let slot = if memory.slot() == 0 { "–".into() } else { size(memory.slot()) };
                let _ = write!(text, " {} | {slot} |", size(1000 * memory.position()));
            }
            None => text.push_str(" – | – | – | – | – |"),
        }
        let _ = writeln!(text, " {} |", entry.licence);
    }
    Ok(text)
}

/// Bytes for people, in thousands of thousands.
fn size(bytes: u64) -> String {
    if bytes >= 1_000_000_000 {
        format!("{:.2} GB", bytes as f64 / 1e9)
    } else {
        format!("{:.0} MB", bytes as f64 / 1e6)
    }
}
