import { useRef, useState } from 'preact/hooks';
import type { AuditEntry, AuditList, MadeToken, Me, Token, TokenList } from './answers.ts';
import { type ApiError, request } from './api.ts';
import { CopyLine } from './copy-line.tsx';
import { asApiError, Empty, Trouble, useGet, Wait } from './loading.tsx';
import { setQuery } from './location.ts';
import { wholeNumber } from './routes.ts';
import { minute, second, shown } from './words.ts';

const PAGE_SIZE = 50;

/** Who may use the service, and what they did. */
export function AccessView({
  query,
  me,
}: {
  readonly query: Readonly<Record<string, string>>;
  readonly me: Me;
}) {
  if (me.role !== 'admin') {
    return (
      <>
        <h1>Access</h1>
        <Empty title="Your token may not see this.">
          Ask for one with the role admin, or go back to the <a href="/library">library</a>.
        </Empty>
      </>
    );
  }
  return (
    <>
      <h1>Access</h1>
      <Tokens me={me} />
      <Audit page={wholeNumber(query.page, 1)} />
    </>
  );
}

function Tokens({ me }: { readonly me: Me }) {
  const list = useGet<TokenList>('/tokens');
  const revoking = useRef<HTMLDialogElement>(null);
  const [chosen, setChosen] = useState<Token>();
  return (
    <section aria-labelledby="tokens">
      <h2 id="tokens">Tokens</h2>
      {!me.tokensRequired && (
        <p class="quiet">
          This service asks for no token: everybody on its machine may use it. Once there is one, it asks for
          it from its next start on.
        </p>
      )}
      <MakeToken onMade={list.again} />
      {list.error && <Trouble error={list.error} again={list.again} />}
      {list.value === undefined && !list.error && <Wait what="Loading the tokens" />}
      {list.value && list.value.tokens.length > 0 && (
        <table class="stack captures">
          <caption class="unseen">Tokens</caption>
          <Heads names={['Name', 'Role', 'Made', 'Revoked']} />
          <tbody>
            {list.value.tokens.map((token) => (
              <tr key={token.id}>
                <th scope="row">{shown(token.name)}</th>
                <td data-label="Role">{token.role}</td>
                <td data-label="Made" class="when">
                  {minute(token.createdAt)}
                </td>
                <td data-label="Revoked" class="when">
                  {token.revokedAt === undefined ? (
                    <button
                      type="button"
                      class="small danger"
                      aria-label={`Revoke ${shown(token.name)}`}
                      onClick={() => {
                        setChosen(token);
                        revoking.current?.showModal();
                      }}
                    >
                      Revoke
                    </button>
                  ) : (
                    minute(token.revokedAt)
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <RevokeDialog dialog={revoking} token={chosen} onRevoked={list.again} />
    </section>
  );
}

const Heads = ({ names }: { readonly names: readonly string[] }) => (
  <thead>
    <tr>
      {names.map((name) => (
        <th key={name} scope="col">
          {name}
        </th>
      ))}
    </tr>
  </thead>
);

const ROLES: readonly (readonly [role: Token['role'], meaning: string])[] = [
  ['upload', 'upload: sees and deletes what it uploaded'],
  ['read', 'read: sees all'],
  ['admin', 'admin: may do all'],
];
const MAX_NAME = 100;

/** The secret is told once: it stays here until the next one is made, and is gone with the page. */
function MakeToken({ onMade }: { readonly onMade: () => void }) {
  const [made, setMade] = useState<MadeToken>();
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const make = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    setMade(undefined);
    setError(undefined);
    setBusy(true);
    try {
      const body = { name: String(data.get('name')).trim(), role: data.get('role') };
      setMade(await request<MadeToken>('POST', '/tokens', body));
      form.reset();
      onMade();
    } catch (problem) {
      setError(asApiError(problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <form onSubmit={make} class="inline">
        <label>
          For whom
          <input name="name" required maxLength={MAX_NAME} autocomplete="off" />
        </label>
        <label>
          Role
          <select name="role">
            {ROLES.map(([role, meaning]) => (
              <option key={role} value={role}>
                {meaning}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" disabled={busy}>
          Make a token
        </button>
      </form>
      {error && (
        <p class="problem" role="alert">
          {shown(error.message)}
        </p>
      )}
      {made && (
        <div role="status">
          <p>
            The token for <strong>{shown(made.name)}</strong>. It is shown this once:
          </p>
          <CopyLine text={made.secret} />
        </div>
      )}
    </>
  );
}

interface RevokeDialogProps {
  readonly dialog: { readonly current: HTMLDialogElement | null };
  readonly token: Token | undefined;
  readonly onRevoked: () => void;
}

function RevokeDialog({ dialog, token, onRevoked }: RevokeDialogProps) {
  const [error, setError] = useState<ApiError>();
  const revoke = async (): Promise<void> => {
    if (token === undefined) return;
    setError(undefined);
    try {
      await request('DELETE', `/tokens/${token.id}`);
      dialog.current?.close();
      // The button goes with it: the keyboard goes on from the page.
      document.querySelector<HTMLElement>('main')?.focus();
      onRevoked();
    } catch (problem) {
      setError(asApiError(problem));
    }
  };
  return (
    <dialog
      ref={dialog as { current: HTMLDialogElement }}
      aria-labelledby="revoke-heading"
      // What failed for one token is not said of the next.
      onClose={() => setError(undefined)}
    >
      <h2 id="revoke-heading">Revoke this token?</h2>
      <p>
        <strong>{shown(token?.name ?? '')}</strong> gets in no more, at once. What was uploaded with it stays.
      </p>
      {error && (
        <p class="problem" role="alert">
          {shown(error.message)}
        </p>
      )}
      <p class="actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          Keep it
        </button>
        <button type="button" class="danger" onClick={revoke}>
          Revoke
        </button>
      </p>
    </dialog>
  );
}

const DONE: Readonly<Record<AuditEntry['what'], string>> = {
  uploaded: 'uploaded',
  read: 'read',
  deleted: 'deleted',
  noted: 'changed the notes',
  'judged-again': 'had it judged again',
  sent: 'sent to a ticket',
  'token-created': 'made a token',
  'token-revoked': 'revoked a token',
};

function Audit({ page }: { readonly page: number }) {
  // One more than is shown tells whether there are older ones: nobody counts them.
  const list = useGet<AuditList>(`/audit?offset=${(page - 1) * PAGE_SIZE}&limit=${PAGE_SIZE + 1}`);
  const go = (next: number): void => setQuery({ page: next > 1 ? String(next) : undefined });
  const events = list.value?.events.slice(0, PAGE_SIZE) ?? [];
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">What was done</h2>
      {list.error && <Trouble error={list.error} again={list.again} />}
      {list.value === undefined && !list.error && <Wait what="Loading the audit log" />}
      {list.value && events.length === 0 && <p class="quiet">Nothing {page > 1 ? 'older' : 'yet'}.</p>}
      {events.length > 0 && (
        <table class="stack captures">
          <caption class="unseen">Audit log, the newest first</caption>
          <Heads names={['When', 'Who', 'Did', 'What']} />
          <tbody>
            {events.map((event, index) => (
              <tr key={`${event.at} ${index}`}>
                <td data-label="When" class="when">
                  {second(event.at)}
                </td>
                <td data-label="Who">{shown(event.whoName)}</td>
                <td data-label="Did">{DONE[event.what]}</td>
                <td data-label="What">
                  {event.capture === undefined || event.what === 'deleted' ? (
                    shown(event.detail ?? '')
                  ) : (
                    <a href={`/captures/${event.capture}`}>{shown(event.detail ?? event.capture)}</a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {(page > 1 || (list.value?.events.length ?? 0) > PAGE_SIZE) && (
        <nav class="pager" aria-label="Pages of the audit log">
          <button type="button" disabled={page <= 1} onClick={() => go(page - 1)}>
            Newer
          </button>
          <span aria-current="page">Page {page}</span>
          <button
            type="button"
            disabled={(list.value?.events.length ?? 0) <= PAGE_SIZE}
            onClick={() => go(page + 1)}
          >
            Older
          </button>
        </nav>
      )}
    </section>
  );
}
