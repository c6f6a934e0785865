//! What the operator may set before the start: `regie.toml`, then the environment, then the command line.

use crate::tls::OwnCertificate;
use regie_model::Format;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use toml::{Table, Value};

/// The default file: every key, commented.
pub const DEFAULT_FILE: &str = include_str!("regie.toml");

/// The longest configuration file taken, in bytes.
const FILE_MAX: u64 = 256 * 1024;

/// The sections whose keys the environment may set.
const SECTIONS: [&str; 4] = ["server", "viewers", "program", "recording"];

/// What the server is started with; checked, complete.
#[derive(Clone, Debug)]
pub struct Config {
    /// Database, certificates, recordings.
    pub data: PathBuf,
    /// The one port. Port 0 picks a free one.
    pub bind: SocketAddr,
    /// Other names under which this laptop is reached, best first.
    pub names: Vec<String>,
    /// The operator's own certificate.
    pub own_certificate: Option<OwnCertificate>,
    /// TCP connections at once.
    pub max_connections: usize,
    /// TCP connections at once from one address that is not this laptop.
    pub max_connections_per_address: usize,
    /// Who may watch.
    pub access: Access,
    /// Whether the audience may watch over plain http.
    pub plain_http: bool,
    /// Viewers at once.
    pub max_viewers: usize,
    /// The program's format.
    pub format: Format,
    /// What program is encoded at, in kbit/s.
    pub program_kbps: u32,
    /// Where recordings go.
    pub recordings: PathBuf,
    /// Four synthetic cameras in an empty show.
    pub demo: bool,
}

/// Who may watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever reaches this laptop.
    Open,
    /// Whoever knows this number.
    Pin(String),
    /// Whoever has a token that the operator made.
    Invite,
}

