//! /stream: messages, rooms, SDP at the door; no sockets.
