//! Tests of the library on a real disk. The names `cNN` are those of the consent test list.

mod consent;
mod crash;
mod disk;
mod keyring;
mod kept;
mod stage;
mod unsealed;
