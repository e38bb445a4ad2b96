import type { AuditEvent } from '../store/audit.ts';
import { isFull } from '../store/sqlite.ts';
import type { Service } from './service.ts';

/** Notes what was done. On a full disk it goes to the log: to read and to make room must stay possible. */
export function audited({ store, log }: Service, event: AuditEvent): void {
  try {
    store.audit.add(event);
  } catch (error) {
    if (!isFull(error)) throw error;
    const { who, what, capture, detail } = event;
    log({ level: 'error', event: 'not-in-audit-log', who, what, capture, detail });
  }
}
