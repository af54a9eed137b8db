// Loaded into the cdk CLI before it starts (node --require); two changes, both to how it waits.
//
// It asks CloudFormation for news every 5 s and every 2 s, which no option changes and which an
// emulator on loopback does not need. Only plain sleeps and the event monitor's tick are shortened:
// a timer that guards a request has a callback of its own and is left alone.
//
// And it must not outlive the rehearsal: its standard input is a pipe that closes when that ends.
// The app that it runs goes with it: they are a process group, which the CLI leads.
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

process.stdin.on("end", () => {
  try {
    process.kill(-process.pid, "SIGKILL");
  } catch {
    process.exit(1); // it leads no group
  }
});
process.stdin.resume();
process.stdin.unref?.();
