/**
 * The desktop window. The only file that may import `@tauri-apps/*`; so far the window needs nothing that a
 * browser does not do, so it imports nothing.
 */

/** Whether this page is shown by Régie's own window rather than by a browser. */
export function inDesktopWindow(): boolean {
  return '__TAURI_INTERNALS__' in globalThis;
}
