//! How the pages look.
