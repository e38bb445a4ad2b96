import {
  type HttpAnswer,
  type HttpBody,
  type HttpRequest,
  sizeOf,
  type Transport,
  TransportError,
} from './http-message.ts';
import { backOffMs, retryAfterMs } from './retry.ts';
import { STARS, withoutSecrets } from './secret.ts';
import { TicketError, type TicketProblem } from './ticket-error.ts';

export interface ApiOptions {
  /** The system, for messages: 'Jira Cloud'. */
  readonly title: string;
  /** All requests go below it. */
  readonly base: URL;
  /** Sent with every request, the credential among them. */
  readonly headers: Readonly<Record<string, string>>;
  /** The address holds a secret, as those of webhooks do: only its host is told. */
  readonly isAddressSecret?: boolean;
  /** Where the credential comes from, for messages. */
  readonly credentialHint: string;
  /** Taken out of what the system says. */
  readonly secrets: readonly string[];
  readonly transport: Transport;
  /** For all requests together, waiting included. */
  readonly timeoutMs: number;
  readonly clock?: Clock;
  /** Is told of waiting. */
  readonly say?: (text: string) => void;
}

export interface Clock {
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface ApiRequest {
  readonly method: HttpRequest['method'];
  /** Below the base address, with its query. */
  readonly path: string;
  readonly body?: HttpBody;
  readonly headers?: Readonly<Record<string, string>>;
  /** What it is for, for messages: 'read the comments'. */
  readonly to: string;
  /** Nothing in the answer matters: it need not be JSON. */
  readonly isAnswerIgnored?: boolean;
  /** What a dry run gets for an answer: that of a ticket that holds nothing of ours. */
  readonly dry?: unknown;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** What the JSON said; undefined for an empty answer. */
  readonly json: unknown;
}

/** One ticket system, as far as HTTP is concerned. */
export class Api {
  private readonly options: ApiOptions;
  private readonly clock: Clock;
  private readonly deadlineMs: number;

  constructor(options: ApiOptions) {
    this.options = options;
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.deadlineMs = this.clock.nowMs() + options.timeoutMs;
  }

  /** The address without anything secret in it. */
  get address(): string {
    const { base, isAddressSecret } = this.options;
    return isAddressSecret ? `${base.origin}/${STARS}` : `${base.origin}${base.pathname.replace(/\/$/, '')}`;
  }

  /**
   * Sends what may be sent again without harm: reading, and writing that replaces.
   *
   * @throws TicketError when there is no good answer.
   */
  async send(request: ApiRequest): Promise<ApiAnswer> {
    return this.attempts(request, 'harmless');
  }

  /**
   * Sends what must happen once: when it is open whether it happened, `find` looks, and only when nothing is found is
   * it sent again. Without `find` it is not sent again.
   */
  async sendOnce<Result>(
    request: ApiRequest,
    read: (answer: ApiAnswer) => Result,
    find?: () => Promise<Result | undefined>,
  ): Promise<Result> {
    let found: { readonly result: Result } | undefined;
    const answer = await this.attempts(request, find === undefined ? 'never' : { wasDone });
    async function wasDone(): Promise<boolean> {
      const result = await find?.();
      if (result !== undefined) found = { result };
      return result !== undefined;
    }
    return found === undefined ? read(answer) : found.result;
  }

  /** An answer that is not what the system's documentation says. */
  unexpected(request: Pick<ApiRequest, 'to'>, what: string): TicketError {
    return new TicketError(
      'unexpected-answer',
      `${this.where()} gave an answer that makes no sense here, to the request to ${request.to}: ${what}. Check that --url is the address of ${this.options.title}.`,
    );
  }

  private async attempts(request: ApiRequest, repeat: Repeat): Promise<ApiAnswer> {
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.attempt(request);
      if (outcome.kind === 'done') return outcome.answer;
      const { kind, error } = outcome;
      const wait = outcome.waitMs ?? backOffMs(attempt, this.clock.random);
      const isFinal = kind !== 'not-done' && repeat === 'never';
      if (isFinal || attempt + 1 >= MAX_ATTEMPTS || wait > this.leftMs()) throw error;
      if (wait >= WORTH_SAYING_MS) {
        this.options.say?.(
          `${this.where()} could not ${request.to} just now; the next try is in ${Math.ceil(wait / 1000)} s.`,
        );
      }
      await this.clock.sleep(wait);
      if (kind === 'not-done' || typeof repeat === 'string') continue;
      if (await repeat.wasDone()) return FOUND;
      // It may still be at it: sent once more, it would be done twice.
      if (kind === 'perhaps-doing') throw error;
    }
  }

