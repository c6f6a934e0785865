//! One WebRTC connection of another make than the server's, with its UDP socket: the sans-IO engine is str0m.

use crate::Codec;
use anyhow::{Context, Result};
use std::{net::SocketAddr, time::Instant};
use str0m::{
    Candidate, Event, Input, Output, Rtc, RtcConfig,
    net::{Protocol, Receive},
};
use tokio::{net::UdpSocket, time::timeout_at};

/// A connection and its socket.
pub(crate) struct Peer {
    pub rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    datagram: Vec<u8>,
}

impl Peer {
    /// A connection that knows these video codecs and Opus, with one host candidate.
    pub async fn new(codecs: &[Codec]) -> Result<Self> {
        let config = RtcConfig::new()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_h264(codecs.contains(&Codec::H264))
            .enable_vp8(codecs.contains(&Codec::Vp8));
        let mut rtc = config.build(Instant::now());
        let socket = UdpSocket::bind((lan_address(), 0)).await?;
        let local = socket.local_addr()?;
        rtc.add_local_candidate(Candidate::host(local, "udp")?);
        Ok(Self {
            rtc,
            socket,
            local,
            datagram: vec![0; 2048],
        })
    }

    /// Takes a candidate as the other side wrote it; the mark of the last one is nothing.
    pub fn add_candidate(&mut self, line: &str) -> Result<()> {
        if line.is_empty() {
            return Ok(());
        }
        let candidate = Candidate::from_sdp_string(line).with_context(|| line.to_owned())?;
        self.rtc.add_remote_candidate(candidate);
        Ok(())
    }

    /// Does what there is to do until something happened or `until` has come, which is `None`. May be dropped
    /// at any await: nothing is lost.
    pub async fn step(&mut self, until: Instant) -> Result<Option<Event>> {
        loop {
            let due = match self.rtc.poll_output()? {
                Output::Event(event) => return Ok(Some(event)),
                Output::Transmit(datagram) => {
                    // A datagram that does not fit now is lost, as on any network.
                    let _ = self.socket.try_send_to(&datagram.contents, datagram.destination);
                    continue;
                }
                Output::Timeout(due) => due,
            };
            let wake = due.min(until);
            let input = match timeout_at(wake.into(), self.socket.recv_from(&mut self.datagram)).await {
                Ok(Ok((length, source))) => {
                    let received = Receive {
                        proto: Protocol::Udp,
                        source,
                        destination: self.local,
                        contents: self.datagram[..length].try_into()?,
                    };
                    Input::Receive(Instant::now(), received)
                }
                // The other side's port is closed: the connection will notice by itself.
                Ok(Err(_)) => continue,
                Err(_) => Input::Timeout(Instant::now()),
            };
            let timed_out = matches!(input, Input::Timeout(_));
            self.rtc.handle_input(input)?;
            if timed_out && Instant::now() >= until {
                return Ok(None);
            }
        }
    }
}

/// This machine's address on its network, or loopback where it has none. Nothing is sent to find it.
fn lan_address() -> std::net::IpAddr {
    let probe = || -> std::io::Result<std::net::IpAddr> {
        let socket = std::net::UdpSocket::bind("0.0.0.0:0")?;
        socket.connect("192.0.2.1:9")?;
        Ok(socket.local_addr()?.ip())
    };
    probe().unwrap_or(std::net::Ipv4Addr::LOCALHOST.into())
}

/// The same description with another fingerprint of the same length: what somebody in between would send.
pub(crate) fn forged(sdp: &str) -> String {
    let line = |line: &str| match line.split_once("sha-256 ") {
        Some((head, print)) if head.starts_with("a=fingerprint:") => {
            let turned: String = print
                .chars()
                .map(|c| match c {
                    ':' => ':',
                    '0' => '1',
                    _ => '0',
                })
                .collect();
            format!("{head}sha-256 {turned}\r\n")
        }
        _ => format!("{line}\r\n"),
    };
    sdp.lines().map(line).collect()
}
