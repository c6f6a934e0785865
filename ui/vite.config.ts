import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const page = (name: string) => fileURLToPath(new URL(`${name}.html`, import.meta.url));

export default defineConfig({
  plugins: [svelte()],
  base: '/',
  build: {
    // Safari 15.4 and Chrome 94: what phones of the last five years run.
    target: ['es2022', 'safari15.4', 'chrome94', 'firefox100'],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: {
        operator: page('operator'),
        multiview: page('multiview'),
        camera: page('camera'),
        watch: page('watch'),
        trust: page('trust'),
      },
    },
  },
 
  test: { include: ['test/**/*.test.ts'] },
});
