//! Tokens to text while they still come: a character goes out when its last byte is there. It knows no network.

/// Turns the bytes of one token after another into text that never ends within a character.
#[derive(Debug, Clone, Default)]
pub struct Pieces {
    /// The beginning of a character: at most three bytes.
    held: Vec<u8>,
}

impl Pieces {
    /// The text that `bytes` completes. Bytes that are no UTF-8 become U+FFFD.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        self.held.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = 0;
        loop {
            match std::str::from_utf8(&self.held[rest..]) {
                Ok(valid) => {
                    text.push_str(valid);
                    self.held.clear();
                    return text;
                }
                Err(error) => {
                    let end = rest + error.valid_up_to();
                    text.extend(self.held[rest..end].utf8_chunks().map(|chunk| chunk.valid()));
                    let Some(wrong) = error.error_len() else {
                        self.held.drain(..end);
                        return text;
                    };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = end + wrong;
                }
            }
        }
    }

    /// What is left at the end: nothing, or U+FFFD for a character that never was completed.
    pub fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.held)).into_owned()
    }
}
