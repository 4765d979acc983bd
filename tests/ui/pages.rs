//! Every page in both themes and two sizes: nothing runs out sideways, no button is cut. With `VOUCH_SCREENS=1` the
//! pictures in `screens/` are taken anew.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::window::Window;

/// The sizes, inside.
const SIZES: [(u32, u32); 2] = [(1280, 800), (900, 600)];

/// Largest picture, in bytes: they are kept with the source.
const MOST_BYTES: usize = 150 << 10;

/// How a page is reached.
pub enum Way {
    /// By its number key.
    Key(u8),
    /// From the page of a number key, through a click.
    Click(u8, String),
}

/// What a browser cannot say in one word: what runs out sideways, and which controls cannot be seen whole.
const LOOK: &str = "const wrong = [];
    const told = (e) => `${e.tagName.toLowerCase()} ${e.dataset.testid ?? ''} ${(e.getAttribute('aria-label') ?? e.textContent ?? '').trim().slice(0, 40)}`;
    if (document.scrollingElement.scrollWidth > innerWidth) wrong.push(`the page is ${document.scrollingElement.scrollWidth} wide`);
    if (document.scrollingElement.scrollHeight > innerHeight) wrong.push(`the page is ${document.scrollingElement.scrollHeight} high`);
    for (const e of document.querySelectorAll('main, main *')) {
        const overflow = getComputedStyle(e).overflowX;
        if ((overflow === 'auto' || overflow === 'scroll') && e.scrollWidth > e.clientWidth + 1 && e.tagName !== 'TEXTAREA' && e.tagName !== 'INPUT')
            wrong.push(`it scrolls sideways: ${told(e)} ${e.scrollWidth} > ${e.clientWidth}`);
    }
    for (const e of document.querySelectorAll('button, a, input, select, textarea, [role=button], [role=combobox], [role=tab]')) {
        if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        const box = e.getBoundingClientRect();
        if (box.width < 2 || box.height < 2) continue;
        if (box.left < -0.5 || box.right > innerWidth + 0.5) { wrong.push(`outside of the window: ${told(e)}`); continue; }
        if (e.tagName === 'BUTTON' && e.scrollWidth > e.clientWidth + 1) wrong.push(`its words do not fit: ${told(e)}`);
        for (let around = e.parentElement; around; around = around.parentElement) {
            const style = getComputedStyle(around);
            const edge = around.getBoundingClientRect();
            if (edge.width < 2 || edge.height < 2) break;
            if (style.overflowX !== 'visible' && (box.right > edge.right + 1 || box.left < edge.left - 1)) { wrong.push(`cut sideways: ${told(e)}`); break; }
            const fixed = style.overflowY === 'hidden' || style.overflowY === 'clip';
            if (fixed && (box.bottom > edge.bottom + 1 || box.top < edge.top - 1)) {
                // Under the edge of a list that can be rolled it may be half in sight.
                let rolled = false;
                for (let inner = e.parentElement; inner !== around; inner = inner.parentElement) rolled ||= /auto|scroll/.test(getComputedStyle(inner).overflowY);
                if (!rolled) wrong.push(`cut at the bottom or top: ${told(e)}`);
                break;
            }
            if (style.position === 'fixed') break;
        }
    }
    return wrong;";

/// Looks at the pages. Each has a name and a way to it.
pub fn fit(window: &Window, pages: &[(&str, Way)]) {
    let keep = std::env::var("VOUCH_SCREENS").is_ok_and(|value| value == "1");
    let mut wrong = Vec::new();
    assert_the_look_sees(window);
    for theme in ["light", "dark"] {
        window.go(8);
        window.click(&format!("setting-theme-{theme}"));
        for (width, height) in SIZES {
            window.size(width, height);
            for (name, way) in pages {
                follow(window, way);
                window.until("the film's picture", Duration::from_secs(20), || {
                    (window.count("[data-testid=picture]:not([data-ms])") == 0).then_some(())
                });
                window.settle();
                without_toasts(window);
                let size = format!("{width}x{height}");
                let found = window.script(LOOK, vec![]);
                for what in found.as_array().unwrap() {
                    wrong.push(format!("{name}, {theme}, {size}: {}", what.as_str().unwrap_or_default()));
                }
                if keep {
                    picture(window, &format!("{name}-{theme}-{size}"));
                }
            }
        }
    }
    window.size(1280, 800);
    assert!(wrong.is_empty(), "{} flaws:\n{}", wrong.len(), wrong.join("\n"));
}

