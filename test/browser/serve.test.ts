import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPage } from '../../scripts/page/bundle.ts';
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
  },
);
