/** The built program with its demo, in a real browser. Left out where there is none; the list of skipped tests says so. */
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { browserUnavailable, openPage } from '../support/browser.ts'
import { type Folder, openFolder, Program } from '../support/program.ts'

const unavailable = browserUnavailable()
/** `npm run screenshots` renews those of the documents; otherwise they are only taken. */
const pictures = fileURLToPath(
  new URL(process.env.SCREENSHOTS ? '../../docs/' : '../../.cache/screenshots/', import.meta.url),
)
const historyHours = process.env.SCREENSHOTS ? '36' : '6'

let program: Program
let folder: Folder
let url = ''

beforeAll(async () => {
  if (unavailable !== null) return
  folder = await openFolder()
  program = new Program(['start', '--demo', '--json', '--port', '0', '--data-dir', folder.path], {
    SYNTHETIC_HISTORY_HOURS: historyHours,
    SYNTHETIC_RATE: '8',
  })
  url = (JSON.parse(await program.firstLine()) as { url: string }).url
  await mkdir(pictures, { recursive: true })
  const source = async () => {
    const health = (await (await fetch(`${url}/health`)).json()) as {
      components: { name: string; detail: string; state: string }[]
    }
    return health.components.find(({ name }) => name === 'source')?.state
  }
  await vi.waitFor(async () => expect(await source()).toBe('ok'), {
    timeout: 60_000,
    interval: 200,
  })
})
afterAll(async () => {
  if (unavailable !== null) return
  await program[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})
beforeEach((context) => {
  context.skip(unavailable !== null, unavailable ?? undefined)
})

const numberIn = (text: string | null) => Number((text ?? '').replaceAll(/[^\d.]/g, ''))

/** The value that a tile of the strip shows. */
async function readTile(page: Page, name: RegExp): Promise<string> {
  return (
    await page
      .getByRole('region', { name: 'Headline numbers' })
      .getByRole('button', { name })
      .first()
      .innerText()
  ).replace(/\s+/g, ' ')
}

async function chartIsDrawn(page: Page): Promise<void> {
  await page.locator('figure .recharts-surface path[d]').first().waitFor({ state: 'attached' })
}

test.each([
  { name: 'overview-light', width: 1440, dark: false },
  { name: 'overview-dark', width: 1440, dark: true },
  { name: 'overview-phone', width: 360, dark: false },
])(
  '$name: draws, says that the data is invented, fits, and has no axe violations or console errors',
  async ({ name, width, dark }) => {
    await using open = await openPage(`${url}/?range=6h`, {
      width,
      height: width === 360 ? 780 : 1000,
      dark,
    })
    const { page } = open
    await chartIsDrawn(page)
    await page.getByRole('region', { name: 'Newest posts' }).getByRole('article').first().waitFor()
    await expect.poll(() => page.getByText('Synthetic data').first().isVisible()).toBe(true)
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      width,
    )
    const background = await page.evaluate<string>(
      'getComputedStyle(document.body).backgroundColor',
    )
    expect(brightness(background) < 128).toBe(dark)
    if (process.env.SCREENSHOTS) await page.goto(`${url}/?range=24h`)
    await chartIsDrawn(page)
    await page.waitForLoadState()
    await page.screenshot({ path: `${pictures}${name}.png` })
    // A post that is just fading in has no contrast yet.
    await page.emulateMedia({ reducedMotion: 'reduce' })
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
    expect(open.complaints).toEqual([])
  },
)

