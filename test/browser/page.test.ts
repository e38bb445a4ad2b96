import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { buildPage } from '../../scripts/page/bundle.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { hostileIncident, hostileRecords } from '../report/incident/incidents.ts';
import { launchBrowser, whyNoBrowser } from './chromium.ts';
import { type FakeService, startFakeService } from './fake-service.ts';

const CAPTURES = path.join(import.meta.dirname, '../../captures');
const capture = (name: string): string => path.join(CAPTURES, `${name}.pcap`);
const HOSTILE = '<img src=x onerror="document.title=\'owned\'">\u202efdp.pcap';

describe.skipIf(whyNoBrowser !== undefined)(
  `the page of the upload service in Chromium${whyNoBrowser ? `, skipped: ${whyNoBrowser}` : ''}`,
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-page-'));
    const ids: Record<string, string> = {};
    let browser: Browser;
    let service: FakeService;
    beforeAll(async () => {
      const built = path.join(folder, 'page');
      await buildPage(built);
      [browser, service] = await Promise.all([
        launchBrowser(),
        startFakeService(built, path.join(folder, 'data')),
      ]);
      for (const name of [
        'close-during-kex-no-common-kex.client',
        'close-during-kex-forged-reset-to-client.client',
        'close-during-kex-forged-reset-to-client.server',
        'close-during-auth-guessing.server',
        'before-banner-max-startups-random.client',
      ])
        ids[name] = await service.add(`${name}.pcap`, readFileSync(capture(name)));
      ids.hostile = await service.add(HOSTILE, Buffer.from('this is no capture, only text'));
    }, 120_000);
    afterAll(async () => {
      await browser?.close();
      await service?.close();
      rmSync(folder, { recursive: true });
    });

    let context: BrowserContext;
    let page: Page;
    let heard: string[];
    /** What was asked of anybody but the service, and what the browser complained about. */
    async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
      context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
      page = await context.newPage();
      page.setDefaultTimeout(10_000);
      heard = [];
      page.on('console', (message) => heard.push(message.text()));
      page.on('pageerror', (error) => heard.push(String(error)));
      page.on('dialog', (dialog) => heard.push(`dialog ${dialog.message()}`));
      page.on('request', (request) => {
        if (!request.url().startsWith(`${service.url}/`)) heard.push(request.url());
      });
    }
    beforeEach(() => open());
    afterEach(() => context.close());
    const go = async (address: string): Promise<void> => {
      await page.goto(service.url + address);
      await page.locator('h1').waitFor();
    };
    const title = () => page.getByRole('heading', { level: 1 }).textContent();

    test('a dropped capture is sent, watched and judged, and its session is one press away', async () => {
      await go('/');
      const bytes = readFileSync(capture('completed.client')).toString('base64');
      const dropped = await page.evaluateHandle(`(() => {
        const bytes = Uint8Array.from(atob('${bytes}'), (c) => c.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], 'from-the-customer.pcap'));
        return data;
      })()`);
      await page.locator('.drop').dispatchEvent('drop', { dataTransfer: dropped });
      await page.getByRole('progressbar', { name: 'Judgement of from-the-customer.pcap' }).waitFor();
      await page.getByText('Is being judged: 7 packets, 0 sessions').waitFor();
      await page.getByRole('link', { name: 'Read the verdict' }).click();
      await page.getByRole('heading', { level: 1, name: 'The session did not fail' }).waitFor();
      await page.getByRole('link', { name: 'Session 1', exact: true }).click();
      await page.getByRole('heading', { level: 1, name: 'The client ended the session' }).waitFor();
      expect(await page.locator('figure svg[role=img]').count()).toBe(1);
      expect(heard).toEqual([]);
    }, 60_000);

    test('several files are chosen at once, and one that is no capture is told what to do', async () => {
      await go('/');
      await page.locator('input[type=file]').setInputFiles([
        { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('ssh does not work for me') },
        { name: 'one.pcap', mimeType: '', buffer: readFileSync(capture('completed.client')) },
        { name: 'empty.pcap', mimeType: '', buffer: Buffer.alloc(0) },
      ]);
      await page.getByText('This is no capture').first().waitFor();
      await page.getByText('The file is empty. Choose one that holds packets.').waitFor();
      await page.getByText('The session did not fail').first().waitFor();
    }, 60_000);

    test('a capture page says the verdict first, then what to do, and the address holds what is filtered and sorted', async () => {
      await go(`/captures/${ids['before-banner-max-startups-random.client']}`);
      expect(await title()).toBe('5 of 15 sessions failed');
      expect(await page.locator('.verdict').textContent()).toMatch(/MaxStartups.*What to do now.*sshd -T/s);
      await page.getByRole('button', { name: /^fin-before-banner/ }).click();
      await page.getByText('5 of 15 sessions match').waitFor();
      await page.getByRole('button', { name: 'Length' }).click();
      await page.getByRole('button', { name: 'Length' }).click();
      await page.locator('th[aria-sort=descending]').waitFor();
      expect(new URL(page.url()).search).toBe('?fate=fin-before-banner&sort=duration&order=desc');
      await expect.poll(() => page.locator('.sessions tbody th a').first().textContent()).toBe('7');
      const shared = await context.newPage();
      await shared.goto(page.url());
      await shared.getByText('5 of 15 sessions match').waitFor();
      expect(await shared.locator('.sessions tbody th a').first().textContent()).toBe('7');
      await page.goBack();
      await page.locator('th[aria-sort=ascending]').waitFor();
      expect(heard).toEqual([]);
    }, 60_000);

    test('the evidence is a download, and so is every format of the report', async () => {
      await go(`/captures/${ids['close-during-kex-no-common-kex.client']}`);
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download evidence' }).click();
      expect((await download).suggestedFilename()).toBe('evidence.pcapng');
      await page.locator('.menu summary').click();
      const links = await page
        .locator('.menu a')
        .evaluateAll((all) => all.map((each) => each.getAttribute('href')));
      expect(links.map((link) => /format=(\w+)$/.exec(link ?? '')?.[1])).toEqual([
        'html',
        'markdown',
        'text',
        'json',
        'analyze',
      ]);
      await page.keyboard.press('Escape');
      expect(await page.locator('.menu[open]').count()).toBe(0);
    }, 60_000);

    test('a session shows both proposals, the packets that prove it and the filters for Wireshark', async () => {
      await go(`/captures/${ids['close-during-kex-no-common-kex.client']}/sessions/1`);
      const text = (await page.locator('main').textContent()) ?? '';
      expect(text).toContain('Client and server have no key exchange method in common');
      expect(text).toContain('key exchange: nothing in common');
      expect(text).toContain('frame.number in {8, 9}');
      expect(await page.locator('.fig .decisive').count()).toBe(2);
      await page.getByRole('link', { name: 'Seen elsewhere?' }).click();
      await page.getByText('Found in 1 capture').waitFor();
      expect(new URL(page.url()).search).toBe(
        '?server=198.51.100.20%3A22&fate=close-during-kex&cause=no-common-kex',
      );
    }, 60_000);

    test('captures are chosen in the library and compared, and the link shows the joint verdict again', async () => {
      await go('/library');
      for (const end of ['client', 'server'])
        await page
          .getByRole('checkbox', { name: `close-during-kex-forged-reset-to-client.${end}.pcap` })
          .check();
      await page.getByRole('button', { name: 'Compare chosen' }).click();
      await page.getByText('2 chosen.').waitFor();
      await page.getByRole('button', { name: 'Compare', exact: true }).click();
      await page.getByText('was never sent by the server').waitFor();
      const address = page.url();
      await page.goto(address);
      await page.getByText('was never sent by the server').waitFor();
      expect(await title()).toBe('1 session, 1 in more than one capture: 1 broken on the path');
    }, 60_000);

    test('notes are kept, found, and a capture goes only when it is said twice', async () => {
      const id = await service.add('to-be-deleted.pcap', readFileSync(capture('completed.client')));
      await go(`/captures/${id}`);
      await page.getByRole('textbox', { name: 'Notes' }).fill('OPS-17, from <b>Ann</b>');
      await page.getByRole('button', { name: 'Save notes' }).click();
      await page.getByText('Saved.').waitFor();
      await go('/library?search=OPS-17');
      await page.getByText('OPS-17, from <b>Ann</b>').waitFor();
      await page.getByRole('link', { name: 'to-be-deleted.pcap' }).click();
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.keyboard.press('Escape');
      expect(await page.getByRole('dialog').count()).toBe(0);
      await page.getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor();
      await go(`/captures/${id}`);
      await page.getByText('There is nothing here, or it is not yours to see.').waitFor();
    }, 60_000);

    test('a capture is judged again, watched meanwhile, and the keyboard is not lost', async () => {
      const id = await service.add(
        'again.pcap',
        readFileSync(capture('close-during-kex-no-common-kex.client')),
      );
      await go(`/captures/${id}`);
      const verdict = await title();
      await page.getByRole('button', { name: 'Judge again' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: /^(Waits|Is being judged)/ }).waitFor();
      expect(await page.evaluate('document.activeElement.id')).toBe('main');
      await page.getByRole('heading', { level: 1, name: verdict ?? '' }).waitFor();
      await page.getByText('What to do now').waitFor();
      expect(heard).toEqual([]);
    }, 60_000);

    test('a capture that is gone cannot be judged again, which is said', async () => {
      const id = await service.add('gone.pcap', readFileSync(capture('completed.client')));
      await go(`/captures/${id}`);
      await page.request.delete(`${service.url}/api/v1/captures/${id}`);
      await page.getByRole('button', { name: 'Judge again' }).click();
      await page.getByRole('alert').getByText('There is no such capture.').waitFor();
    }, 60_000);

    test('the ticket dialog tries without sending, and gives the keyboard back', async () => {
      await go(`/captures/${ids['close-during-kex-no-common-kex.client']}`);
      const opener = page.getByRole('button', { name: 'Put on a ticket' });
      await opener.click();
      await page.getByLabel('Address of the system').fill('https://tickets.example.com');
      await page.getByRole('button', { name: 'Try without sending' }).click();
      await page.getByText('Would add a comment to ticket 1234').waitFor();
      await page.keyboard.press('Escape');
      expect(await opener.evaluate((each) => each === each.ownerDocument.activeElement)).toBe(true);
    }, 60_000);

    test('who has no token is asked for one, and comes back to where they wanted to go', async () => {
      service.token = 'a-secret';
      try {
        await page.goto(`${service.url}/library?search=max`);
        await page.getByLabel('Token').fill('wrong');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByText('This token is not known here.').waitFor();
        await page.getByLabel('Token').fill('a-secret');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('link', { name: 'before-banner-max-startups-random.client.pcap' }).waitFor();
        expect(new URL(page.url()).search).toBe('?search=max');
      } finally {
        service.token = undefined;
      }
    }, 60_000);

    test('a hostile name is text, with what cannot be seen spelled out', async () => {
      await go('/library');
      const shown = '<img src=x onerror="document.title=\'owned\'">\\u202efdp.pcap';
      await page.getByRole('link', { name: shown }).click();
      await page.getByRole('heading', { level: 1, name: 'This file could not be judged' }).waitFor();
      expect(await page.locator('img, script:not([src])').count()).toBe(0);
      expect(await page.title()).not.toBe('owned');
      expect(await page.locator('body').textContent()).not.toMatch(/[\u202a-\u202e]/);
      expect(heard).toEqual([]);
    }, 60_000);

    test('of hostile texts in a verdict no element comes, on any page that shows them', async () => {
      const records = hostileRecords();
      const id = service.put('hostile.pcap', hostileIncident(), records);
      const look = async (address: string): Promise<void> => {
        await go(address);
        await expect.poll(() => page.locator('.wait').count(), { timeout: 10_000 }).toBe(0);
        const more = page.getByRole('button', { name: /^Show \d+ more$/ });
        if ((await more.count()) > 0) await more.click();
        const foreign =
          'img, iframe, object, script:not([src]), main style, [onerror], [onload], [onmouseover]';
        expect(await page.locator(foreign).count(), address).toBe(0);
        const links = await page
          .locator('a')
          .evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? ''));
        expect(
          links.filter((link) => !/^(?:\/(?!\/)|#)/.test(link)),
          address,
        ).toEqual([]);
        const text = (await page.locator('main').textContent()) ?? '';
        expect(text.replaceAll('\n', ''), address).not.toMatch(/\p{C}/u);
      };
      await look(`/captures/${id}`);
      expect(await page.locator('main').textContent()).toContain('<script>alert(1)</script>');
      const scripts = records.filter(({ client }) => client.identification?.includes('<'));
      expect(scripts.length).toBeGreaterThan(3);
      for (const { session } of scripts.slice(0, 6)) await look(`/captures/${id}/sessions/${session}`);
      await look('/library?cause=no-common-kex');
      expect(heard).toEqual([]);
    }, 60_000);

    test('of a hundred thousand sessions the browser has fifty, and each of the pages has its address', async () => {
      const [record] = hostileRecords();
      const records = Array.from({ length: 100_000 }, (_, i) => ({
        ...(record as SessionRecord),
        session: i + 1,
      }));
      const id = service.put('flood.pcap', hostileIncident(), records);
      await go(`/captures/${id}`);
      await page.getByText('Page 1 of 2,000').waitFor();
      expect(await page.locator('.sessions tbody tr').count()).toBe(50);
      await page.getByRole('button', { name: 'Next' }).click();
      await page.getByRole('link', { name: 'Session 51', exact: true }).waitFor();
      expect(new URL(page.url()).search).toBe('?page=2');
      await page.getByRole('button', { name: 'Last' }).click();
      await page.getByRole('link', { name: 'Session 100000' }).waitFor();
    }, 60_000);

    test('the keyboard gets everywhere: skip link, pages, and the top of the next page', async () => {
      await go('/');
      await page.keyboard.press('Tab');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Library' }).waitFor();
      expect(await page.evaluate('document.activeElement.id')).toBe('main');
    }, 60_000);

    const ADDRESSES: Readonly<Record<string, () => string>> = {
      upload: () => '/',
      capture: () => `/captures/${ids['close-during-auth-guessing.server']}?fate=close-during-auth`,
      failed: () => `/captures/${ids.hostile}`,
      session: () => `/captures/${ids['close-during-kex-no-common-kex.client']}/sessions/1`,
      library: () => '/library?search=e',
      search: () => '/library?cause=no-common-kex',
      compare: () => '/compare',
      compared: () =>
        `/compare?go=1&captures=${ids['close-during-kex-forged-reset-to-client.client']},${ids['close-during-kex-forged-reset-to-client.server']}`,
      login: () => '/login',
      nowhere: () => '/nowhere',
    };

    test.each(
      (['light', 'dark'] as const).flatMap((scheme) => [1440, 390].map((width) => ({ scheme, width }))),
    )(
      'axe finds nothing wrong with any page in $scheme at $width, and none is wider than its window',
      async ({ scheme, width }) => {
        await context.close();
        // Only for the test's own eyes: the page's policy admits no script but its own, not even axe's.
        await open({ viewport: { width, height: 900 }, colorScheme: scheme, bypassCSP: true });
        for (const [name, address] of Object.entries(ADDRESSES)) {
          await go(address());
          await expect.poll(() => page.locator('.wait').count(), { timeout: 10_000 }).toBe(0);
          await page.evaluate(
            `for (const each of document.querySelectorAll('details:not(.menu)')) each.open = true`,
          );
          await page.evaluate(axe.source);
          const { violations } = (await page.evaluate('axe.run({ resultTypes: ["violations"] })')) as {
            violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
          };
          expect(
            violations.map(
              ({ id, nodes }) =>
                `${name}, ${id}: ${nodes[0]?.html.slice(0, 160)} ${nodes[0]?.failureSummary}`,
            ),
          ).toEqual([]);
          expect(await page.evaluate('document.documentElement.scrollWidth'), name).toBe(width);
        }
        expect(heard).toEqual([]);
      },
      120_000,
    );
  },
);
