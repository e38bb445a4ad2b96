import type { Api } from './api.ts';
import type { Marker } from './marker.ts';
import type { Body, Markup } from './markup/markup.ts';
import type { Attachment } from './ticket-content.ts';

/** A kind of ticket system. One file each; `catalogue.ts` lists them. */
export interface TicketSystem {
  /** For people. */
  readonly title: string;
  /** Used without `--url`; absent where every installation has its own. */
  readonly defaultUrl?: string;
  /** What `--ticket` looks like there, and what is accepted. */
  readonly ticket: { readonly example: string; readonly pattern: RegExp };
  /** Of the environment variables `…_CREDENTIALS` and `…_URL`. */
  readonly variable: string;
  /** What the credential is, for the help. */
  readonly credential: { readonly example: string; readonly isOptional?: boolean };
  /** Webhooks' addresses are secrets themselves. */
  readonly isAddressSecret?: boolean;
  /** What `--project` names for `--create`, with an example; absent where nothing has to be named. */
  readonly project?: { readonly what: string; readonly example: string };
  /** Headers of every request, the credential's among them. */
  headers(credential: string | undefined, options: SystemOptions): Record<string, string>;
  /** Looks the ticket up. */
  open(api: Api, ticket: string, options: SystemOptions): Promise<OpenTicket>;
  /** Absent where there is nothing to open. */
  readonly create?: TicketCreation;
}

export interface TicketCreation {
  /** Of the description of a new ticket. */
  readonly markup: Markup;
  /** The ticket that an earlier run opened for the key. */
  find(api: Api, key: string, options: SystemOptions): Promise<string | undefined>;
  /** Returns the new ticket as `--ticket` would name it. */
  create(api: Api, ticket: NewTicket, options: SystemOptions): Promise<string>;
}

/** What differs from one installation to another. */
export interface SystemOptions {
  /** Where new tickets are opened: RT's queue, a project, a repository, PagerDuty's service. */
  readonly project?: string | undefined;
  /** Jira's type of issue, ServiceNow's table. */
  readonly type?: string | undefined;
  /** PagerDuty wants the mail address of a user with every change. */
  readonly from?: string | undefined;
}

export interface NewTicket {
  /** Raw; holds the key, for `find`. */
  readonly subject: string;
  readonly body: Body;
  readonly key: string;
}

/** One ticket, looked up. */
export interface OpenTicket {
  /** As people call it there. */
  readonly name: string;
  readonly markup: Markup;
  /** In the unit of the markup's `length`. */
  readonly maximumComment: number;
  /** Undefined when the system takes files of any size or does not say. */
  readonly maximumAttachment?: number | undefined;
  /**
   * `with-comment`: in one request, so that there is never one without the other. `before-comment`: each on its own.
   * `never`: the system takes no files.
   */
  readonly attaching: 'with-comment' | 'before-comment' | 'never';
  /** The newest comment of this user with the key. */
  findComment(key: string): Promise<OwnComment | undefined>;
  /** Files on the ticket by name, with their address where comments must link them. Asked after `findComment`. */
  attached(): Promise<ReadonlyMap<string, string | undefined>>;
  /** Adds one file; gives its address where comments must link it. Absent where files only come with a comment, or never. */
  attach?(file: Attachment): Promise<string | undefined>;
  addComment(comment: NewComment): Promise<void>;
  /** Absent where comments cannot be changed. `refused` when it can be elsewhere but not here. */
  editComment?(id: string, body: Body): Promise<'edited' | 'refused'>;
}

export interface OwnComment {
  readonly id: string;
  readonly marker: Marker;
}

export interface NewComment {
  readonly body: Body;
  readonly marker: Marker;
  /** Of a system that takes them with the comment. */
  readonly files: readonly Attachment[];
  /** Whether it is there already: asked before it is sent a second time. */
  readonly find: () => Promise<true | undefined>;
}

/** `USER:PASSWORD` as HTTP Basic, anything else as `otherwise` says. */
export function basicOr(
  credential: string,
  otherwise: (token: string) => Record<string, string>,
): Record<string, string> {
  if (!credential.includes(':')) return otherwise(credential);
  return { Authorization: `Basic ${Buffer.from(credential).toString('base64')}` };
}

/** Pages of a list that one request for comments or tickets reads at most: 10,000 entries, which nobody has. */
export const MAX_PAGES = 100;
export const PAGE_LENGTH = 100;
