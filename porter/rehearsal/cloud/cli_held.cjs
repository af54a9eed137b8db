// node cli_held.cjs DESCRIPTOR CDK ARGUMENTS...: load the cdk CLI, wait for a byte, then run it.
//
// Loading takes 0.6 s of a core, which pass while the embedded AWS starts or the app is synthesized.
// End of file instead of a byte ends the process.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const descriptor = Number(process.argv[2]);
process.argv.splice(1, 2); // what remains is the command line of CDK alone
process.setSourceMapsEnabled(true); // before the modules are loaded, as CDK does
require(path.join(path.dirname(process.argv[1]), "../lib"));
if (fs.readSync(descriptor, Buffer.alloc(1)) === 0) process.exit(1);
fs.closeSync(descriptor); // the app must not inherit it
require(process.argv[1]);
