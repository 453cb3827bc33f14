import { hash } from 'node:crypto'

/** Hashes, as a content security policy names them, of the scripts that stand in a page itself. */
export function hashInlineScripts(html: string): string[] {
  const scripts = html.matchAll(/<script(?![^>]*\ssrc[\s=])[^>]*>([\s\S]*?)<\/script>/gi)
  return [...scripts].map(([, text]) => `sha256-${hash('sha256', text ?? '', 'base64')}`)
}
