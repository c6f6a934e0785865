//! What must be settled before the window system starts.

use anyhow::{Result, bail};

/// On Linux, has WebKitGTK draw in shared memory where there is no GPU: its DMA-BUF way then runs through a
/// software GL and shows 14 to 19 frames a second, 110 ms late, instead of 30 and 15 ms. Whoever has set the
/// variable himself has decided.
///
/// Must run before the first thread is started and before GTK is.
pub fn choose() {
    #[cfg(target_os = "linux")]
    {
        const SWITCH: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
        if std::env::var_os(SWITCH).is_none() && !has_gpu("/dev/dri") {
            // SAFETY: no other thread is running that could read the environment meanwhile.
            unsafe { std::env::set_var(SWITCH, "1") };
        }
    }
}

/// Whether the kernel offers a render node in this folder.
#[cfg(any(target_os = "linux", test))]
fn has_gpu(folder: &str) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
    })
}

/// Fails, in words, where no window can be opened; Tauri would panic.
pub fn check_display() -> Result<()> {
    #[cfg(target_os = "linux")]
    if gtk::init().is_err() {
        bail!("there is no display to open a window on; regie-headless is the same server with none");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::has_gpu;

    #[test]
    fn only_a_render_node_is_a_gpu() {
        let folder = std::env::temp_dir().join(format!("regie-dri-{}", std::process::id()));
        let path = folder.to_string_lossy();
        assert!(!has_gpu(&path));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("card0"), "").unwrap();
        assert!(!has_gpu(&path));
        std::fs::write(folder.join("renderD128"), "").unwrap();
        assert!(has_gpu(&path));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
