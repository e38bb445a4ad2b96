import type { Scenario } from '../scenario.ts';
import { AFTER_BANNER } from './after-banner.ts';
import { ALTERED } from './altered.ts';
import { AUTHENTICATION } from './authentication.ts';
import { BEFORE_BANNER } from './before-banner.ts';
import { CONNECT } from './connect.ts';
import { DISTURBED } from './disturbed.ts';
import { KEY_EXCHANGE } from './key-exchange.ts';
import { PARTIAL_CAPTURE } from './partial-capture.ts';
import { PROBES } from './probes.ts';
import { PROGRAMS } from './programs.ts';
import { REFUSALS } from './refusals.ts';
import { SESSION } from './session.ts';
import { SPOKEN } from './spoken.ts';
import { UNREACHABLE } from './unreachable.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...CONNECT,
  ...BEFORE_BANNER,
  ...AFTER_BANNER,
  ...KEY_EXCHANGE,
  ...AUTHENTICATION,
  ...SESSION,
  ...UNREACHABLE,
  ...REFUSALS,
  ...PROBES,
  ...SPOKEN,
  ...PROGRAMS,
  ...DISTURBED,
  ...PARTIAL_CAPTURE,
  ...ALTERED,
];
