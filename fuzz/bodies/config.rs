//! Any text as a `config.json`, with itself as the codec's: refused in one line, or a list of tensors with distinct names.

use std::collections::HashSet;

use networks::kernel::Precision;
use networks::layout::Layout;

/// What must hold for any bytes.
pub fn body(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let layout = match Layout::read(text, Some(text)) {
        Ok(layout) => layout,
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "{error}");
            return;
        }
    };
    let tensors = layout.model().all();
    assert!(!tensors.is_empty() && tensors.len() < 100_000);
    let names: HashSet<&str> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(names.len(), tensors.len(), "a name is there twice");
    assert_eq!(layout.family().speaks(), layout.codec().is_some());
    let memory = layout.memory();
    assert!(memory.weights(Precision::Brain) <= memory.weights(Precision::Single));
    assert!(memory.working(Precision::Byte, u64::MAX, u64::MAX) >= memory.weights(Precision::Byte));
}
