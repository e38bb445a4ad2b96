import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { jiraCloud, jiraDataCenter } from './jira.ts';
import { pagerduty } from './pagerduty.ts';
import { redmine } from './redmine.ts';
import { requestTracker } from './request-tracker.ts';
import { servicenow } from './servicenow.ts';
import type { TicketSystem } from './ticket-system.ts';
import { webhook } from './webhook.ts';

/** By the word of `--to`. */
export const TICKET_SYSTEMS = {
  rt: requestTracker,
  redmine,
  'jira-cloud': jiraCloud,
  'jira-data-center': jiraDataCenter,
  github,
  gitlab,
  servicenow,
  pagerduty,
  webhook,
} as const satisfies Record<string, TicketSystem>;

export type TicketSystemId = keyof typeof TICKET_SYSTEMS;
