//! What crosses the border to the window, as plain data. Each type is exported to TypeScript; a test holds the exported
//! files fresh. It knows no recipe but in `from`, which makes these types of the studio's.

mod books;
mod catalog;
mod ceremony;
mod dubs;
#[cfg(test)]
mod fresh;
mod from;
mod jobs;
mod machine;
mod takes;
mod voices;

pub use books::*;
pub use catalog::*;
pub use ceremony::*;
pub use dubs::*;
pub use from::{internal, job_view, line_news, number};
pub use jobs::*;
pub use machine::*;
pub use takes::*;
pub use voices::*;
