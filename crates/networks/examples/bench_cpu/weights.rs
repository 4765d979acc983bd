//! Random weights of the real sizes, as bfloat16 like the released ones, and the numbers that both sides are fed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use half::bf16;

use super::{PASSES, Sizes, WORDS, codec};

/// Writes the file unless it is there already in full length: what is in it follows from the sizes alone.
pub fn write(path: &Path, sizes: Sizes) -> std::io::Result<()> {
    let tensors = tensors(sizes);
    let mut header = String::from("{");
    let mut at = 0;
    for (name, shape, _) in &tensors {
        let bytes = 2 * shape.iter().product::<usize>();
        let comma = if at == 0 { "" } else { "," };
        let to = at + bytes;
        header += &format!("{comma}\"{name}\":{{\"dtype\":\"BF16\",\"shape\":{shape:?},\"data_offsets\":[{at},{to}]}}");
        at = to;
    }
    header.push('}');
    let length = (8 + header.len() + at) as u64;
    if path.metadata().is_ok_and(|found| found.len() == length) {
        return Ok(());
    }
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
    let partial = path.with_extension("part");
    let mut file = BufWriter::with_capacity(1 << 20, File::create(&partial)?);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header.as_bytes())?;
    for (number, (_, shape, (middle, size))) in tensors.iter().enumerate() {
        let count = shape.iter().product::<usize>() as u64;
        let bytes: Vec<u8> =
            (0..count).flat_map(|i| bf16::from_f32(middle + size * noise(number as u64, i)).to_le_bytes()).collect();
        file.write_all(&bytes)?;
    }
    file.into_inner()?.sync_all()?;
    std::fs::rename(partial, path)
}

/// Evenly from -1 to 1.
fn noise(seed: u64, at: u64) -> f32 {
    let z = (at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed.wrapping_mul(0xD1B5_4A32_D192_ED03);
    let z = (z ^ (z >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((z ^ (z >> 32)) >> 40) as f32 / 8_388_608.0 - 1.0
}

/// Name, shape, and the middle and size of the numbers.
pub type Tensor = (String, Vec<usize>, (f32, f32));

fn tensors(sizes: Sizes) -> Vec<Tensor> {
    let mut all: Vec<Tensor> = Vec::new();
    // A product keeps the size of its rows.
    let product = |name: String, outputs: usize, inputs: usize| {
        (name, vec![outputs, inputs], (0.0, (3.0 / inputs as f32).sqrt()))
    };
    for (prefix, layers) in [("talker.", sizes.talker), ("predictor.", sizes.predictor)] {
        for number in 0..layers {
            let at = format!("{prefix}layers.{number}.");
            for (name, outputs, inputs) in [
                ("self_attn.q_proj", 2048, 1024),
                ("self_attn.k_proj", 1024, 1024),
                ("self_attn.v_proj", 1024, 1024),
                ("self_attn.o_proj", 1024, 2048),
                ("mlp.gate_proj", 3072, 1024),
                ("mlp.up_proj", 3072, 1024),
                ("mlp.down_proj", 1024, 3072),
            ] {
                all.push(product(format!("{at}{name}.weight"), outputs, inputs));
            }
            for (name, width) in [
                ("input_layernorm", 1024),
                ("post_attention_layernorm", 1024),
                ("self_attn.q_norm", 128),
                ("self_attn.k_norm", 128),
            ] {
                all.push((format!("{at}{name}.weight"), vec![width], (1.0, 0.25)));
            }
        }
        all.push((format!("{prefix}norm.weight"), vec![1024], (1.0, 0.25)));
    }
    all.push(product("talker.head.weight".to_owned(), 3072, 1024));
    for number in 0..PASSES {
        all.push(product(format!("predictor.head.{number}.weight"), WORDS, 1024));
        all.push((format!("predictor.table.{number}.weight"), vec![WORDS, 1024], (0.0, 1.0)));
    }
    for (name, shape) in
        [("context", vec![8, sizes.context, 1024]), ("step", vec![8, 1024]), ("frame", vec![8, 2, 1024])]
    {
        all.push((format!("input.{name}"), shape, (0.0, 1.0)));
    }
    all.extend(codec::tensors());
    all
}
