import type { Scenario } from '../scenario.ts';
import { AFTER_BANNER } from './after-banner.ts';
import { AUTHENTICATION } from './authentication.ts';
import { BEFORE_BANNER } from './before-banner.ts';
import { CONNECT } from './connect.ts';
import { KEY_EXCHANGE } from './key-exchange.ts';
import { PARTIAL_CAPTURE } from './partial-capture.ts';
import { SESSION } from './session.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...CONNECT,
  ...BEFORE_BANNER,
  ...AFTER_BANNER,
  ...KEY_EXCHANGE,
  ...AUTHENTICATION,
  ...SESSION,
  ...PARTIAL_CAPTURE,
];
