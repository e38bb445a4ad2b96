/** Names of the sides and of the directions, by `Side`. */
export const SIDE_NAMES = ['client', 'server'] as const;
export const DIRECTION_NAMES = ['client-to-server', 'server-to-client'] as const;

/** Whole microseconds survive; more would only show the double's noise. */
export const milliseconds = (ns: number): number => Math.round(ns / 1000) / 1000;
