//! The one byte form of every record: deterministic CBOR (RFC 8949 §4.2.1) restricted to a map with small ascending
//! integer keys whose values are integers, bytes, NFC text, or lists of one of these. Knows no record.

use unicode_normalization::is_nfc;

use crate::Refusal;

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const MAP: u8 = 5;

/// Writes one map; keys must come in ascending order.
pub(crate) struct Writer {
    body: Vec<u8>,
    entries: u64,
    last_key: Option<u64>,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { body: Vec::new(), entries: 0, last_key: None }
    }

    fn key(&mut self, key: u64) {
        debug_assert!(self.last_key.is_none_or(|last| last < key), "keys ascend");
        self.last_key = Some(key);
        self.entries += 1;
        head(&mut self.body, UNSIGNED, key);
    }

    pub(crate) fn uint(mut self, key: u64, value: u64) -> Self {
        self.key(key);
        head(&mut self.body, UNSIGNED, value);
        self
    }

    pub(crate) fn bytes(mut self, key: u64, value: &[u8]) -> Self {
        self.key(key);
        string(&mut self.body, BYTES, value);
        self
    }

    pub(crate) fn text(mut self, key: u64, value: &str) -> Self {
        self.key(key);
        string(&mut self.body, TEXT, value.as_bytes());
        self
    }

    pub(crate) fn texts<T: AsRef<str>>(mut self, key: u64, values: &[T]) -> Self {
        self.key(key);
        head(&mut self.body, LIST, values.len() as u64);
        for value in values {
            string(&mut self.body, TEXT, value.as_ref().as_bytes());
        }
        self
    }

    pub(crate) fn ints(mut self, key: u64, values: &[i64]) -> Self {
        self.key(key);
        head(&mut self.body, LIST, values.len() as u64);
        for &value in values {
            if value < 0 {
                head(&mut self.body, NEGATIVE, !value as u64);
            } else {
                head(&mut self.body, UNSIGNED, value as u64);
            }
        }
        self
    }

    pub(crate) fn byte_strings<T: AsRef<[u8]>>(mut self, key: u64, values: &[T]) -> Self {
        self.key(key);
        head(&mut self.body, LIST, values.len() as u64);
        for value in values {
            string(&mut self.body, BYTES, value.as_ref());
        }
        self
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.body.len() + 3);
        head(&mut out, MAP, self.entries);
        out.extend_from_slice(&self.body);
        out
    }
}

fn string(out: &mut Vec<u8>, major: u8, value: &[u8]) {
    head(out, major, value.len() as u64);
    out.extend_from_slice(value);
}

/// Shortest form of a major type and its argument.
fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    if argument < 24 {
        out.push(major | argument as u8);
    } else if let Ok(small) = u8::try_from(argument) {
        out.extend_from_slice(&[major | 24, small]);
    } else if let Ok(small) = u16::try_from(argument) {
        out.push(major | 25);
        out.extend_from_slice(&small.to_be_bytes());
    } else if let Ok(small) = u32::try_from(argument) {
        out.push(major | 26);
        out.extend_from_slice(&small.to_be_bytes());
    } else {
        out.push(major | 27);
        out.extend_from_slice(&argument.to_be_bytes());
    }
}

/// Reads one map in key order. Anything that [`Writer`] would not have written is refused.
pub(crate) struct Reader<'a> {
    record: &'static str,
    rest: &'a [u8],
    left: u64,
    /// The next entry's key, read ahead so that an absent optional entry can be told from a present one.
    next_key: Option<u64>,
    last_key: Option<u64>,
}

impl<'a> Reader<'a> {
    pub(crate) fn open(record: &'static str, bytes: &'a [u8]) -> Result<Self, Refusal> {
        let mut reader = Self { record, rest: bytes, left: 0, next_key: None, last_key: None };
        reader.left = reader.head(MAP)?;
        reader.advance()?;
        Ok(reader)
    }

    pub(crate) fn uint(&mut self, key: u64) -> Result<u64, Refusal> {
        self.expect_key(key)?;
        let value = self.head(UNSIGNED)?;
        self.advance()?;
        Ok(value)
    }

