//! Compiles `tauri.conf.json`, the capability and the icons into the binary.

fn main() {
    tauri_build::build();
}
