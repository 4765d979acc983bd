//! Random changes of seeds, the same in every run: for ordinary tests, where no fuzzer steers.

/// Calls `body` with every seed, and with `rounds` changes of them.
pub fn run(seeds: &[Vec<u8>], rounds: u32, body: impl Fn(&[u8])) {
    assert!(!seeds.is_empty(), "there are no seeds");
    seeds.iter().for_each(|seed| body(seed));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    const WORDS: [&str; 12] =
        ["0", "-1", "18446744073709551615", "1e9", "null", "[]", "{}", "\"\"", "../", "F32", "\n", "true"];
    for _ in 0..rounds {
        let mut data = seeds[draw(seeds.len())].clone();
        for _ in 0..=draw(4) {
            let at = draw(data.len());
            match draw(6) {
                0 if !data.is_empty() => data[at] ^= 1 << draw(8),
                1 => data.truncate(at),
                2 => drop(data.splice(at..at, WORDS[draw(WORDS.len())].bytes())),
                3 => {
                    let end = (at + draw(24)).min(data.len());
                    drop(data.splice(at..end, WORDS[draw(WORDS.len())].bytes()));
                }
                4 => {
                    let other = &seeds[draw(seeds.len())];
                    let from = draw(other.len());
                    data.extend_from_slice(&other[from..]);
                }
                _ if !data.is_empty() => data[at] = draw(256) as u8,
                _ => {}
            }
        }
        body(&data);
    }
}

/// All files of a folder.
pub fn seeds(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("the folder of seeds").flatten().map(|file| file.path()).collect();
    paths.sort();
    let wanted = paths.iter().filter(|path| path.extension().is_some_and(|found| found == ending));
    wanted.map(|path| std::fs::read(path).expect("a seed")).collect()
}
