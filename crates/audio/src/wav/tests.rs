//! Tests of the WAV reader and writers, against an independent library.

use std::io::Cursor;

use proptest::prelude::*;

use super::header::Form;
use super::*;

const DEPTHS: [(Depth, f32); 5] = [
    (Depth::Int8, 1.0 / 128.0),
    (Depth::Int16, 1.0 / 32_768.0),
    (Depth::Int24, 1.0 / 8_388_608.0),
    (Depth::Int32, 1.2e-7),
    (Depth::Float32, 0.0),
];

fn wave(frames: usize, rate_hz: u32) -> Pcm {
    Pcm::new((0..frames).map(|n| ((n * n) as f32 * 0.001).sin()).collect(), rate_hz).unwrap()
}

fn close(a: &Pcm, b: &Pcm, step: f32) -> bool {
    a.len() == b.len()
        && a.rate_hz() == b.rate_hz()
        && a.samples().iter().zip(b.samples()).all(|(a, b)| (a - b).abs() <= step)
}

#[test]
fn every_depth_reads_back() {
    let pcm = wave(1_001, 22_050);
    for (depth, step) in DEPTHS {
        let back = read_from(Cursor::new(bytes(&pcm, depth)), &Limits::default()).unwrap();
        assert!(close(&pcm, &back, step), "{depth:?}");
    }
}

#[test]
fn hound_reads_what_we_write_and_we_read_what_it_writes() {
    let pcm = wave(501, 44_100);
    for (depth, step) in DEPTHS {
        let mut reader = hound::WavReader::new(Cursor::new(bytes(&pcm, depth))).unwrap();
        let spec = reader.spec();
        assert_eq!((spec.channels, spec.sample_rate), (1, 44_100));
        let theirs: Vec<f32> = match spec.sample_format {
            hound::SampleFormat::Float => reader.samples::<f32>().map(Result::unwrap).collect(),
            hound::SampleFormat::Int => {
                let full = (1_u64 << (spec.bits_per_sample - 1)) as f32;
                reader.samples::<i32>().map(|sample| sample.unwrap() as f32 / full).collect()
            }
        };
        assert!(close(&pcm, &Pcm::new(theirs, 44_100).unwrap(), step), "{depth:?}");

        let mut stereo = Vec::new();
        let mut writer =
            hound::WavWriter::new(Cursor::new(&mut stereo), hound::WavSpec { channels: 2, ..spec }).unwrap();
        for &sample in pcm.samples() {
            for part in [sample, -sample] {
                if spec.sample_format == hound::SampleFormat::Float {
                    writer.write_sample(part).unwrap();
                } else {
                    let full = (1_u64 << (spec.bits_per_sample - 1)) as f32;
                    writer.write_sample((part * full * 0.99) as i32).unwrap();
                }
            }
        }
        writer.finalize().unwrap();
        let mixed = read_from(Cursor::new(stereo), &Limits::default()).unwrap();
        assert_eq!(mixed.len(), pcm.len());
        assert!(mixed.samples().iter().all(|sample| sample.abs() <= step.max(1e-6)), "{depth:?}: the channels cancel");
    }
}

#[test]
fn a_killed_writer_leaves_a_file_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.wav");
    let pcm = wave(24_000 * 3, 24_000);
    let mut writer = Writer::create(&path, 24_000, Depth::Int24).unwrap();
    assert_eq!(read(&path).unwrap().len(), 0);
    let mut given = 0;
    for block in pcm.samples().chunks(480) {
        writer.write(block).unwrap();
        given += block.len();
        // What is on the disk now is what a kill -9 would leave.
        let there = read(&path).unwrap();
        let lost_seconds = (given - there.len()) as f64 / 24_000.0;
        assert!(lost_seconds <= 0.25, "{lost_seconds} s lost");
        assert!(close(&there, &pcm.slice(0.0, there.seconds()), 1.0 / 8_388_608.0));
    }
    std::mem::forget(writer);
    assert!(hound::WavReader::open(&path).unwrap().duration() >= 24_000 * 3 - 6_000);
}

#[test]
fn dropping_and_finishing_keep_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("take.wav");
    let pcm = wave(12_345, 24_000);
    for finish in [false, true] {
        let mut writer = Writer::create(&path, 24_000, Depth::Int24).unwrap();
        writer.write(pcm.samples()).unwrap();
        assert_eq!(writer.frames(), 12_345);
        assert!(matches!(writer.write(&[f32::NAN]), Err(AudioError::NotFinite { .. })));
        if finish {
            assert_eq!(writer.finish().unwrap(), 12_345);
            assert_eq!(std::fs::metadata(&path).unwrap().len() % 2, 0);
        } else {
            drop(writer);
        }
        assert!(close(&read(&path).unwrap(), &pcm, 1.0 / 8_388_608.0));
    }
}

#[test]
fn grows_into_rf64() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    let pcm = wave(30_000, 24_000);
    let mut writer =
        Writer::with_riff_limit(&path, Form { depth: Depth::Int16, rate_hz: 24_000, channels: 1 }, 20_000).unwrap();
    let mut seen = (false, false);
    for block in pcm.samples().chunks(1_000) {
        writer.write(block).unwrap();
        match &std::fs::read(&path).unwrap()[..4] {
            b"RIFF" => seen.0 = true,
            b"RF64" => seen.1 = true,
            other => panic!("{other:?}"),
        }
        read(&path).unwrap();
    }
    writer.finish().unwrap();
    assert_eq!(seen, (true, true));
    assert!(close(&read(&path).unwrap(), &pcm, 1.0 / 32_768.0));
}

