/** Of the receiver only scheme, host and port: the path of a webhook is often its secret. */
const nameOf = (url: URL): string => `The webhook at ${url.origin}`;

const findings = (count: number): string => `${count} finding ${count === 1 ? 'event' : 'events'}`;
const wait = (count: number): string => `${findings(count)} ${count === 1 ? 'waits' : 'wait'}`;

export function fromBefore(waiting: number, folder: string): string {
  return `${wait(waiting)} in '${folder}' from before. They are sent to the webhook first.`;
}

export function failed(url: URL, why: string, waiting: number, folder: string): string {
  return `${nameOf(url)} ${why}. ${wait(waiting)} in '${folder}', and what comes waits there, too, until it works.`;
}

export function worksAgain(url: URL, waiting: number): string {
  const rest =
    waiting === 0
      ? 'Nothing waits any more.'
      : `${wait(waiting)} still, and ${waiting === 1 ? 'is' : 'are'} sent now.`;
  return `${nameOf(url)} works again. ${rest}`;
}

export function refused(url: URL, why: string, folder: string): string {
  return `${nameOf(url)} ${why}. What it does not take is kept in '${folder}': mend the address, the token or the receiver, move the files up one folder, and start again to send them.`;
}

export function notWritable(folder: string, { code, message }: NodeJS.ErrnoException): string {
  const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'there is no space left' : message;
  return `Events for the webhook cannot be written to '${folder}': ${why}. They are kept in memory and tried again: make room there.`;
}

export function writableAgain(folder: string): string {
  return `Events for the webhook are written to '${folder}' again.`;
}

export function dropped(count: number): string {
  return `Too many events wait for the webhook: ${count} of the oldest ${count === 1 ? 'was' : 'were'} given up so far. See why it does not take them.`;
}

export function damaged(name: string, folder: string): string {
  return `'${name}' in the queue of the webhook is not what was written there. It was moved to '${folder}'.`;
}

export function waitAtEnd(waiting: number, folder: string): string {
  return `${wait(waiting)} in '${folder}' for the webhook. The next run with --webhook sends them.`;
}

export function lostAtEnd(count: number, folder: string): string {
  return `${findings(count)} ${count === 1 ? 'is' : 'are'} lost: neither could the webhook take them, nor could they be written to '${folder}'.`;
}
