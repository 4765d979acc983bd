//! The fuzzer's bodies for checkpoints and configs, over their seeds and random changes of them.

#[path = "../../../fuzz/bodies/changes.rs"]
mod changes;
#[path = "../../../fuzz/bodies/checkpoint.rs"]
mod checkpoint;
#[path = "../../../fuzz/bodies/config.rs"]
mod config;

#[test]
fn no_change_of_a_checkpoint_gets_through() {
    let seeds = changes::seeds(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/checkpoint"), "safetensors");
    changes::run(&seeds, 20_000, checkpoint::body);
}

#[test]
fn no_change_of_a_config_gets_through() {
    let seeds = changes::seeds(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/seeds/config"), "json");
    changes::run(&seeds, 3_000, config::body);
}