  private async attempt(request: ApiRequest): Promise<Attempt> {
    const { body } = request;
    const patience = REQUEST_TIMEOUT_MS + sizeOf(body) / SLOWEST_BYTES_PER_MS;
    const timeoutMs = Math.round(Math.min(patience, this.leftMs()));
    if (timeoutMs <= 0) throw this.outOfTime(request);
    try {
      const answer = await this.followed(request, timeoutMs);
      if (answer.status >= 200 && answer.status < 300) {
        return {
          kind: 'done',
          answer: { ...answer, json: request.isAnswerIgnored ? undefined : this.parsed(request, answer) },
        };
      }
      return this.failedAnswer(request, answer);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      return this.failedTransport(request, error);
    }
  }

  /** Of a GET a redirect within the same origin is followed; anything else would take the credential elsewhere. */
  private async followed(request: ApiRequest, timeoutMs: number): Promise<HttpAnswer> {
    const { base, headers, transport } = this.options;
    let url = request.path === '' ? base : new URL(this.below(request.path));
    for (let hops = 0; ; hops++) {
      const answer = await transport(
        {
          method: request.method,
          url,
          headers: { Accept: 'application/json', ...headers, ...request.headers },
          body: request.body,
          dry: request.dry,
        },
        timeoutMs,
      );
      if (answer.status < 300 || answer.status >= 400) return answer;
      const target = redirectTarget(answer, url);
      if (
        target === undefined ||
        target.origin !== url.origin ||
        request.method !== 'GET' ||
        hops >= MAX_REDIRECTS
      ) {
        throw this.redirected(request, target);
      }
      url = target;
    }
  }

