//! Books, from a text to a file, with the real bundled voice.
