use super::*;
use rustls::pki_types::{ServerName, UnixTime, pem::PemObject};
use std::{collections::BTreeSet, sync::Arc};
use time::OffsetDateTime;

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|name| (*name).to_owned()).collect()
}

/// Whether a client that trusts only this authority accepts the certificate under `name`.
fn accepted(leaf: &Leaf, authority: &Authority, name: &str) -> bool {
    let mut roots = rustls::RootCertStore::empty();
    let root = rustls::pki_types::CertificateDer::from_pem_slice(authority.certificate_pem().as_bytes());
    roots.add(root.unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .unwrap();
    let key = leaf.certified_key().unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    rustls::client::danger::ServerCertVerifier::verify_server_cert(
        &*verifier,
        &key.cert[0],
        &key.cert[1..],
        &name,
        &[],
        UnixTime::now(),
    )
    .is_ok()
}

#[test]
fn a_leaf_is_good_for_its_names_and_no_others_and_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let now = OffsetDateTime::now_utc();
    let authority = Authority::open(folder.path(), "laptop", now).unwrap();
    let leaf = Leaf::covering(
        &names(&["192.168.1.20", "laptop.local"]),
        &authority,
        folder.path(),
        now,
    )
    .unwrap();
    assert!(accepted(&leaf, &authority, "192.168.1.20"));
    assert!(accepted(&leaf, &authority, "laptop.local"));
    assert!(!accepted(&leaf, &authority, "192.168.1.21"));
    assert!((leaf.ends() - now).whole_days() <= 397);

    let again = Authority::open(folder.path(), "other", now).unwrap();
    assert_eq!(again.certificate_pem(), authority.certificate_pem());
    let same = Leaf::covering(&names(&["laptop.local"]), &again, folder.path(), now).unwrap();
    assert_eq!(same.names(), leaf.names());

    let moved = Leaf::covering(&names(&["10.0.0.7"]), &again, folder.path(), now).unwrap();
    assert!(accepted(&moved, &authority, "10.0.0.7") && accepted(&moved, &authority, "192.168.1.20"));
}

#[test]
fn a_leaf_near_its_end_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let now = OffsetDateTime::now_utc();
    let authority = Authority::open(folder.path(), "laptop", now).unwrap();
    let old = Leaf::covering(&names(&["localhost"]), &authority, folder.path(), now).unwrap();
    let later = now + time::Duration::days(380);
    let new = Leaf::covering(&names(&["localhost"]), &authority, folder.path(), later).unwrap();
    assert!(new.ends() > old.ends());
}

#[cfg(unix)]
#[test]
fn keys_are_readable_by_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let now = OffsetDateTime::now_utc();
    let authority = Authority::open(folder.path(), "laptop", now).unwrap();
    Leaf::covering(&names(&["localhost"]), &authority, folder.path(), now).unwrap();
    for file in ["authority.key", "certificate.json"] {
        let mode = std::fs::metadata(folder.path().join(file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn half_an_authority_or_a_wrong_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let now = OffsetDateTime::now_utc();
    Authority::open(folder.path(), "laptop", now).unwrap();
    std::fs::remove_file(folder.path().join("authority.key")).unwrap();
    let error = Authority::open(folder.path(), "laptop", now)
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("authority.key"), "{error}");

    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    Authority::open(a.path(), "a", now).unwrap();
    Authority::open(b.path(), "b", now).unwrap();
    let own = OwnCertificate {
        certificate: a.path().join("authority.crt"),
        key: b.path().join("authority.key"),
    };
    let error = own.load().err().unwrap().to_string();
    assert!(error.contains("does not belong"), "{error}");
    let missing = OwnCertificate {
        certificate: a.path().join("none.crt"),
        key: a.path().join("authority.key"),
    };
    assert!(missing.load().err().unwrap().to_string().contains("none.crt"));
}
