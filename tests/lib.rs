//! Whole trips through the product live in `it/`; this library is empty on purpose.
