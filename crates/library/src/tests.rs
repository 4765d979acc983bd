//! Tests of the library on a real disk. The names `cNN` are those of the consent test list.

mod consent;
mod crash;
mod disk;
mod documents;
mod kept;
mod keyring;
mod requests;
mod stage;
mod tapes;
mod unsealed;
