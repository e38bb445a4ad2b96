import { useEffect, useRef, useState } from 'preact/hooks';
import { AccessView } from './access-view.tsx';
import type { Me } from './answers.ts';
import { get, request, SIGNED_OUT } from './api.ts';
import { CaptureView } from './capture-view.tsx';
import { CompareView } from './compare-view.tsx';
import { LibraryView } from './library-view.tsx';
import { Empty, Trouble, useGet, Wait } from './loading.tsx';
import { followLinks, goTo, type Place, signInAddress, usePlace } from './location.ts';
import { LoginView } from './login-view.tsx';
import { SessionView } from './session-view.tsx';
import { UploadView } from './upload-view.tsx';
import { shown } from './words.ts';

export function App() {
  const place = usePlace();
  const me = useGet<Me>('/me');
  const main = useRef<HTMLElement>(null);
  const where = location.pathname;
  const first = useRef(where);
  useEffect(() => {
    document.addEventListener('click', followLinks);
    return () => document.removeEventListener('click', followLinks);
  }, []);
  // After a change of page the keyboard and the screen reader go on at its top, as after a load.
  useEffect(() => {
    if (first.current === where) return;
    first.current = where;
    scrollTo(0, 0);
    main.current?.focus();
  }, [where]);
  useEffect(() => {
    if (me.value && !me.value.authenticated && place.route.page !== 'login') goTo(signInAddress());
  }, [me.value, place.route.page]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Head place={place} me={me.value} />
      {place.route.page !== 'login' && <SignedOut />}
      <main id="main" tabIndex={-1} ref={main}>
        {me.error ? (
          <Trouble error={me.error} again={me.again} />
        ) : me.value === undefined ? (
          <Wait what="Loading" />
        ) : (
          <CurrentPage place={place} me={me.value} />
        )}
      </main>
      <footer>
        <p>
          sshfate{me.value && ` ${me.value.version}`} judges from packets alone: nothing is decrypted, and
          nothing leaves this service. Times are UTC.
        </p>
      </footer>
    </>
  );
}

/** Signing in happens elsewhere, so that nothing is lost of what is being written or uploaded here. */
function SignedOut() {
  const [isSignedOut, setIsSignedOut] = useState(false);
  useEffect(() => {
    const tell = (): void => setIsSignedOut(true);
    addEventListener(SIGNED_OUT, tell);
    return () => removeEventListener(SIGNED_OUT, tell);
  }, []);
  useEffect(() => {
    if (!isSignedOut) return;
    const look = (): void => {
      get<Me>('/me').then(
        ({ authenticated }) => setIsSignedOut(!authenticated),
        () => undefined,
      );
    };
    addEventListener('focus', look);
    return () => removeEventListener('focus', look);
  }, [isSignedOut]);
  if (!isSignedOut) return null;
  return (
    <p class="problem signed-out" role="alert">
      You are signed out: the token was revoked, or the service began anew.{' '}
      <a href={signInAddress()} target="_blank" rel="noreferrer">
        Sign in in another tab
      </a>
      , then go on here.
    </p>
  );
}

interface HeadProps {
  readonly place: Place;
  readonly me: Me | undefined;
}

function Head({ place, me }: HeadProps) {
  const { page } = place.route;
  const link = (to: string, text: string, isHere: boolean) => (
    <li>
      <a href={to} aria-current={isHere ? 'page' : undefined}>
        {text}
      </a>
    </li>
  );
  const signOut = async (): Promise<void> => {
    await request('DELETE', '/session').catch(() => undefined);
    location.assign('/login');
  };
  return (
    <header class="bar">
      <a class="brand" href="/">
        sshfate
      </a>
      <nav aria-label="Pages">
        <ul>
          {link('/', 'Upload', page === 'upload')}
          {link('/library', 'Library', page === 'library')}
          {link('/compare', 'Compare', page === 'compare')}
          {me?.authenticated && me.role === 'admin' && link('/access', 'Access', page === 'access')}
        </ul>
      </nav>
      {me?.tokensRequired && me.authenticated && (
        <p class="who">
          {shown(me.name ?? '')}{' '}
          <button type="button" class="small" onClick={signOut}>
            Sign out
          </button>
        </p>
      )}
    </header>
  );
}

interface CurrentPageProps {
  readonly place: Place;
  readonly me: Me;
}

function CurrentPage({ place: { route, query }, me }: CurrentPageProps) {
  useEffect(() => {
    if (route.page in TITLES) document.title = `${TITLES[route.page]} - sshfate`;
  }, [route.page]);
  switch (route.page) {
    case 'upload':
      return <UploadView me={me} />;
    case 'library':
      return <LibraryView query={query} me={me} />;
    case 'compare':
      return <CompareView query={query} />;
    case 'access':
      return <AccessView query={query} me={me} />;
    case 'login':
      return <LoginView next={query.next} />;
    case 'capture':
      return <CaptureView key={route.id} id={route.id} query={query} me={me} />;
    case 'session':
      return <SessionView key={`${route.id} ${route.session}`} id={route.id} session={route.session} />;
    case 'nowhere':
      return (
        <>
          <h1>No such page</h1>
          <Empty title="The address leads nowhere.">
            Begin at the <a href="/">upload</a> or in the <a href="/library">library</a>.
          </Empty>
        </>
      );
  }
}

const TITLES: Readonly<Record<string, string>> = {
  upload: 'Upload captures',
  library: 'Library',
  compare: 'Compare captures',
  access: 'Access',
  login: 'Sign in',
  nowhere: 'No such page',
};
