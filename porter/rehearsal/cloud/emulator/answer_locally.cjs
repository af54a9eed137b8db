// Loaded into every Node function (`node --require`). A custom resource answers CloudFormation at a
// presigned https URL, and cfn-response ignores the port of that URL. Here the URL is plain http.
"use strict";

const http = require("node:http");
const https = require("node:https");
const original = https.request;

https.request = function request(...given) {
  const [first] = given;
  const options = typeof first === "string" ? new URL(first) : first;
  const path = options.path ?? options.pathname ?? "";
  if (!path.startsWith("/_ministack/cfn-response/")) return original.apply(this, given);
  const callback = given.find((one) => typeof one === "function");
  const { method, headers } = given.find((one) => one && one.method) ?? {};
  const port = process.env.GATEWAY_PORT;
  return http.request({ host: "127.0.0.1", port, path, method, headers }, callback);
};

require("node:module").syncBuiltinESMExports();
