//! f32 arithmetic on the CPU that every bundled network is made of. It knows no model, no file and no thread.
//!
//! Rows never meet: a row's result depends on that row alone, and every sum runs in an order that the number of rows
//! cannot change. That is what makes a slot's output bit-identical alone and in any batch.

mod attention;
mod convolution;
mod linear;
mod pointwise;

pub use attention::{HeadNorms, KeyValues, Rotation, attend};
pub use convolution::{CausalDepthwise, Convolution, DepthwiseKernel};
pub use linear::Linear;
pub use pointwise::{add, add_scaled, layer_norm, log_softmax, relu, rms_norm, silu, silu_gate, softmax};

pub(crate) use pointwise::{exp, sin_cos, vectorised};

/// Which instruction set this machine's kernels run on, for reports.
pub fn instruction_set() -> String {
    format!("{:?}", pulp::Arch::new()).split('(').next().unwrap_or("Scalar").to_lowercase()
}
