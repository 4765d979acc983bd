//! The whole trip through the window.

use std::time::{Duration, Instant};

use crate::sound;
use crate::stage::Stage;

struct Clock(Instant);

impl Clock {
    fn step(&mut self, what: &str) {
        eprintln!("{:>7.2} s  {what}", self.0.elapsed().as_secs_f64());
        self.0 = Instant::now();
    }
}

#[test]
fn from_the_first_sound_to_the_end_of_a_voice() {
    let mut clock = Clock(Instant::now());
    let mut stage = Stage::new();
    clock.step("stage");

    let began = Instant::now();
    let window = stage.open(&[]);
    window.find("first-sound");
    eprintln!("cold start: {:.2} s to the first page, {:.2} s until it can be used", window.opened_in.as_secs_f64(), began.elapsed().as_secs_f64());
    clock.step("window");

    let ear = sound::Ear::begin(&stage, "first");
    window.click("first-sound");
    window.find_within("shell", Duration::from_millis(10));
    drop(ear);
}
