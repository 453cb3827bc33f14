import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, loadEnv } from 'vite'

const here = (path: string) => new URL(path, import.meta.url).pathname

export default defineConfig(({ command, mode }) => {
  const { PORT = '3000' } = loadEnv(mode, here('..'), 'PORT')
  const server = `http://127.0.0.1:${PORT}`
  return {
    root: here('.'),
    plugins: [react(), tailwindcss()],
    resolve: {
      alias: [
        { find: /^#contract\//, replacement: here('../src/contract/') },
        // The browser needs paths and types of the contract, not its validators: without them the bundle is 25 kB (gzip) lighter.
        ...(command === 'build'
          ? [{ find: /^zod$/, replacement: here('./data/inert-zod.ts') }]
          : []),
      ],
    },
    build: {
      // One page: its code is one chunk of about 500 kB (160 kB packed), the chart's another.
      chunkSizeWarningLimit: 600,
      outDir: here('./dist'),
      emptyOutDir: true,
      target: 'es2023',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
    },
    server: {
      proxy: {
        '/api': server,
        '/health': server,
        '/jetstream-test': server,
        '/db-test': server,
      },
    },
  }
})
