import { readFileSync } from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPage } from '../../scripts/page/bundle.ts';
import { OPENAPI } from '../../src/web/openapi.ts';
import { startService, type TestService, temporaryFolder } from '../web/service.ts';
import { launchBrowser, whyNoBrowser } from './chromium.ts';

const CAPTURE = path.join(
  import.meta.dirname,
  '../../captures/before-banner-max-startups-random.client.pcap',
);

describe.skipIf(whyNoBrowser !== undefined)(
  `the upload service and its page in Chromium${whyNoBrowser ? `, skipped: ${whyNoBrowser}` : ''}`,
  () => {
    const temporary = temporaryFolder();
    const pageFolder = path.join(temporary.folder, 'page');
    const data = path.join(temporary.folder, 'data');
    let browser: Browser;
    let service: TestService;
    beforeAll(async () => {
      await buildPage(pageFolder);
      browser = await launchBrowser();
      service = await startService(data, { pageFolder });
    }, 60_000);
    afterAll(async () => {
      await browser?.close();
      await service?.close();
      temporary.remove();
    });

    async function open(): Promise<{ page: Page; heard: string[] }> {
      const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
      page.setDefaultTimeout(25_000);
      const heard: string[] = [];
      page.on('console', (message) => heard.push(message.text()));
      page.on('pageerror', (error) => heard.push(String(error)));
      page.on('request', (request) => {
        if (!request.url().startsWith(service.url)) heard.push(request.url());
      });
      return { page, heard };
    }

    it('takes a dropped capture, shows its verdict, filters, opens a session, gives evidence, and has it after a restart', async () => {
      const { page, heard } = await open();
      await page.goto(service.url);
      const bytes = readFileSync(CAPTURE).toString('base64');
      const dropped = await page.evaluateHandle(`(() => {
        const bytes = Uint8Array.from(atob('${bytes}'), (c) => c.charCodeAt(0));
        const data = new DataTransfer();
        data.items.add(new File([bytes], 'dump.pcap'));
        return data;
      })()`);
      await page.locator('.drop').dispatchEvent('drop', { dataTransfer: dropped });
      await page.getByRole('link', { name: 'Read the verdict' }).click();
      await page.getByRole('heading', { level: 1, name: '5 of 15 sessions failed' }).waitFor();
      const address = page.url();
      await page.getByRole('button', { name: /^fin-before-banner/ }).click();
      await page.getByText('5 of 15 sessions match').waitFor();
      expect(new URL(page.url()).search).toContain('fate=fin-before-banner');
      await page.locator('.sessions tbody th a').first().click();
      await page.locator('figure svg[role=img]').waitFor();
      await page.goto(address);
      const download = page.waitForEvent('download');
      await page.getByRole('link', { name: 'Download evidence' }).click();
      expect((await download).suggestedFilename()).toBe('dump-evidence.pcapng');
      await page.close();

      await service.close();
      service = await startService(data, { pageFolder });
      const again = await open();
      await again.page.goto(`${service.url}/library`);
      await again.page.getByRole('link', { name: 'dump.pcap' }).first().click();
      await again.page.getByRole('heading', { level: 1, name: '5 of 15 sessions failed' }).waitFor();
      await again.page.close();
      expect([...heard, ...again.heard]).toEqual([]);
    }, 60_000);

    it('asks for a token where one is demanded', async () => {
      const folder = temporaryFolder();
      const guarded = await startService(folder.folder, { pageFolder, demandsTokens: true });
      const { secret } = guarded.store.tokens.create('anna', 'upload');
      const page = await browser.newPage();
      page.setDefaultTimeout(25_000);
      await page.goto(`${guarded.url}/library`);
      await page.getByLabel(/token/i).fill(secret);
      await page.getByRole('button', { name: /sign in/i }).click();
      await page
        .getByRole('heading', { name: /library|captures/i })
        .first()
        .waitFor();
      expect((await page.context().cookies()).map(({ httpOnly, sameSite }) => [httpOnly, sameSite])).toEqual([
        [true, 'Strict'],
      ]);
      await page.close();
      await guarded.close();
      folder.remove();
    }, 60_000);

    it('tells who is signed out meanwhile, keeps what they write, and goes on when they are in again', async () => {
      const folder = temporaryFolder();
      const guarded = await startService(folder.folder, { pageFolder, demandsTokens: true });
      const { tokens } = guarded.store;
      const [first, second] = [tokens.create('anna', 'upload'), tokens.create('anna', 'admin')];
      const context = await browser.newContext();
      const page = await context.newPage();
      page.setDefaultTimeout(25_000);
      const signIn = async (on: Page, secret: string): Promise<void> => {
        await on.getByLabel(/token/i).fill(secret);
        await on.getByRole('button', { name: /sign in/i }).click();
      };
      await page.goto(guarded.url);
      await signIn(page, first.secret);
      await page.locator('input[type=file]').setInputFiles(CAPTURE);
      await page.getByRole('link', { name: 'Read the verdict' }).click();
      const notes = page.getByRole('textbox', { name: 'Notes' });
      await notes.fill('not yet saved');
      tokens.revoke(first.token.id);
      await page.getByRole('button', { name: 'Save notes' }).click();
      await page.getByRole('alert').getByText('You are signed out').waitFor();
      const opened = context.waitForEvent('page');
      await page.getByRole('link', { name: 'Sign in in another tab' }).click();
      const tab = await opened;
      await signIn(tab, second.secret);
      await tab.getByRole('heading', { level: 1, name: '5 of 15 sessions failed' }).waitFor();
      await page.bringToFront();
      await page.evaluate("dispatchEvent(new Event('focus'))");
      await expect.poll(() => page.getByText('You are signed out').count()).toBe(0);
      expect(await notes.inputValue()).toBe('not yet saved');
      await page.getByRole('button', { name: 'Save notes' }).click();
      await page.getByText('Saved.').waitFor();

      // Where there is nothing to lose, it is asked for at once.
      tokens.revoke(second.token.id);
      await page.reload();
      await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
      await context.close();
      await guarded.close();
      folder.remove();
    }, 60_000);

    it('makes and revokes tokens, and shows what was done', async () => {
      const folder = temporaryFolder();
      const guarded = await startService(folder.folder, { pageFolder, demandsTokens: true });
      const { tokens, audit } = guarded.store;
      const admin = tokens.create('root', 'admin');
      const hostile = '<img src=x onerror=alert(1)>\u202eevil';
      for (let i = 0; i < 60; i++) {
        audit.add({
          who: 'x',
          whoName: hostile,
          what: 'uploaded',
          capture: `id${i}`,
          detail: `${hostile}${i}`,
        });
      }
      // Only for the test's own eyes: the page's policy admits no script but its own, not even axe's.
      // Colours are compared as they end, not on the way there.
      const context = await browser.newContext({ bypassCSP: true, reducedMotion: 'reduce' });
      const page = await context.newPage();
      page.setDefaultTimeout(25_000);
      const heard: string[] = [];
      page.on('console', (message) => heard.push(message.text()));
      page.on('pageerror', (error) => heard.push(String(error)));
      await page.goto(`${guarded.url}/access`);
      await page.getByLabel(/token/i).fill(admin.secret);
      await page.getByRole('button', { name: /sign in/i }).click();
      await page.getByRole('heading', { level: 1, name: 'Access' }).waitFor();
      await page.getByLabel('For whom').fill('Ann <b>');
      await page.getByLabel('Role').selectOption('read');
      // Of two tokens only one secret would be seen.
      await page.getByRole('button', { name: 'Make a token' }).dblclick();
      await page.locator('[role=status] code').waitFor();
      expect(tokens.list().filter(({ name }) => name === 'Ann <b>')).toHaveLength(1);
      const secret = (await page.locator('[role=status] code').textContent()) ?? '';
      expect(tokens.of(secret)).toMatchObject({ name: 'Ann <b>', role: 'read' });
      await page.getByRole('button', { name: 'Revoke Ann <b>' }).click();
      await page.keyboard.press('Escape');
      expect(tokens.of(secret)).toBeDefined();
      await page.getByRole('button', { name: 'Revoke Ann <b>' }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
      await expect.poll(() => page.getByRole('button', { name: 'Revoke Ann <b>' }).count()).toBe(0);
      expect(await page.evaluate('document.activeElement.id')).toBe('main');
      expect(tokens.of(secret)).toBeUndefined();

      await page.reload();
      await page.getByText('revoked a token').waitFor();
      expect(await page.locator('body').textContent()).not.toMatch(/[\u202a-\u202e]/);
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const width of [1440, 390]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 900 });
          await page.evaluate(axe.source);
          const { violations } = (await page.evaluate('axe.run({ resultTypes: ["violations"] })')) as {
            violations: { id: string; nodes: { html: string }[] }[];
          };
          expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160)}`)).toEqual([]);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
          // No word of the head is broken, with all of its links and who is signed in.
          const heights = await page
            .locator('.bar a')
            .evaluateAll((all) => all.map((each) => each.getBoundingClientRect().height));
          expect(Math.max(...heights)).toBeLessThan(45);
        }
      }
      await page.getByRole('button', { name: 'Older' }).click();
      await page.getByText('evil0').waitFor();
      expect(new URL(page.url()).search).toBe('?page=2');
      expect(await page.locator('img').count()).toBe(0);
      expect(heard).toEqual([]);

      const reader = await browser.newContext({
        extraHTTPHeaders: { authorization: `Bearer ${tokens.create('r', 'read').secret}` },
      });
      const other = await reader.newPage();
      await other.goto(`${guarded.url}/access`);
      await other.getByText('Your token may not see this.').waitFor();
      expect(await other.getByRole('link', { name: 'Access' }).count()).toBe(0);
      await Promise.all([context.close(), reader.close()]);
      await guarded.close();
      folder.remove();
    }, 60_000);

    it('searches all captures by nothing that the service does not know', async () => {
      const { page } = await open();
      await page.goto(`${service.url}/library`);
      const search = page.getByRole('search', { name: 'Sessions of all captures', includeHidden: true });
      await search.waitFor({ state: 'attached' });
      const fields = await search
        .locator('[name]')
        .evaluateAll((all) => all.map((each) => each.getAttribute('name')));
      const known = OPENAPI.paths['/search']?.get?.parameters?.map(
        (parameter) => (parameter as { name: string }).name,
      );
      expect(fields.length).toBeGreaterThan(0);
      expect(known).toEqual(expect.arrayContaining(fields));
      await page.close();
    }, 60_000);
  },
);
