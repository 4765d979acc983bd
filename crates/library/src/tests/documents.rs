//! Documents: what was appended comes back in order after a restart, sealed on disk and bound to its place.

use super::stage::{NOW, Place};
use super::unsealed::{JOB_TEXT, assert_sealed};
use crate::DocumentId;

#[test]
fn edits_come_back_in_order_and_numbers_are_not_used_again() {
    let place = Place::new(false);
    let library = place.create();
    let book = library.add_document("book", JOB_TEXT.as_bytes()).unwrap();
    let takes = library.add_document("takes", b"").unwrap();
    for edit in [JOB_TEXT, "two", "three"] {
        library.append_edit(book, edit.as_bytes()).unwrap();
    }
    assert_eq!(library.append_edit(takes, b"one").unwrap(), 1);
    drop(library);
    assert_sealed(&place.folder());
    let library = place.open(NOW).unwrap();
    assert_eq!(library.documents("book").unwrap(), [book]);
    assert_eq!(library.document("book", book).unwrap().as_slice(), JOB_TEXT.as_bytes());
    let edits: Vec<_> = library.edits(book).unwrap().iter().map(|edit| edit.to_vec()).collect();
    assert_eq!(edits, [JOB_TEXT.as_bytes(), b"two", b"three"]);
    library.remove_document(book).unwrap();
    library.remove_document(book).unwrap();
    assert!(library.edits(book).unwrap().is_empty());
    assert_eq!(library.append_edit(book, b"x").unwrap_err().code(), "not_found");
    assert_eq!(library.document("book", takes).unwrap_err().code(), "not_found");
    assert_eq!(library.document("book", DocumentId(u64::MAX)).unwrap_err().code(), "not_found");
    assert!(library.add_document("book", b"").unwrap() > takes);
}
