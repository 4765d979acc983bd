//! A machine of its own for a window: home folder, screen, session bus, sound server with a loudspeaker and a microphone,
//! and the driver that clicks. Everything is ended by its own process id. Knows no page.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt, EventMask, MapState};

use crate::window::Window;

/// The passphrase of every library that tests make.
pub const PASSPHRASE: &str = "correct horse battery staple";

/// A process that ends with its owner.
pub struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> Self {
        let program = command.get_program().to_string_lossy().into_owned();
        Self(command.stdin(Stdio::null()).spawn().unwrap_or_else(|error| missing(&program, &error.to_string())))
    }

    pub fn of(child: Child) -> Self {
        Self(child)
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Asks it to end, and waits.
    pub fn end(mut self) {
        signal(self.0.id(), "TERM");
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            signal(self.0.id(), "TERM");
            let asked = Instant::now();
            while matches!(self.0.try_wait(), Ok(None)) && asked.elapsed() < Duration::from_secs(2) {
                sleep(Duration::from_millis(20));
            }
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

fn missing(program: &str, why: &str) -> ! {
    panic!("{program} could not be run ({why}); `cargo xtask setup` installs what the window's tests need")
}

/// Sends a signal to one process.
pub fn signal(id: u32, name: &str) {
    let _ = Command::new("kill").args(["-s", name, &id.to_string()]).stderr(Stdio::null()).status();
}

/// Processes that a process started.
pub fn children(id: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>()).collect()
}

/// Everything around the window. Fields end in their order: the driver before the screen.
pub struct Stage {
    driver: Option<Process>,
    room: Option<Process>,
    _sound: Process,
    _bus: Process,
    _screen: Process,
    environment: Vec<(String, String)>,
    pub home: TempDir,
}

impl Stage {
    /// Sets up everything but the window.
    pub fn new() -> Self {
        for program in
            ["Xvfb", "WebKitWebDriver", "dbus-daemon", "pulseaudio", "pactl", "pacat", "paplay", "parecord", "flite"]
        {
            let path = std::env::var_os("PATH").unwrap_or_default();
            if !std::env::split_paths(&path).any(|folder| folder.join(program).is_file()) {
                missing(program, "it is not in the PATH");
            }
        }
        let home = tempfile::Builder::new().prefix("vouch-window-").tempdir().unwrap();
        let at = |name: &str| home.path().join(name).display().to_string();
        for folder in ["run/pulse", "config", "data", "cache", "tmp"] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        private(&home.path().join("run"));
        let pulse = "pcm.!default { type pulse }\nctl.!default { type pulse }\n";
        fs::write(home.path().join(".asoundrc"), pulse).unwrap();

        let mut screen = Command::new("Xvfb");
        screen.args(["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]).stdout(Stdio::piped());
        let (screen, display) = Self::first_line(screen.stderr(Stdio::null()));
        let bus_address = format!("unix:path={}", at("run/bus"));
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork", "--print-address=1", &format!("--address={bus_address}")]);
        let (bus, _) = Self::first_line(bus.stdout(Stdio::piped()).stderr(Stdio::null()));

        let socket = at("run/pulse/native");
        let environment: Vec<(String, String)> = [
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("LANG", "C.UTF-8".into()),
            ("HOME", home.path().display().to_string()),
            ("XDG_RUNTIME_DIR", at("run")),
            ("XDG_CONFIG_HOME", at("config")),
            ("XDG_DATA_HOME", at("data")),
            ("XDG_CACHE_HOME", at("cache")),
            ("TMPDIR", at("tmp")),
            ("DISPLAY", format!(":{display}")),
            ("DBUS_SESSION_BUS_ADDRESS", bus_address),
            ("PULSE_SERVER", format!("unix:{socket}")),
            ("TAURI_WEBVIEW_AUTOMATION", "true".into()),
            ("TAURI_AUTOMATION", "true".into()),
            ("LIBGL_ALWAYS_SOFTWARE", "1".into()),
            ("NO_AT_BRIDGE", "1".into()),
            ("VOUCH_PASSPHRASE", PASSPHRASE.into()),
            ("VOUCH_LIBRARY", at("library")),
            ("VOUCH_EXPORTS", at("exports")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        let sound = sound_server(&environment, &socket, &at("pulse.log"));
        let mut stage = Self { driver: None, room: None, _sound: sound, _bus: bus, _screen: screen, environment, home };
        stage.room = Some(crate::sound::room_noise(&stage));
        stage
    }

    /// A process that says one line when it is ready.
    fn first_line(command: &mut Command) -> (Process, String) {
        let mut process = Process::start(command);
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(!line.trim().is_empty(), "{} did not start", command.get_program().display());
        (process, line.trim().to_owned())
    }

    /// A command that lives on this stage.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The folder of finished files.
    pub fn exports(&self) -> PathBuf {
        self.home.path().join("exports")
    }

    /// Opens the product's window, with the arguments of its command line.
    pub fn open(&mut self, arguments: &[&str]) -> Window {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut driver = self.command("WebKitWebDriver");
        driver.args([&format!("--port={port}"), "--host=127.0.0.1"]);
        driver.stdout(self.log("driver.log")).stderr(self.log("window.log"));
        let driver = Process::start(&mut driver);
        let id = driver.id();
        // Before the window, so that whatever happens it is ended.
        self.driver = Some(driver);
        Window::open(port, id, &product(), arguments)
    }

    /// Closes the window by its cross, and waits for the program to end by itself.
    pub fn close(&mut self, window: Window) {
        window.forget();
        let driver = self.driver.take().expect("a window is open");
        let display = self.environment.iter().find(|(name, _)| name == "DISPLAY").map(|(_, value)| value.as_str());
        press_the_cross(display);
        self.ended(driver, "after its window was closed");
    }

    /// Waits until the driver has no product any more, and ends the driver.
    fn ended(&mut self, driver: Process, when: &str) {
        let asked = Instant::now();
        while !children(driver.id()).is_empty() {
            if asked.elapsed() > Duration::from_secs(15) {
                self.driver = Some(driver);
                panic!("the program goes on 15 s {when}");
            }
            sleep(Duration::from_millis(20));
        }
        driver.end();
    }

    /// Ends the window as a power cut would: nothing is asked.
    pub fn cut(&mut self, window: Window) {
        window.forget();
        if let Some(driver) = self.driver.take() {
            for product in children(driver.id()) {
                signal(product, "KILL");
            }
            // Only when it is gone from the bus may another one start.
            self.ended(driver, "after it was killed");
        }
    }

    fn log(&self, name: &str) -> Stdio {
        fs::File::options().create(true).append(true).open(self.home.path().join(name)).unwrap().into()
    }

    /// What the product wrote to its terminal.
    pub fn said(&self) -> String {
        fs::read_to_string(self.home.path().join("window.log")).unwrap_or_default()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            for product in children(driver.id()) {
                signal(product, "KILL");
            }
        }
        if std::thread::panicking() {
            let said = self.said();
            let lines: Vec<&str> = said.lines().rev().take(20).collect();
            eprintln!("the window's last words:\n{}", lines.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}

/// Tells every window of the screen what a press on its cross tells it.
fn press_the_cross(display: Option<&str>) {
    let (screen, number) = x11rb::connect(display).expect("the screen is there");
    let atom = |name: &str| screen.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom;
    let (protocols, delete) = (atom("WM_PROTOCOLS"), atom("WM_DELETE_WINDOW"));
    let root = screen.setup().roots[number].root;
    let mut pressed = 0;
    for window in screen.query_tree(root).unwrap().reply().unwrap().children {
        let understood = screen.get_property(false, window, protocols, AtomEnum::ATOM, 0, 32).unwrap().reply();
        let shown = screen.get_window_attributes(window).unwrap().reply();
        let understands =
            understood.is_ok_and(|atoms| atoms.value32().is_some_and(|mut atoms| atoms.any(|a| a == delete)));
        if understands && shown.is_ok_and(|shown| shown.map_state == MapState::VIEWABLE) {
            let event = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
            screen.send_event(false, window, EventMask::NO_EVENT, event).unwrap().check().unwrap();
            pressed += 1;
        }
    }
    assert!(pressed > 0, "no window with a cross is on the screen");
}

/// The window's program of this build: beside the tests, or where `VOUCH_DESKTOP` says.
fn product() -> PathBuf {
    if let Some(path) = std::env::var_os("VOUCH_DESKTOP") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test knows its own path");
    // target/debug/deps/ui-… lies two folders below the binaries.
    let path = test.parent().and_then(Path::parent).expect("tests lie in target/debug/deps").join("vouch-desktop");
    assert!(
        path.exists(),
        "{} is not there: build the pages with `npm run build` in ui/, then `cargo build -p desktop`",
        path.display()
    );
    path
}

/// A server with the loudspeaker `vspk` and a microphone that hears what is played to `vmicsink`.
fn sound_server(environment: &[(String, String)], socket: &str, log: &str) -> Process {
    let mut server = Command::new("pulseaudio");
    server.env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    server.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit=true", "--use-pid-file=no"]);
    server.arg(format!("--log-target=file:{log}"));
    for module in [
        &format!("module-native-protocol-unix auth-anonymous=1 socket={socket}"),
        "module-null-sink sink_name=vspk rate=48000 channels=2",
        "module-null-sink sink_name=vmicsink rate=48000 channels=1 channel_map=mono",
        "module-remap-source source_name=desk_mic master=vmicsink.monitor source_properties=\"device.description='Desk microphone'\"",
    ] {
        server.args(["-L", module]);
    }
    let server = Process::start(server.stdout(Stdio::null()).stderr(Stdio::null()));
    let began = Instant::now();
    let control = |arguments: &[&str]| {
        let mut control = Command::new("pactl");
        control.env_clear().envs(environment.iter().map(|(name, value)| (name, value))).args(arguments);
        control.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    while !control(&["set-default-source", "desk_mic"]) {
        assert!(began.elapsed() < Duration::from_secs(10), "the sound server did not start; see {log}");
        sleep(Duration::from_millis(50));
    }
    assert!(control(&["set-default-sink", "vspk"]), "the sound server has no loudspeaker");
    server
}

fn private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
}
