// Loaded into the cdk CLI before it starts (node --require) to shorten its polling.
//
// The CLI asks CloudFormation for events every 5 s and every 2 s, which no option changes. This
// shortens only plain sleeps and the event monitor's tick. A timer that guards a request has another
// callback, and stays as it is.
"use strict";

const POLL_MS = 150;
const wait = globalThis.setTimeout;

const isPolling = (callback, ms) => {
  if (ms !== 2000 && ms !== 5000) return false;
  const source = Function.prototype.toString.call(callback);
  return source.includes("[native code]") || source.includes("this.tick()");
};

globalThis.setTimeout = Object.assign(
  (callback, ms, ...rest) => wait(callback, isPolling(callback, ms) ? POLL_MS : ms, ...rest),
  wait, // promisify.custom and others
);