  private below(path: string): string {
    const { base } = this.options;
    // Names that users gave are in it; `new URL` would go up with these.
    if (/\/\.{1,2}(?=[/?#]|$)/.test(path)) {
      throw new TicketError('usage', "'.' and '..' are no names. Check --ticket, --project and --type.");
    }
    return base.origin + base.pathname.replace(/\/$/, '') + path;
  }

  private parsed(request: ApiRequest, { text, headers }: HttpAnswer): unknown {
    if (text.trim() === '') return undefined;
    try {
      return JSON.parse(text);
    } catch {
      const type = headers.get('content-type')?.split(';')[0] ?? 'of no type';
      throw this.unexpected(
        request,
        `it is not JSON but ${type}, ${quoted(this.clean(text.slice(0, MAX_READ)))}`,
      );
    }
  }

  private failedAnswer(request: ApiRequest, answer: HttpAnswer): Attempt {
    const { status, headers, text } = answer;
    const limited =
      status === 429 ||
      // GitHub's answer to too many requests, see "Rate limits for the REST API" in its documentation.
      (status === 403 && (headers.has('retry-after') || headers.get('x-ratelimit-remaining') === '0'));
    const problem: TicketProblem = limited ? 'too-many-requests' : problemOf(status);
    const said = serverWords(this.clean(text.slice(0, MAX_READ)));
    const error = new TicketError(
      problem,
      `${this.where()} answered ${status} to the request to ${request.to}${said === '' ? '' : `: ${quoted(said)}`}. ${this.advice(problem)}`,
    );
    if (problem !== 'too-many-requests' && problem !== 'out-of-order') throw error;
    return {
      kind: limited ? 'not-done' : 'perhaps-done',
      error,
      waitMs: retryAfterMs(headers, this.clock.nowMs()),
    };
  }

  private failedTransport(request: ApiRequest, failure: TransportError): Attempt {
    const { title } = this.options;
    const why = this.clean(failure.message);
    switch (failure.kind) {
      case 'stopped':
        throw new TicketError(
          'interrupted',
          'Interrupted. Run the same command again: it goes on from there.',
        );
      case 'certificate':
        throw new TicketError(
          'certificate',
          `The certificate of ${this.where()} cannot be verified (${why}). When its authority is your own, name the file with it in NODE_EXTRA_CA_CERTS.`,
        );
      case 'too-long':
        throw this.unexpected(request, why);
      case 'timed-out':
        return {
          kind: 'perhaps-doing',
          error: new TicketError(
            'timed-out',
            `${this.where()} did not ${request.to} in time (${why}). Run the same command again: it looks for what came through.`,
          ),
        };
      case 'not-sent':
      case 'cut':
        return {
          kind: failure.kind === 'cut' ? 'perhaps-done' : 'not-done',
          error: new TicketError(
            'unreachable',
            `${this.where()} could not be reached to ${request.to} (${why}). Check --url, and that ${title} runs there.`,
          ),
        };
    }
  }

  private advice(problem: TicketProblem): string {
    const { credentialHint, title } = this.options;
    switch (problem) {
      case 'unauthorized':
        return `The credential is not known there: check ${credentialHint}.`;
      case 'forbidden':
        return `Its user may not do that: give the user of ${credentialHint} the right to, or use another one.`;
      case 'not-found':
        return 'Check --url, and --ticket or --project; what a user may not see is not there for it either.';
      case 'too-large':
        return 'Send less with --max-attachment or --finding.';
      case 'too-many-requests':
        return 'Try again later.';
      case 'out-of-order':
        return `${title} is out of order: try again later, the same command goes on from there.`;
      default:
        return 'Check the options of this command against what is said there.';
    }
  }

  private redirected(request: ApiRequest, target: URL | undefined): TicketError {
    const to = target === undefined ? 'nowhere' : `${target.origin}${target.pathname}`;
    return new TicketError(
      'redirected',
      `${this.where()} redirects the request to ${request.to} to ${to}, where the credential is not sent. If that is right, give that address with --url.`,
    );
  }

  private outOfTime(request: ApiRequest): TicketError {
    const seconds = this.options.timeoutMs / 1000;
    return new TicketError(
      'timed-out',
      `${this.where()} did not ${request.to} within ${seconds} s. Run the same command again, with a longer --timeout.`,
    );
  }

  private where(): string {
    return `${this.options.title} at ${this.address}`;
  }

  private clean(text: string): string {
    return withoutSecrets(text, this.options.secrets);
  }

  private leftMs(): number {
    return this.deadlineMs - this.clock.nowMs();
  }
}

type Attempt =
  | { readonly kind: 'done'; readonly answer: ApiAnswer }
  | {
      /** `not-done` for sure; `perhaps-done`; `perhaps-doing` is still going on for all that is known. */
      readonly kind: 'not-done' | 'perhaps-done' | 'perhaps-doing';
      readonly error: TicketError;
      readonly waitMs?: number | undefined;
    };

/** Whether a request whose outcome is open may be sent again. */
type Repeat = 'harmless' | 'never' | { readonly wasDone: () => Promise<boolean> };

const SYSTEM_CLOCK: Clock = {
  nowMs: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

const FOUND: ApiAnswer = { status: 0, headers: new Headers(), json: undefined };

const MAX_ATTEMPTS = 5;
const MAX_REDIRECTS = 3;
/** For an answer to a small request. */
const REQUEST_TIMEOUT_MS = 30_000;
/** 50 kB/s: who uploads slower than that has other troubles. */
const SLOWEST_BYTES_PER_MS = 50;
const WORTH_SAYING_MS = 3_000;

function problemOf(status: number): TicketProblem {
  if (status >= 500) return 'out-of-order';
  switch (status) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
    case 410:
      return 'not-found';
    case 408:
      return 'out-of-order';
    case 413:
      return 'too-large';
    default:
      return 'refused';
  }
}

function redirectTarget(answer: HttpAnswer, from: URL): URL | undefined {
  const location = answer.headers.get('location');
  return location !== null && URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}

/** What an error's answer says: its texts when it is JSON, without tags when it is a page. */
function serverWords(text: string): string {
  try {
    const words: string[] = [];
    collectTexts(JSON.parse(text), words);
    return words.join('; ');
  } catch {
    return text
      .replace(/<(script|style)\b[\s\S]*?<\/\1>/gi, ' ')
      .replace(/<[^>]*>/g, ' ')
      .trim();
  }
}

/** Of these fields, at any depth: every system names them otherwise, and the others are addresses and numbers. */
const TELLING =
  /^(message|messages|error|errors|errorMessages|error_description|detail|details|reason|code|field|resource)$/i;
const MAX_WORDS = 12;

function collectTexts(value: unknown, words: string[]): void {
  const pending: [unknown, boolean][] = [[value, true]];
  for (let next = pending.shift(); next !== undefined && words.length < MAX_WORDS; next = pending.shift()) {
    const [node, isTelling] = next;
    if (typeof node === 'string') {
      if (isTelling && node !== '') words.push(node);
    } else if (Array.isArray(node)) {
      for (const item of node.slice(0, MAX_WORDS)) pending.push([item, isTelling]);
    } else if (typeof node === 'object' && node !== null) {
      const inErrors = isTelling && value !== node;
      for (const [name, field] of Object.entries(node).slice(0, 50)) {
        pending.push([field, TELLING.test(name) || (inErrors && typeof field === 'string')]);
      }
    }
  }
}

const MAX_QUOTE = 300;
/** Of an error's answer; the rest is not looked at. */
const MAX_READ = 20_000;

function quoted(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return `"${line.length > MAX_QUOTE ? `${line.slice(0, MAX_QUOTE)}…` : line}"`;
}
