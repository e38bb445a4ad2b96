import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Hono } from 'hono';
import { noteAccess } from './capture-routes.ts';
import { requireRole } from './guard.ts';
import { jsonBody } from './json-body.ts';
import { stem } from './names.ts';
import { type Environment, Refusal, type Service } from './service.ts';
import { Slots } from './slots.ts';
import { doneCaptureOf } from './verdict-routes.ts';

/** The variable of each system's credential (see `sshfate ticket --help`). */
const VARIABLES: Readonly<Record<string, string>> = {
  rt: 'SSHFATE_RT_CREDENTIALS',
  redmine: 'SSHFATE_REDMINE_CREDENTIALS',
  'jira-cloud': 'SSHFATE_JIRA_CREDENTIALS',
  'jira-data-center': 'SSHFATE_JIRA_CREDENTIALS',
  github: 'SSHFATE_GITHUB_CREDENTIALS',
  gitlab: 'SSHFATE_GITLAB_CREDENTIALS',
  servicenow: 'SSHFATE_SERVICENOW_CREDENTIALS',
  pagerduty: 'SSHFATE_PAGERDUTY_CREDENTIALS',
  webhook: 'SSHFATE_WEBHOOK_CREDENTIALS',
};

/** With its ending a file's name has at most 255 bytes. */
const MAX_LINK_NAME = 200;

/** Puts findings on a ticket, as `sshfate ticket` does. Credentials are used once and kept nowhere. */
export function ticketRoutes(service: Service): Hono<Environment> {
  const slots = new Slots(1);
  const routes = new Hono<Environment>();
  routes.post('/captures/:id/ticket', async (context) => {
    requireRole(context, 'upload');
    const capture = doneCaptureOf(context, service);
    const asked = await jsonBody(context);
    const to = textIn(asked, 'to');
    const variable = Object.hasOwn(VARIABLES, to) ? VARIABLES[to] : undefined;
    if (variable === undefined) {
      throw new Refusal(
        400,
        'bad-system',
        `There is no such system. Take one of ${Object.keys(VARIABLES).join(', ')}.`,
      );
    }
    const url = textIn(asked, 'url');
    if (!service.isTicketAddress(url)) {
      throw new Refusal(
        403,
        'address-not-allowed',
        'Findings are not sent to this address from here. Start the service with --ticket-url and the address to allow it.',
      );
    }
    const words = ['ticket', '--to', to, `--url=${url}`, `--ticket=${textIn(asked, 'ticket')}`];
    if (asked.dryRun === true) words.push('--dry-run');
    const credentials = credentialsIn(asked.credentials);
    // Named as it was uploaded, as far as that is a plain name: the ticket tells of it.
    const folder = mkdtempSync(path.join(tmpdir(), 'sshfate-ticket-'));
    try {
      const link = path.join(
        folder,
        `${stem(capture.name)
          .replace(/[^\w.-]/g, '_')
          .replace(/^[.-]+/, '_')
          .slice(0, MAX_LINK_NAME)}.pcap`,
      );
      symlinkSync(service.store.fileOf(capture.sha256), link);
      const { code, text } = await slots.use(() =>
        service.runTicket([...words, '--', link], {
          ...(credentials !== undefined && { [variable]: credentials }),
        }),
      );
      noteAccess(context, service, 'sent', capture, `ticket at ${new URL(url).host}`);
      return context.json({ ok: code === 0, text: text.replaceAll(`${folder}/`, '') });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  return routes;
}

function textIn(asked: Readonly<Record<string, unknown>>, name: string): string {
  const value = asked[name];
  if (typeof value !== 'string' || value === '' || value.length > 2000 || /\p{Cc}/u.test(value)) {
    throw new Refusal(
      400,
      'bad-request',
      `'${name}' is missing. Give the system, its address and the ticket.`,
    );
  }
  return value;
}

function credentialsIn(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { user, token } = given as { user?: unknown; token?: unknown };
  if (typeof token !== 'string' || /\p{Cc}/u.test(token)) return undefined;
  if (user !== undefined && (typeof user !== 'string' || /\p{Cc}/u.test(user))) return undefined;
  return user === undefined ? token : `${user}:${token}`;
}