/// What the command line says; all of it comes after file and environment.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--bind`
    pub bind: Option<String>,
    /// `--demo`
    pub demo: bool,
}

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{file} cannot be read")]
    File {
        /// Which.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is too long to be a configuration.
    #[error("{file} is longer than {FILE_MAX} bytes")]
    TooLong {
        /// Which.
        file: String,
    },
    /// No TOML, an unknown key, a value of another type.
    #[error("{origin}: {reason}")]
    Content {
        /// The file, or the environment variable.
        origin: String,
        /// What is wrong, naming the key.
        reason: String,
    },
    /// A value out of its bounds.
    #[error("[{section}] {key}: {reason}")]
    Value {
        /// Of the key.
        section: &'static str,
        /// Which.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The platform names no data folder.
    #[error("this system names no data folder; say --data DIR")]
    NoDataFolder,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    server: RawServer,
    viewers: RawViewers,
    program: RawProgram,
    recording: RawRecording,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawServer {
    bind: String,
    names: Vec<String>,
    certificate: String,
    key: String,
    max_connections: usize,
    max_connections_per_address: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawViewers {
    access: String,
    pin: String,
    plain_http: bool,
    max: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawProgram {
    width: u32,
    height: u32,
    fps: u32,
    kbps: u32,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawRecording {
    folder: String,
}

impl Default for RawServer {
    fn default() -> Self {
        Self {
            bind: "0.0.0.0:9090".into(),
            names: Vec::new(),
            certificate: String::new(),
            key: String::new(),
            max_connections: 2000,
            max_connections_per_address: 64,
        }
    }
}

impl Default for RawViewers {
    fn default() -> Self {
        Self {
            access: "open".into(),
            pin: String::new(),
            plain_http: true,
            max: 60,
        }
    }
}

impl Default for RawProgram {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 720,
            fps: 30,
            kbps: 4000,
        }
    }
}

impl Config {
    /// Reads file, environment and flags, in that order; the later wins.
    ///
    /// # Errors
    /// Names the file, the key or the variable at fault.
    pub fn load(
        flags: &Flags,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table = match &flags.config {
            Some(file) => read(file)?,
            None => Table::new(),
        };
        let mut data = None;
        for (name, value) in environment {
            match name.strip_prefix("REGIE_") {
                Some("DATA") => data = Some(PathBuf::from(value)),
                Some(rest) => set_from_environment(&mut table, rest, &value)?,
                None => {}
            }
        }
        if let Some(bind) = &flags.bind {
            set(&mut table, "server", "bind", Value::String(bind.clone()));
        }
        let raw: Raw = table
            .try_into()
            .map_err(|error: toml::de::Error| ConfigError::Content {
                origin: "configuration".into(),
                reason: error.message().to_owned(),
            })?;
        let data = match flags.data.clone().or(data) {
            Some(data) => data,
            None => dirs::data_dir().ok_or(ConfigError::NoDataFolder)?.join("regie"),
        };
        Self::checked(raw, data, flags.demo)
    }

    /// The defaults with this data folder: for tests and benches.
    pub fn in_folder(data: impl Into<PathBuf>) -> Self {
        Self::checked(Raw::default(), data.into(), false).expect("the defaults are in their bounds")
    }

    fn checked(raw: Raw, data: PathBuf, demo: bool) -> Result<Self, ConfigError> {
        let Raw {
            server,
            viewers,
            program,
            recording,
        } = raw;
        let bind = server
            .bind
            .parse()
            .map_err(|_| wrong("server", "bind", "must be ADDRESS:PORT, such as 0.0.0.0:9090"))?;
        for name in &server.names {
            let plain = name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
            if !plain || !(1..=253).contains(&name.len()) {
                return Err(wrong(
                    "server",
                    "names",
                    "a name is letters, digits, dots and dashes",
                ));
            }
        }
        let own_certificate = match (server.certificate.as_str(), server.key.as_str()) {
            ("", "") => None,
            ("", _) => return Err(wrong("server", "certificate", "is missing while a key is given")),
            (_, "") => return Err(wrong("server", "key", "is missing while a certificate is given")),
            (certificate, key) => Some(OwnCertificate {
                certificate: certificate.into(),
                key: key.into(),
            }),
        };
        bounded("server", "max_connections", server.max_connections, 16..=100_000)?;
        bounded(
            "server",
            "max_connections_per_address",
            server.max_connections_per_address,
            4..=100_000,
        )?;
        bounded("viewers", "max", viewers.max, 0..=10_000)?;
        let access = match viewers.access.as_str() {
            "open" => Access::Open,
            "invite" => Access::Invite,
            "pin" => {
                let digits = viewers.pin.bytes().all(|b| b.is_ascii_digit());
                if !digits || !(4..=12).contains(&viewers.pin.len()) {
                    return Err(wrong("viewers", "pin", "must be 4 to 12 digits"));
                }
                Access::Pin(viewers.pin)
            }
            _ => {
                return Err(wrong(
                    "viewers",
                    "access",
                    "must be \"open\", \"pin\" or \"invite\"",
                ));
            }
        };
        bounded("program", "width", program.width, 160..=3840)?;
        bounded("program", "height", program.height, 90..=2160)?;
        bounded("program", "fps", program.fps, 5..=60)?;
        bounded("program", "kbps", program.kbps, 100..=50_000)?;
        if program.width % 2 == 1 || program.height % 2 == 1 {
            return Err(wrong("program", "width", "width and height must be even"));
        }
        let recordings = if recording.folder.is_empty() {
            data.join("recordings")
        } else {
            recording.folder.into()
        };
        Ok(Self {
            data,
            bind,
            names: server
                .names
                .iter()
                .map(|name| name.to_ascii_lowercase())
                .collect(),
            own_certificate,
            max_connections: server.max_connections,
            max_connections_per_address: server.max_connections_per_address,
            access,
            plain_http: viewers.plain_http,
            max_viewers: viewers.max,
            format: Format {
                width: program.width,
                height: program.height,
                fps: program.fps,
            },
            program_kbps: program.kbps,
            recordings,
            demo,
        })
    }
}

fn read(file: &PathBuf) -> Result<Table, ConfigError> {
    let named = |source| ConfigError::File {
        file: file.display().to_string(),
        source,
    };
    if std::fs::metadata(file).map_err(named)?.len() > FILE_MAX {
        return Err(ConfigError::TooLong {
            file: file.display().to_string(),
        });
    }
    let text = std::fs::read_to_string(file).map_err(named)?;
    let content = |error: toml::de::Error| ConfigError::Content {
        origin: file.display().to_string(),
        reason: error.to_string(),
    };
    // Read once as what it must be, so that the error shows the line; kept as a table, to be added to.
    toml::from_str::<Raw>(&text).map_err(content)?;
    toml::from_str(&text).map_err(content)
}

/// `SERVER_MAX_CONNECTIONS` → `[server] max_connections`. Variables of other sections are somebody else's.
fn set_from_environment(table: &mut Table, rest: &str, value: &str) -> Result<(), ConfigError> {
    let Some((section, key)) = rest.split_once('_') else {
        return Ok(());
    };
    let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase());
    if !SECTIONS.contains(&section.as_str()) {
        return Ok(());
    }
    // `9` is a number and `true` a truth, but a text needs no quotes there; a number that should have been a
    // text (a PIN) is taken as one.
    let typed = format!("v = {value}").parse::<Table>().ok();
    let typed = typed
        .and_then(|mut parsed| parsed.remove("v"))
        .unwrap_or_else(|| Value::String(value.to_owned()));
    let mut last = None;
    for candidate in [typed, Value::String(value.to_owned())] {
        let mut alone = Table::new();
        set(&mut alone, &section, &key, candidate.clone());
        match alone.try_into::<Raw>() {
            Ok(_) => {
                set(table, &section, &key, candidate);
                return Ok(());
            }
            Err(error) => last = last.or(Some(error)),
        }
    }
    Err(ConfigError::Content {
        origin: format!("environment variable REGIE_{rest}"),
        reason: last.map(|error| error.message().to_owned()).unwrap_or_default(),
    })
}

fn set(table: &mut Table, section: &str, key: &str, value: Value) {
    let section = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        section.insert(key.to_owned(), value);
    }
}

fn wrong(section: &'static str, key: &'static str, reason: impl Into<String>) -> ConfigError {
    ConfigError::Value {
        section,
        key,
        reason: reason.into(),
    }
}

fn bounded<T: PartialOrd + std::fmt::Display>(
    section: &'static str,
    key: &'static str,
    value: T,
    bounds: std::ops::RangeInclusive<T>,
) -> Result<(), ConfigError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    let reason = format!("must be {} to {}, not {value}", bounds.start(), bounds.end());
    Err(wrong(section, key, reason))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn load(file: &str, environment: &[(&str, &str)], bind: Option<&str>) -> Result<Config, ConfigError> {
        let mut kept = tempfile::NamedTempFile::new().unwrap();
        kept.write_all(file.as_bytes()).unwrap();
        let flags = Flags {
            config: Some(kept.path().into()),
            data: Some("/nowhere".into()),
            bind: bind.map(str::to_owned),
            demo: false,
        };
        let owned = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load(&flags, owned)
    }

    fn error(file: &str, environment: &[(&str, &str)]) -> String {
        load(file, environment, None).expect_err(file).to_string()
    }

    #[test]
    fn the_default_file_names_every_key_with_its_default() {
        let given = load(DEFAULT_FILE, &[], None).unwrap();
        let uncommented: String = DEFAULT_FILE
            .lines()
            .filter(|line| !line.starts_with("# "))
            .map(|line| format!("{}\n", line.trim_start_matches('#')))
            .collect();
        let said = load(&uncommented, &[], None).unwrap();
        assert_eq!(format!("{given:?}"), format!("{said:?}"));
        assert_eq!(
            format!("{given:?}"),
            format!("{:?}", Config::in_folder("/nowhere"))
        );
        let keys = uncommented.lines().filter(|line| line.contains('=')).count();
        assert_eq!(
            keys, 15,
            "a key was added or removed: keep the default file complete"
        );
    }

    #[test]
    fn the_environment_comes_after_the_file_and_flags_last() {
        let file = "[server]\nbind = \"127.0.0.1:1\"\n[viewers]\nmax = 3\n";
        let config = load(file, &[("REGIE_VIEWERS_MAX", "5"), ("REGIE_LOG", "debug")], None).unwrap();
        assert_eq!((config.bind.port(), config.max_viewers), (1, 5));
        let environment = [("REGIE_SERVER_BIND", "127.0.0.1:2"), ("OTHER", "x")];
        assert_eq!(load(file, &environment, None).unwrap().bind.port(), 2);
        assert_eq!(
            load(file, &environment, Some("127.0.0.1:3")).unwrap().bind.port(),
            3
        );
        let pin = [("REGIE_VIEWERS_ACCESS", "pin"), ("REGIE_VIEWERS_PIN", "0815")];
        assert_eq!(load("", &pin, None).unwrap().access, Access::Pin("0815".into()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (file, expect) in [
            ("[server]\nbnd = \"x\"\n", "bnd"),
            ("[sever]\n", "sever"),
            ("[server]\nbind = 7\n", "bind"),
            ("[server]\nbind = \"everywhere\"\n", "[server] bind"),
            ("[server]\nkey = \"k.pem\"\n", "[server] certificate"),
            ("[server]\nnames = [\"a b\"]\n", "[server] names"),
            ("[viewers]\naccess = \"all\"\n", "[viewers] access"),
            ("[viewers]\naccess = \"pin\"\npin = \"12\"\n", "[viewers] pin"),
            ("[program]\nwidth = 1281\n", "[program] width"),
            ("[program]\nfps = 0\n", "[program] fps"),
            ("nonsense", "expected"),
        ] {
            let said = error(file, &[]);
            assert!(said.contains(expect), "{file:?} says {said:?}");
        }
        assert!(error("", &[("REGIE_SERVER_BNID", "x")]).contains("bnid"));
        assert!(error("", &[("REGIE_PROGRAM_FPS", "many")]).contains("REGIE_PROGRAM_FPS"));
        let flags = Flags {
            config: Some("/no/such/regie.toml".into()),
            ..Flags::default()
        };
        let missing = Config::load(&flags, []).expect_err("no file").to_string();
        assert!(missing.contains("/no/such/regie.toml"));
    }
}
