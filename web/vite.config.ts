// How the page is built: the server calls this (src/server/web-build.ts); no development server is needed.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // The terminal and the map make one file of about 1 MB, read once and then kept by the browser.
  build: { target: 'es2023', chunkSizeWarningLimit: 2_000 },
});
