// Function problems in JavaScript: the same wire and the same two ends as function_wire.py, for node.
// Runs alone in a box, as the jury's program or, with serve(CODE, NAME) at its end, around a candidate.
"use strict";
(() => {
const fs = require("fs");
const vm = require("vm");
const MOST = 16 << 20;
const write = fs.writeSync.bind(fs);
const read = fs.readSync.bind(fs);
const leave = process.exit.bind(process);
const parse = JSON.parse;
const print = JSON.stringify;

class Gone extends Error {}

function encode(value) {
  switch (typeof value) {
    case "boolean": case "string": return value;
    case "number":
      if (!Number.isFinite(value)) return { f: Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf" };
      if (Object.is(value, -0)) return { f: "-0.0" };
      return value;
    case "bigint": return { i: (value < 0n ? "-0x" : "0x") + (value < 0n ? -value : value).toString(16) };
    case "undefined": return { u: null };
    case "object": break;
    default: throw new TypeError("a " + typeof value + " is not plain data");
  }
  if (value === null) return null;
  if (Array.isArray(value)) return Array.from(value, encode);
  const kind = Object.prototype.toString.call(value);
  if (kind === "[object Set]") return { s: Array.from(value, encode) };
  if (kind === "[object Map]") return { m: Array.from(value, (pair) => pair.map(encode)) };
  if (kind === "[object Object]") return { d: Object.entries(value).map((pair) => pair.map(encode)) };
  if (kind === "[object Number]" || kind === "[object String]" || kind === "[object Boolean]") {
    return encode(value.valueOf());
  }
  throw new TypeError(kind + " is not plain data");
}

const MAKERS = {
  u: () => undefined,
  t: (items) => items,
  s: (items) => new Set(items),
  z: (items) => new Set(items),
  m: (pairs) => new Map(pairs),
  d: (pairs) => Object.fromEntries(pairs),
  i: (text) => (text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text)),
  f: (text) => ({ nan: NaN, inf: Infinity, "-inf": -Infinity, "-0.0": -0 })[text],
};

function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (value === null || typeof value !== "object") return value;
  const tags = Object.keys(value);
  if (tags.length !== 1 || !Object.hasOwn(MAKERS, tags[0])) throw new TypeError("no such tag");
  return MAKERS[tags[0]](decode(value[tags[0]]));
}

function send(message) {
  let data = Buffer.from(print(message) + "\n");
  try {
    while (data.length) data = data.subarray(write(1, data));
  } catch { throw new Gone("the other program reads no more"); }
}

let rest = Buffer.alloc(0);
function receive() {
  const parts = [];
  let size = 0;
  for (;;) {
    const at = rest.indexOf(10);
    if (at >= 0) {
      parts.push(rest.subarray(0, at));
      rest = rest.subarray(at + 1);
      break;
    }
    parts.push(rest);
    size += rest.length;
    if (size > MOST) throw new Gone("an answer over " + MOST + " bytes");
    const chunk = Buffer.alloc(1 << 16);
    let got = 0;
    try { got = read(0, chunk); } catch { got = 0; }
    if (!got) throw new Gone("the program ended");
    rest = chunk.subarray(0, got);
  }
  try { return parse(Buffer.concat(parts).toString()); } catch { throw new Gone("the program wrote what is no answer"); }
}

// What is printed goes nowhere: standard output is the wire.
process.stdout.write = () => true;

function say(text) {
  try { write(2, String(text).slice(0, 2000)); } catch { /* nobody listens */ }
}

// -- around the candidate

globalThis.serve = (code, name) => {
  delete globalThis.serve;
  Object.assign(globalThis, { require, module: { exports: {} }, exports: {} });
  let method;
  try {
    vm.runInThisContext(code, "solution.js");
    method = vm.runInThisContext("typeof " + name + ' === "function" ? ' + name + " : undefined");
    if (method === undefined && vm.runInThisContext('typeof Solution === "function"')) {
      const solution = vm.runInThisContext("new Solution()");
      method = solution[name].bind(solution);
    }
    if (typeof method !== "function") throw new ReferenceError("the program defines no function " + name);
  } catch (error) {
    say(error && error.stack ? error.stack : error);
    leave(1);
  }
  try {
    for (;;) {
      const [values] = decode(receive());
      send(answer(method, values));
    }
  } catch (error) {
    leave(error instanceof Gone ? 0 : 1);
  }
};

function answer(method, values) {
  try {
    return ["value", encode(method(...values))];
  } catch (error) {
    return ["error", String((error && error.name) || "Error").slice(0, 80), String(error && error.message).slice(0, 1000)];
  }
}

// -- the jury

// Equality of plain data, as far as the tests need it of lodash: NaN equals NaN, and 0 equals -0.
function isEqual(a, b) {
  if (a === b || (a !== a && b !== b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const kind = Object.prototype.toString.call(a);
  if (kind !== Object.prototype.toString.call(b)) return false;
  if (kind === "[object Map]") {
    return a.size === b.size && [...a].every(([k, v]) => b.has(k) && isEqual(v, b.get(k)));
  }
  if (kind === "[object Set]") {
    const left = [...b];
    return a.size === b.size && [...a].every((x) => {
      const at = left.findIndex((y) => isEqual(x, y));
      return at >= 0 && left.splice(at, 1).length === 1;
    });
  }
  if (kind === "[object Array]") return a.length === b.length && a.every((x, i) => isEqual(x, b[i]));
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((k) => Object.hasOwn(b, k) && isEqual(a[k], b[k]));
}

let calls = 0;
function candidate(...values) {
  calls += 1;
  send(encode([values, {}]));
  const said = receive();
  if (!Array.isArray(said)) throw new Gone("the program wrote what is no answer");
  if (said[0] !== "value") {
    const kinds = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
    throw new (Object.hasOwn(kinds, said[1]) ? kinds[said[1]] : Error)(String(said[2]));
  }
  try { return decode(said[1]); } catch { throw new Gone("the program wrote what is no answer"); }
}

function provided(name) {
  return name === "lodash" ? { isEqual } : require(name);
}

globalThis.judge = (file) => {
  let run;
  try {
    const task = parse(fs.readFileSync(file, "utf8"));
    const body = `${task.prelude}\n${task.entry_point} = candidate;\n${task.tests}`;
    run = new Function("candidate", "require", body);
  } catch (error) {
    say("the tests are broken: " + error);
    leave(3);
  }
  try {
    run(candidate, provided);
    if (calls) leave(0);
    say("the tests never called the function");
  } catch (error) {
    say(error instanceof Error ? error.name + ": " + error.message : error);
  }
  leave(1);
};
})();
if (process.argv.length > 2) judge(process.argv[2]);
