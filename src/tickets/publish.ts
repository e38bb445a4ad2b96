import type { Api } from './api.ts';
import { bytesText, contentText, type FileLine, leadDocument, subject } from './findings-document.ts';
import { fittedComment } from './fit.ts';
import { digest, type Marker, markerText } from './marker.ts';
import type { Attachment, TicketContent } from './ticket-content.ts';
import { TicketError } from './ticket-error.ts';
import type { OpenTicket, OwnComment, SystemOptions, TicketSystem } from './ticket-system.ts';

export interface PublishOptions extends SystemOptions {
  /** As `--ticket` names it; absent to open a new one. */
  readonly ticket?: string | undefined;
  /** Of the largest file, whatever the system would take. */
  readonly maximumAttachment?: number | undefined;
  /** Of the comment: the same for the same captures and findings, see `contentKey`. */
  readonly key: string;
}

export interface Outcome {
  /** As people call it there. */
  readonly ticket: string;
  readonly opened: boolean;
  /**
   * `updated`: its own comment says something else now. `added-again`: it does, in a further comment, because the
   * older one could not be changed. `unchanged`: it says this already.
   */
  readonly comment: 'added' | 'updated' | 'added-again' | 'unchanged';
  readonly attached: readonly string[];
  /** Sentences about what had no room; empty when everything had. */
  readonly leftOut: readonly string[];
}

/**
 * Puts the findings on the ticket: one comment, and each file once. What an earlier run of the same key has done, as
 * far as it came, is found and not done again.
 *
 * @throws TicketError when the system does not do it; what was done by then stays, and the next run goes on from there.
 */
export async function publish(
  system: TicketSystem,
  api: Api,
  content: TicketContent,
  options: PublishOptions,
): Promise<Outcome> {
  const done: string[] = [];
  try {
    return await publishStepwise(system, api, content, options, (what) => done.push(what));
  } catch (error) {
    if (!(error instanceof TicketError) || done.length === 0) throw error;
    throw new TicketError(
      error.problem,
      `${error.message} By then ${done.join(', and ')}: the same command goes on from there.`,
    );
  }
}

async function publishStepwise(
  system: TicketSystem,
  api: Api,
  content: TicketContent,
  options: PublishOptions,
  note: (done: string) => void,
): Promise<Outcome> {
  const { ticket, opened } = await openTicket(system, api, content, options);
  if (opened) note(`${ticket.name} was opened`);
  const own = await ticket.findComment(options.key);
  const { fitting, notAttached } = chooseFiles(system, ticket, content, options);
  const shown: TicketContent = { ...content, notAttached: [...content.notAttached, ...notAttached] };
  const marker: Marker = {
    key: options.key,
    content: digest(
      contentText(
        shown,
        fitting.map(({ name }) => name),
      ),
    ),
  };
  const present = ticket.attaching === 'never' ? new Map<string, undefined>() : await ticket.attached();
  const missing = fitting.filter(({ name }) => !present.has(name));
  const isNew = own?.marker.content !== marker.content;
  const said = { ticket: ticket.name, opened, leftOut: notAttached };
  if (!isNew && missing.length === 0) return { ...said, comment: 'unchanged', attached: [] };
  const addresses = new Map<string, string | undefined>(present);
  if (ticket.attaching === 'before-comment' || (own !== undefined && ticket.attach !== undefined)) {
    for (const file of missing) {
      addresses.set(file.name, await ticket.attach?.(file));
      note(`'${file.name}' was attached`);
    }
    if (!isNew) return { ...said, comment: 'unchanged', attached: missing.map(({ name }) => name) };
  }
  const rest = missing.filter(({ name }) => !addresses.has(name));
  const files = fitting.map((file) => fileLine(file, addresses.get(file.name)));
  const { comment, leftOut } = await writeComment(ticket, shown, { own, marker, files, rest });
  return {
    ...said,
    comment,
    attached: missing.map(({ name }) => name),
    leftOut: [...notAttached, ...leftOut],
  };
}

