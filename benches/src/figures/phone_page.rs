//! Figure 19: what a phone loads before its page can be used.

use crate::{
    figure::{Claim, Figure},
    regie::Regie,
};
use anyhow::{Context, Result, bail};
use std::{collections::BTreeSet, process::Command};

const CLAIM: Claim = Claim {
    id: 19,
    name: "phone page, first load on the wire",
    unit: "kB",
    target: "≤ 60 kB",
    way: "curl with gzip and brotli: the page, and everything it names, headers included",
    median_at_most: 60.0,
    p95_at_most: 60.0,
};

/// Loads the join address as a phone does and adds up every byte that came.
pub fn measure() -> Result<Option<Figure>> {
    let regie = Regie::start(&[])?;
    let path = regie
        .ready
        .camera
        .split("/j/")
        .nth(1)
        .context("the camera link holds no join code")?;
    let origin = regie.ready.api.trim_end_matches("/api/v1");
    let jar = std::env::temp_dir().join(format!("regie-bench-jar-{}", std::process::id()));
    let jar = jar
        .to_str()
        .context("the temporary folder is no text")?
        .to_owned();
    let (page, mut bytes) = fetch(&format!("{origin}/j/{path}"), &jar)?;
    let named = assets(&page);
    if named.is_empty() {
        bail!("the camera page names no script: the pages were not built");
    }
    for asset in named {
        bytes += fetch(&format!("{origin}{asset}"), &jar)?.1;
    }
    let _ = std::fs::remove_file(jar);
    Ok(CLAIM.judge(vec![bytes as f64 / 1000.0]))
}

/// The body, and the size of body and headers as they came.
fn fetch(url: &str, jar: &str) -> Result<(String, u64)> {
    let arguments = [
        "-sSfL",
        "--compressed",
        "-b",
        jar,
        "-c",
        jar,
        "-w",
        "\n%{size_download} %{size_header}",
        url,
    ];
    let output = Command::new("curl")
        .args(arguments)
        .output()
        .context("curl is not installed")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, sizes) = text.rsplit_once('\n').context("curl printed no sizes")?;
    let bytes = sizes.split(' ').filter_map(|size| size.parse::<u64>().ok()).sum();
    Ok((body.to_owned(), bytes))
}

/// Every local address that the page loads by itself.
fn assets(page: &str) -> BTreeSet<&str> {
    let after = |key: &'static str| page.split(key).skip(1).filter_map(|rest| rest.split('"').next());
    after("src=\"")
        .chain(after("href=\""))
        .filter(|path| path.starts_with("/assets/"))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn scripts_and_styles_are_counted_once() {
        let page = r#"<link rel="modulepreload" href="/assets/a.js"><script src="/assets/a.js"></script>
            <link href="/assets/b.css"><a href="/trust">x</a>"#;
        assert_eq!(
            super::assets(page).into_iter().collect::<Vec<_>>(),
            ["/assets/a.js", "/assets/b.css"]
        );
    }
}
