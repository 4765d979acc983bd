//! Builds the window's context: configuration, permissions, icons.

fn main() {
    tauri_build::build();
}
