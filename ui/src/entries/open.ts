import { mount, type Component } from 'svelte';
import '../lib/tokens.css';
import '../lib/base.css';

/** Shows a view as the whole page. */
export function open(view: Component): void {
  const target = document.getElementById('page');
  if (target) mount(view, { target });
}
