//! What is seen in a file, and where its sound lies on the video's time line.

use audio::AudioError;
use audio::media::Shape;

use crate::films::{MONO, PICTURE, Room, STEREO, assert_clicks, click_source, go_on, heard};

#[test]
fn a_film_is_described() {
    let Some(room) = Room::open() else { return };
    let film = room.make(
        "a.mp4",
        &format!(
            "-f lavfi -i {PICTURE}:d=2 -f lavfi -i sine=d=2 -f lavfi -i sine=d=2:r=22050 -map 0 -map 1 -map 2 -c:a aac \
             -metadata:s:a:0 language=deu -metadata:s:a:1 language=fra -metadata:s:a:1 title=Commentary"
        ),
    );
    let probe = room.probe(&film);
    let video = probe.video.as_ref().unwrap();
    assert_eq!((video.codec.as_str(), video.width, video.height, video.rotation_degrees), ("h264", 160, 120, 0));
    assert!((video.frames_per_second - 25.0).abs() < 1e-6 && (video.seconds - 2.0).abs() < 1e-6);
    assert!((probe.seconds - 2.0).abs() < 1e-6 && probe.bytes > 1_000 && probe.container.contains("mp4"));
    let [first, second] = &probe.sounds[..] else { panic!("{probe:?}") };
    assert_eq!((first.codec.as_str(), first.rate_hz, first.channels), ("aac", 44_100, 1));
    assert_eq!((first.language.as_deref(), first.is_default), (Some("deu"), true));
    assert_eq!((second.rate_hz, second.language.as_deref(), second.is_default), (22_050, Some("fra"), false));
    // A project keeps it.
    let kept = serde_json::to_string(&probe).unwrap();
    assert_eq!(serde_json::from_str::<audio::media::Probe>(&kept).unwrap(), probe);
}

#[test]
fn sound_lies_on_the_videos_time_line() {
    let Some(room) = Room::open() else { return };
    let x264 = "-c:v libx264 -preset ultrafast -bf 2";
    let plain = |name: &str, codecs: &str| room.film(name, 3, &[0.5, 2.0], codecs);
    for (name, codecs) in [
        ("a.mp4", format!("{x264} -c:a aac")),
        ("a.mkv", format!("{x264} -c:a aac")),
        ("b.mkv", format!("{x264} -c:a flac")),
        ("a.ts", format!("{x264} -c:a aac -muxdelay 0")),
        ("a.mov", "-c:v mpeg4 -c:a pcm_s16le".into()),
        ("a.avi", "-c:v mpeg4 -c:a libmp3lame".into()),
        ("a.webm", "-c:v libvpx -deadline realtime -cpu-used 8 -c:a libvorbis".into()),
    ] {
        let film = plain(name, &codecs);
        let found = heard(&room.sound(&film, 0, MONO), MONO);
        // MP3 in AVI: nobody says how much the encoder put before.
        let found: Vec<f64> = if name == "a.avi" { found.iter().map(|at| at - 0.023).collect() } else { found };
        assert_clicks(&found, &[0.5, 2.0], name);
        let probe = room.probe(&film);
        assert!((probe.seconds - 3.0).abs() < 0.041, "{name}: {probe:?}");
    }
}

#[test]
fn odd_starts_become_silence_or_are_cut() {
    let Some(room) = Room::open() else { return };
    let click = click_source(&[0.5, 2.0], 3);
    for (offset, wanted) in [("0.5", &[1.0, 2.5][..]), ("-0.3", &[0.2, 1.7]), ("-0.7", &[1.3])] {
        for (name, codecs) in [
            ("o.mp4", "-c:v libx264 -preset ultrafast -c:a aac"),
            ("o.mkv", "-c:v libx264 -preset ultrafast -c:a pcm_s16le"),
            ("o.ts", "-c:v libx264 -preset ultrafast -c:a aac"),
        ] {
            let line =
                format!("-f lavfi -i {PICTURE}:d=3 -itsoffset {offset} -f lavfi -i {click} -map 0:v -map 1:a {codecs}");
            let film = room.make(name, &line);
            let samples = room.sound(&film, 0, MONO);
            let found = heard(&samples, MONO);
            assert_clicks(&found, wanted, &format!("{name} {offset}"));
            let seconds = samples.len() as f64 / 48_000.0;
            let offset: f64 = offset.parse().unwrap();
            assert!((seconds - 3.0 - offset).abs() < 0.06, "{name} {offset}: {seconds}");
        }
    }
}

