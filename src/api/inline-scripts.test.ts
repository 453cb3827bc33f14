import { expect, test } from 'vitest'
import { hashInlineScripts } from './inline-scripts.ts'

test('scripts that stand in a page are named by their hash, those it loads are not', () => {
  const html = `<script src="/a.js"></script><script type="module" src='/b.js'></script>
    <script>alert(1)</script><script type="text/javascript">
    alert(2)</script>`
  expect(hashInlineScripts(html)).toEqual([
    'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=',
    expect.stringMatching(/^sha256-/),
  ])
})
