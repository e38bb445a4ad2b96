import type { TicketSystemId } from '../tickets/catalogue.ts';
import { UsageError } from './errors.ts';
import { oneOf } from './option-values.ts';

/** The words of `--to`; the systems themselves are loaded when one is used. */
export const TICKET_SYSTEM_IDS = [
  'rt',
  'redmine',
  'jira-cloud',
  'jira-data-center',
  'github',
  'gitlab',
  'servicenow',
  'pagerduty',
  'webhook',
] as const satisfies readonly TicketSystemId[];

/** For the help: of each system the variable of its credential, and what goes into it. */
export const CREDENTIAL_LINES = [
  'SSHFATE_RT_CREDENTIALS          a token, or USER:PASSWORD',
  'SSHFATE_REDMINE_CREDENTIALS     an API key, or USER:PASSWORD',
  'SSHFATE_JIRA_CREDENTIALS        Cloud: MAIL-ADDRESS:API-TOKEN',
  '                                Data Center:',
  '                                a personal access token, or USER:PASSWORD',
  'SSHFATE_GITHUB_CREDENTIALS      a token with the right to write issues',
  'SSHFATE_GITLAB_CREDENTIALS      an access token with the scope api',
  'SSHFATE_SERVICENOW_CREDENTIALS  USER:PASSWORD, or an OAuth access token',
  'SSHFATE_PAGERDUTY_CREDENTIALS   a REST API key (of an account: and --from)',
  'SSHFATE_WEBHOOK_CREDENTIALS     a bearer token, or USER:PASSWORD',
  'SSHFATE_…_URL                   the address, in place of --url',
  'NODE_EXTRA_CA_CERTS             a file with your own certificate authorities',
];

export function parseSystem(text: string): TicketSystemId {
  return oneOf(text, TICKET_SYSTEM_IDS, 'ticket system') as TicketSystemId;
}

export const ATTACHMENT_KINDS = ['report', 'evidence'] as const;
export type AttachmentKind = (typeof ATTACHMENT_KINDS)[number];

export function parseAttach(text: string): readonly AttachmentKind[] {
  if (text.trim() === 'none') return [];
  return text
    .split(',')
    .map((word) => oneOf(word.trim(), ATTACHMENT_KINDS, 'kind of file') as AttachmentKind);
}

export function parseFindingIds(text: string): readonly string[] {
  return text.split(',').map((item) => {
    const id = item.trim();
    if (/^[0-9a-f]{10}$/.test(id)) return id;
    throw new UsageError(`'${id}' is no finding. 'sshfate analyze -f json' has their ids.`);
  });
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** Bytes: `20MB`, `512KiB`, `1000000`. */
export function parseSize(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,12}(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (count === '' || factor === undefined) {
    throw new UsageError(`'${text}' is no size. Give one as in 20MB, 512KiB or 1000000.`);
  }
  return Math.round(Number(count) * factor);
}
