//! The window, clicked through its driver: found by test names, waited for, never slept for. Knows no page.

use std::path::Path;
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// How long something may take to appear, unless said otherwise.
const USUAL: Duration = Duration::from_secs(20);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(15);

/// The open window.
pub struct Window {
    runtime: Runtime,
    client: Client,
    /// From asking for the window to its first page.
    pub opened_in: Duration,
}

impl Window {
    /// Starts the product through the driver on `port`, and waits until its page is there.
    pub fn open(port: u16, driver: u32, product: &Path, arguments: &[&str]) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let options = json!({ "binary": product, "args": arguments });
        let began = Instant::now();
        let (client, opened_in) = loop {
            let capabilities = [("webkitgtk:browserOptions".to_owned(), options.clone())].into_iter().collect();
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities);
            let asked = Instant::now();
            match runtime.block_on(builder.connect(&format!("http://127.0.0.1:{port}"))) {
                Ok(client) => break (client, asked.elapsed()),
                // The driver's port opens a moment after its start.
                Err(error) if asked.elapsed() < Duration::from_secs(1) && began.elapsed() < USUAL => {
                    drop(error);
                    std::thread::sleep(LOOK);
                }
                Err(error) => panic!("the window did not open (driver {driver}): {error}"),
            }
        };
        Self { runtime, client, opened_in }
    }

    /// Forgets the window without a word to it; its driver's session goes with the driver.
    pub fn forget(self) {
        drop(self);
    }

    /// Runs a script in the page and answers what it returns.
    pub fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime
            .block_on(self.client.execute(script, arguments))
            .unwrap_or_else(|error| panic!("the script failed: {error}\n{script}"))
    }

    /// As [`Window::script`], for a script that answers by calling its last argument.
    pub fn script_later(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime
            .block_on(self.client.execute_async(script, arguments))
            .unwrap_or_else(|error| panic!("the script failed: {error}\n{script}"))
    }

    /// Asks the program behind the page. What it answers, or how it refuses.
    pub fn ask(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        const ASK: &str = "const [command, given, done] = arguments;
            const internals = window.__TAURI_INTERNALS__;
            for (const [name, value] of Object.entries(given)) {
                if (value === 'a channel') given[name] = `__CHANNEL__:${internals.transformCallback(() => {})}`;
            }
            internals.invoke(command, given).then((ok) => done({ ok }), (error) => done({ error }));";
        let answer = self.runtime.block_on(self.client.execute_async(ASK, vec![json!(command), arguments])).unwrap();
        match answer.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(answer["ok"].clone()),
        }
    }

    /// The element with this test name, once it is there.
    pub fn find(&self, name: &str) -> Element {
        self.find_within(name, USUAL)
    }

    /// As [`Window::find`], with patience of one's own.
    pub fn find_within(&self, name: &str, patience: Duration) -> Element {
        self.seek(&named(name), patience).unwrap_or_else(|| self.lost(&format!("{name} did not appear")))
    }

    /// The element that a CSS selector finds.
    pub fn find_css(&self, selector: &str) -> Element {
        self.seek(selector, USUAL).unwrap_or_else(|| self.lost(&format!("{selector} did not appear")))
    }

    fn seek(&self, selector: &str, patience: Duration) -> Option<Element> {
        let began = Instant::now();
        loop {
            if let Ok(element) = self.runtime.block_on(self.client.find(Locator::Css(selector))) {
                return Some(element);
            }
            if began.elapsed() > patience {
                return None;
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Whether it is there now.
    pub fn shows(&self, name: &str) -> bool {
        self.count(&named(name)) > 0
    }

    /// How many elements a CSS selector finds now.
    pub fn count(&self, selector: &str) -> u64 {
        self.script("return document.querySelectorAll(arguments[0]).length", vec![json!(selector)]).as_u64().unwrap()
    }

    /// Waits until the element is gone.
    pub fn gone(&self, name: &str, patience: Duration) {
        self.until(&format!("{name} goes"), patience, || (!self.shows(name)).then_some(()));
    }

    /// Clicks an element when it is there and can be clicked. Pages are drawn anew under the hand, so it is tried again.
    pub fn click(&self, name: &str) {
        self.click_css(&named(name), USUAL);
    }

    /// As [`Window::click`], with patience of one's own.
    pub fn click_within(&self, name: &str, patience: Duration) {
        self.click_css(&named(name), patience);
    }

    /// Clicks the item of an open menu with these words.
    pub fn click_item(&self, words: &str) {
        self.click_role("menuitem", words);
    }

    /// Chooses from an open list.
    pub fn click_option(&self, words: &str) {
        self.click_role("option", words);
    }

    fn click_role(&self, role: &str, words: &str) {
        let path = format!("//*[@role='{role}'][contains(., '{words}')]");
        self.until(&format!("{role} {words}"), USUAL, || {
            self.runtime.block_on(async { self.client.find(Locator::XPath(&path)).await?.click().await }).ok()
        });
    }

    /// Clicks what a CSS selector finds.
    pub fn click_css(&self, selector: &str, patience: Duration) {
        let began = Instant::now();
        let mut why = String::new();
        while began.elapsed() < patience {
            let asked = self.runtime.block_on(async {
                let element = self.client.find(Locator::Css(selector)).await?;
                if !element.is_enabled().await? {
                    return Ok(Some("it is disabled".to_owned()));
                }
                element.click().await?;
                Ok::<_, CmdError>(None)
            });
            match asked {
                Ok(None) => return,
                Ok(Some(reason)) => why = reason,
                Err(error) => {
                    why = error.to_string();
                    // It may lie under a foot that stays in sight: whoever wants it scrolls on.
                    let scroll = "document.querySelector(arguments[0])?.scrollIntoView({ block: 'center' })";
                    self.script(scroll, vec![json!(selector)]);
                }
            }
            std::thread::sleep(LOOK);
        }
        self.lost(&format!("{selector} could not be clicked: {why}"))
    }

    /// Puts a text into a field, in place of what is there. It is typed: clearing would take the focus away.
    pub fn fill(&self, name: &str, text: &str) {
        self.find(name);
        self.script("const f = document.querySelector(arguments[0]); f.focus(); f.select();", vec![json!(named(name))]);
        self.keys(text);
    }

    /// Presses keys on whatever has the focus.
    pub fn keys(&self, keys: &str) {
        let active = self.runtime.block_on(self.client.active_element()).unwrap();
        self.runtime.block_on(active.send_keys(keys)).unwrap();
    }

    /// The words of an element.
    pub fn text(&self, name: &str) -> String {
        self.find(name);
        self.script("return document.querySelector(arguments[0])?.textContent ?? ''", vec![json!(named(name))])
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// An attribute of an element; nothing where it is not there.
    pub fn attribute(&self, name: &str, attribute: &str) -> Option<String> {
        let script = "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) ?? null";
        self.script(script, vec![json!(named(name)), json!(attribute)]).as_str().map(str::to_owned)
    }

    /// Waits until `look` answers something.
    pub fn until<T>(&self, what: &str, patience: Duration, mut look: impl FnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            if began.elapsed() > patience {
                self.lost(&format!("it was waited in vain for: {what}"));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Goes to a page by its key.
    pub fn go(&self, number: u8) {
        let go =
            "window.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], ctrlKey: true, bubbles: true }))";
        self.script(go, vec![json!(number.to_string())]);
    }

    /// Gives the window a size, inside and in pixels.
    pub fn size(&self, width: u32, height: u32) {
        self.runtime.block_on(self.client.set_window_size(width, height)).unwrap();
        self.until("the window's size", USUAL, || {
            let is = self.script("return [innerWidth, innerHeight]", vec![]);
            (is == json!([width, height])).then_some(())
        });
    }

    /// What the window looks like, as PNG.
    pub fn picture(&self) -> Vec<u8> {
        self.runtime.block_on(self.client.screenshot()).unwrap()
    }

    /// Ends the test with what is on the page.
    fn lost(&self, what: &str) -> ! {
        let page = self.script("return document.body.innerText.slice(0, 3000)", vec![]);
        if let Ok(folder) = std::env::var("VOUCH_LOST") {
            let _ = std::fs::write(format!("{folder}/lost.png"), self.picture());
        }
        panic!("{what}\n--- the page:\n{}", page.as_str().unwrap_or_default())
    }
}

fn named(name: &str) -> String {
    format!("[data-testid=\"{name}\"]")
}