/// The look must be able to find a flaw: it is shown two.
fn assert_the_look_sees(window: &Window) {
    const ADD: &str = "const wide = document.createElement('button');
        wide.id = 'wide'; wide.textContent = 'too wide'; wide.style.cssText = 'position:absolute;left:10px;width:5000px';
        const tight = document.createElement('div');
        tight.id = 'tight'; tight.style.cssText = 'position:absolute;overflow:hidden;width:60px;height:10px';
        tight.innerHTML = '<button style=\"height:40px\">cut</button>';
        document.querySelector('main').append(wide, tight);";
    window.script(ADD, vec![]);
    let found = window.script(LOOK, vec![]).to_string();
    assert!(found.contains("outside of the window: button  too wide"), "{found}");
    assert!(found.contains("cut at the bottom or top: button  cut"), "{found}");
    window.script("document.querySelector('#wide').remove(); document.querySelector('#tight').remove()", vec![]);
}

/// Closes the notes that lie over the page for a while.
fn without_toasts(window: &Window) {
    const CLOSE: &str =
        "const notes = [...document.querySelectorAll('button[aria-label=Close]')].filter((b) => !b.closest('main'));
        notes.forEach((b) => b.click()); return notes.length";
    window.until("the notes go", Duration::from_secs(5), || (window.script(CLOSE, vec![]) == 0).then_some(()));
}

fn follow(window: &Window, way: &Way) {
    match way {
        Way::Key(number) => window.go(*number),
        Way::Click(number, selector) => {
            window.go(*number);
            window.click_css(selector, Duration::from_secs(10));
        }
    }
}

fn picture(window: &Window, name: &str) {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/screens");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.png"));
    let whole = folder.join(format!("{name}.whole.png"));
    std::fs::write(&whole, window.picture()).unwrap();
    let mut palette = Command::new("convert");
    palette.arg(&whole).args(["-strip", "+dither", "-colors", "128", "-define", "png:compression-level=9"]);
    let status = palette.arg(format!("PNG8:{}", path.display())).stdin(Stdio::null()).status();
    std::fs::remove_file(&whole).unwrap();
    assert!(status.is_ok_and(|status| status.success()), "ImageMagick's `convert` makes the pictures small");
    let bytes = std::fs::metadata(&path).unwrap().len() as usize;
    assert!(bytes <= MOST_BYTES, "{name} has {bytes} bytes");
}

/// The pages that everybody has, and those of one voice, one book and one dub.
pub fn all(voice: &str, book: u32, dub: u64) -> Vec<(&'static str, Way)> {
    vec![
        ("start", Way::Key(1)),
        ("speak", Way::Key(2)),
        ("narrate", Way::Key(3)),
        ("book", Way::Click(3, format!("[data-testid=\"book-{book}\"] h2 button"))),
        ("dubs", Way::Key(4)),
        ("dub", Way::Click(4, format!("[data-testid=\"dub-{dub}\"] h2 button"))),
        ("voices", Way::Key(5)),
        ("voice", Way::Click(5, format!("[data-testid=\"voice-open-{voice}\"]"))),
        ("ceremony", Way::Click(5, "[data-testid=make-voice]".into())),
        ("jobs", Way::Key(6)),
        ("models", Way::Key(7)),
        ("settings", Way::Key(8)),
    ]
}

/// Waits until two looks in a row find the same page.
impl Window {
    fn settle(&self) {
        const SHAPE: &str =
            "return [...document.querySelectorAll('main *')].length + ' ' + document.body.innerText.length
            + ' ' + document.getAnimations().filter((a) => a.playState === 'running').length";
        let mut before = json!(null);
        self.until("the page is at rest", Duration::from_secs(10), || {
            std::thread::sleep(Duration::from_millis(150));
            let now = self.script(SHAPE, vec![]);
            let same = now == before;
            before = now;
            same.then_some(())
        });
    }
}
