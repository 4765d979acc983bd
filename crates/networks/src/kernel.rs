//! f32 arithmetic on the CPU that every bundled network is made of. It knows no model, no file and no thread.
//!
//! Rows never meet: a row's result depends on that row alone, and every sum runs in an order that the number of rows
//! cannot change. That is what makes a slot's output bit-identical alone and in any batch.

/// Writes a function whose body is compiled for every instruction set and run for the widest that this machine has.
/// What it calls has to be `#[inline(always)]`, and it must not hold large closures: what is not inlined is compiled for
/// the oldest machine, and each fused multiply-add in it becomes a call.
macro_rules! kernel {
    ($(#[$meta:meta])* $visible:vis fn $name:ident<$life:lifetime>($($argument:ident: $kind:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        $visible fn $name<$life>($($argument: $kind),*) {
            struct Call<$life> {
                $($argument: $kind),*
            }
            impl<$life> pulp::WithSimd for Call<$life> {
                type Output = ();

                #[inline(always)]
                fn with_simd<S: pulp::Simd>(self, _: S) {
                    let Self { $($argument),* } = self;
                    $body
                }
            }
            pulp::Arch::new().dispatch(Call { $($argument),* });
        }
    };
}
pub(crate) use kernel;

mod attention;
mod convolution;
mod crew;
mod linear;
mod pointwise;

pub use attention::{HeadNorms, KeyValues, Rotation, attend, attend_heads, attend_pages, turn_heads};
pub use convolution::{CausalDepthwise, Convolution, DepthwiseKernel};
pub use crew::Crew;
pub use linear::{Linear, Precision};
pub(crate) use linear::{Sheet, even, many, room};
pub use pointwise::{
    add, add_scaled, elu, gelu, layer_norm, log_softmax, relu, rms_norm, sigmoid, silu, silu_gate, snake, snake_to,
    softmax, tanh,
};

pub(crate) use pointwise::{exp, sin_cos};

/// Which instruction set this machine's kernels run on, for reports.
pub fn instruction_set() -> String {
    format!("{:?}", pulp::Arch::new()).split('(').next().unwrap_or("Scalar").to_lowercase()
}
