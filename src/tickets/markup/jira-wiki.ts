import { forJiraWiki } from '../escape.ts';
import { characters, type Markup } from './markup.ts';
import { plainText } from './plain-text.ts';

/**
 * Wiki markup, which is what version 2 of the API of Jira Data Center takes
 * (https://developer.atlassian.com/server/jira/platform/jira-rest-api-example-add-comment-8946422). Plain text in
 * {noformat}: outside of it even `SSH-2` becomes a link, when there is a project of that name.
 */
export const jiraWiki: Markup = {
  write: (blocks, marker) =>
    `{noformat}\n${plainText(blocks, marker, { escape: forJiraWiki, width: 100 })}\n{noformat}`,
  length: characters,
};
