import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { report } from '../../src/cli/report.ts';
import { renderHtml } from '../../src/report/incident/render.ts';
import { memoryTerminal } from '../cli/memory-terminal.ts';
import { hostileIncident } from '../report/incident/incidents.ts';
import { launchBrowser, whyNoBrowser } from './chromium.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-browser-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Real faults of many kinds together, and one report of texts that want to be more than text. */
async function pages(): Promise<Record<string, string>> {
  const incident = path.join(folder, 'incident.html');
  const names = [
    'close-during-kex-no-common-kex',
    'before-banner-max-startups-random',
    'close-during-auth-guessing',
    'lost-in-session-idle-firewall',
    'icmp-after-syn-admin-prohibited',
    'no-syn-ack-ipv6',
    'completed',
  ];
  const captures = names.map((name) => path.join(CAPTURES, `${name}.client.pcap`));
  expect(await report(captures, { output: incident }, memoryTerminal())).toBe(0);
  const healthy = path.join(folder, 'healthy.html');
  await report([path.join(CAPTURES, 'completed.client.pcap')], { output: healthy }, memoryTerminal());
  const hostile = path.join(folder, 'hostile.html');
  writeFileSync(hostile, renderHtml(hostileIncident()));
  return { incident, healthy, hostile };
}

const KINDS = ['incident', 'healthy', 'hostile'] as const;

describe.skipIf(whyNoBrowser !== undefined)(
  `a report in Chromium${whyNoBrowser ? `, skipped: ${whyNoBrowser}` : ''}`,
  () => {
    let browser: Browser;
    let files: Record<string, string>;
    beforeAll(async () => {
      [browser, files] = await Promise.all([launchBrowser(), pages()]);
    }, 120_000);
    afterAll(() => browser?.close());

    interface Look {
      readonly width: number;
      readonly scheme: 'light' | 'dark';
      readonly script?: boolean;
    }

    /** Opens a page, and says what it asked for and complained about meanwhile. */
    async function opened(kind: string, { width, scheme, script = true }: Look) {
      const context = await browser.newContext({
        viewport: { width, height: 900 },
        colorScheme: scheme,
        javaScriptEnabled: script,
        // Only for the test's own eyes: the page's policy admits no script, not even axe's.
        bypassCSP: true,
      });
      const page = await context.newPage();
      const heard: string[] = [];
      page.on('console', (message) => heard.push(message.text()));
      page.on('pageerror', (error) => heard.push(String(error)));
      page.on('dialog', (dialog) => heard.push(`dialog ${dialog.message()}`));
      page.on('request', (request) => {
        if (!request.url().startsWith('file:') || request.resourceType() !== 'document')
          heard.push(request.url());
      });
      await page.goto(`file://${files[kind]}`);
      return { page, heard, close: () => context.close() };
    }

    async function violations(page: Page): Promise<string[]> {
      await page.evaluate(axe.source);
      const found = await page.evaluate('axe.run({ resultTypes: ["violations"] })');
      const { violations } = found as {
        violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
      };
      return violations.map(
        ({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`,
      );
    }

    test.each(KINDS.flatMap((kind) => (['light', 'dark'] as const).map((scheme) => ({ kind, scheme }))))(
      'axe finds nothing wrong with the $kind report in $scheme, at a desk and on a phone',
      async ({ kind, scheme }) => {
        for (const width of [1440, 390]) {
          const { page, heard, close } = await opened(kind, { width, scheme });
          expect(await violations(page)).toEqual([]);
          expect(heard).toEqual([]);
          await close();
        }
      },
      120_000,
    );

    test.each(KINDS)(
      'the %s report asks for nothing, complains of nothing, and is as wide as the window',
      async (kind) => {
        for (const width of [390, 1440]) {
          const { page, heard, close } = await opened(kind, { width, scheme: 'light' });
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
          expect(heard).toEqual([]);
          await close();
        }
      },
      120_000,
    );

    test('its policy runs no script and admits its own style', async () => {
      const context = await browser.newContext();
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      const html = readFileSync(files.incident ?? '', 'utf8');
      const file = path.join(folder, 'attacked.html');
      const attack =
        '<script>document.title = "owned"</script><img src="x" onerror="document.title = \'owned\'">';
      writeFileSync(file, html.replace('<main>', `<main>${attack}<p id="x" style="color: red">x</p>`));
      await page.goto(`file://${file}`);
      expect(await page.title()).not.toBe('owned');
      expect(complaints.length).toBeGreaterThan(1);
      const look = (selector: string, property: string) =>
        page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${property}`);
      expect(await look('.badge', 'display')).toBe('inline-block');
      expect(await look('#x', 'color')).not.toBe('rgb(255, 0, 0)');
      await context.close();
    }, 120_000);

    test('everything is there without scripts, with headings in order and one of the first level', async () => {
      const { page, close } = await opened('incident', { width: 1440, scheme: 'light', script: false });
      const levels = await page
        .locator('h1, h2, h3, h4, h5, h6')
        .evaluateAll((all) => all.map((each) => Number(each.tagName[1])));
      expect(levels.filter((level) => level === 1)).toHaveLength(1);
      levels.reduce((before, level) => {
        expect(level - before).toBeLessThanOrEqual(1);
        return level;
      });
      expect(await page.locator('figure svg[role=img]').count()).toBeGreaterThan(5);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(
        /^\d+ of \d+ sessions failed$/,
      );
      await close();
    }, 120_000);

    test('every link leads to something, and the tables name their rows and columns', async () => {
      const { page, close } = await opened('incident', { width: 1440, scheme: 'light' });
      const dead = await page.evaluate(
        `[...document.querySelectorAll('a')].filter((a) => !document.querySelector(a.getAttribute('href'))).length`,
      );
      expect(dead).toBe(0);
      const bare = await page.evaluate(
        `[...document.querySelectorAll('table')].filter((t) => !t.caption || t.querySelector('thead th:not([scope=col]), tbody th:not([scope=row])')).length`,
      );
      expect(bare).toBe(0);
      await close();
    }, 120_000);

    test('of hostile texts no element comes, and all are there to be read', async () => {
      const { page, close } = await opened('hostile', { width: 1440, scheme: 'light' });
      const foreign = await page.evaluate(
        `[...document.querySelectorAll('script, img, iframe, a[href^="http"], a[href^="javascript"], [onerror], [onload], [onmouseover], h1 ~ h1')].length`,
      );
      expect(foreign).toBe(0);
      const text = (await page.evaluate('document.body.textContent')) as string;
      expect(text).toContain('<script>alert(1)</script>');
      expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
      await close();
    }, 120_000);

    test('it prints on pages of A4, with every figure within the margins', async () => {
      const { page, close } = await opened('incident', { width: 1440, scheme: 'dark' });
      const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
      const sizes = [...pdf.matchAll(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/g)];
      expect(sizes.length).toBeGreaterThan(3);
      for (const [, width, height] of sizes)
        expect([Math.round(Number(width)), Math.round(Number(height))]).toEqual([595, 842]);
      await page.emulateMedia({ media: 'print' });
      // The width of A4 within the margins, in CSS pixels.
      await page.setViewportSize({ width: 688, height: 1000 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(688);
      const paper = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(paper).toBe('rgb(255, 255, 255)');
      await close();
    }, 120_000);
  },
);
