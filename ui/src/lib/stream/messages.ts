import type { Tally } from '../generated/Tally';

/** A candidate as `RTCIceCandidate` gives and takes it. */
export type WireCandidate = { candidate: string; sdpMid: string | null; sdpMLineIndex: number | null };

/** What the server says on `/stream`. The first four are the old protocol, the rest are extensions. */
export type ServerMessage =
  | { type: 'newViewer'; viewerId: string | number }
  | { type: 'offer'; offer: RTCSessionDescriptionInit; viewerId: string | number }
  | { type: 'answer'; answer: RTCSessionDescriptionInit; viewerId: string | number }
  | { type: 'candidate'; candidate: WireCandidate; viewerId: string | number }
  | { type: 'welcome'; id: number; resume?: string }
  | { type: 'tally'; state: Tally }
  | { type: 'error'; code: string; message: string }
  | { type: 'bye'; reason: string };

/** Reads a message; `null` for what this page does not know, as a newer server may say. */
export function readMessage(raw: string): ServerMessage | null {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'object' && value !== null && 'type' in value ? (value as ServerMessage) : null;
  } catch {
    return null;
  }
}

/** A candidate as it crosses the wire. */
export function wire(candidate: RTCIceCandidate): WireCandidate {
  return {
    candidate: candidate.candidate,
    sdpMid: candidate.sdpMid,
    sdpMLineIndex: candidate.sdpMLineIndex,
  };
}
