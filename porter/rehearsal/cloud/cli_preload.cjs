// Loaded into the cdk CLI before it starts (node --require); one change, to how it waits.
//
// It asks CloudFormation for news every 5 s and every 2 s, which no option changes and which an
// emulator on loopback does not need. Only plain sleeps and the event monitor's tick are shortened:
// a timer that guards a request has a callback of its own and is left alone.
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
  wait, // promisify.custom and the like
);
