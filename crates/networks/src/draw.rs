//! Random numbers as a pure function of seed and counter (SplitMix64, Steele et al. 2014). No state, no clock: a slot's
//! numbers cannot depend on what else runs.

/// SplitMix64's step and finaliser.
pub fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// A 64-bit word for `(seed, counter)`.
pub fn word(seed: u64, counter: u64) -> u64 {
    mix(mix(seed) ^ counter)
}

/// Uniform in `[0, 1)` with 24 bits.
pub fn uniform(seed: u64, counter: u64) -> f32 {
    (word(seed, counter) >> 40) as f32 / (1u32 << 24) as f32
}

/// White noise of unit variance, uniformly distributed.
pub fn noise(seed: u64, counter: u64) -> f32 {
    (uniform(seed ^ 0x006E_6F69_7365, counter) - 0.5) * 12.0f32.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_white_and_repeatable() {
        let x: Vec<f32> = (0..20_000).map(|n| noise(7, n)).collect();
        let power = x.iter().map(|v| v * v).sum::<f32>() / x.len() as f32;
        let neighbour = x.windows(2).map(|w| w[0] * w[1]).sum::<f32>() / x.len() as f32;
        assert!((power - 1.0).abs() < 0.02 && neighbour.abs() < 0.02);
        assert_eq!(noise(7, 123), x[123]);
        assert_ne!(noise(8, 123), x[123]);
    }
}