#[test]
fn a_gap_in_the_track_is_silence() {
    let Some(room) = Room::open() else { return };
    // The packets of the second between 1 and 2 are missing.
    let click = click_source(&[0.5, 2.5], 3);
    let line = format!(
        "-f lavfi -i {PICTURE}:d=3 -f lavfi -i {click} -af aselect='lt(t\\,1)+gt(t\\,2)' -c:v libx264 \
                        -preset ultrafast -c:a pcm_s16le"
    );
    let film = room.make("gap.mkv", &line);
    assert_clicks(&heard(&room.sound(&film, 0, MONO), MONO), &[0.5, 2.5], "gap");
}

#[test]
fn many_channels_are_mixed_down_as_loud() {
    let Some(room) = Room::open() else { return };
    let loudest = |path: &std::path::Path, shape: Shape| {
        room.sound(path, 0, shape)[4_800..].iter().fold(0.0_f32, |most, sample| most.max(sample.abs()))
    };
    let mono = room.make("mono.wav", "-f lavfi -i sine=d=1 -af volume=8dB -c:a pcm_s16le");
    let was = loudest(&mono, MONO);
    assert!((loudest(&mono, STEREO) - was).abs() < 0.01);
    let stereo = room.make("stereo.wav", "-i mono.wav -af pan=stereo|c0=c0|c1=c0");
    assert!((loudest(&stereo, MONO) - was).abs() < 0.01);
    // Speech sits in the middle of film sound.
    let middle = "-i mono.wav -af pan=5.1|FL=0*c0|FR=0*c0|FC=c0|LFE=0*c0|BL=0*c0|BR=0*c0 -c:a pcm_s16le";
    let five = room.make("five.wav", middle);
    for shape in [MONO, STEREO] {
        let now = loudest(&five, shape);
        assert!(now > was * 0.25 && now < was * 1.1, "{now} of {was}");
    }
    let sixteen = room.make("sixteen.wav", "-f lavfi -i sine=d=1 -af pan=16c|c3=c0|c12=c0 -c:a pcm_s16le");
    assert_eq!(room.probe(&sixteen).sounds[0].channels, 16);
    for shape in [MONO, STEREO] {
        assert!(loudest(&sixteen, shape) > 0.005);
    }
}

#[test]
fn every_track_and_rate_can_be_read() {
    let Some(room) = Room::open() else { return };
    let tones: String = (0..8).map(|n| format!("-f lavfi -i sine=f={}:d=1 ", 200 * (n + 1))).collect();
    let maps: String = (1..=8).map(|n| format!("-map {n} ")).collect();
    let film = room.make("eight.mkv", &format!("-f lavfi -i {PICTURE}:d=1 {tones} -map 0 {maps} -c:a flac"));
    let probe = room.probe(&film);
    assert_eq!(probe.sounds.len(), 8);
    for track in [0, 3, 7] {
        let samples = room.sound(&film, track, Shape { rate_hz: 16_000, channels: 1 });
        let crossings = samples.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count();
        assert!(crossings.abs_diff(400 * (track + 1)) < 12, "track {track}: {crossings} crossings");
    }
    let past = room.tools.sound(&film, &probe, 8, MONO);
    assert!(matches!(past, Err(AudioError::BadInput { .. })));
    let fast = room.make("fast.wav", "-f lavfi -i sine=r=192000:d=1 -c:a pcm_s24le");
    assert_eq!(room.probe(&fast).sounds[0].rate_hz, 192_000);
    assert_eq!(room.sound(&fast, 0, STEREO).len(), 96_000);
    for shape in [
        Shape { rate_hz: 1, channels: 1 },
        Shape { rate_hz: 48_000, channels: 3 },
        Shape { rate_hz: 48_000, channels: 0 },
    ] {
        assert!(room.tools.sound(&fast, &room.probe(&fast), 0, shape).is_err(), "{shape:?}");
    }
    let again = room.tools.probe(&fast, &|| false);
    assert!(matches!(again, Err(AudioError::Stopped)), "{again:?}");
    assert!(room.tools.probe(&fast, &go_on).is_ok());
}