test('a click filters: numbers, chips and URL change, and Back undoes it', async () => {
  await using open = await openPage(`${url}/?range=6h&metric=posts`)
  const { page } = open
  await chartIsDrawn(page)
  const tile = () => readTile(page, /^Posts/)
  await expect.poll(async () => numberIn(await tile())).toBeGreaterThan(0)
  const before = await tile()
  await page
    .getByRole('region', { name: 'Top languages' })
    .getByRole('button', { name: /Japanese/ })
    .click()
  await page.waitForURL(/lang=ja/)
  await expect.poll(tile).not.toBe(before)
  const filtered = numberIn((await tile()).match(/Posts ([\d.,]+)/)?.[1] ?? '')
  expect(filtered).toBeLessThan(numberIn(before.match(/Posts ([\d.,]+)/)?.[1] ?? ''))
  const answer = (await (await fetch(`${url}/api/v1/summary?lang=ja`)).json()) as {
    posts: { value: number }
  }
  expect(answer.posts.value).toBeGreaterThan(0)
  expect(await page.getByRole('button', { name: /Remove/ }).count()).toBe(1)
  await page.goBack()
  await expect.poll(() => page.url()).not.toMatch(/lang=/)
  await expect.poll(async () => page.getByRole('button', { name: /Remove/ }).count()).toBe(0)
  expect(open.complaints).toEqual([])
})

test('active accounts are drawn by the hour, and short ranges say why', async () => {
  await using open = await openPage(`${url}/?range=6h`)
  const { page } = open
  await chartIsDrawn(page)
  await page
    .getByRole('region', { name: 'Headline numbers' })
    .getByRole('button', { name: /^Active accounts/ })
    .click()
  await page.getByRole('heading', { name: 'Active accounts per hour' }).waitFor()
  await chartIsDrawn(page)
  await page.getByText('An account counts once in each hour').waitFor()
  await page.goto(`${url}/?range=15m&metric=accounts`)
  await page.getByText('Activity is kept by the clock hour').waitFor()
  expect(open.complaints).toEqual([])
})

test('a card ranks several things, with the accounts behind each', async () => {
  await using open = await openPage(`${url}/?range=6h`)
  const { page } = open
  const languages = page.getByRole('region', { name: 'Top languages' })
  await languages.getByRole('columnheader', { name: 'Authors' }).waitFor()
  await page
    .getByRole('region', { name: 'Top hashtags' })
    .getByRole('button', { name: 'Emoji' })
    .click()
  const emoji = page.getByRole('region', { name: 'Top emoji' })
  await emoji.getByRole('row').nth(1).waitFor()
  expect(await emoji.getByRole('row').nth(1).innerText()).toMatch(/\p{Emoji}/u)
  // Nothing filters by an emoji: choosing one changes nothing.
  expect(page.url()).not.toMatch(/tag=|emoji/)
  expect(open.complaints).toEqual([])
})

test('people, hours of the week and gaps are told, each also as a table', async () => {
  await using open = await openPage(`${url}/?range=6h`)
  const { page } = open
  const week = page.getByRole('region', { name: 'Hours of the week' })
  await week.getByRole('table').waitFor()
  await week.getByRole('button', { name: 'Show as a table' }).click()
  await week.getByRole('columnheader', { name: 'events per hour' }).waitFor()
  const people = page.getByRole('region', { name: 'People' })
  await people.getByRole('button', { name: 'Doing' }).click()
  await people.getByRole('heading', { name: 'What accounts did, per day' }).waitFor()
  await people.getByRole('button', { name: 'Show as a table' }).click()
  await people.getByRole('columnheader', { name: 'Liked' }).waitFor()
  await page
    .getByRole('region', { name: 'Gaps' })
    .getByText(/of the last 7 days/)
    .waitFor()
  expect(open.complaints).toEqual([])
})

test('on a phone the list of posts has an end, and more on demand', async () => {
  await using open = await openPage(`${url}/?range=6h`, { width: 360, height: 780 })
  const posts = open.page.getByRole('region', { name: 'Newest posts' })
  await posts.getByRole('article').first().waitFor()
  await expect.poll(() => posts.getByRole('article').count()).toBe(12)
  await posts.getByRole('button', { name: /Show 13 more posts/ }).click()
  await expect.poll(() => posts.getByRole('article').count()).toBe(25)
})

