use super::*;

const CHROMIUM: &str = include_str!("chromium_offer.sdp");
const BITRATE: Bitrate = Bitrate {
    start: 2500,
    min: 300,
    max: 4000,
};

/// What webrtcbin answers to the rewritten offer, as far as it matters here.
fn webrtcbin_answer(offer: &PeerOffer) -> String {
    let mut out = offer
        .for_webrtcbin()
        .replace("a=sendonly", "a=recvonly")
        .replace("actpass", "active");
    out = out
        .lines()
        .filter(|l| !l.contains("extmap") && !l.contains("ssrc"))
        .map(|l| format!("{l}\r\n"))
        .collect();
    out
}

#[test]
fn chromium_gives_constrained_baseline_with_retransmission_and_opus() {
    let offer = PeerOffer::parse(CHROMIUM).unwrap();
    assert_eq!(offer.codec(), VideoCodec::H264);
    let text = offer.for_webrtcbin();
    assert!(text.contains("m=video 9 UDP/TLS/RTP/SAVPF 108 109\r\n"), "{text}");
    assert!(text.contains("a=fmtp:109 apt=108\r\n"));
    assert!(
        text.contains(
            "a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
        )
    );
    for message in ["nack", "nack pli", "ccm fir", "transport-cc"] {
        assert!(
            text.contains(&format!("a=rtcp-fb:108 {message}\r\n")),
            "{message}"
        );
    }
    assert!(text.contains("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"));
    assert!(text.contains("a=group:BUNDLE 0 1\r\n"));
    assert!(text.contains(&format!("a=extmap:3 {TWCC}\r\n")));
    assert!(text.contains("a=ssrc-group:FID 3553822389 1332304843\r\n"));
    // Nothing that Régie does not use goes into C.
    for foreign in ["VP9", "goog-remb", "ulpfec", "sdes:mid", "msid", "PCMU"] {
        assert!(!text.contains(foreign), "{foreign}");
    }
    // What was written can be read again.
    let again = PeerOffer::parse(&text).unwrap();
    assert_eq!(again.for_webrtcbin(), text);
    assert_eq!(again.fingerprint(), offer.fingerprint());
}

#[test]
fn firefox_with_no_h264_gives_vp8() {
    let offer = PeerOffer::parse(include_str!("firefox_offer.sdp")).unwrap();
    assert_eq!(offer.codec(), VideoCodec::Vp8);
    let text = offer.for_webrtcbin();
    assert!(text.contains("m=video 9 UDP/TLS/RTP/SAVPF 120 124\r\n"), "{text}");
    assert!(text.contains("m=audio 9 UDP/TLS/RTP/SAVPF 109\r\n"));
    // Its fingerprint and direction stand at session level; webrtcbin gets them in each section.
    assert_eq!(text.matches("a=fingerprint:").count(), 2);
    // A candidate that stands in the offer is found there.
    assert!(offer.candidates().any(|c| c.contains("typ host")));
}

#[test]
fn without_h264_vp8_is_taken() {
    let offer = CHROMIUM.replace("H264/90000", "H265/90000");
    let offer = PeerOffer::parse(&offer).unwrap();
    assert_eq!(offer.codec(), VideoCodec::Vp8);
    assert!(
        offer
            .for_webrtcbin()
            .contains("m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n")
    );
    let neither = CHROMIUM
        .replace("H264/90000", "X/90000")
        .replace("VP8/90000", "X/90000");
    assert_eq!(PeerOffer::parse(&neither).unwrap_err(), SdpError::NoVideo);
}

#[test]
fn the_answer_has_the_extension_and_the_hints() {
    let offer = PeerOffer::parse(CHROMIUM).unwrap();
    let answer = offer.answer(&webrtcbin_answer(&offer), BITRATE).unwrap();
    assert_eq!(answer.local.matches(TWCC).count(), 2);
    assert_eq!(answer.peer.matches(TWCC).count(), 2);
    assert!(answer.peer.contains(
        "profile-level-id=42e01f;x-google-start-bitrate=2500;x-google-min-bitrate=300;x-google-max-bitrate=4000\r\n"
    ));
    assert!(!answer.local.contains("x-google"));
    assert!(Remote::parse(&answer.peer).is_ok());

    let vp8 = PeerOffer::parse(&CHROMIUM.replace("H264/90000", "H265/90000")).unwrap();
    let answer = vp8.answer(&webrtcbin_answer(&vp8), BITRATE).unwrap();
    assert!(answer.peer.contains("a=fmtp:96 x-google-start-bitrate=2500;"));
}

#[test]
fn sections_without_use_are_refused_in_their_place() {
    let (head, sections) = CHROMIUM.split_at(CHROMIUM.find("m=audio").unwrap());
    let data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:d\r\na=sctp-port:5000\r\n";
    let text = format!("{head}{data}{sections}").replace("BUNDLE 0 1", "BUNDLE 0 1 d");
    let offer = PeerOffer::parse(&text).unwrap();
    assert_eq!(offer.place(), ("0", 1));
    assert!(!offer.for_webrtcbin().contains("application"));
    let answer = offer.answer(&webrtcbin_answer(&offer), BITRATE).unwrap();
    let peer = Remote::parse(&answer.peer).unwrap();
    assert_eq!(peer.sections.len(), 3);
    assert_eq!(
        (peer.sections[0].kind.as_str(), peer.sections[0].port),
        ("application", 0)
    );
    assert_eq!(peer.sections[2].kind, "video");
}

