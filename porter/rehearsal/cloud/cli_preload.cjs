// Loaded into the cdk CLI before it starts (node --require) to shorten its polling.
//
// The CLI asks CloudFormation for events every 5 s and every 2 s, which no option changes. This
// shortens only plain sleeps and the event monitor's tick. A timer that guards a request has another
// callback, and stays as it is.
"use strict";

const POLL_MS = 150;
const FIRST_MS = 30; // the embedded AWS makes a change set, and most resources, at once
const FIRST = 10;
let polls = 0;
const wait = globalThis.setTimeout;

const isPolling = (callback, ms) => {
  if (ms !== 2000 && ms !== 5000) return false;
  const source = Function.prototype.toString.call(callback);
  return source.includes("[native code]") || source.includes("this.tick()");
};

const poll = () => (polls++ < FIRST ? FIRST_MS : POLL_MS);

globalThis.setTimeout = Object.assign(
  (callback, ms, ...rest) => wait(callback, isPolling(callback, ms) ? poll() : ms, ...rest),
  wait, // promisify.custom and others
);
