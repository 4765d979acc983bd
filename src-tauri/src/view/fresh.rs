//! The exported types are the ones in `ui/src/ipc/bindings`. To write them anew: `cargo xtask bindings`.

#![cfg(test)]

use std::collections::BTreeMap;
use std::path::Path;

use ts_rs::TS;

use crate::view::*;

fn written(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".ts") {
            files.insert(name, std::fs::read_to_string(entry.path()).unwrap());
        }
    }
    files
}

fn export(folder: &Path) {
    let config = ts_rs::Config::new().with_out_dir(folder);
    macro_rules! all {
        ($($view:ty)+) => { $(<$view>::export_all(&config).unwrap();)+ };
    }
    all!(Machine Taste ModelView DeviceView LevelView RoomView SampleView TermsForm ChallengeView CeremonyNews AttemptView
        VoiceView DiesView LogView SoundView SavedView SoundFormat TakeForm TakeNews TakeView SayingView BookView ChangedView
        BookEdit DubCardView DubView DubEdit DubExport LineTakeView SubtitleUse MonitorKind JobView News CatalogView PullNews);
}

#[test]
fn the_bindings_are_fresh() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/src/ipc/bindings");
    if std::env::var_os("VOUCH_WRITE_BINDINGS").is_some() {
        for name in written(&kept).keys() {
            std::fs::remove_file(kept.join(name)).unwrap();
        }
        export(&kept);
    }
    let folder = tempfile::tempdir().unwrap();
    export(folder.path());
    let (fresh, kept) = (written(folder.path()), written(&kept));
    assert!(fresh.len() > 30);
    for (name, text) in &fresh {
        assert!(kept.get(name) == Some(text), "{name} is not fresh: run `cargo xtask bindings`");
    }
    assert_eq!(fresh.len(), kept.len(), "there are bindings of types that are gone: run `cargo xtask bindings`");
}