#[test]
fn an_offer_that_cannot_be_trusted_is_refused() {
    let no_fingerprint: String = CHROMIUM
        .lines()
        .filter(|l| !l.starts_with("a=fingerprint"))
        .map(|l| format!("{l}\r\n"))
        .collect();
    assert_eq!(
        PeerOffer::parse(&no_fingerprint).unwrap_err(),
        SdpError::NoFingerprint
    );
    let differ = CHROMIUM.replacen("80:C2", "81:C2", 1);
    assert_eq!(
        PeerOffer::parse(&differ).unwrap_err(),
        SdpError::FingerprintsDiffer
    );
    let apart = CHROMIUM.replace("a=group:BUNDLE 0 1\r\n", "");
    assert_eq!(PeerOffer::parse(&apart).unwrap_err(), SdpError::NotBundled);
    let no_ice = CHROMIUM.replace("a=ice-pwd:fpTyGtok+yNXDL8wsqA1vuuQ\r\n", "");
    assert_eq!(
        PeerOffer::parse(&no_ice).unwrap_err(),
        SdpError::Section {
            section: 0,
            what: "ice-pwd"
        }
    );
    let no_camera = CHROMIUM.replace("a=sendonly", "a=recvonly");
    assert_eq!(PeerOffer::parse(&no_camera).unwrap_err(), SdpError::NoVideo);
}

#[test]
fn a_viewers_answer_is_held_against_the_offer() {
    let offer = PeerOffer::parse(CHROMIUM).unwrap().for_webrtcbin();
    let answer = offer
        .replace("a=sendonly", "a=recvonly")
        .replace("actpass", "active");
    let read = PeerAnswer::parse(&answer, &offer).unwrap();
    assert!(
        read.for_webrtcbin()
            .contains("m=video 9 UDP/TLS/RTP/SAVPF 108 109\r\n")
    );

    let refused = answer.replace("m=video 9", "m=video 0");
    assert_eq!(
        PeerAnswer::parse(&refused, &offer).unwrap_err(),
        SdpError::VideoRefused
    );
    let deaf = answer.replace("m=audio 9", "m=audio 0");
    let deaf = PeerAnswer::parse(&deaf, &offer).unwrap().for_webrtcbin();
    assert!(deaf.contains("m=audio 0 ") && deaf.contains("a=group:BUNDLE 1\r\n"));

    let check = |text: &str, what| {
        let error = PeerAnswer::parse(text, &offer).unwrap_err();
        assert_eq!(error, SdpError::Mismatch(what));
    };
    check(&answer.replace("mid:1", "mid:7"), "other sections");
    check(
        &answer.replace("SAVPF 108", "SAVPF 98"),
        "a format that was not offered",
    );
    check(
        &answer.replace("a=setup:active", "a=setup:actpass"),
        "setup is still open",
    );
    check(
        answer.split("m=video").next().unwrap(),
        "another number of sections",
    );
}

fn check(text: &str, expect: SdpError) {
    assert_eq!(Remote::parse(text).unwrap_err(), expect);
}

#[test]
fn an_error_names_the_rule_that_was_broken() {
    check("", SdpError::NotSdp);
    check("hello", SdpError::NotSdp);
    check("v=0\r\nnonsense\r\n", SdpError::Line(2));
    check("v=0\r\nab=c\r\n", SdpError::Line(2));
    check("v=0\r\nm=video\r\n", SdpError::Line(2));
    check("v=0\r\nm=video 99999 X 96\r\n", SdpError::Line(2));
    check(
        "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:300 X/1\r\n",
        SdpError::Line(3),
    );
    check(
        "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
        SdpError::Section {
            section: 0,
            what: "mid",
        },
    );
    check(
        "v=0\r\nm=video 9 A 96\r\na=mid:0\r\nm=video 9 A 96\r\na=mid:0\r\n",
        SdpError::Section {
            section: 1,
            what: "mid of its own",
        },
    );
    check(&"v".repeat(70_000), SdpError::TooLarge("over 64 KiB"));
    check(
        &format!("v=0\r\n{}", "b=AS:1\r\n".repeat(3000)),
        SdpError::TooLarge("over 2000 lines"),
    );
    check(
        &format!("v=0\r\n{}", "m=video 9 A 96\r\n".repeat(9)),
        SdpError::TooLarge("over 8 media sections"),
    );
    check(
        &format!("v=0\r\na=x:{}", "y".repeat(5000)),
        SdpError::TooLarge("a line of over 4096 bytes"),
    );
}

#[test]
fn damaged_descriptions_never_panic() {
    // Every prefix, and every line left out, doubled or cut in half.
    for end in (0..CHROMIUM.len()).filter(|i| CHROMIUM.is_char_boundary(*i)) {
        let _ = PeerOffer::parse(&CHROMIUM[..end]);
    }
    let lines: Vec<&str> = CHROMIUM.lines().collect();
    for i in 0..lines.len() {
        for replacement in [
            "",
            &format!("{0}\r\n{0}", lines[i]),
            &lines[i][..lines[i].len() / 2],
        ] {
            let mut damaged = lines.clone();
            damaged[i] = replacement;
            let _ = PeerOffer::parse(&damaged.join("\r\n"));
        }
    }
}