test('removing a filter brings back the chart as it was, and the drawing takes no focus', async () => {
  await using open = await openPage(`${url}/?range=6h`)
  const { page } = open
  const fills = () =>
    page
      .locator('figure .recharts-area-area')
      .evaluateAll((paths) => paths.map((path) => path.getAttribute('fill')).join(' '))
  await chartIsDrawn(page)
  await expect.poll(async () => (await fills()).split(' ').length).toBeGreaterThan(8)
  const before = await fills()
  await page.goto(`${url}/?range=6h`)
  await page.getByLabel('Add a filter').fill('lang:pt')
  await page.keyboard.press('Enter')
  await page.waitForURL(/lang=pt/)
  await expect.poll(fills).not.toBe(before)
  await page.getByRole('button', { name: /Remove/ }).click()
  await expect.poll(fills).toBe(before)
  expect(
    await page
      .locator('figure .recharts-wrapper')
      .first()
      .evaluate((chart) => chart.closest('[inert]') !== null),
  ).toBe(true)
})

test('a typed filter is taken, a wrong one is explained', async () => {
  await using open = await openPage(`${url}/?range=6h`)
  const { page } = open
  await chartIsDrawn(page)
  await page.keyboard.press('/')
  await page.keyboard.type('colour:blue')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').first().waitFor()
  expect(page.url()).not.toMatch(/colour/)
  const input = page.getByLabel('Add a filter')
  await input.fill('#coffee')
  await page.keyboard.press('Enter')
  await page.waitForURL(/tag=coffee/)
})

test('a filter that means nothing is explained once, and not by every tile', async () => {
  await using open = await openPage(`${url}/?range=6h&domain=co.uk`)
  const { page } = open
  const alert = page.getByRole('alert')
  await alert.first().waitFor()
  await expect.poll(() => page.getByText('Not answered: see the filter').count()).toBeGreaterThan(3)
  expect(await alert.allInnerTexts()).toEqual([expect.stringMatching(/^domain: .*example\.com/)])
})

test('on a phone help opens from the settings, and Escape gives the focus back', async () => {
  await using open = await openPage(`${url}/?range=6h`, { width: 360, height: 760 })
  const { page } = open
  const settings = page.getByRole('button', { name: 'Settings' })
  const help = page.getByRole('dialog', { name: 'Help' })
  await settings.click()
  await page.getByRole('dialog').getByRole('button', { name: 'Help' }).click()
  await help.waitFor()
  await expect.poll(() => help.evaluate((sheet) => sheet.matches(':focus-within'))).toBe(true)
  await page.keyboard.press('Escape')
  await help.waitFor({ state: 'hidden' })
  await expect.poll(() => settings.evaluate((button) => button.matches(':focus'))).toBe(true)
})

test('the live counter moves by itself, and stands still when paused', async () => {
  await using open = await openPage(`${url}/?range=15m`)
  const { page } = open
  await chartIsDrawn(page)
  const lag = () => readTile(page, /^Lag/)
  await expect.poll(async () => /\d/.test(await lag()), { timeout: 20_000 }).toBe(true)
  const before = await lag()
  await expect.poll(lag, { timeout: 20_000 }).not.toBe(before)
  await page.getByRole('button', { name: /Pause/ }).click()
  await page
    .getByRole('button', { name: /Go live/ })
    .first()
    .waitFor()
})

test('without a network the page says so, and names the demo', async () => {
  await using cut = await openFolder()
  await using alone = new Program(['start', '--json', '--port', '0', '--data-dir', cut.path], {
    JETSTREAM_URL: 'ws://127.0.0.1:9',
  })
  const { url: address } = JSON.parse(await alone.firstLine()) as { url: string }
  await using open = await openPage(address)
  await open.page
    .getByText(/start -- --demo/)
    .first()
    .waitFor({ timeout: 30_000 })
  await expect.poll(() => alone.stderr, { timeout: 30_000 }).toMatch(/npm start -- --demo/)
})

function brightness(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map(Number)
  // oklch and the like begin with a lightness from 0 to 1
  return /^rgb/.test(color) ? (red + green + blue) / 3 : red * 255
}
