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
