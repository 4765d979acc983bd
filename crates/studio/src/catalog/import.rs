//! A model comes from a folder of this machine: recognised by the names, sizes and hashes of its files, and copied. Copied
//! and not linked: a link would let whoever edits the folder edit the installed model.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use jobs::Cancel;

use super::part::{Part, STEP};
use super::pull::{PullNews, Teller};
use super::{CatalogError, Entry, Piece, Shelf};
use crate::StudioError;

impl Shelf {
    /// Installs the model that lies in a folder. Its files may lie in subfolders as in the catalog, or side by side.
    pub fn import(&self, folder: &Path, news: &mut dyn FnMut(PullNews), cancel: &Cancel) -> Result<Entry, StudioError> {
        if !folder.is_dir() {
            return Err(StudioError::Unreadable { path: folder.to_owned(), reason: "there is no such folder".into() });
        }
        let mut nearest: Option<(usize, String, String)> = None;
        let mut latest = None;
        for entry in self.catalog.entries() {
            let lacking = entry.files.iter().find(|piece| find(folder, piece).is_none());
            let Some(lacking) = lacking else {
                match self.copy(entry, folder, news, cancel) {
                    Ok(()) => return Ok(entry.clone()),
                    // The names and sizes of another model; there may be one that fits in all.
                    Err(error @ StudioError::Catalog(CatalogError::WrongHash { .. })) => latest = Some(error),
                    Err(error) => return Err(error),
                }
                continue;
            };
            let found = entry.files.iter().filter(|piece| find(folder, piece).is_some()).count();
            if found > nearest.as_ref().map_or(0, |(most, ..)| *most) {
                nearest = Some((found, entry.id.clone(), lacking.path.clone()));
            }
        }
        let nearest = nearest.map(|(_, id, file)| (id, file));
        Err(latest.unwrap_or_else(|| {
            CatalogError::NotRecognised { folder: folder.to_owned(), known: self.catalog.ids(), nearest }.into()
        }))
    }

    fn copy(
        &self,
        entry: &Entry,
        folder: &Path,
        news: &mut dyn FnMut(PullNews),
        cancel: &Cancel,
    ) -> Result<(), StudioError> {
        let mut teller = Teller::new(&*self.clock, news, cancel, entry.bytes());
        self.install(entry, &mut teller, &mut |piece, to, teller| {
            let gone = || CatalogError::Damaged { id: entry.id.clone(), file: piece.path.clone() };
            let from = find(folder, piece).ok_or_else(gone)?;
            let input = |error: std::io::Error| StudioError::input(&from, &error);
            let mut source = File::open(&from).map_err(input)?;
            let mut part = Part::open(to, 0, &mut |_| Ok(()))?;
            let mut buffer = vec![0; STEP];
            loop {
                let count = match source.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) => return Err(input(error)),
                };
                if part.bytes() + count as u64 > piece.bytes {
                    // It grew since we looked.
                    part.discard();
                    return Err(gone().into());
                }
                part.append(&buffer[..count])?;
                teller.set(part.bytes())?;
            }
            part.finish(to, &entry.id, piece)
        })
    }
}

/// Where a file of the catalog lies in the user's own folder: with the right size, behind links too, for its content decides.
fn find(folder: &Path, piece: &Piece) -> Option<PathBuf> {
    let flat = piece.path.rsplit('/').next().unwrap_or(&piece.path);
    [folder.join(&piece.path), folder.join(flat)]
        .into_iter()
        .find(|path| path.metadata().is_ok_and(|found| found.is_file() && found.len() == piece.bytes))
}
