//! The local authority as an Apple configuration profile (Configuration Profile Reference, payload type
//! `com.apple.security.root`).

use sha2::{Digest, Sha256};

/// The profile, XML. Its identifiers come from the certificate, so that installing it again replaces it and
/// two laptops' profiles stand side by side.
pub fn profile(authority_pem: &str) -> String {
    let certificate: String = authority_pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let digest = Sha256::digest(authority_pem.as_bytes());
    let uuid = |offset: usize| {
        let hex: String = digest[offset..offset + 16]
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    };
    let (outer, inner) = (uuid(0), uuid(16));
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>PayloadContent</key><array><dict>
<key>PayloadCertificateFileName</key><string>regie.crt</string>
<key>PayloadContent</key><data>{certificate}</data>
<key>PayloadDisplayName</key><string>Régie</string>
<key>PayloadIdentifier</key><string>regie.authority.{inner}</string>
<key>PayloadType</key><string>com.apple.security.root</string>
<key>PayloadUUID</key><string>{inner}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict></array>
<key>PayloadDescription</key><string>Lets this phone trust the laptop that runs the show.</string>
<key>PayloadDisplayName</key><string>Régie</string>
<key>PayloadIdentifier</key><string>regie.profile.{outer}</string>
<key>PayloadType</key><string>Configuration</string>
<key>PayloadUUID</key><string>{outer}</string>
<key>PayloadVersion</key><integer>1</integer>
</dict></plist>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_holds_the_certificate_and_is_always_the_same() {
        let pem = "-----BEGIN CERTIFICATE-----\nQUJD\nREVG\n-----END CERTIFICATE-----\n";
        let profile = profile(pem);
        assert!(profile.contains("<data>QUJDREVG</data>"));
        assert!(profile.contains("com.apple.security.root"));
        assert_eq!(profile, super::profile(pem));
    }
}