#[test]
fn rf64_sizes_are_64_bit() {
    // The header only: 5 GiB of sound need not exist for its numbers to be right.
    let data_bytes = 5_u64 << 30;
    let head = header::header(
        Form { depth: Depth::Int16, rate_hz: 48_000, channels: 1 },
        data_bytes,
        header::Room::Exact,
        RIFF_LIMIT,
    );
    assert_eq!(&head[..4], b"RF64");
    assert_eq!(u64::from_le_bytes(head[20..28].try_into().unwrap()), data_bytes + 80 - 8);
    assert_eq!(u64::from_le_bytes(head[28..36].try_into().unwrap()), data_bytes);
    // A sparse file of that size is found in full without a byte of it being read.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse.wav");
    std::fs::write(&path, &head).unwrap();
    let file = std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    file.set_len(data_bytes + 80).unwrap();
    let found = header::find(&mut std::fs::File::open(&path).unwrap(), data_bytes + 80).unwrap();
    assert_eq!((found.data_start, found.data_bytes), (80, data_bytes));
    assert!(matches!(read(&path), Err(AudioError::OverLimit { .. })));
}

#[test]
fn limits_hold() {
    let file = bytes(&wave(8_000, 8_000), Depth::Int16);
    let read = |limits: &Limits| read_from(Cursor::new(&file), limits);
    assert!(read(&Limits { max_seconds: 1.0, max_bytes: 20_000 }).is_ok());
    assert!(matches!(read(&Limits { max_seconds: 0.9, max_bytes: 20_000 }), Err(AudioError::OverLimit { .. })));
    assert!(matches!(read(&Limits { max_seconds: 1.0, max_bytes: 10_000 }), Err(AudioError::OverLimit { .. })));
    assert!(matches!(read(&Limits { max_seconds: f64::NAN, max_bytes: 20_000 }), Err(AudioError::OverLimit { .. })));
}

#[test]
fn hostile_heads_are_errors() {
    let good = bytes(&wave(10, 8_000), Depth::Int16);
    let patched = |at: usize, with: &[u8]| {
        let mut file = good.clone();
        file[at..at + with.len()].copy_from_slice(with);
        read_from(Cursor::new(file), &Limits::default())
    };
    assert!(patched(22, &[0, 0]).is_err(), "no channels");
    assert!(patched(22, &[0xFF, 0xFF]).is_err(), "channels against frame size");
    assert!(patched(24, &[0, 0, 0, 0]).is_err(), "no rate");
    assert!(patched(24, &[0xFF; 4]).is_err(), "rate of 4 GHz");
    assert!(patched(34, &[7, 0]).is_err(), "7 bits");
    assert!(patched(16, &[4, 0, 0, 0]).is_err(), "short format");
    assert!(patched(16, &[0xFF; 4]).is_err(), "endless format");
    assert!(matches!(patched(20, &[7, 0]), Err(AudioError::Unsupported { .. })), "mu-law");
    // A size beyond the end is what a crash leaves: the sound that is there is taken.
    assert_eq!(patched(40, &[0xFF; 4]).unwrap().len(), 10);
}

proptest! {
    #[test]
    fn garbage_never_panics(mut file in prop::collection::vec(any::<u8>(), 0..300), keep in 0_usize..60) {
        let good = bytes(&wave(50, 8_000), Depth::Int24);
        let keep = keep.min(file.len());
        file[..keep].copy_from_slice(&good[..keep]);
        if let Ok(pcm) = read_from(Cursor::new(&file), &Limits::default()) {
            prop_assert!(pcm.len() <= file.len());
        }
    }

    #[test]
    fn one_flipped_byte_never_panics(at in 0_usize..200, with in any::<u8>()) {
        let mut file = bytes(&wave(50, 8_000), Depth::Int24);
        let at = at % file.len();
        file[at] = with;
        let _ = read_from(Cursor::new(file), &Limits::default());
    }

    #[test]
    fn float_round_trip_is_exact(samples in prop::collection::vec(-1.0_f32..=1.0, 0..200)) {
        let pcm = Pcm::new(samples, 16_000).unwrap();
        let back = read_from(Cursor::new(bytes(&pcm, Depth::Float32)), &Limits::default()).unwrap();
        prop_assert_eq!(back, pcm);
    }
}

#[test]
fn two_channels_stay_apart_and_are_mixed_when_read_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two.wav");
    let mut writer = Writer::create_stereo(&path, 48_000, Depth::Int24).unwrap();
    for _ in 0..300 {
        writer.write(&[0.5, -0.25].repeat(50)).unwrap();
    }
    assert!((writer.seconds() - 15_000.0 / 48_000.0).abs() < 1e-9);
    assert_eq!(writer.finish().unwrap(), 15_000);
    let other = hound::WavReader::open(&path).unwrap();
    assert_eq!((other.spec().channels, other.duration()), (2, 15_000));
    let one = read(&path).unwrap();
    assert_eq!(one.len(), 15_000);
    assert!(one.samples().iter().all(|sample| (sample - 0.125).abs() < 1e-5));
}