    pub(crate) fn optional_uint(&mut self, key: u64) -> Result<Option<u64>, Refusal> {
        if self.next_key == Some(key) { self.uint(key).map(Some) } else { Ok(None) }
    }

    pub(crate) fn bytes(&mut self, key: u64) -> Result<&'a [u8], Refusal> {
        self.expect_key(key)?;
        let value = self.string(BYTES)?;
        self.advance()?;
        Ok(value)
    }

    pub(crate) fn optional_bytes(&mut self, key: u64) -> Result<Option<&'a [u8]>, Refusal> {
        if self.next_key == Some(key) { self.bytes(key).map(Some) } else { Ok(None) }
    }

    pub(crate) fn fixed<const N: usize>(&mut self, key: u64) -> Result<[u8; N], Refusal> {
        let value = self.bytes(key)?;
        value.try_into().map_err(|_| self.malformed("has a field of the wrong length"))
    }

    pub(crate) fn text(&mut self, key: u64) -> Result<String, Refusal> {
        self.expect_key(key)?;
        let value = self.text_value()?;
        self.advance()?;
        Ok(value)
    }

    pub(crate) fn optional_text(&mut self, key: u64) -> Result<Option<String>, Refusal> {
        if self.next_key == Some(key) { self.text(key).map(Some) } else { Ok(None) }
    }

    pub(crate) fn texts(&mut self, key: u64) -> Result<Vec<String>, Refusal> {
        self.list(key, Self::text_value)
    }

    pub(crate) fn optional_texts(&mut self, key: u64) -> Result<Option<Vec<String>>, Refusal> {
        if self.next_key == Some(key) { self.texts(key).map(Some) } else { Ok(None) }
    }

    pub(crate) fn ints(&mut self, key: u64) -> Result<Vec<i64>, Refusal> {
        self.list(key, |reader| {
            let (major, argument) = reader.any_head()?;
            let value = i64::try_from(argument).map_err(|_| reader.malformed("has a number out of range"))?;
            match major {
                UNSIGNED => Ok(value),
                NEGATIVE => Ok(!value),
                _ => Err(reader.malformed("has a value of the wrong type")),
            }
        })
    }

    pub(crate) fn byte_strings(&mut self, key: u64) -> Result<Vec<&'a [u8]>, Refusal> {
        self.list(key, |reader| reader.string(BYTES))
    }

    /// The map must end here, and the bytes with it.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        if self.next_key.is_some() {
            return Err(self.malformed("has a field that this version does not know"));
        }
        if !self.rest.is_empty() {
            return Err(self.malformed("has bytes after its end"));
        }
        Ok(())
    }

    pub(crate) fn malformed(&self, what: &'static str) -> Refusal {
        Refusal::malformed(self.record, what)
    }

    fn list<T>(&mut self, key: u64, item: impl Fn(&mut Self) -> Result<T, Refusal>) -> Result<Vec<T>, Refusal> {
        self.expect_key(key)?;
        let count = self.head(LIST)?;
        // Every item takes a byte at least, so a list cannot claim more than is there and memory stays bounded.
        if count > self.rest.len() as u64 {
            return Err(self.malformed("ends too early"));
        }
        let items = (0..count).map(|_| item(self)).collect::<Result<Vec<T>, Refusal>>()?;
        self.advance()?;
        Ok(items)
    }

    fn text_value(&mut self) -> Result<String, Refusal> {
        let bytes = self.string(TEXT)?;
        let text = std::str::from_utf8(bytes).map_err(|_| self.malformed("has text that is not UTF-8"))?;
        if !is_nfc(text) {
            return Err(self.malformed("has text that is not in normal form C"));
        }
        Ok(text.to_owned())
    }

    fn string(&mut self, major: u8) -> Result<&'a [u8], Refusal> {
        let length = self.head(major)?;
        let length = usize::try_from(length).map_err(|_| self.malformed("ends too early"))?;
        let Some((value, rest)) = self.rest.split_at_checked(length) else {
            return Err(self.malformed("ends too early"));
        };
        self.rest = rest;
        Ok(value)
    }

    fn expect_key(&mut self, key: u64) -> Result<(), Refusal> {
        match self.next_key {
            Some(found) if found == key => Ok(()),
            Some(found) if found < key => Err(self.malformed("has a field that this version does not know")),
            _ => Err(self.malformed("lacks a field")),
        }
    }

    /// Reads the key of the next entry, if there is one.
    fn advance(&mut self) -> Result<(), Refusal> {
        self.next_key = None;
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        let key = self.head(UNSIGNED)?;
        if self.last_key.is_some_and(|last| last >= key) {
            return Err(self.malformed("has fields twice or out of order"));
        }
        self.last_key = Some(key);
        self.next_key = Some(key);
        Ok(())
    }

    fn head(&mut self, major: u8) -> Result<u64, Refusal> {
        let (found, argument) = self.any_head()?;
        if found == major { Ok(argument) } else { Err(self.malformed("has a value of the wrong type")) }
    }

    fn any_head(&mut self) -> Result<(u8, u64), Refusal> {
        let first = self.take(1)?[0];
        let (major, short) = (first >> 5, first & 31);
        if major > MAP {
            return Err(self.malformed("has a tag, a float or a simple value"));
        }
        let (argument, least) = match short {
            0..=23 => return Ok((major, u64::from(short))),
            24 => (u64::from(self.take(1)?[0]), 24),
            25 => (self.big_endian(2)?, 1 << 8),
            26 => (self.big_endian(4)?, 1 << 16),
            27 => (self.big_endian(8)?, 1 << 32),
            _ => return Err(self.malformed("has an indefinite or reserved length")),
        };
        if argument < least {
            return Err(self.malformed("has a number in a longer form than needed"));
        }
        Ok((major, argument))
    }

    fn big_endian(&mut self, count: usize) -> Result<u64, Refusal> {
        Ok(self.take(count)?.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Refusal> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.malformed("ends too early"));
        };
        self.rest = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(number: u64, int: i64, text: &str, bytes: &[u8]) -> Vec<u8> {
        Writer::new().uint(1, number).ints(2, &[int, 0]).text(300, text).bytes(70_000, bytes).finish()
    }

    type Parts = (u64, Vec<i64>, String, Vec<u8>);

    fn read(bytes: &[u8]) -> Result<Parts, Refusal> {
        let mut reader = Reader::open("record", bytes)?;
        let parts = (reader.uint(1)?, reader.ints(2)?, reader.text(300)?, reader.bytes(70_000)?.to_vec());
        reader.finish()?;
        Ok(parts)
    }

    #[test]
    fn refuses_text_in_another_normal_form() {
        assert!(read(&sample(1, 0, "e\u{301}", b"")).is_err());
        assert!(read(&sample(1, 0, "é", b"")).is_ok());
    }

    #[test]
    fn a_huge_claimed_length_takes_no_memory() {
        assert!(
            Reader::open("record", &[0xa1, 1, 0x9b, 255, 255, 255, 255, 255, 255, 255, 255])
                .is_ok_and(|mut reader| reader.texts(1).is_err())
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number: u64, int: i64, text in "[a-zé ]{0,40}", bytes: Vec<u8>) {
            let (a, b, c, d) = read(&sample(number, int, &text, &bytes)).unwrap();
            prop_assert_eq!((a, b, c, d), (number, vec![int, 0], text, bytes));
        }

        #[test]
        fn what_is_read_has_one_spelling(mut bytes in prop::collection::vec(any::<u8>(), 0..60), place: usize, value: u8) {
            // Random bytes seldom get past the first head; a spoiled good record goes deeper.
            if bytes.len() % 2 == 0 {
                bytes = sample(bytes.len() as u64 * 99, -7, "abc", &bytes);
                let place = place % bytes.len();
                bytes[place] = value;
            }
            if let Ok((number, ints, text, inner)) = read(&bytes) {
                let again = Writer::new().uint(1, number).ints(2, &ints).text(300, &text).bytes(70_000, &inner).finish();
                prop_assert_eq!(again, bytes);
            }
        }
    }
}
