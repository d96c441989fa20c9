// What people do with the page, in a real browser on a real server with embedded labs.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumPath } from '../support/capabilities.ts';

const bin = fileURLToPath(new URL('../../src/cli/bin.mjs', import.meta.url));
/** $ACKADEMY_SHOTS: a folder for pictures of what the tests see. */
const shots = process.env['ACKADEMY_SHOTS'];
let state = '';
let server: ChildProcess | undefined;
let link = '';
let browser: Browser | undefined;
let teacher: Page;
let joinLink = '';

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  if (browser === undefined) throw new Error('no browser');
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|WebSocket/.test(message.text()))
      complaints.push(message.text());
  });
  return page;
}
const complaints: string[] = [];

async function picture(page: Page, name: string): Promise<void> {
  if (shots === undefined) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

const screenOf = (page: Page, host: string): Locator => page.locator(`[data-terminal=${host}] .xterm-rows`);
const lines = async (page: Page, host: string): Promise<string> =>
  (await screenOf(page, host).locator('> div').allInnerTexts())
    .map((line) => line.trimEnd())
    .join('\n')
    .trim();

beforeAll(async () => {
  state = mkdtempSync(join(tmpdir(), 'ackademy-page-'));
  const serving = spawn(process.execPath, [bin, 'serve', '--port', '0', '--runtime', 'embedded'], {
    env: { ...process.env, XDG_STATE_HOME: state },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  server = serving;
  link = await new Promise<string>((resolve, reject) => {
    let said = '';
    const hear = (chunk: Buffer): void => {
      said += chunk.toString();
      const found = /^Open (\S+)$/m.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    };
    serving.stdout.on('data', hear);
    serving.stderr.on('data', hear);
    serving.on('close', () => reject(new Error(`the server ended: ${said}`)));
  });
  browser = await chromium.launch({
    executablePath: chromiumPath() ?? '',
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  teacher = await open();
});

afterAll(async () => {
  await browser?.close();
  const ended = new Promise((resolve) => server?.on('close', resolve));
  server?.kill('SIGINT');
  await ended;
  rmSync(state, { recursive: true, force: true });
});

test('an instructor launches a lab from the printed link and pings across it', { timeout: 60_000 }, async () => {
  await teacher.goto(link);
  await teacher.locator('[data-template=hello]').waitFor();
  expect(teacher.url()).not.toContain('token');
  await picture(teacher, 'catalogue');
  await teacher.locator('[data-template=hello]').getByRole('button').click();
  await teacher.locator('[data-host=client]').waitFor();
  // Every host has its tick in the record of the start.
  await teacher.getByRole('tab', { name: /People/ }).click();
  await teacher.getByText('How it started').click();
  for (const host of ['client', 'r1', 'r2', 'r3', 'server', 'dns'])
    await teacher.locator(`.done[data-step="host ${host}"]`).waitFor();
  await picture(teacher, 'lab-map');
  await teacher.getByRole('tab', { name: 'Guide' }).click();
  await teacher.locator('[data-host=client]').click();
  await screenOf(teacher, 'client').getByText('root@client').first().waitFor();
  await teacher.keyboard.type('ping -c 3 server.lab\n');
  await screenOf(teacher, 'client').getByText('3 packets transmitted, 3 received').waitFor();
  await picture(teacher, 'lab-ping');
});

test('a line of the guide types itself and leaves Enter to the student', async () => {
  await teacher.getByRole('button', { name: /dig \+short www.lab/ }).click();
  await screenOf(teacher, 'client').getByText('dig +short www.lab').waitFor();
  await teacher.keyboard.press('Enter');
  await screenOf(teacher, 'client').getByText('server.lab.', { exact: false }).last().waitFor();
});

test('exercises know what was done, say why not, and take answers', async () => {
  await teacher.getByRole('tab', { name: /Exercises/ }).click();
  const item = (title: string): Locator => teacher.locator('.exercise', { hasText: title });
  await item('Is anybody there?').and(teacher.locator('[data-done=true]')).waitFor(); // the ping was seen
  const routers = item('How many routers?');
  await teacher.getByLabel('Your answer').fill('4');
  await teacher.getByRole('button', { name: 'Answer', exact: true }).click();
  await routers.getByText("the answer was '4'").waitFor();
  await routers.getByRole('button', { name: 'Show a hint' }).click();
  await picture(teacher, 'exercises');
  await teacher.getByLabel('Your answer').fill('3');
  await teacher.getByRole('button', { name: 'Answer', exact: true }).click();
  await routers.and(teacher.locator('[data-done=true]')).waitFor();
});

test('a player comes late by the join link, sees the same screen, and types into it', { timeout: 60_000 }, async () => {
  const lab = teacher.url().split('/').at(-1) ?? '';
  joinLink = await teacher.evaluate(
    `fetch('/api/labs/${lab}').then((answer) => answer.json()).then((detail) => detail.joinLink)`,
  );
  const player = await open();
  await player.goto(joinLink);
  await player.getByLabel('Your name').fill('Mina');
  await player.getByRole('button', { name: 'Join' }).click();
  await player.locator('[data-host=client]').click();
  await screenOf(player, 'client').getByText('3 packets transmitted').waitFor();
  expect(await lines(player, 'client')).toBe(await lines(teacher, 'client'));
  expect(await player.getByRole('button', { name: 'Stop lab' }).count()).toBe(0);
  await player.keyboard.type('echo hello from mina\n');
  await screenOf(teacher, 'client').getByText('hello from mina').last().waitFor();
  await teacher.locator('[data-terminal=client] .person', { hasText: 'Mina' }).waitFor();
  await player.reload();
  await player.locator('[data-host=server]').click();
  await screenOf(player, 'server').getByText('root@server').first().waitFor();
  await player.locator('[data-host=client]').click();
  await screenOf(player, 'client').getByText('hello from mina').last().waitFor();
  await picture(player, 'player-two-terminals');
  await player.context().close();
});

test('an instructor hurts a link, cuts it, and restores it', async () => {
  await teacher.getByRole('tab', { name: 'Links' }).click();
  const first = teacher.locator('[data-link]').first();
  await first.getByRole('button').click();
  await picture(teacher, 'link-dialog');
  await teacher.getByLabel('Delay, ms').first().fill('50');
  await teacher.getByRole('button', { name: 'Apply' }).click();
  await teacher.locator('.map-note', { hasText: 'delay 50ms' }).waitFor();
  await first.getByRole('button').click();
  await teacher.getByRole('button', { name: 'Cut', exact: true }).click();
  await teacher.locator('.map-note.is-cut').waitFor();
  await picture(teacher, 'lab-cut');
  await first.getByRole('button').click();
  await teacher.getByRole('button', { name: 'Restore' }).click();
  await teacher.locator('.map-note.is-cut').waitFor({ state: 'detached' });
});

test('in Korean, in the dark, on a phone', { timeout: 60_000 }, async () => {
  const phone = await open({ locale: 'ko-KR', colorScheme: 'dark', viewport: { width: 390, height: 844 } });
  await phone.goto(joinLink);
  await picture(phone, 'phone-join');
  await phone.getByLabel('이름').fill('민아');
  await phone.getByRole('button', { name: '참여하기' }).click();
  await phone.locator('[data-host=client]').waitFor();
  expect(await phone.locator('html').getAttribute('lang')).toBe('ko');
  await picture(phone, 'phone-map');
  await phone.getByRole('button', { name: '안내' }).click();
  await phone.getByText('안녕').first().waitFor();
  await picture(phone, 'phone-guide');
  await phone.getByRole('button', { name: '지도' }).click();
  await phone.locator('[data-host=client]').click();
  await screenOf(phone, 'client').getByText('hello from mina').last().waitFor();
  await picture(phone, 'phone-terminal');
  await phone.setViewportSize({ width: 900, height: 700 });
  await picture(phone, 'narrow-dark');
  await phone.setViewportSize({ width: 1440, height: 900 });
  await picture(phone, 'wide-dark-ko');

  // The lab is stopped: both are told.
  await teacher.getByRole('button', { name: 'Stop lab' }).click();
  await teacher.getByRole('dialog').getByRole('button', { name: 'Stop lab' }).click();
  await teacher.getByText('The lab has been stopped').waitFor();
  await phone.getByText('실습이 끝났습니다').waitFor();
  await picture(phone, 'stopped');
});

test('who is not known is told which link to open', async () => {
  const stranger = await open();
  await stranger.goto(new URL('/', link).href);
  await stranger.getByText('Open the link that the server printed').waitFor();
  expect(complaints).toEqual([]);
});
