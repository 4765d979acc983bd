//! The fuzzer's body for the catalog, over the catalog's entries and random changes of them.

#[path = "../../../fuzz/bodies/catalog.rs"]
mod catalog;
#[path = "../../../fuzz/bodies/changes.rs"]
mod changes;

#[test]
fn no_change_of_an_entry_gets_through() {
    let seeds = changes::seeds(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/catalog"), "toml");
    changes::run(&seeds, 3_000, catalog::body);
}