async function openTicket(
  system: TicketSystem,
  api: Api,
  content: TicketContent,
  options: PublishOptions,
): Promise<{ readonly ticket: OpenTicket; readonly opened: boolean }> {
  if (options.ticket !== undefined) {
    return { ticket: await system.open(api, options.ticket, options), opened: false };
  }
  const { create } = system;
  if (create === undefined) {
    throw new TicketError('usage', `${system.title} cannot open tickets. Name one with --ticket.`);
  }
  const { key } = options;
  const earlier = await create.find(api, key, options);
  const name =
    earlier ??
    (await create.create(
      api,
      {
        key,
        // The key in it is how the next run finds this ticket.
        subject: `${subject(content)} [sshfate ${key}]`,
        body: create.markup.write(leadDocument(content), `ticket ${key}`),
      },
      options,
    ));
  return { ticket: await system.open(api, name, options), opened: earlier === undefined };
}

function chooseFiles(
  { title }: TicketSystem,
  { attaching, maximumAttachment }: OpenTicket,
  { attachments }: TicketContent,
  options: PublishOptions,
): { readonly fitting: readonly Attachment[]; readonly notAttached: readonly string[] } {
  if (attaching === 'never') {
    return {
      fitting: [],
      notAttached: attachments.map(
        (file) => `\`${file.name}\` is not attached: ${title} takes no files here (${described(file)}).`,
      ),
    };
  }
  // What the user says of the installation counts more than what is usual.
  const maximum = options.maximumAttachment ?? maximumAttachment ?? Number.POSITIVE_INFINITY;
  const fitting = attachments.filter(({ bytes }) => bytes.length <= maximum);
  const notAttached = attachments
    .filter(({ bytes }) => bytes.length > maximum)
    .map((file) => `\`${file.name}\` is not attached: more than ${bytesText(maximum)} (${described(file)}).`);
  return { fitting, notAttached };
}

async function writeComment(
  ticket: OpenTicket,
  content: TicketContent,
  {
    own,
    marker,
    files,
    rest,
  }: {
    readonly own: OwnComment | undefined;
    readonly marker: Marker;
    readonly files: readonly FileLine[];
    /** Files that the comment brings along. */
    readonly rest: readonly Attachment[];
  },
): Promise<{ readonly comment: Outcome['comment']; readonly leftOut: readonly string[] }> {
  const fitted = (replaces: boolean) =>
    fittedComment(content, { files, replaces }, ticket.markup, ticket.maximumComment, markerText(marker));
  if (own !== undefined && ticket.editComment !== undefined) {
    const { body, leftOut } = fitted(false);
    if ((await ticket.editComment(own.id, body)) === 'edited') return { comment: 'updated', leftOut };
  }
  const { body, leftOut } = fitted(own !== undefined);
  const find = async (): Promise<true | undefined> => {
    const found = await ticket.findComment(marker.key);
    return found?.marker.content === marker.content || undefined;
  };
  await ticket.addComment({ body, marker, files: rest, find });
  return { comment: own === undefined ? 'added' : 'added-again', leftOut };
}

function fileLine({ name, label, bytes, sha256 }: Attachment, address: string | undefined): FileLine {
  return { name, label, sizeBytes: bytes.length, sha256, address };
}

function described({ bytes, sha256 }: Attachment): string {
  return `${bytesText(bytes.length)}, SHA-256 \`${sha256}\``;
}

/**
 * What the comment is about: the captures by the time of their first packets, so that a capture that grew, was
 * renamed or compressed is still the same one; and the findings that were asked for, when they were.
 */
export function contentKey(
  captures: TicketContent['captures'],
  findings: readonly string[] | undefined,
): string {
  const starts = captures.map(({ name, start }) => start ?? `no packet, ${name}`).sort();
  return digest(JSON.stringify([starts, findings === undefined ? [] : [...findings].sort()]));
}
