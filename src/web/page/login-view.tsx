import { useState } from 'preact/hooks';
import { type ApiError, request } from './api.ts';
import { asApiError } from './loading.tsx';
import { ownAddress } from './routes.ts';
import { shown } from './words.ts';

export interface LoginProps {
  /** Where the visitor was on the way to. */
  readonly next: string | undefined;
}

export function LoginView({ next }: LoginProps) {
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const token = String(new FormData(form).get('token') ?? '').trim();
    setBusy(true);
    try {
      await request('POST', '/session', { token });
      // A whole load: nothing stays of whoever was here before.
      location.assign(ownAddress(next, location.origin));
    } catch (problem) {
      setError(asApiError(problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="narrow">
      <h1>Sign in</h1>
      <p>
        This service asks for a token. Whoever runs it makes one with <code>sshfate token create</code>.
      </p>
      <form onSubmit={submit}>
        <input hidden autocomplete="username" />
        <label for="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          autocomplete="current-password"
          required
          aria-invalid={error !== undefined}
          aria-describedby={error && 'token-trouble'}
        />
        {error && (
          <p class="problem" id="token-trouble" role="alert">
            {error.status === 401
              ? 'This token is not known here. It may have been revoked.'
              : shown(error.message)}
          </p>
        )}
        <p class="actions">
          <button type="submit" class="main" disabled={busy}>
            Sign in
          </button>
        </p>
      </form>
    </div>
  );
}
